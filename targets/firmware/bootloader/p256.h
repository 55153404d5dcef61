// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef P256_H
#define P256_H

#include <stdbool.h>
#include <stdint.h>

// Numbers of 256 bits, least significant word first. On this CPU these are the bytes of a little-endian number.
#define WORDS 8

// Whether (r, s) is a signature of `digest`, which is taken as a number, by the owner of the key (x, y).
bool p256_verify(const uint32_t key[2][WORDS], const uint32_t digest[WORDS], const uint32_t r[WORDS],
                 const uint32_t s[WORDS]);

#endif
