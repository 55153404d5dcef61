//! The wires of a serial port, and the host at their other end.

use std::collections::VecDeque;

use crate::noise::hash;

/// What goes wrong with a byte on its way to the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// The parity bit is wrong.
    Parity,
    /// The stop bit is missing.
    Framing,
    /// The line is low for longer than a byte.
    Break,
    /// It never arrives.
    Lost,
}

/// A byte the chip has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UartByte {
    /// Its value, as the host reads it.
    pub value: u8,
    /// When its stop bit ended, in cycles.
    pub at: u64,
    /// The host's rate does not fit the chip's: the value is noise, and the stop bit was missing.
    pub garbled: bool,
}

/// How the firmware has set up a serial port that is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UartSetting {
    /// Pin on which the chip sends; port 1 begins at 32. None when it is not connected, as for the others.
    pub tx: Option<u8>,
    /// Pin on which it receives.
    pub rx: Option<u8>,
    /// Pin by which it lets the host send.
    pub rts: Option<u8>,
    /// Pin by which the host lets it send.
    pub cts: Option<u8>,
    /// Bits a second, as the BAUDRATE register makes them: 114746 for the usual 115200.
    pub baud: u32,
    /// RTS and CTS are obeyed.
    pub flow_control: bool,
    /// Bytes carry a parity bit.
    pub parity: bool,
    /// The receiver is on.
    pub listens: bool,
}

/// How the host at the other end is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPort {
    /// Bits a second; none for a host that always uses the rate of the chip.
    pub baud: Option<u32>,
    /// It sends only while the chip's RTS lets it.
    pub obeys_rts: bool,
    /// Its own RTS, which is the chip's CTS: it takes bytes.
    pub ready: bool,
}

impl Default for HostPort {
    fn default() -> Self {
        Self { baud: None, obeys_rts: false, ready: true }
    }
}

/// A byte on its way from the host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) value: u8,
    pub(super) fault: Option<LineFault>,
}

/// The speed and format of the chip, as the line needs them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    /// The BAUDRATE register: bits a second, times 2^32, by 16 MHz.
    pub(super) register: u32,
    /// Bits of a byte, with start, parity and stop.
    pub(super) bits: u64,
}

impl Rate {
    /// Cycles a byte takes at the chip's own rate.
    pub(super) fn cycles(self) -> u64 {
        // 64 MHz by (register times 16 MHz by 2^32).
        ((self.bits << 34) / u64::from(self.register.max(1))).max(1)
    }

    /// Bits a second.
    pub(super) fn baud(self) -> u32 {
        ((u64::from(self.register) * 16_000_000) >> 32) as u32
    }

    fn cycles_at(self, baud: u32) -> u64 {
        (self.bits * crate::CYCLES_PER_SECOND / u64::from(baud.max(1))).max(1)
    }

    /// Both sides sample in the same bits: they differ by less than half a bit over a byte.
    fn fits(self, baud: u32) -> bool {
        let (chip, host) = (self.cycles(), self.cycles_at(baud));
        chip.abs_diff(host) * 2 * self.bits < chip
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) host: HostPort,
    /// Bytes the host wants to send, each not before a cycle.
    waiting: VecDeque<(u64, Frame)>,
    /// The byte on the wire, and when its stop bit ends.
    on_wire: Option<(Frame, u64)>,
    pub(super) sent: Vec<UartByte>,
    /// Bytes that came while nobody listened.
    pub(super) unheard: u64,
}

/// Bytes from the chip that are kept for the host; the oldest ones are not given up for newer ones.
const SENT_LIMIT: usize = 1 << 20;

impl Line {
    pub(super) fn feed(&mut self, at: u64, frame: Frame) {
        self.waiting.push_back((at, frame));
    }

    /// Bytes the host has not got rid of.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + usize::from(self.on_wire.is_some())
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Puts the next byte on the wire if it may go. Answers when something happens next.
    pub(super) fn next(&mut self, now: u64, rate: Rate, rts: bool) -> Option<u64> {
        if let Some((_, end)) = self.on_wire {
            return Some(end);
        }
        let &(earliest, frame) = self.waiting.front()?;
        if earliest > now {
            return Some(earliest);
        }
        if self.host.obeys_rts && !rts {
            return None;
        }
        self.waiting.pop_front();
        let cycles = self.host.baud.map_or(rate.cycles(), |baud| rate.cycles_at(baud));
        let end = now + cycles;
        self.on_wire = Some((frame, end));
        Some(end)
    }

    /// The byte whose time is up, as the chip's receiver sees it.
    pub(super) fn arrived(&mut self, now: u64, rate: Rate, seed: u64) -> Option<Frame> {
        let (frame, _) = self.on_wire.take_if(|(_, end)| *end <= now)?;
        if frame.fault == Some(LineFault::Lost) {
            return None;
        }
        if self.host.baud.is_some_and(|baud| !rate.fits(baud)) {
            return Some(Frame { value: hash(seed, now) as u8, fault: Some(LineFault::Framing) });
        }
        Some(frame)
    }

    /// The chip has sent a byte.
    pub(super) fn take(&mut self, value: u8, at: u64, rate: Rate, seed: u64) {
        if self.sent.len() == SENT_LIMIT {
            return;
        }
        let garbled = self.host.baud.is_some_and(|baud| !rate.fits(baud));
        let value = if garbled { hash(seed, at) as u8 } else { value };
        self.sent.push(UartByte { value, at, garbled });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_last_what_the_formula_of_the_baud_rate_says() {
        let rate = Rate { register: 0x01D6_0000, bits: 10 };
        assert_eq!(rate.cycles(), 5577); // 114 746 baud
        assert_eq!(Rate { register: 0x1000_0000, bits: 11 }.cycles(), 704);
        assert!(rate.fits(115_200) && rate.fits(112_000));
        assert!(!rate.fits(128_000) && !rate.fits(57_600));
    }
}
