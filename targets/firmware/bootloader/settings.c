// SPDX-License-Identifier: MIT OR Apache-2.0
// Two pages, of which one is whole at every moment (sections 8.2 and 13.1).
#include "settings.h"
#include "../common/nvmc.h"
#include "bugs.h"
#include "crypto.h"
#include "memory.h"
#include "timers.h"

#define FIRST_CRC_BYTES (offsetof(struct settings, init_command) - 4)
#define RECORDS_BYTES (3 * sizeof(struct validation))

struct settings settings;

static const struct settings *const main_page = (const struct settings *)SETTINGS_PAGE;
static const struct settings *const backup_page = (const struct settings *)PARAMS_PAGE;

static uint32_t crc_of(const struct settings *page)
{
    return crc32(0, &page->version, FIRST_CRC_BYTES);
}

static uint32_t validation_crc_of(const struct settings *page)
{
    return crc32(0, &page->validation_sd, RECORDS_BYTES);
}

static bool valid(const struct settings *page)
{
    return page->crc != ERASED && page->crc == crc_of(page);
}

// SET-007: from version 2 on the records must be right, too.
static bool valid_as_backup(const struct settings *page)
{
    return valid(page) && (page->version == 1 || page->validation_crc == validation_crc_of(page));
}

static void take(void *target, const void *source, size_t from, size_t to)
{
    memcpy((uint8_t *)target + from, (const uint8_t *)source + from, to - from);
}

// SET-008, SET-009: what version 1 has elsewhere or not at all.
static void upgrade(void)
{
    uint8_t peer_and_name[64 + 28];
    memcpy(peer_and_name, (const uint8_t *)&settings + 0x15C, sizeof peer_and_name);
    settings.validation_sd.kind = VALIDATE_NOTHING;
    settings.validation_app.kind = VALIDATE_CRC;
    memcpy(settings.validation_app.bytes, &settings.bank_0.crc, 4);
    settings.validation_bl.kind = VALIDATE_NOTHING;
    memcpy(settings.peer_data, peer_and_name, sizeof peer_and_name);
    settings.version = 2;
}

void settings_load(void)
{
    bool main_valid = valid(main_page), backup_valid = valid_as_backup(backup_page);
    if (!main_valid && !backup_valid) {
        memset(&settings, 0, sizeof settings);
        settings.version = 2;
        return;
    }
    memcpy(&settings, main_valid ? main_page : backup_page, sizeof settings);
    if (main_valid && backup_valid) {
        // The backup decides while it is whole; what the application may write is the main page's (SET-003).
        take(&settings, backup_page, offsetof(struct settings, version),
             offsetof(struct settings, enter_buttonless_dfu));
        take(&settings, backup_page, offsetof(struct settings, init_command), offsetof(struct settings, peer_data));
    }
    // A version that nobody knows is used as it is (SET-010).
    if (settings.version == 1) upgrade();
}

static bool same(const uint32_t *one, const uint32_t *other)
{
    for (uint32_t at = 0; at < sizeof(struct settings) / 4; at++)
        if (one[at] != other[at]) return false;
    return true;
}

// SET-006: nothing is erased when the page is right already.
static void write_page(uint32_t page, const struct settings *content)
{
    if (same((const uint32_t *)page, (const uint32_t *)content)) return;
    feed();
    if (!(BUG(BACKUP_NOT_ERASED) && page == PARAMS_PAGE)) nvmc_erase(page);
    feed();
    nvmc_words(page, (const uint32_t *)content, sizeof *content / 4);
}

void settings_commit(void)
{
    settings.crc = crc_of(&settings);
    settings.validation_crc = validation_crc_of(&settings);
    if (BUG(PAGES_ERASED_TOGETHER) && !same((const uint32_t *)SETTINGS_PAGE, (const uint32_t *)&settings)) {
        nvmc_erase(SETTINGS_PAGE);
        nvmc_erase(PARAMS_PAGE);
    }
    write_page(SETTINGS_PAGE, &settings);
    write_page(PARAMS_PAGE, &settings);
}

void settings_sync_backup(void)
{
    write_page(PARAMS_PAGE, main_page);
}

void settings_reset_progress(void)
{
    memset(&settings.progress, 0, sizeof settings.progress);
    settings.write_offset = 0;
    memset(settings.init_command, 0xFF, sizeof settings.init_command);
}
