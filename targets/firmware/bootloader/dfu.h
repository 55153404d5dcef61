// SPDX-License-Identifier: MIT OR Apache-2.0
// DFU mode.
#ifndef DFU_H
#define DFU_H

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

#endif
