// SPDX-License-Identifier: MIT OR Apache-2.0
// SLIP frames (section 5.1).
#ifndef SERIAL_H
#define SERIAL_H

#include <stddef.h>
#include <stdint.h>

// A Write of 64 bytes, all of them escaped, and the end of its frame (CP-022).
#define SERIAL_MTU 131u

// Takes in one byte; hands a whole frame to dfu_request.
void serial_receive(uint8_t byte);
// Sends a frame of at most 64 bytes.
void serial_send(const uint8_t *bytes, size_t size);

#endif
