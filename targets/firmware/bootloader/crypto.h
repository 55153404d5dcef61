// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Makes the tables; before any other function here.
void crc_init(void);
// CRC-32 of what `crc` is the CRC of, with `size` bytes behind it. 0 begins (section 0.3).
uint32_t crc32(uint32_t crc, const void *bytes, size_t size);

// Of `size` bytes, first byte of the digest first. Feeds the watchdog on the way.
void sha256(const uint8_t *bytes, size_t size, uint8_t digest[32]);

// Whether `signature`, r and s with the least significant byte first (section 6.2), is that of the bytes by the owner of the
// public key in key.c.
bool signature_holds(const uint8_t *bytes, size_t size, const uint8_t signature[64]);

// Numbers of 256 bits, least significant word first. On this CPU these are the bytes of a little-endian number.
#define WORDS 8

// Whether (r, s) is a signature of `digest`, which is taken as a number, by the owner of the key (x, y).
bool p256_verify(const uint32_t key[2][WORDS], const uint32_t digest[WORDS], const uint32_t r[WORDS],
                 const uint32_t s[WORDS]);
