// SPDX-License-Identifier: MIT OR Apache-2.0
// Arithmetic modulo a number of 256 bits, in Montgomery form: a is kept as a * 2^256.
#pragma once

#include "crypto.h"

struct modulus {
    uint32_t m[WORDS];
    uint32_t square[WORDS]; // 2^512 mod m, which brings numbers into Montgomery form.
    uint32_t inverse;       // -1 / m, modulo 2^32.
};

typedef uint32_t number[WORDS];

extern const struct modulus field_p;     // Coordinates.
extern const struct modulus field_order; // Multiples of the base point.

void field_multiply(number result, const number a, const number b, const struct modulus *modulus);
void field_add(number result, const number a, const number b, const struct modulus *modulus);
void field_subtract(number result, const number a, const number b, const struct modulus *modulus);
void field_enter(number result, const number a, const struct modulus *modulus);
void field_leave(number result, const number a, const struct modulus *modulus);
// 1/a, by Fermat; a is in Montgomery form and not 0.
void field_invert(number result, const number a, const struct modulus *modulus);

bool number_is_zero(const number a);
bool number_equal(const number a, const number b);
// a < b.
bool number_below(const number a, const number b);
