// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot.h"
#include "../common/nvmc.h"
#include "banks.h"
#include "bugs.h"
#include "crypto.h"
#include "memory.h"
#include "timers.h"

// Pages between two commits of the progress.
#define CHUNK_PAGES 8u

static uint32_t source(void)
{
    // SET-012: it stands where the CRC of the data was.
    return settings.progress.fw_crc;
}

// ACT-002: chunk by chunk, each one on record when it is there. A chunk is not longer than the way it has to go, so it never
// erases what it is copied from, and can be copied again after a cut (PWR-011).
static void copy(uint32_t from, uint32_t to, uint32_t size)
{
    // Received in its place (ACT-003).
    if (from == to) return;
    uint32_t distance = from > to ? from - to : to - from;
    uint32_t chunk = CHUNK_PAGES * PAGE_SIZE;
    if (distance < chunk && !BUG(CHUNK_OVERLAPS)) chunk = distance;
    while (settings.write_offset < size) {
        uint32_t offset = settings.write_offset;
        uint32_t length = size - offset < chunk ? size - offset : chunk;
        if (BUG(PROGRESS_AHEAD)) {
            settings.write_offset = offset + length;
            settings_commit();
        }
        for (uint32_t page = 0; page < length; page += PAGE_SIZE) {
            if (BUG(TAIL_NOT_ERASED) && page > 0 && length - page < PAGE_SIZE) break;
            feed();
            nvmc_erase(to + offset + page);
        }
        for (uint32_t page = 0; page < length; page += PAGE_SIZE) {
            uint32_t bytes = length - page < PAGE_SIZE ? length - page : PAGE_SIZE;
            feed();
            nvmc_words(to + offset + page, (const uint32_t *)(from + offset + page), (bytes + 3) / 4);
        }
        settings.write_offset = offset + length;
        settings_commit();
    }
}

// ACT-004, ACT-005. After the last chunk there is nothing left to copy, and the CRC is checked again (PWR-012).
static void activate_application(void)
{
    uint32_t size = settings.bank_1.size, crc = settings.bank_1.crc;
    if (BUG(BANK_1_CLEARED_EARLY)) settings.bank_1.code = BANK_INVALID;
    copy(source(), bank_0_start(), size);
    if (crc32(0, (const void *)bank_0_start(), size) == crc)
        settings.bank_0 = (struct bank){.size = size, .crc = crc, .code = BANK_APPLICATION};
    else
        settings.bank_0.code = BANK_INVALID;
}

// ACT-008, ACT-009.
static bool activate_softdevice(void)
{
    if (REG(source() + SD_INFO_MAGIC) != SD_MAGIC) return false;
    copy(source(), MBR_END, page_up(settings.sd_size));
    return true;
}

// ACT-014, ACT-015. A new bootloader comes here again and finds itself in place (ACT-016).
static void activate_bootloader(uint32_t skipped)
{
    uint32_t from = source() + skipped, size = settings.bank_1.size - skipped;
    if (size > BOOTLOADER_SIZE || memcmp((const void *)BOOTLOADER_START, (const void *)from, size) == 0)
        return;
    feed();
    mbr_copy_bootloader(from, size / 4);
}

enum activated activate(void)
{
    uint32_t code = settings.bank_1.code;
    switch (code) {
    case BANK_APPLICATION: activate_application(); break;
    case BANK_SOFTDEVICE: activate_softdevice(); break;
    case BANK_BOOTLOADER: activate_bootloader(0); break;
    case BANK_SOFTDEVICE_BOOTLOADER:
        if (activate_softdevice()) activate_bootloader(settings.sd_size);
        break;
    default: return NOTHING_TO_ACTIVATE;
    }
    // A failure is told to nobody: the update is dropped (ACT-017).
    memset(&settings.bank_1, 0, sizeof settings.bank_1);
    settings.write_offset = 0;
    settings_commit();
    bool with_softdevice = code == BANK_SOFTDEVICE || code == BANK_SOFTDEVICE_BOOTLOADER;
    return with_softdevice && settings.bank_0.code == BANK_APPLICATION ? EXPECT_MORE : RESTART;
}
