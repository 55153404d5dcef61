// SPDX-License-Identifier: MIT OR Apache-2.0
// UARTE0 with EasyDMA. The receiver is given one byte at a time, so that each one raises an interrupt; the receiver's
// own buffer of a few bytes bridges the time in which a flash word is programmed and the CPU stands still.
#include "serial.h"
#include "../common/chip.h"

#define PIN_TX 6u
#define PIN_RX 8u

// Longer than two frames; the main loop empties it between flash words at the latest.
#define RING 512u

static volatile uint8_t landing;
static uint8_t ring[RING];
static volatile uint32_t written;
static uint32_t taken;

void uart_open(void)
{
    GPIO_OUTSET = 1u << PIN_TX;
    GPIO_PIN_CNF(PIN_TX) = PIN_OUTPUT;
    // Pulled up: nobody on the line is silence, not a break.
    GPIO_PIN_CNF(PIN_RX) = PIN_INPUT_PULL_UP;
    UARTE_PSEL_TXD = PIN_TX;
    UARTE_PSEL_RXD = PIN_RX;
    UARTE_BAUDRATE = UARTE_115200;
    UARTE_CONFIG = 0;
    UARTE_ENABLE = UARTE_ENABLED;
    UARTE_INTENSET = UARTE_INT_ENDRX | UARTE_INT_ERROR;
    irq_enable(UARTE_IRQ);
    UARTE_RXD_PTR = (uint32_t)&landing;
    UARTE_RXD_MAXCNT = 1;
    UARTE_STARTRX = 1;
}

void uart_handler(void)
{
    // SER-013, FLT-032: a framing error, an overrun or a break ends the session.
    if (UARTE_ERROR) chip_reset();
    if (!UARTE_ENDRX) return;
    UARTE_ENDRX = 0;
    ring[written % RING] = landing;
    written++;
    UARTE_STARTRX = 1;
}

bool uart_has_bytes(void)
{
    return taken != written;
}

int uart_read(void)
{
    if (!uart_has_bytes()) return -1;
    return ring[taken++ % RING];
}

void uart_write(const uint8_t *bytes, size_t size)
{
    UARTE_ENDTX = 0;
    UARTE_TXSTOPPED = 0;
    UARTE_TXD_PTR = (uint32_t)bytes;
    UARTE_TXD_MAXCNT = size;
    UARTE_STARTTX = 1;
    while (!UARTE_ENDTX) {}
    UARTE_STOPTX = 1;
    while (!UARTE_TXSTOPPED) {}
}
