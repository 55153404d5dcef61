//! Reliable delivery in one direction each: numbers, acknowledgements, repeats. The same on both sides of the line.
//!
//! The window is 1, so a packet waits until the one before it was acknowledged.

use std::collections::VecDeque;
use std::time::Duration;

use thiserror::Error;

use crate::h5::H5Packet;

/// How often, and for how long, a packet is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// Time between two copies.
    pub interval: Duration,
    /// Copies of one packet, the first included.
    pub copies: u32,
}

impl Repeats {
    /// What hosts do: 6 copies, 300 ms apart.
    pub const HOST: Self = Self { interval: Duration::from_millis(300), copies: 6 };
    /// What connectivity firmware does: 5 copies, 400 ms apart.
    pub const DONGLE: Self = Self { interval: Duration::from_millis(400), copies: 5 };
}

/// Why delivery has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Undelivered {
    /// Not one of the copies was acknowledged.
    #[error("no acknowledgement of packet {seq} in {copies} copies")]
    NoAck {
        /// Number of the packet.
        seq: u8,
        /// How often it was sent.
        copies: u32,
    },
    /// An acknowledgement of something that was never sent.
    #[error("an acknowledgement with number {ack}, which belongs to no packet: {next} is the next one")]
    ImpossibleAck {
        /// Its number.
        ack: u8,
        /// The number of the next packet.
        next: u8,
    },
}

/// What has come with a reliable packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrived {
    /// The next packet, to be taken.
    New(Vec<u8>),
    /// A copy of one that was taken already, or one out of order. It is acknowledged with the number that is due, and that
    /// is all.
    Again(u8),
}

#[derive(Debug, Clone)]
struct Unacked {
    seq: u8,
    frame: Vec<u8>,
    copies: u32,
    sent: Duration,
}

/// One side's end of both directions. Times are since any fixed moment.
#[derive(Debug, Clone)]
pub struct Delivery {
    repeats: Repeats,
    /// Number of the next packet of this side.
    next: u8,
    /// Number of the next packet of the other side.
    expected: u8,
    unacked: Option<Unacked>,
    waiting: VecDeque<Vec<u8>>,
}

impl Delivery {
    /// Both directions at their beginning.
    #[must_use]
    pub fn new(repeats: Repeats) -> Self {
        Self { repeats, next: 0, expected: 0, unacked: None, waiting: VecDeque::new() }
    }

    /// Both directions begin anew; what was under way is forgotten.
    pub fn reset(&mut self) {
        *self = Self::new(self.repeats);
    }

    /// Puts a payload behind those that wait.
    pub fn queue(&mut self, payload: Vec<u8>) {
        self.waiting.push_back(payload);
    }

    /// True when everything was acknowledged.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.unacked.is_none() && self.waiting.is_empty()
    }

    /// The bytes that are due at `now`: the next packet, or another copy of the last one.
    ///
    /// # Errors
    /// [`Undelivered::NoAck`] once all copies have gone out in vain; the packet is given up then.
    pub fn poll(&mut self, now: Duration) -> Result<Option<Vec<u8>>, Undelivered> {
        if let Some(unacked) = &mut self.unacked {
            if now < unacked.sent + self.repeats.interval {
                return Ok(None);
            }
            if unacked.copies >= self.repeats.copies {
                let (seq, copies) = (unacked.seq, unacked.copies);
                self.unacked = None;
                return Err(Undelivered::NoAck { seq, copies });
            }
            unacked.copies += 1;
            unacked.sent = now;
            // The copy is the packet as it was, its acknowledgement number included.
            return Ok(Some(unacked.frame.clone()));
        }
        let Some(payload) = self.waiting.pop_front() else { return Ok(None) };
        let seq = self.next;
        self.next = following(seq);
        let frame = H5Packet::Reliable { seq, ack: self.expected, payload }.encode();
        self.unacked = Some(Unacked { seq, frame: frame.clone(), copies: 1, sent: now });
        Ok(Some(frame))
    }

    /// When [`Delivery::poll`] has something to do again without anything having come.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        self.unacked.as_ref().map(|unacked| unacked.sent + self.repeats.interval)
    }

    /// Takes an acknowledgement; true when it ends the wait for one.
    ///
    /// One number more than is due is taken, too, and the skipped number is left out: a dongle on a line that loses nothing
    /// may unstick a host in this way.
    ///
    /// # Errors
    /// [`Undelivered::ImpossibleAck`].
    pub fn acknowledged(&mut self, ack: u8) -> Result<bool, Undelivered> {
        let impossible = Undelivered::ImpossibleAck { ack, next: self.next };
        match &self.unacked {
            // Nothing is under way: a late copy of the last acknowledgement.
            None if ack == self.next => Ok(false),
            None => Err(impossible),
            Some(unacked) if ack == unacked.seq => Ok(false),
            Some(_) if ack == self.next || ack == following(self.next) => {
                self.next = ack;
                self.unacked = None;
                Ok(true)
            }
            Some(_) => Err(impossible),
        }
    }

    /// Takes a reliable packet of the other side. [`Delivery::ack`] is due afterwards, whatever it was.
    pub fn arrived(&mut self, seq: u8, payload: Vec<u8>) -> Arrived {
        if seq != self.expected {
            return Arrived::Again(seq);
        }
        self.expected = following(seq);
        Arrived::New(payload)
    }

    /// Leaves out one number of the other side, and expects the next.
    pub fn skip_expected(&mut self) {
        self.expected = following(self.expected);
    }

    /// The acknowledgement that is due after a packet.
    #[must_use]
    pub fn ack(&self) -> H5Packet {
        H5Packet::Ack(self.expected)
    }
}

