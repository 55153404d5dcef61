// SPDX-License-Identifier: MIT OR Apache-2.0
// Vector table and entry. Exceptions arrive here through the start-up code, which forwards them to this table.
#include "boot.h"
#include "layout.h"
#include "timers.h"
#include "serial.h"

extern uint32_t bss_start, bss_end, stack_top;

// The words that tell the start-up code where the bootloader and its params page are (section 9.4).
__attribute__((section(".uicr"), used)) static const uint32_t uicr[2] = {BOOTLOADER_START, PARAMS_PAGE};

__attribute__((noreturn)) void reset(void)
{
    for (uint32_t *word = &bss_start; word < &bss_end; word++) *word = 0;
    boot();
}

// The error handler: whatever went wrong, the next start begins from what is in flash (ACT-028).
static __attribute__((noreturn)) void fail(void)
{
    chip_reset();
}

typedef void (*vector)(void);

// clang-format off
__attribute__((section(".vectors"), used)) static const vector vectors[16 + 48] = {
    [0] = (vector)&stack_top,
    [1] = reset,
    [2 ... 15 + UARTE_IRQ] = fail,
    [16 + UARTE_IRQ] = uart_handler,
    [17 + UARTE_IRQ ... 15 + RTC_IRQ] = fail,
    [16 + RTC_IRQ] = timers_handler,
    [17 + RTC_IRQ ... 63] = fail,
};
// clang-format on

// The compiler may call these for what it makes of loops and assignments.
void *memcpy(void *target, const void *source, size_t size)
{
    uint8_t *to = target;
    const uint8_t *from = source;
    while (size-- > 0)
        *to++ = *from++;
    return target;
}

void *memset(void *target, int value, size_t size)
{
    uint8_t *to = target;
    while (size-- > 0)
        *to++ = (uint8_t)value;
    return target;
}

int memcmp(const void *one, const void *other, size_t size)
{
    const uint8_t *a = one, *b = other;
    for (; size > 0; size--, a++, b++)
        if (*a != *b) return *a - *b;
    return 0;
}
