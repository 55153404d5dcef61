// SPDX-License-Identifier: MIT OR Apache-2.0
// What the params page holds between a request and its end: one record at its beginning.
//
// The state word is written last, so that a record torn by a power cut is none; done is a further word whose bits are
// cleared, so that nothing has to be erased to be through with it.
#pragma once

#include "../common/chip.h"
#include "../common/nvmc.h"

#define RECORD_COPY 0x59504F43u
#define RECORD_TABLE 0x4C424154u
#define RECORD_COMMITTED 0x54494D43u

struct record {
    uint32_t kind;
    uint32_t source; // Of a copy.
    uint32_t target; // Of a copy, or the vector table to start.
    uint32_t words;
    uint32_t crc;   // Of the words at the source.
    uint32_t check; // Sum of the five, inverted.
    uint32_t state;
    uint32_t done;
};

// CRC-32 four bits at a time, without a table in RAM.
static inline uint32_t record_crc(uint32_t address, uint32_t words)
{
    static const uint32_t nibbles[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    uint32_t crc = 0xFFFFFFFF;
    for (; words > 0; words--, address += 4) {
        crc ^= REG(address);
        for (int nibble = 0; nibble < 8; nibble++) crc = crc >> 4 ^ nibbles[crc & 15];
    }
    return ~crc;
}

static inline uint32_t record_check(const struct record *record)
{
    return ~(record->kind + record->source + record->target + record->words + record->crc);
}

// The record of `kind` in the params page, if there is one that still has to be obeyed.
static inline bool record_read(uint32_t params, uint32_t kind, struct record *record)
{
    *record = *(volatile const struct record *)params;
    return record->kind == kind && record->check == record_check(record) && record->state == RECORD_COMMITTED &&
           record->done == ERASED;
}

static inline void record_write(uint32_t params, uint32_t kind, uint32_t source, uint32_t target, uint32_t words)
{
    struct record record = {.kind = kind, .source = source, .target = target, .words = words};
    record.crc = record_crc(source, words);
    record.check = record_check(&record);
    nvmc_erase(params);
    nvmc_words(params, (const uint32_t *)&record, offsetof(struct record, state) / 4);
    nvmc_word(params + offsetof(struct record, state), RECORD_COMMITTED);
}

static inline void record_done(uint32_t params)
{
    nvmc_word(params + offsetof(struct record, done), 0);
}
