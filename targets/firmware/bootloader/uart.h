// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef UART_H
#define UART_H

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

#endif
