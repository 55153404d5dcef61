// SPDX-License-Identifier: MIT OR Apache-2.0
// The init packet (section 6).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SD_REQ_MAX 16u
#define VALIDATIONS_MAX 3u

enum firmware_type { TYPE_APPLICATION, TYPE_SOFTDEVICE, TYPE_BOOTLOADER, TYPE_SOFTDEVICE_BOOTLOADER };
enum { HASH_SHA256 = 3 };
enum { SIGNATURE_ECDSA_P256 = 0 };

struct number {
    bool given;
    uint32_t value;
};

// A kind, and bytes of which a packet may bring fewer than there is room for.
struct typed_bytes {
    uint8_t kind, size;
    uint8_t bytes[64];
};

struct init {
    struct number fw_version, hw_version, type;
    struct number sd_size, bl_size, app_size;
    uint32_t sd_req[SD_REQ_MAX];
    uint8_t sd_req_count;
    bool is_debug;
    bool has_hash;
    struct typed_bytes hash;
    struct typed_bytes validations[VALIDATIONS_MAX];
    uint8_t validation_count;
};

struct packet {
    struct init init;
    bool is_signed;
    struct typed_bytes signature;
    // What the signature is over, inside the packet's bytes.
    const uint8_t *signed_bytes;
    size_t signed_size;
};

// Reads a packet; false when it isn't one, or not exactly one (PKG-003, PKG-004, PKG-005, PKG-009).
bool packet_read(const uint8_t *bytes, size_t size, struct packet *packet);
// Bytes of the image that the packet is about (section 7.5).
uint32_t init_image_size(const struct init *init);
bool init_has_softdevice(const struct init *init);
bool init_has_bootloader(const struct init *init);
