//! Framing of the serial transports: bytes, with C0 and DB escaped, followed by one C0 (SER section).

/// End of frame.
pub const END: u8 = 0xC0;
/// Escape.
pub const ESC: u8 = 0xDB;
/// Behind [`ESC`]: a data byte C0.
pub const ESC_END: u8 = 0xDC;
/// Behind [`ESC`]: a data byte DB.
pub const ESC_ESC: u8 = 0xDD;

/// Decoded bytes at which the decoder of the UART transport stops for good (SER-010).
pub const UART_LIMIT: usize = 131;
/// Decoded bytes at which the decoder of the USB transport stops for good (SER-010).
pub const USB_LIMIT: usize = 2051;

/// Decoded bytes at which a host throws a frame away: twice what the largest frame of any bootloader holds.
pub const HOST_LIMIT: usize = 4096;

/// One frame: `data` escaped, with the END behind it and none in front (SER-001, SER-002).
#[must_use]
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(data.len() + 8);
    for &byte in data {
        match byte {
            END => frame.extend([ESC, ESC_END]),
            ESC => frame.extend([ESC, ESC_ESC]),
            other => frame.push(other),
        }
    }
    frame.push(END);
    frame
}

/// What becomes of a frame that grows too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    None,
    /// The decoder takes nothing any more.
    Dies(usize),
    /// The frame is thrown away.
    Drops(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Data,
    Escape,
    /// After a bad escape, or in a frame that is too long: everything up to and including the next END is thrown away
    /// (SER-003).
    Discard,
}

/// Streaming decoder with the behaviour of the bootloader's.
///
/// ```
/// use gauntlet_protocol::slip::{Decoder, encode};
/// let mut decoder = Decoder::unlimited();
/// assert_eq!(decoder.feed(&encode(&[0x60, 0x09, 0x01, 0xC0])), vec![vec![0x60, 0x09, 0x01, 0xC0]]);
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    limit: Limit,
    state: State,
    frame: Vec<u8>,
    discarded: u64,
}

