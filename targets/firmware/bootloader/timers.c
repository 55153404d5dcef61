// SPDX-License-Identifier: MIT OR Apache-2.0
// The inactivity timer and the watchdog, both by RTC2 (section 12).
#include "timers.h"
#include "../common/watchdog.h"

enum { INACTIVITY, FEEDING };
// TMR-014: this many ticks ahead of the watchdog's end, and never sooner than a timer can be set.
#define FEED_AHEAD 3200u
#define FEWEST_TICKS 150u
// Seven of the eight reload registers are fed (TMR-015).
#define FED_REGISTERS 7u

static volatile bool expired;

void feed(void)
{
    watchdog_feed(FED_REGISTERS);
}

// In the handler, so that waiting for the transmitter or for the host does not keep it back.
static void feed_again_later(void)
{
    if (!watchdog_runs()) return;
    feed();
    uint32_t period = WDT_CRV > FEED_AHEAD + FEWEST_TICKS ? WDT_CRV - FEED_AHEAD : FEWEST_TICKS;
    // The counter has 24 bits.
    if (period > 0x7FFFFF) period = 0x7FFFFF;
    RTC_CC(FEEDING) = (RTC_COUNTER + period) & 0xFFFFFF;
}

void timers_start(void)
{
    // The low frequency clock's RC oscillator is good enough, and boards without a crystal have no other.
    CLOCK_LFCLKSTART = 1;
    RTC_PRESCALER = 0;
    RTC_CLEAR = 1;
    RTC_INTENSET = RTC_INT_COMPARE(INACTIVITY) | RTC_INT_COMPARE(FEEDING);
    irq_enable(RTC_IRQ);
    RTC_START = 1;
    feed_again_later();
}

void timers_restart(uint32_t ms)
{
    expired = false;
    // 32.768 ticks a millisecond.
    uint32_t ticks = ms / 125 * (RTC_HZ / 8) + ms % 125 * (RTC_HZ / 8) / 125;
    RTC_CC(INACTIVITY) = (RTC_COUNTER + ticks) & 0xFFFFFF;
    RTC_COMPARE(INACTIVITY) = 0;
}

bool timers_expired(void)
{
    return expired;
}

void timers_handler(void)
{
    if (RTC_COMPARE(INACTIVITY)) {
        RTC_COMPARE(INACTIVITY) = 0;
        expired = true;
    }
    if (RTC_COMPARE(FEEDING)) {
        RTC_COMPARE(FEEDING) = 0;
        feed_again_later();
    }
}
