// SPDX-License-Identifier: MIT OR Apache-2.0
// Protobuf primitives. Every read is checked against what is left of the message it belongs to.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

// A message being read. `failed` stays once it is set, so that callers look at it once.
struct message {
    const uint8_t *at;
    size_t left;
    bool failed;
};

struct tag {
    uint32_t field;
    uint32_t type;
};

// The next field, or false at the end of the message.
bool wire_tag(struct message *message, struct tag *tag);
// A number of at most `max`.
uint32_t wire_number(struct message *message, struct tag tag, uint32_t max);
// The next number of a packed list.
uint32_t wire_packed(struct message *message);
// A message inside this one. What follows is read behind where the nested one stops being read, see wire_leave.
struct message wire_enter(struct message *message, struct tag tag);
void wire_leave(struct message *message, const struct message *nested);
// At most `max` bytes.
size_t wire_bytes(struct message *message, struct tag tag, uint8_t *target, size_t max);
void wire_skip(struct message *message, struct tag tag);
