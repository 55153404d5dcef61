// SPDX-License-Identifier: MIT OR Apache-2.0
// CRC-32, four bytes at a time: every start of the device checks the whole application with it.
#include "crypto.h"

static uint32_t tables[4][256];

void crc_init(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xEDB88320 & -(crc & 1));
        tables[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int table = 1; table < 4; table++) {
            uint32_t before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][before & 0xFF];
        }
}

uint32_t crc32(uint32_t crc, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    crc = ~crc;
    for (; size > 0 && (uintptr_t)at % 4 != 0; size--)
        crc = crc >> 8 ^ tables[0][(crc ^ *at++) & 0xFF];
    for (; size >= 4; size -= 4, at += 4) {
        crc ^= *(const uint32_t *)at;
        crc = tables[3][crc & 0xFF] ^ tables[2][crc >> 8 & 0xFF] ^ tables[1][crc >> 16 & 0xFF] ^ tables[0][crc >> 24];
    }
    for (; size > 0; size--) crc = crc >> 8 ^ tables[0][(crc ^ *at++) & 0xFF];
    return ~crc;
}
