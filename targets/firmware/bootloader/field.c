// SPDX-License-Identifier: MIT OR Apache-2.0
// Nothing here is secret: signatures are only verified. So it may take more or less time depending on the numbers.
#include "field.h"
#include "memory.h"

const struct modulus field_p = {
    .m = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 1, 0xFFFFFFFF},
    .square = {3, 0, 0xFFFFFFFF, 0xFFFFFFFB, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 4},
    .inverse = 1,
};

const struct modulus field_order = {
    .m = {0xFC632551, 0xF3B9CAC2, 0xA7179E84, 0xBCE6FAAD, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFF},
    .square = {0xBE79EEA2, 0x83244C95, 0x49BD6FA6, 0x4699799C, 0x2B6BEC59, 0x2845B239, 0xF3D95620, 0x66E12D94},
    .inverse = 0xEE00BC4F,
};

bool number_is_zero(const number a)
{
    uint32_t any = 0;
    for (int at = 0; at < WORDS; at++) any |= a[at];
    return any == 0;
}

bool number_equal(const number a, const number b)
{
    return memcmp(a, b, sizeof(number)) == 0;
}

bool number_below(const number a, const number b)
{
    for (int at = WORDS - 1; at >= 0; at--)
        if (a[at] != b[at]) return a[at] < b[at];
    return false;
}

static uint32_t plain_add(number result, const number a, const number b)
{
    uint64_t sum = 0;
    for (int at = 0; at < WORDS; at++) {
        sum += (uint64_t)a[at] + b[at];
        result[at] = (uint32_t)sum;
        sum >>= 32;
    }
    return (uint32_t)sum;
}

static uint32_t plain_subtract(number result, const number a, const number b)
{
    uint64_t difference = 0;
    for (int at = 0; at < WORDS; at++) {
        difference = (uint64_t)a[at] - b[at] - (difference >> 63);
        result[at] = (uint32_t)difference;
    }
    return (uint32_t)(difference >> 63);
}

void field_add(number result, const number a, const number b, const struct modulus *modulus)
{
    uint32_t carry = plain_add(result, a, b);
    if (carry || !number_below(result, modulus->m)) plain_subtract(result, result, modulus->m);
}

void field_subtract(number result, const number a, const number b, const struct modulus *modulus)
{
    if (plain_subtract(result, a, b)) plain_add(result, result, modulus->m);
}

// sum += factor * a; returns the word above. UMAAL adds two words to a product in one instruction, which can't overflow.
static inline uint32_t add_product(uint32_t *sum, uint32_t factor, const number a)
{
    uint32_t carry = 0;
#pragma GCC unroll 8
    for (int at = 0; at < WORDS; at++) {
        uint32_t low = sum[at];
        __asm("umaal %0, %1, %2, %3" : "+r"(low), "+r"(carry) : "r"(factor), "r"(a[at]));
        sum[at] = low;
    }
    return carry;
}

void field_multiply(number result, const number a, const number b, const struct modulus *modulus)
{
    // After each word of b the lowest word is made zero by adding a multiple of the modulus, and dropped.
    uint32_t sum[2 * WORDS + 1];
    memset(sum, 0, sizeof sum);
    uint32_t above = 0;
    for (int at = 0; at < WORDS; at++) {
        uint32_t *low = sum + at;
        uint64_t top = (uint64_t)above + add_product(low, b[at], a);
        top += add_product(low, low[0] * modulus->inverse, modulus->m);
        low[WORDS] = (uint32_t)top;
        above = (uint32_t)(top >> 32);
    }
    if (above || !number_below(sum + WORDS, modulus->m))
        plain_subtract(result, sum + WORDS, modulus->m);
    else
        memcpy(result, sum + WORDS, sizeof(number));
}

void field_enter(number result, const number a, const struct modulus *modulus)
{
    field_multiply(result, a, modulus->square, modulus);
}

void field_leave(number result, const number a, const struct modulus *modulus)
{
    static const number one = {1};
    field_multiply(result, a, one, modulus);
}

void field_invert(number result, const number a, const struct modulus *modulus)
{
    static const number two = {2};
    number exponent, power;
    plain_subtract(exponent, modulus->m, two);
    // The highest bit of both moduli is set.
    memcpy(power, a, sizeof power);
    for (int bit = 254; bit >= 0; bit--) {
        field_multiply(power, power, power, modulus);
        if (exponent[bit / 32] >> bit % 32 & 1) field_multiply(power, power, a, modulus);
    }
    memcpy(result, power, sizeof power);
}