fn following(number: u8) -> u8 {
    (number + 1) & 7
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn reliable(seq: u8, payload: &[u8]) -> Vec<u8> {
        H5Packet::Reliable { seq, ack: 0, payload: payload.to_vec() }.encode()
    }

    #[test]
    fn the_next_packet_waits_for_the_acknowledgement_of_the_one_before() {
        let mut delivery = Delivery::new(Repeats::HOST);
        delivery.queue(vec![1]);
        delivery.queue(vec![2]);
        assert_eq!(delivery.poll(Duration::ZERO), Ok(Some(reliable(0, &[1]))));
        assert_eq!(delivery.poll(299 * MS), Ok(None));
        assert_eq!(delivery.poll(300 * MS), Ok(Some(reliable(0, &[1]))), "another copy");
        assert_eq!(delivery.acknowledged(0), Ok(false), "an old acknowledgement");
        assert_eq!(delivery.acknowledged(1), Ok(true));
        assert_eq!(delivery.acknowledged(1), Ok(false), "a copy of it");
        assert_eq!(delivery.poll(301 * MS), Ok(Some(reliable(1, &[2]))));
        assert!(!delivery.is_idle());
    }

    #[test]
    fn a_packet_is_given_up_after_its_copies() {
        let mut delivery = Delivery::new(Repeats::HOST);
        delivery.queue(vec![1]);
        let sent =
            (0..6).filter(|copy| delivery.poll(copy * 300 * MS) == Ok(Some(reliable(0, &[1])))).count();
        assert_eq!(sent, 6);
        assert_eq!(delivery.due(), Some(1800 * MS));
        assert_eq!(delivery.poll(1800 * MS), Err(Undelivered::NoAck { seq: 0, copies: 6 }));
    }

    #[test]
    fn an_acknowledgement_may_skip_one_number_and_no_more() {
        let mut delivery = Delivery::new(Repeats::HOST);
        delivery.queue(vec![1]);
        delivery.queue(vec![2]);
        let _sent = delivery.poll(Duration::ZERO);
        assert_eq!(delivery.acknowledged(2), Ok(true));
        assert_eq!(delivery.poll(MS), Ok(Some(reliable(2, &[2]))));
        assert_eq!(delivery.acknowledged(5), Err(Undelivered::ImpossibleAck { ack: 5, next: 3 }));
    }

    #[test]
    fn a_packet_is_taken_once() {
        let mut delivery = Delivery::new(Repeats::DONGLE);
        for round in 0..20u8 {
            let seq = round & 7;
            assert_eq!(delivery.arrived(seq, vec![round]), Arrived::New(vec![round]));
            assert_eq!(delivery.arrived(seq, vec![round]), Arrived::Again(seq));
            assert_eq!(delivery.ack(), H5Packet::Ack((seq + 1) & 7));
        }
    }
}
