// SPDX-License-Identifier: MIT OR Apache-2.0
#include "packet.h"
#include "memory.h"
#include "wire.h"

#define HASH_MAX 32u

// A hash or a boot validation: a kind and bytes, both of which have to be there (PKG-009).
static void typed_bytes(struct message *message, struct tag tag, struct typed_bytes *value, size_t max)
{
    struct message nested = wire_enter(message, tag);
    bool has_kind = false, has_bytes = false;
    memset(value, 0, sizeof *value);
    while (wire_tag(&nested, &tag)) {
        if (tag.field == 1) {
            value->kind = (uint8_t)wire_number(&nested, tag, UINT8_MAX);
            has_kind = true;
        } else if (tag.field == 2) {
            // PKG-015: what is missing of a hash is zero.
            memset(value->bytes, 0, sizeof value->bytes);
            value->size = (uint8_t)wire_bytes(&nested, tag, value->bytes, max);
            has_bytes = true;
        } else {
            wire_skip(&nested, tag);
        }
    }
    nested.failed |= !has_kind || !has_bytes;
    wire_leave(message, &nested);
}

static void add_sd_req(struct message *message, struct init *init, uint32_t value)
{
    // PKG-017.
    if (init->sd_req_count == SD_REQ_MAX)
        message->failed = true;
    else
        init->sd_req[init->sd_req_count++] = value;
}

// PKG-018: packed, or one by one.
static void sd_req(struct message *message, struct tag tag, struct init *init)
{
    if (tag.type != WIRE_BYTES) {
        add_sd_req(message, init, wire_number(message, tag, UINT32_MAX));
        return;
    }
    struct message nested = wire_enter(message, tag);
    while (nested.left > 0 && !nested.failed)
        add_sd_req(&nested, init, wire_packed(&nested));
    wire_leave(message, &nested);
}

static void number(struct message *message, struct tag tag, struct number *number, uint32_t max)
{
    // PKG-034: the last one counts.
    *number = (struct number){.given = true, .value = wire_number(message, tag, max)};
}

static void init_command(struct message *message, struct init *init)
{
    struct tag tag;
    while (wire_tag(message, &tag)) {
        switch (tag.field) {
        case 1: number(message, tag, &init->fw_version, UINT32_MAX); break;
        case 2: number(message, tag, &init->hw_version, UINT32_MAX); break;
        case 3: sd_req(message, tag, init); break;
        case 4: number(message, tag, &init->type, UINT8_MAX); break;
        case 5: number(message, tag, &init->sd_size, UINT32_MAX); break;
        case 6: number(message, tag, &init->bl_size, UINT32_MAX); break;
        case 7: number(message, tag, &init->app_size, UINT32_MAX); break;
        case 8:
            typed_bytes(message, tag, &init->hash, HASH_MAX);
            init->has_hash = true;
            break;
        case 9: {
            // PKG-025: a signed byte.
            uint32_t value = wire_number(message, tag, UINT32_MAX);
            message->failed |= value > INT8_MAX && value < (uint32_t)INT8_MIN;
            init->is_debug = value != 0;
            break;
        }
        case 10:
            if (init->validation_count == VALIDATIONS_MAX)
                message->failed = true;
            else
                typed_bytes(message, tag, &init->validations[init->validation_count++], 64);
            break;
        default:
            wire_skip(message, tag);
        }
    }
}

// Reads a Command and counts the init commands in it.
static void command(struct message *outer, struct tag tag, struct packet *packet, uint32_t *inits)
{
    struct message message = wire_enter(outer, tag);
    while (wire_tag(&message, &tag)) {
        if (tag.field == 1) {
            // PKG-006: whatever it says.
            wire_number(&message, tag, UINT8_MAX);
        } else if (tag.field == 2) {
            struct message nested = wire_enter(&message, tag);
            // PKG-008: the signature is over all that is left of the Command.
            packet->signed_bytes = nested.at;
            packet->signed_size = nested.left + message.left;
            init_command(&nested, &packet->init);
            wire_leave(&message, &nested);
            ++*inits;
        } else {
            wire_skip(&message, tag);
        }
    }
    wire_leave(outer, &message);
}

static void signed_command(struct message *outer, struct tag tag, struct packet *packet, uint32_t *inits)
{
    struct message message = wire_enter(outer, tag);
    bool has_command = false, has_kind = false, has_bytes = false;
    while (wire_tag(&message, &tag)) {
        switch (tag.field) {
        case 1:
            command(&message, tag, packet, inits);
            has_command = true;
            break;
        case 2:
            packet->signature.kind = (uint8_t)wire_number(&message, tag, UINT8_MAX);
            has_kind = true;
            break;
        case 3:
            packet->signature.size =
                (uint8_t)wire_bytes(&message, tag, packet->signature.bytes, sizeof packet->signature.bytes);
            has_bytes = true;
            break;
        default:
            wire_skip(&message, tag);
        }
    }
    message.failed |= !has_command || !has_kind || !has_bytes;
    wire_leave(outer, &message);
}

bool packet_read(const uint8_t *bytes, size_t size, struct packet *packet)
{
    struct message message = {.at = bytes, .left = size};
    uint32_t inits = 0;
    bool is_plain = false;
    struct tag tag;
    memset(packet, 0, sizeof *packet);
    while (wire_tag(&message, &tag)) {
        if (tag.field == 1) {
            command(&message, tag, packet, &inits);
            is_plain = true;
        } else if (tag.field == 2) {
            signed_command(&message, tag, packet, &inits);
            packet->is_signed = true;
        } else {
            wire_skip(&message, tag);
        }
    }
    if (message.failed || inits != 1 || (is_plain && packet->is_signed)) return false;
    if (!packet->is_signed) return true;
    // PKG-008: what counts are the fields in the signed bytes, all of them.
    struct message whole = {.at = packet->signed_bytes, .left = packet->signed_size};
    memset(&packet->init, 0, sizeof packet->init);
    init_command(&whole, &packet->init);
    return !whole.failed;
}

bool init_has_softdevice(const struct init *init)
{
    return init->type.value == TYPE_SOFTDEVICE || init->type.value == TYPE_SOFTDEVICE_BOOTLOADER;
}

bool init_has_bootloader(const struct init *init)
{
    return init->type.value == TYPE_BOOTLOADER || init->type.value == TYPE_SOFTDEVICE_BOOTLOADER;
}

uint32_t init_image_size(const struct init *init)
{
    uint32_t size = init->type.value == TYPE_APPLICATION ? init->app_size.value : 0;
    if (init_has_softdevice(init)) size += init->sd_size.value;
    if (init_has_bootloader(init)) size += init->bl_size.value;
    return size;
}