impl Decoder {
    /// A decoder that dies when a frame reaches `limit` decoded bytes before its END: from then on it takes no byte, an
    /// END included, until [`Self::reset`] (SER-010).
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self::of(Limit::Dies(limit))
    }

    /// A decoder without limit, for streams whose length is known to be bounded.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::of(Limit::None)
    }

    /// A decoder for hosts: a frame that reaches [`HOST_LIMIT`] decoded bytes is thrown away with everything up to and
    /// including the next END, so that a line full of noise costs no memory.
    #[must_use]
    pub fn for_host() -> Self {
        Self::of(Limit::Drops(HOST_LIMIT))
    }

    fn of(limit: Limit) -> Self {
        Self { limit, state: State::Data, frame: Vec::new(), discarded: 0 }
    }

    /// Takes one byte; gives the frame that it ends. A frame may be empty (SER-005).
    pub fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        if self.is_stuck() {
            return None;
        }
        match (self.state, byte) {
            (State::Data, END) => return Some(std::mem::take(&mut self.frame)),
            (State::Data, ESC) => self.state = State::Escape,
            (State::Data, other) => self.frame.push(other),
            (State::Escape, ESC_END | ESC_ESC) => {
                self.frame.push(if byte == ESC_END { END } else { ESC });
                self.state = State::Data;
            }
            // The offending byte does not end the discarding, even if it is an END itself.
            (State::Escape, _) => {
                self.state = State::Discard;
                self.discarded += 1;
            }
            (State::Discard, END) => {
                self.frame.clear();
                self.state = State::Data;
            }
            (State::Discard, _) => {}
        }
        if self.limit == Limit::Drops(self.frame.len()) {
            self.frame = Vec::new();
            self.state = State::Discard;
            self.discarded += 1;
        }
        None
    }

    /// Takes many bytes; gives the frames that ended among them, in order.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        bytes.iter().filter_map(|&byte| self.push(byte)).collect()
    }

    /// True when the limit was reached and nothing is taken any more.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        matches!(self.limit, Limit::Dies(limit) if self.frame.len() >= limit)
    }

    /// Decoded bytes of the frame that has not ended yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.frame.len()
    }

    /// Frames thrown away because of a bad escape or their length, since the decoder was made.
    #[must_use]
    pub fn discarded_frames(&self) -> u64 {
        self.discarded
    }

    /// Forgets the frame in progress, as a reset of the device does.
    pub fn reset(&mut self) {
        self.state = State::Data;
        self.frame.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        assert_eq!(encode(&[0x09, 0x01]), [0x09, 0x01, 0xC0]);
        assert_eq!(encode(&[0x60, 0x09, 0x01, 0xC0]), [0x60, 0x09, 0x01, 0xDB, 0xDC, 0xC0]);
        assert_eq!(encode(&[0x08, 0xDB, 0xC0]), [0x08, 0xDB, 0xDD, 0xDB, 0xDC, 0xC0]);
    }

    #[test]
    fn a_bad_escape_loses_the_frame_and_only_that() {
        let mut decoder = Decoder::with_limit(UART_LIMIT);
        let frames = decoder.feed(&[0x09, 0xDB, 0x01, 0x02, 0xC0, 0x09, 0x07, 0xC0]);
        assert_eq!(frames, [[0x09, 0x07]]);
        assert_eq!(decoder.discarded_frames(), 1);
    }

    #[test]
    fn an_end_right_after_an_escape_loses_the_following_frame_as_well() {
        let mut decoder = Decoder::with_limit(UART_LIMIT);
        let frames = decoder.feed(&[0x09, 0xDB, 0xC0, 0x09, 0x01, 0xC0, 0x09, 0x02, 0xC0]);
        assert_eq!(frames, [[0x09, 0x02]]);
    }

    #[test]
    fn empty_frames_are_frames() {
        assert_eq!(Decoder::unlimited().feed(&[0xC0, 0x09, 0xC0, 0xC0]), [vec![], vec![0x09], vec![]]);
    }

    #[test]
    fn at_the_limit_the_decoder_is_dead_until_reset() {
        let mut decoder = Decoder::with_limit(UART_LIMIT);
        assert_eq!(decoder.feed(&[[0; 130].as_slice(), &[END]].concat()), [vec![0; 130]]);
        assert!(decoder.feed(&[0; 131]).is_empty());
        assert!(decoder.is_stuck());
        assert!(decoder.feed(&[END, 0x09, 0x01, END]).is_empty());
        decoder.reset();
        assert_eq!(decoder.feed(&[0x09, 0x01, END]), [[0x09, 0x01]]);
    }

    #[test]
    fn a_host_throws_endless_frames_away_and_goes_on_behind_them() {
        let mut decoder = Decoder::for_host();
        let largest = vec![7; HOST_LIMIT - 1];
        assert_eq!(decoder.feed(&encode(&largest)), [largest]);
        for _ in 0..100 {
            assert!(decoder.feed(&[7; 10_000]).is_empty());
            assert!(decoder.pending() < HOST_LIMIT);
        }
        assert!(decoder.feed(&[END]).is_empty());
        assert_eq!(decoder.discarded_frames(), 1);
        assert_eq!(decoder.feed(&encode(&[0x60, 0x09, 0x01, 0x05])), [[0x60, 0x09, 0x01, 0x05]]);
    }

    proptest! {
        #[test]
        fn frames_round_trip_in_any_chunking(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
            chunk in 1usize..20,
        ) {
            let wire: Vec<u8> = frames.iter().flat_map(|frame| encode(frame)).collect();
            let mut decoder = Decoder::unlimited();
            let found: Vec<Vec<u8>> = wire.chunks(chunk).flat_map(|bytes| decoder.feed(bytes)).collect();
            prop_assert_eq!(found, frames);
        }
    }
}
