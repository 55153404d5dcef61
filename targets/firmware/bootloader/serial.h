// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Opens UARTE0: 115200 baud, 8N1, no flow control, TX on pin 6 and RX on pin 8.
void uart_open(void);
bool uart_has_bytes(void);
// The next byte that has arrived, or -1.
int uart_read(void);
// Sends bytes that stand in RAM, and returns when the last one has left.
void uart_write(const uint8_t *bytes, size_t size);
void uart_handler(void);

// A Write of 64 bytes, all of them escaped, and the end of its frame (CP-022).
#define SERIAL_MTU 131u

// Takes in one byte; hands a whole frame to dfu_request.
void serial_receive(uint8_t byte);
// Sends a frame of at most 64 bytes.
void serial_send(const uint8_t *bytes, size_t size);
