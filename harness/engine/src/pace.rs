//! How fast data is sent: at full speed, until the device shows that it is too fast for it.

use std::time::Duration;

use crate::Shape;

/// How fast data is sent at first, and how much slower after each loss.
///
/// A device that erases a page can't program it. Over BLE it answers Create before the erase (OBJ-021), has room for
/// about 15 packets until it is over, and drops further ones without a word (BLE-022, BLE-023, FF-060). The page that
/// is erased behind the init packet makes this worse for the first object only: its Execute queues two erases and two
/// settings pages and is answered at once (OBJ-011). Over serial both answers come when the work is done.
///
/// | level | BLE | serial |
/// |---|---|---|
/// | 0, at first | full speed, one wait of `after_init` before the first object | full speed |
/// | 1, after the first loss | `burst` packets behind Create, the rest when `erase` has passed | `receipts` |
/// | 2 | half the burst, twice the time, `receipts` (FF-041) | a quarter of the receipt interval (FF-091) |
/// | 3 and on | half and twice again, small packets (FF-041, FF-070) | the same again, small packets (FF-095) |
///
/// So a loss costs a wait of about one page erase per object and not a fixed delay before each (FF-060, FF-073). Each
/// `recover_after` objects without another loss the level goes down again, but never back to 0 (SR-19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long the device writes settings behind the answer to the Execute of the init packet: two page erases and
    /// two pages of words. Waited for once in a session, over BLE only.
    pub after_init: Duration,
    /// Packets that may follow Create at once, when pacing is needed; 0 counts as 1. Of 16 places in the device's queue
    /// one is taken by the erase.
    pub burst: u32,
    /// Longest time of a page erase: 90 ms by the data sheets, and some for the way.
    pub erase: Duration,
    /// Receipt interval to begin with when pacing alone does not help; 0 counts as 1.
    pub receipts: u16,
    /// Pause between two packets, from the beginning. For devices that are slow all the time.
    pub between_packets: Duration,
    /// Data objects without a loss before it is tried a little faster again.
    pub recover_after: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            after_init: Duration::from_millis(300),
            burst: 12,
            erase: Duration::from_millis(100),
            receipts: 8,
            between_packets: Duration::ZERO,
            recover_after: 16,
        }
    }
}

/// Bytes in a packet that every BLE bootloader has room for.
const SMALL_PACKET: usize = 20;
/// Bytes in a Write frame that stays below 64 bytes, whatever has to be escaped (FF-095).
const SMALL_FRAME: usize = 28;
/// Above this level nothing gets slower.
const SLOWEST: u32 = 7;

/// The pace at one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gait {
    /// The receipt interval, 0 for none.
    pub(crate) prn: u16,
    /// Packets behind Create before the erase has to be over; all of them if none.
    pub(crate) burst: Option<u32>,
    /// How long the erase takes.
    pub(crate) erase: Duration,
    /// Most bytes in a packet.
    pub(crate) packet: usize,
}

impl Pace {
    /// The pace after `level` losses, for a user who wants receipts after every `prn` packets.
    pub(crate) fn at(&self, level: u32, shape: Shape, prn: u16) -> Gait {
        let level = level.min(SLOWEST);
        let mut gait = Gait { prn, burst: None, erase: Duration::ZERO, packet: usize::MAX };
        if level == 0 {
            return gait;
        }
        let receipts = if prn == 0 { self.receipts } else { prn.min(self.receipts) };
        let quarter = |times: u32| (receipts >> (2 * times)).max(1);
        match shape {
            Shape::Ble => {
                gait.burst = Some((self.burst >> (level - 1)).max(1));
                gait.erase = self.erase * (1 << (level - 1));
                if level > 1 {
                    gait.prn = quarter(level - 2);
                }
            }
            Shape::Serial => gait.prn = quarter(level - 1),
        }
        if level >= 3 {
            gait.packet = if shape == Shape::Ble { SMALL_PACKET } else { SMALL_FRAME };
        }
        gait
    }

    /// The wait behind the init packet.
    pub(crate) fn settle(&self, shape: Shape) -> Duration {
        if shape == Shape::Ble { self.after_init } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels<T>(shape: Shape, prn: u16, of: impl Fn(Gait) -> T) -> Vec<T> {
        (0..6).map(|level| of(Pace::default().at(level, shape, prn))).collect()
    }

    #[test]
    fn each_loss_makes_it_slower() {
        assert_eq!(levels(Shape::Ble, 0, |gait| gait.prn), [0, 0, 8, 2, 1, 1]);
        assert_eq!(levels(Shape::Ble, 12, |gait| gait.prn), [12, 12, 8, 2, 1, 1]);
        assert_eq!(levels(Shape::Serial, 0, |gait| gait.prn), [0, 8, 2, 1, 1, 1]);
        assert_eq!(levels(Shape::Serial, 4, |gait| gait.prn), [4, 4, 1, 1, 1, 1]);
        let bursts = [None, Some(12), Some(6), Some(3), Some(1), Some(1)];
        assert_eq!(levels(Shape::Ble, 0, |gait| gait.burst), bursts);
        assert_eq!(levels(Shape::Serial, 0, |gait| gait.burst), [None; 6]);
        let erase = levels(Shape::Ble, 0, |gait| gait.erase.as_millis());
        assert_eq!(erase, [0, 100, 200, 400, 800, 1600]);
        let most = usize::MAX;
        assert_eq!(levels(Shape::Ble, 0, |gait| gait.packet), [most, most, most, 20, 20, 20]);
        assert_eq!(levels(Shape::Serial, 0, |gait| gait.packet), [most, most, most, 28, 28, 28]);
        assert_eq!(Pace::default().at(u32::MAX, Shape::Ble, 12).prn, 1);
    }

    #[test]
    fn zeros_of_the_user_still_move() {
        let pace = Pace { burst: 0, receipts: 0, ..Pace::default() };
        let gait = pace.at(2, Shape::Ble, 0);
        assert_eq!((gait.burst, gait.prn), (Some(1), 1));
    }
}
