// SPDX-License-Identifier: MIT OR Apache-2.0
#include "serial.h"
#include "dfu.h"

enum { END = 0xC0, ESCAPE = 0xDB, ESCAPED_END = 0xDC, ESCAPED_ESCAPE = 0xDD };
#define FRAME_MAX 64u

enum state { PLAIN, AFTER_ESCAPE, DISCARDING };

static uint8_t frame[SERIAL_MTU];
static size_t length;
static enum state state;

static void end_of_frame(void)
{
    size_t size = length;
    length = 0;
    // SER-005: an empty frame is none.
    if (size > 0) dfu_request(frame, size);
}

void serial_receive(uint8_t byte)
{
    // SER-010: a frame that is too long silences the receiver until the next reset.
    if (length == sizeof frame) return;
    switch (state) {
    case DISCARDING:
        if (byte == END) state = PLAIN;
        return;
    case AFTER_ESCAPE:
        // SER-003: what is not a code spoils the frame, up to the END behind it.
        state = byte == ESCAPED_END || byte == ESCAPED_ESCAPE ? PLAIN : DISCARDING;
        if (state == DISCARDING)
            length = 0;
        else
            frame[length++] = byte == ESCAPED_END ? END : ESCAPE;
        return;
    case PLAIN:
        if (byte == END)
            end_of_frame();
        else if (byte == ESCAPE)
            state = AFTER_ESCAPE;
        else
            frame[length++] = byte;
    }
}

void serial_send(const uint8_t *bytes, size_t size)
{
    uint8_t coded[2 * FRAME_MAX + 1];
    size_t count = 0;
    for (size_t at = 0; at < size; at++) {
        uint8_t byte = bytes[at];
        if (byte == END || byte == ESCAPE) {
            coded[count++] = ESCAPE;
            byte = byte == END ? ESCAPED_END : ESCAPED_ESCAPE;
        }
        coded[count++] = byte;
    }
    coded[count++] = END;
    uart_write(coded, count);
}
