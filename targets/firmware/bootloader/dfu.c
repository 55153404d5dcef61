// SPDX-License-Identifier: MIT OR Apache-2.0
#include "dfu.h"
#include "serial.h"
#include "timers.h"

struct session session;

void dfu_leave(void)
{
    settings_sync_backup();
    chip_reset();
}

// Until an interrupt. Masked ones wake the core as well, so none is missed between the look and the sleep.
static void sleep_unless(bool (*awake)(void))
{
    __asm volatile("cpsid i" ::: "memory");
    if (!awake()) __asm volatile("wfi");
    __asm volatile("cpsie i" ::: "memory");
}

static bool has_work(void)
{
    return uart_has_bytes() || timers_expired();
}

void dfu_run(uint32_t inactivity_ms)
{
    timers_start();
    timers_restart(inactivity_ms);
    objects_restore();
    uart_open();
    for (;;) {
        feed();
        for (int byte = uart_read(); byte >= 0; byte = uart_read()) serial_receive((uint8_t)byte);
        // TMR-006: the host is told nothing.
        if (timers_expired()) dfu_leave();
        sleep_unless(has_work);
    }
}
