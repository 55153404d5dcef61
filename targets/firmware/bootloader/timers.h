// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define INACTIVITY_MS 120000u
#define CONTINUATION_MS 10000u

// Feeds the watchdog, if one runs.
void feed(void);
// Starts the clock of DFU mode, and the regular feeding of the watchdog.
void timers_start(void);
// From now on `ms` milliseconds pass before timers_expired, at most 500 seconds.
void timers_restart(uint32_t ms);
bool timers_expired(void);
void timers_handler(void);
