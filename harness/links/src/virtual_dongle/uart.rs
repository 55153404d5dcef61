//! The line between a host and its dongle, at the speed that it has.

use std::collections::VecDeque;
use std::time::Duration;

/// First and last byte of a frame.
const END: u8 = 0xC0;
/// Bits on the line for each byte: 8N1.
const BITS: u64 = 10;

/// Bytes under way, with the moments at which they have arrived.
#[derive(Debug, Clone, Default)]
struct Way {
    under_way: VecDeque<(Duration, Vec<u8>)>,
    free: Duration,
}

/// Both directions of a line.
#[derive(Debug, Clone, Default)]
pub(super) struct Uart {
    /// Time of one byte; none on USB.
    byte: Duration,
    from_host: Way,
    to_host: Way,
}

impl Uart {
    /// A line of so many bits in a second, or one that takes no time.
    pub(super) fn new(baud: Option<u32>) -> Self {
        let byte = baud.map_or(0, |baud| BITS * 1_000_000_000 / u64::from(baud.max(1)));
        Self { byte: Duration::from_nanos(byte), ..Self::default() }
    }

    /// The host has sent these bytes: what is up to the end of a frame arrives together.
    pub(super) fn host_sent(&mut self, now: Duration, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == END) {
            self.from_host.send(now, self.byte, piece.to_vec());
        }
    }

    /// What has arrived from the host.
    pub(super) fn heard(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.from_host.arrived(now)
    }

    /// A frame for the host.
    pub(super) fn send(&mut self, now: Duration, frame: Vec<u8>) {
        self.to_host.send(now, self.byte, frame);
    }

    /// What has arrived at the host.
    pub(super) fn sent(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.to_host.arrived(now)
    }

    /// When something arrives.
    pub(super) fn due(&self) -> Option<Duration> {
        let first = |way: &Way| way.under_way.front().map(|(at, _)| *at);
        [first(&self.from_host), first(&self.to_host)].into_iter().flatten().min()
    }

    /// Nothing is under way any more.
    pub(super) fn clear(&mut self) {
        *self = Self { byte: self.byte, ..Self::default() };
    }
}

impl Way {
    fn send(&mut self, now: Duration, byte: Duration, bytes: Vec<u8>) {
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.free = self.free.max(now) + byte * count;
        self.under_way.push_back((self.free, bytes));
    }

    fn arrived(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.under_way.front()?.0 > now {
            return None;
        }
        self.under_way.pop_front().map(|(_, bytes)| bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Duration = Duration::from_micros(1);

    #[test]
    fn a_line_of_a_megabaud_carries_a_byte_in_ten_microseconds() {
        let mut uart = Uart::new(Some(1_000_000));
        uart.host_sent(Duration::ZERO, &[END, 1, 2, END, END, 3]);
        uart.send(5 * US, vec![7; 10]);
        assert_eq!((uart.heard(9 * US), uart.due()), (None, Some(10 * US)));
        assert_eq!(uart.heard(40 * US), Some(vec![END]));
        assert_eq!(uart.heard(40 * US), Some(vec![1, 2, END]));
        assert_eq!((uart.heard(49 * US), uart.heard(60 * US)), (None, Some(vec![END])));
        assert_eq!((uart.sent(104 * US), uart.sent(105 * US)), (None, Some(vec![7; 10])));
        assert_eq!((uart.heard(60 * US), uart.due()), (Some(vec![3]), None));
    }

    #[test]
    fn a_line_without_a_speed_takes_no_time() {
        let mut uart = Uart::new(None);
        uart.host_sent(US, &[1; 5000]);
        assert_eq!(uart.heard(US).map(|bytes| bytes.len()), Some(5000));
        uart.send(US, vec![1]);
        uart.clear();
        assert_eq!((uart.sent(US), uart.due()), (None, None));
    }
}
