// SPDX-License-Identifier: MIT OR Apache-2.0
// A watchdog that the application started runs on over the reset that led here, so it has to be fed (TMR-014).
#pragma once

#include "chip.h"

static inline bool watchdog_runs(void)
{
    return WDT_RUNSTATUS & 1;
}

// Reloads the first `registers` reload registers that are enabled.
static inline void watchdog_feed(uint32_t registers)
{
    if (!watchdog_runs()) return;
    uint32_t enabled = WDT_RREN;
    for (uint32_t at = 0; at < registers; at++)
        if (enabled >> at & 1) WDT_RR(at) = WDT_RELOAD;
}
