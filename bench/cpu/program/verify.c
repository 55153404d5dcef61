// SPDX-License-Identifier: MIT OR Apache-2.0
// The program that every engine runs: ECDSA P-256 verification as the demo bootloader does it (its own sources), `rounds`
// times over a good signature and once over a bad one. Ends in BKPT, with the verdicts in R0.
#include <stdbool.h>
#include <stdint.h>

#include "p256.h"
#include "sha256.h"

static const char message[] = "Every engine verifies this signature.";
#include "signature.inc"

// Word at the start of RAM: how often.
extern uint32_t rounds;

void feed(void) {}

void *memcpy(void *target, const void *source, size_t size)
{
    uint8_t *to = target;
    for (const uint8_t *from = source; size; size--)
        *to++ = *from++;
    return target;
}

void *memset(void *target, int value, size_t size)
{
    for (uint8_t *to = target; size; size--)
        *to++ = (uint8_t)value;
    return target;
}

int memcmp(const void *one, const void *other, size_t size)
{
    const uint8_t *a = one, *b = other;
    for (; size; size--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}

__attribute__((used, noreturn)) void start(void)
{
    uint8_t bytes[32];
    uint32_t digest[WORDS], good = 0;
    for (uint32_t left = rounds; left; left--) {
        sha256((const uint8_t *)message, sizeof message - 1, bytes);
        for (int word = 0; word < WORDS; word++) {
            const uint8_t *at = bytes + 28 - 4 * word;
            digest[word] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        }
        good += p256_verify(key, digest, r, s);
    }
    digest[0] ^= 1;
    bool bad = p256_verify(key, digest, r, s);
    register uint32_t verdicts __asm__("r0") = good << 1 | bad;
    __asm__ volatile("bkpt 0" : : "r"(verdicts));
    for (;;)
        ;
}

__attribute__((section(".vectors"), used)) void *const vectors[] = {(void *)0x20004000, (void *)start};
