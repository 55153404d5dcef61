//! The system timer, counted lazily: only the time of its next zero is kept.
//!
//! It runs from the core clock; there is no external reference.

pub(crate) const NEVER: u64 = u64::MAX;
const ENABLE: u32 = 1;
const TICKINT: u32 = 2;
const CLKSOURCE: u32 = 4;
const COUNTFLAG: u32 = 1 << 16;
/// No reference clock, and the 10 ms value is not known.
pub(crate) const CALIBRATION: u32 = 0xC000_0000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct SysTick {
    control: u32,
    reload: u32,
    /// The counter while disabled.
    stopped_at: u32,
    /// When the counter goes from 1 to 0 next; `NEVER` while it does not count.
    zero_at: u64,
    /// The value the running count started from.
    loaded: u32,
    count_flag: bool,
}

impl Default for SysTick {
    fn default() -> Self {
        SysTick { control: 0, reload: 0, stopped_at: 0, zero_at: NEVER, loaded: 0, count_flag: false }
    }
}

impl SysTick {
    /// Brings the counter to `now`; true when an exception is due.
    pub(crate) fn update(&mut self, now: u64) -> bool {
        if now < self.zero_at {
            return false;
        }
        self.count_flag = true;
        let period = u64::from(self.reload) + 1;
        self.loaded = self.reload;
        self.zero_at = if self.reload == 0 {
            NEVER
        } else {
            self.zero_at + ((now - self.zero_at) / period + 1) * period
        };
        self.control & TICKINT != 0
    }

    /// When [`update`](Self::update) must be called next.
    pub(crate) fn next(&self) -> u64 {
        if self.control & TICKINT != 0 { self.zero_at } else { NEVER }
    }

    pub(crate) fn stand_still(&mut self, cycles: u64) {
        self.zero_at = self.zero_at.saturating_add(cycles);
    }

    /// Reading clears COUNTFLAG.
    pub(crate) fn read_control(&mut self) -> u32 {
        let flag = if std::mem::take(&mut self.count_flag) { COUNTFLAG } else { 0 };
        self.control | CLKSOURCE | flag
    }

    pub(crate) fn write_control(&mut self, value: u32, now: u64) {
        let was = self.control & ENABLE != 0;
        let will = value & ENABLE != 0;
        if was && !will {
            self.stopped_at = self.current(now);
            self.zero_at = NEVER;
        } else if !was && will {
            self.start(self.stopped_at, now);
        }
        self.control = value & (ENABLE | TICKINT);
    }

    pub(crate) fn reload(&self) -> u32 {
        self.reload
    }

    pub(crate) fn write_reload(&mut self, value: u32, now: u64) {
        let waiting = self.control & ENABLE != 0 && self.zero_at == NEVER;
        self.reload = value & 0x00FF_FFFF;
        if waiting {
            self.start(0, now);
        }
    }

    pub(crate) fn current(&self, now: u64) -> u32 {
        if self.control & ENABLE == 0 {
            return self.stopped_at;
        }
        match self.zero_at {
            NEVER => 0,
            zero_at => {
                let left = zero_at.saturating_sub(now);
                if left > u64::from(self.loaded) { 0 } else { left as u32 }
            }
        }
    }

    /// Any write clears the counter and COUNTFLAG.
    pub(crate) fn clear_current(&mut self, now: u64) {
        self.count_flag = false;
        self.stopped_at = 0;
        if self.control & ENABLE != 0 {
            self.start(0, now);
        }
    }

    fn start(&mut self, from: u32, now: u64) {
        if from != 0 {
            self.loaded = from;
            self.zero_at = now + u64::from(from);
        } else if self.reload != 0 {
            self.loaded = self.reload;
            self.zero_at = now + 1 + u64::from(self.reload);
        } else {
            self.zero_at = NEVER;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_down_and_wraps() {
        let mut timer = SysTick::default();
        timer.write_reload(9, 0);
        timer.write_control(3, 0);
        assert_eq!(timer.current(0), 0);
        assert_eq!(timer.current(1), 9);
        assert_eq!(timer.current(9), 1);
        assert!(!timer.update(9));
        assert!(timer.update(10));
        assert_eq!(timer.current(10), 0);
        assert_eq!(timer.current(11), 9);
        assert_eq!(timer.next(), 20);
        assert_eq!(timer.read_control(), 0x1_0007);
        assert_eq!(timer.read_control(), 7);
    }

    #[test]
    fn missed_periods_give_one_exception() {
        let mut timer = SysTick::default();
        timer.write_reload(9, 0);
        timer.write_control(3, 0);
        assert!(timer.update(1005));
        assert_eq!(timer.next(), 1010);
    }

    #[test]
    fn stopping_keeps_the_count() {
        let mut timer = SysTick::default();
        timer.write_reload(100, 0);
        timer.write_control(1, 0);
        timer.write_control(0, 31);
        assert_eq!(timer.current(500), 70);
        timer.write_control(1, 1000);
        assert_eq!(timer.current(1010), 60);
        assert_eq!(timer.next(), NEVER, "without TICKINT nobody waits for it");
    }
}
