// SPDX-License-Identifier: MIT OR Apache-2.0
// The settings page, version 2 (section 8.1).
#pragma once

#include <stdint.h>

#include "layout.h"

#define INIT_COMMAND_MAX 512u

enum bank_code {
    BANK_INVALID = 0x00,
    BANK_APPLICATION = 0x01,
    BANK_SOFTDEVICE = 0xA5,
    BANK_BOOTLOADER = 0xAA,
    BANK_SOFTDEVICE_BOOTLOADER = 0xAC,
};

struct bank {
    uint32_t size, crc, code;
};

enum validation_kind { VALIDATE_NOTHING, VALIDATE_CRC, VALIDATE_SHA256, VALIDATE_ECDSA };

// What a component is checked with at every start: no padding, as the page has it.
struct validation {
    uint8_t kind;
    uint8_t bytes[64];
};

// Of objects; zero outside a session.
struct progress {
    uint32_t cmd_size, cmd_offset, cmd_crc;
    uint32_t obj_size;
    // Between the final Execute and the next Create this word holds the address of the received image (SET-012).
    uint32_t fw_crc, fw_crc_last;
    uint32_t fw_offset, fw_offset_last;
};

struct settings {
    uint32_t crc; // Of the bytes up to enter_buttonless_dfu, included.
    uint32_t version;
    uint32_t app_version, bootloader_version;
    uint32_t bank_layout, bank_current;
    struct bank bank_0, bank_1;
    uint32_t write_offset;
    uint32_t sd_size;
    struct progress progress;
    uint32_t enter_buttonless_dfu;
    uint8_t init_command[INIT_COMMAND_MAX];
    uint32_t validation_crc; // Of the three records.
    struct validation validation_sd, validation_app, validation_bl;
    uint8_t peer_data[64], name[28], padding[1];
};

_Static_assert(sizeof(struct settings) == 896, "section 8.1");
_Static_assert(offsetof(struct settings, init_command) == 0x5C, "section 8.1");
_Static_assert(offsetof(struct settings, peer_data) == 0x323, "section 8.1");

// The working copy.
extern struct settings settings;

// Fills the working copy from the two pages.
void settings_load(void);
// Makes both pages what the working copy is, main page first (SET-005).
void settings_commit(void);
// Makes the backup what the main page is (SET-019).
void settings_sync_backup(void);
// Forgets objects and the init packet (OBJ-003, OBJ-010).
void settings_reset_progress(void);
