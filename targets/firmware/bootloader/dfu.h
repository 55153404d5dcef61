// SPDX-License-Identifier: MIT OR Apache-2.0
// DFU mode.
#pragma once

#include "packet.h"
#include "validate.h"

enum object { OBJECT_NONE, OBJECT_COMMAND, OBJECT_DATA };

// What a session is at, beside the settings.
struct session {
    enum object selected;
    // A packet is in force, and this is the one.
    bool init_ok;
    bool has_packet;
    struct packet packet;
    // Where its image goes.
    uint32_t fw_address;
    uint32_t fw_size;
    // The update has ended, well or not: the answer goes out, the settings are written, a reset follows (OBJ-030).
    bool ended;
};

extern struct session session;

// Serves requests until a reset.
void dfu_run(uint32_t inactivity_ms) __attribute__((noreturn));
// A whole request has arrived (requests.c).
void dfu_request(const uint8_t *bytes, size_t size);
// Makes the backup what the main page is, and resets (SET-019).
void dfu_leave(void) __attribute__((noreturn));

// Command and data objects (section 2, objects.c).
#define COMMAND_MAX INIT_COMMAND_MAX
#define DATA_MAX PAGE_SIZE

// A packet that was in force before the reset is again, without another check (OBJ-036).
void objects_restore(void);
enum result object_select(uint32_t kind);
enum result object_create(uint32_t kind, uint32_t size);
enum result object_write(const uint8_t *bytes, size_t size);
enum result object_execute(void);
// Of the selected object, with what is not executed yet (CP-018).
uint32_t object_offset(void);
uint32_t object_crc(void);
