// SPDX-License-Identifier: MIT OR Apache-2.0
// SHA-256, as FIPS 180-4 has it.
#include "crypto.h"
#include "memory.h"
#include "timers.h"

#define BLOCK 64u

// The first bits behind the point of the cube roots of the first 64 primes.
static const uint32_t round_constants[64] = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

// The same of the square roots of the first eight.
static const uint32_t initial[8] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

static uint32_t rotate(uint32_t value, int bits)
{
    return value >> bits | value << (32 - bits);
}

static void block(uint32_t state[8], const uint8_t *bytes)
{
    uint32_t w[64];
    for (int at = 0; at < 16; at++, bytes += 4)
        w[at] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    for (int at = 16; at < 64; at++) {
        uint32_t a = w[at - 15], b = w[at - 2];
        w[at] = w[at - 16] + w[at - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
                (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int at = 0; at < 64; at++) {
        uint32_t one = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                       round_constants[at] + w[at];
        uint32_t two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + one;
        d = c, c = b, b = a, a = one + two;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256(const uint8_t *bytes, size_t size, uint8_t digest[32])
{
    uint32_t state[8];
    memcpy(state, initial, sizeof state);
    size_t left = size;
    for (; left >= BLOCK; left -= BLOCK, bytes += BLOCK) {
        if (left % 4096 < BLOCK) feed();
        block(state, bytes);
    }
    // What is left, a one, zeros, and the length in bits.
    uint8_t last[2 * BLOCK];
    size_t end = left < BLOCK - 8 ? BLOCK : 2 * BLOCK;
    memset(last, 0, sizeof last);
    memcpy(last, bytes, left);
    last[left] = 0x80;
    uint64_t bits = (uint64_t)size * 8;
    for (int at = 1; at <= 8; at++, bits >>= 8) last[end - at] = (uint8_t)bits;
    block(state, last);
    if (end > BLOCK) block(state, last + BLOCK);
    for (int at = 0; at < 32; at++) digest[at] = (uint8_t)(state[at / 4] >> (24 - at % 4 * 8));
}
