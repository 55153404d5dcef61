// SPDX-License-Identifier: MIT OR Apache-2.0
#include "wire.h"
#include "memory.h"

#define VALUE_BYTES 10
#define TAG_BYTES 5

static uint8_t next(struct message *message)
{
    if (message->left == 0) {
        message->failed = true;
        return 0;
    }
    message->left--;
    return *message->at++;
}

// PKG-035: longer than needed is fine, up to a limit.
static uint64_t varint(struct message *message, int most)
{
    uint64_t value = 0;
    for (int count = 0; count < most && !message->failed; count++) {
        uint8_t byte = next(message);
        value |= (uint64_t)(byte & 0x7F) << (7 * count);
        if (!(byte & 0x80)) return value;
    }
    message->failed = true;
    return 0;
}

static size_t length(struct message *message)
{
    size_t size = (uint32_t)varint(message, TAG_BYTES);
    if (size > message->left) message->failed = true;
    return message->failed ? 0 : size;
}

bool wire_tag(struct message *message, struct tag *tag)
{
    if (message->failed || message->left == 0) return false;
    size_t before = message->left;
    uint32_t value = (uint32_t)varint(message, TAG_BYTES);
    // PKG-022: the message ends in what could have become a tag.
    if (message->failed && message->left == 0 && before < TAG_BYTES) message->failed = false;
    // PKG-021, PKG-033: a zero ends the message.
    if (message->failed || value == 0) return false;
    *tag = (struct tag){.field = value >> 3, .type = value & 7};
    return true;
}

// PKG-036.
static void expect(struct message *message, struct tag tag, uint32_t type)
{
    if (tag.type != type) message->failed = true;
}

uint32_t wire_number(struct message *message, struct tag tag, uint32_t max)
{
    expect(message, tag, WIRE_VARINT);
    uint64_t value = varint(message, VALUE_BYTES);
    // PKG-019.
    if (value > max) message->failed = true;
    return (uint32_t)value;
}

uint32_t wire_packed(struct message *message)
{
    return wire_number(message, (struct tag){.type = WIRE_VARINT}, UINT32_MAX);
}

struct message wire_enter(struct message *message, struct tag tag)
{
    expect(message, tag, WIRE_BYTES);
    size_t size = length(message);
    message->left -= size;
    return (struct message){.at = message->at, .left = size, .failed = message->failed};
}

// PKG-033: a nested message that ended early, at a zero, leaves the rest of its bytes to this one.
void wire_leave(struct message *message, const struct message *nested)
{
    message->at = nested->at;
    message->failed |= nested->failed;
}

size_t wire_bytes(struct message *message, struct tag tag, uint8_t *target, size_t max)
{
    expect(message, tag, WIRE_BYTES);
    size_t size = length(message);
    // PKG-010, PKG-014.
    if (size > max) message->failed = true;
    if (message->failed) return 0;
    memcpy(target, message->at, size);
    message->at += size;
    message->left -= size;
    return size;
}

// PKG-007.
void wire_skip(struct message *message, struct tag tag)
{
    size_t size = 0;
    switch (tag.type) {
    case WIRE_VARINT:
        while (next(message) & 0x80) {}
        return;
    case WIRE_64: size = 8; break;
    case WIRE_32: size = 4; break;
    case WIRE_BYTES: size = length(message); break;
    default:
        message->failed = true;
    }
    if (size > message->left) message->failed = true;
    if (message->failed) return;
    message->at += size;
    message->left -= size;
}
