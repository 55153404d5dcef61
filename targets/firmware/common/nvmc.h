// SPDX-License-Identifier: MIT OR Apache-2.0
// Flash operations, shared by the start-up code and the bootloader. Blocking: the CPU stands still meanwhile anyway.
#pragma once

#include "chip.h"

static inline void nvmc_wait(void)
{
    while (!(NVMC_READY & 1)) {}
}

// Clears those bits of the word that are 0 in `value`. `address` is that of a word of flash or UICR.
static inline void nvmc_word(uint32_t address, uint32_t value)
{
    NVMC_CONFIG = NVMC_WRITE;
    nvmc_wait();
    REG(address) = value;
    nvmc_wait();
    NVMC_CONFIG = NVMC_READ;
}

// Sets all bits of the page at `address`.
static inline void nvmc_erase(uint32_t address)
{
    NVMC_CONFIG = NVMC_ERASE;
    nvmc_wait();
    NVMC_ERASEPAGE = address;
    nvmc_wait();
    NVMC_CONFIG = NVMC_READ;
}

// Programs `words` words from `source`, which may be flash.
static inline void nvmc_words(uint32_t address, const uint32_t *source, uint32_t words)
{
    NVMC_CONFIG = NVMC_WRITE;
    nvmc_wait();
    for (uint32_t at = 0; at < words; at++) {
        REG(address + 4 * at) = source[at];
        nvmc_wait();
    }
    NVMC_CONFIG = NVMC_READ;
}
