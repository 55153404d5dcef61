// SPDX-License-Identifier: MIT OR Apache-2.0
// Write protection of flash (MEM-018, MEM-019): one bit a page on the nRF52832, a few regions on the others.
#include "boot.h"
#include "../common/chip.h"

static uint32_t regions;

// Four registers, with a gap in the middle. Written ones stay, so a register can be written again and again.
static void close_pages(uint32_t first, uint32_t last)
{
    for (uint32_t bank = 0; bank < 4; bank++) {
        uint32_t bits = 0;
        for (uint32_t bit = 0; bit < 32; bit++)
            if (32 * bank + bit >= first && 32 * bank + bit < last) bits |= 1u << bit;
        if (bits != 0) REG((bank < 2 ? BPROT_CONFIG0 : BPROT_CONFIG2 - 8) + 4 * bank) = bits;
    }
}

void protect(uint32_t start, uint32_t end)
{
    if (FICR_PART == PART_52832) {
        close_pages(start / PAGE_SIZE, end / PAGE_SIZE);
        return;
    }
    REG(ACL(regions)) = start;
    REG(ACL(regions) + 4) = end - start;
    REG(ACL(regions) + 8) = ACL_NO_WRITE;
    regions++;
}
