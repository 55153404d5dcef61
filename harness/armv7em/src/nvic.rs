//! Pending, enabled, active and priority of every exception, the external lines among them.

use crate::CoreConfig;
use crate::exceptions::{DEBUG_MONITOR, FIRST_IRQ, HARD_FAULT, NMI, PEND_SV, SV_CALL, SYS_TICK};

/// Exception numbers 0 to 127 as bits.
pub(crate) type Set = u128;

/// The bit of one exception; 0 for numbers that cannot exist.
pub(crate) fn bit(exception: u16) -> Set {
    1_u128.checked_shl(u32::from(exception)).unwrap_or(0)
}

#[derive(Clone, Debug)]
pub(crate) struct Nvic {
    pub(crate) pending: Set,
    pub(crate) active: Set,
    pub(crate) enabled: Set,
    /// Input levels.
    level: Set,
    priority: [u8; 128],
    /// Exceptions 16 and above that exist.
    lines: Set,
    priority_mask: u8,
}

impl Nvic {
    pub(crate) fn new(config: CoreConfig) -> Self {
        let count = u32::from(config.irq_lines.min(112));
        let lines = 1_u128.checked_shl(count).map_or(Set::MAX, |bit| bit - 1) << FIRST_IRQ;
        let unimplemented = 8 - u32::from(config.priority_bits.clamp(1, 8));
        Nvic {
            pending: 0,
            active: 0,
            enabled: bit(NMI) | bit(HARD_FAULT) | bit(SV_CALL) | bit(PEND_SV) | bit(SYS_TICK),
            level: 0,
            priority: [0; 128],
            lines,
            priority_mask: (0xFF_u32 << unimplemented) as u8,
        }
    }

    /// Back to reset values. The levels come from outside and stay; a line that is still high pends when it is enabled.
    pub(crate) fn reset(&mut self, config: CoreConfig, keep_monitor: bool) {
        let level = self.level;
        let monitor = self.enabled & bit(DEBUG_MONITOR);
        *self = Nvic::new(config);
        self.level = level;
        if keep_monitor {
            self.enabled |= monitor;
        }
    }

    pub(crate) fn lines(&self) -> Set {
        self.lines
    }

    pub(crate) fn priority_mask(&self) -> u8 {
        self.priority_mask
    }

    pub(crate) fn is_enabled(&self, exception: u16) -> bool {
        self.enabled & bit(exception) != 0
    }

    pub(crate) fn set_enabled(&mut self, exceptions: Set, on: bool) {
        if on {
            self.enabled |= exceptions;
            self.pending |= self.level & exceptions & !self.active;
        } else {
            self.enabled &= !exceptions;
        }
    }

    pub(crate) fn is_active(&self, exception: u16) -> bool {
        self.active & bit(exception) != 0
    }

    /// Clears pending bits; a line that is still high and not being handled pends again at once.
    pub(crate) fn clear_pending(&mut self, exceptions: Set) {
        self.pending &= !exceptions;
        self.pending |= self.level & exceptions & !self.active;
    }

    /// Changes a line; true when an interrupt became pending that was not.
    pub(crate) fn set_level(&mut self, line: u16, high: bool) -> bool {
        let mask = bit(line.saturating_add(FIRST_IRQ)) & self.lines;
        let rises = high && self.level & mask == 0 && mask != 0;
        if high {
            self.level |= mask;
        } else {
            self.level &= !mask;
        }
        let before = self.pending;
        if rises {
            self.pending |= mask;
        }
        before != self.pending
    }

    /// The handler starts.
    pub(crate) fn activate(&mut self, exception: u16) {
        self.active |= bit(exception);
        self.pending &= !bit(exception);
    }

    /// The handler ended; a line that is still high pends again.
    pub(crate) fn deactivate(&mut self, exception: u16) {
        self.active &= !bit(exception);
        self.pending |= self.level & bit(exception);
    }

    pub(crate) fn raw_priority(&self, exception: u16) -> u8 {
        self.priority.get(usize::from(exception)).copied().unwrap_or(0)
    }

    pub(crate) fn set_raw_priority(&mut self, exception: u16, value: u8) {
        let exists = match exception {
            4..=15 => matches!(exception, 4..=6 | 11 | 12 | 14 | 15),
            _ => bit(exception) & self.lines != 0,
        };
        if exists {
            self.priority[usize::from(exception & 127)] = value & self.priority_mask;
        }
    }

    /// The 32 interrupts of register `n` (ISER and its like) of `set`.
    pub(crate) fn word(&self, set: Set, n: u32) -> u32 {
        ((set & self.lines) >> FIRST_IRQ).checked_shr(32 * n).unwrap_or(0) as u32
    }

    /// The exceptions a write of `value` to register `n` addresses.
    pub(crate) fn lines_of_word(&self, n: u32, value: u32) -> Set {
        u128::from(value).checked_shl(32 * n + u32::from(FIRST_IRQ)).unwrap_or(0) & self.lines
    }
}

/// The exception numbers in a set, lowest first.
pub(crate) fn numbers(mut set: Set) -> impl Iterator<Item = u16> {
    std::iter::from_fn(move || {
        if set == 0 {
            return None;
        }
        let number = set.trailing_zeros() as u16;
        set &= set - 1;
        Some(number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nvic() -> Nvic {
        Nvic::new(CoreConfig::default())
    }

    #[test]
    fn a_high_line_pends_again_after_clear_and_after_return() {
        let mut nvic = nvic();
        assert!(nvic.set_level(3, true));
        nvic.clear_pending(bit(19));
        assert_eq!(nvic.pending, bit(19));
        nvic.activate(19);
        assert_eq!(nvic.pending, 0);
        nvic.clear_pending(bit(19));
        assert_eq!(nvic.pending, 0, "an active interrupt does not pend by level");
        nvic.deactivate(19);
        assert_eq!(nvic.pending, bit(19));
    }

    #[test]
    fn the_latch_survives_the_line() {
        let mut nvic = nvic();
        nvic.set_level(3, true);
        nvic.set_level(3, false);
        assert_eq!(nvic.pending, bit(19));
    }

    #[test]
    fn a_pulse_while_active_pends() {
        let mut nvic = nvic();
        nvic.activate(19);
        assert!(nvic.set_level(3, true));
        nvic.set_level(3, false);
        assert_eq!(nvic.pending, bit(19));
    }

    #[test]
    fn only_lines_that_exist() {
        let mut nvic = nvic();
        assert!(!nvic.set_level(48, true));
        assert!(!nvic.set_level(u16::MAX, true));
        nvic.set_raw_priority(16 + 47, 0xFF);
        nvic.set_raw_priority(16 + 48, 0xFF);
        assert_eq!(nvic.raw_priority(16 + 47), 0xE0);
        assert_eq!(nvic.raw_priority(16 + 48), 0);
        assert_eq!(nvic.lines_of_word(1, u32::MAX).count_ones(), 16);
    }

    #[test]
    fn all_112_lines_fit() {
        let nvic = Nvic::new(CoreConfig { irq_lines: 112, ..CoreConfig::default() });
        assert_eq!(nvic.lines_of_word(3, u32::MAX).count_ones(), 16);
        assert_eq!(nvic.word(Set::MAX, 3), 0xFFFF);
    }
}
