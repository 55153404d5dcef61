// SPDX-License-Identifier: MIT OR Apache-2.0
#include "crypto.h"
#include "layout.h"
#include "memory.h"

bool signature_holds(const uint8_t *bytes, size_t size, const uint8_t signature[64])
{
    uint8_t digest[32];
    uint32_t value[WORDS], r[WORDS], s[WORDS];
    sha256(bytes, size, digest);
    for (int word = 0; word < WORDS; word++) {
        const uint8_t *at = digest + 28 - 4 * word;
        value[word] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    memcpy(r, signature, sizeof r);
    memcpy(s, signature + 32, sizeof s);
    return p256_verify(public_key, value, r, s);
}
