// SPDX-License-Identifier: MIT OR Apache-2.0
// Where things stand in flash (section 9), counted down from the end of flash that the build is for.
#pragma once

#include "../common/chip.h"

#ifndef FLASH_END
#error "FLASH_END: 0x80000 or 0x100000"
#endif

#define SETTINGS_PAGE (FLASH_END - 0x1000u)
// The MBR's params page, which holds the second copy of the settings in between.
#define PARAMS_PAGE (FLASH_END - 0x2000u)
#define BOOTLOADER_START (FLASH_END - 0x8000u)
#define BOOTLOADER_SIZE (PARAMS_PAGE - BOOTLOADER_START)
// Pages below the bootloader that belong to the application's data (MEM-004, MEM-005).
#define IMAGE_AREA_END (BOOTLOADER_START - 0x3000u)
#define MBR_END 0x1000u

// What a SoftDevice says of itself, from its first byte on (section 9.3).
#define SD_MAGIC 0x51B1E5DBu
#define SD_INFO_SIZE 0x2000u
#define SD_INFO_MAGIC 0x2004u
#define SD_INFO_END 0x2008u
#define SD_INFO_FWID 0x200Cu
#define SD_INFO_ID 0x2010u
#define SD_INFO_VERSION 0x2014u

// What the demonstration bootloader asks of a packet.
#define HW_VERSION 52u
// The keys are in key.c.
extern const uint32_t public_key[2][8];
