//! The receiver of the serial transport: SLIP frames in three buffers, with what becomes of bad ones (section 5, FLT-015).

use std::collections::VecDeque;

use gauntlet_protocol::slip;

use super::inbox::{Inbox, Work};
use super::requests::WRITE;

/// Receive buffers of a serial build.
const BUFFERS: usize = 3;
/// Payload of a Write made of an empty frame: the length minus one wraps in 16 bits (FLT-014).
const WRAPPED_LENGTH: usize = 0xFFFF;

/// Decoder and buffers.
#[derive(Debug)]
pub(super) struct Receiver {
    /// Decoded bytes that silence the receiver (SER-010).
    limit: usize,
    decoder: slip::Decoder,
    /// Bytes that flow control holds back while a frame is worked on (SER-014).
    held: VecDeque<u8>,
    /// What stands in the buffer that is filled next, and in the one that was filled before it.
    buffers: [Vec<u8>; 2],
    /// With every buffer leaked bytes are appended to the last frame for ever (FLT-010).
    overfull: Option<Vec<u8>>,
}

impl Receiver {
    /// A receiver that goes dead at `limit` decoded bytes: the MTU of the transport.
    pub(super) fn new(limit: u16) -> Self {
        let limit = usize::from(limit);
        Self {
            limit,
            decoder: slip::Decoder::with_limit(limit),
            held: VecDeque::new(),
            buffers: [Vec::new(), Vec::new()],
            overfull: None,
        }
    }

    /// Bytes that have arrived. Nothing is made of them before [`Self::next_frame`].
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.held.extend(bytes);
    }

    /// True when bytes wait to be looked at.
    pub(super) fn holds_bytes(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes in the bytes up to the end of a frame, so that the main loop deals with each frame before the next one, as it does
    /// with a host that keeps to flow control.
    pub(super) fn next_frame(&mut self, inbox: &mut Inbox) {
        while let Some(byte) = self.held.pop_front() {
            if inbox.leaked >= BUFFERS && self.overfull.is_none() {
                self.overfull = Some(self.buffers[1].clone());
            }
            if self.is_dead() {
                self.held.clear();
                return;
            }
            if let Some(frame) = self.decoder.push(byte) {
                self.frame(frame, inbox);
                return;
            }
        }
    }

    /// SER-010, also for a frame that bytes are appended to (FLT-016).
    fn is_dead(&self) -> bool {
        let appended = self.overfull.as_ref().map_or(0, Vec::len);
        appended + self.decoder.pending() >= self.limit
    }

    fn frame(&mut self, frame: Vec<u8>, inbox: &mut Inbox) {
        if let Some(whole) = &mut self.overfull {
            whole.extend(frame);
            inbox.receive(Work::Write(whole.get(1..).unwrap_or_default().to_vec()));
            return;
        }
        let empty = frame.is_empty();
        if !empty {
            self.buffers[0] = frame;
        }
        let content = &self.buffers[0];
        // A buffer that was never filled is zero: the request for the protocol version (FLT-014).
        match content.split_first() {
            None => inbox.receive(Work::Request(vec![0])),
            // One frame is one Write and counts as one, however long it is (SER-008).
            Some((&WRITE, data)) => {
                let data = if empty { vec![0; WRAPPED_LENGTH] } else { data.to_vec() };
                inbox.receive(Work::Write(data));
                // A Write keeps its buffer until it is processed, so that the next frame goes to another one.
                self.buffers.swap(0, 1);
            }
            Some(_) => inbox.receive(Work::Request(content.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(receiver: &mut Receiver, inbox: &mut Inbox, bytes: &[u8]) -> Vec<String> {
        receiver.take(bytes);
        while receiver.holds_bytes() {
            receiver.next_frame(inbox);
        }
        inbox.fifo.drain(..).map(|work| format!("{work:?}")).collect()
    }

    #[test]
    fn an_empty_frame_repeats_the_request_in_its_buffer() {
        let (mut receiver, mut inbox) = (Receiver::new(131), Inbox::default());
        assert_eq!(fed(&mut receiver, &mut inbox, &[0xC0]), ["Request([0])"]);
        let twice = fed(&mut receiver, &mut inbox, &[9, 7, 0xC0, 0xC0]);
        assert_eq!(twice, ["Request([9, 7])", "Request([9, 7])"]);
        assert_eq!(fed(&mut receiver, &mut inbox, &[8, 1, 2, 0xC0]), ["Write([1, 2])"]);
    }

    #[test]
    fn without_buffers_every_end_submits_the_last_write_again_until_the_frame_is_full() {
        let (mut receiver, mut inbox) = (Receiver::new(131), Inbox::default());
        assert_eq!(fed(&mut receiver, &mut inbox, &[8, 1, 0xC0]), ["Write([1])"]);
        inbox.leaked = 3;
        assert_eq!(fed(&mut receiver, &mut inbox, &[9, 5, 0xC0]), ["Write([1, 9, 5])"]);
        assert_eq!(fed(&mut receiver, &mut inbox, &[3, 0xC0]), ["Write([1, 9, 5, 3])"]);
        assert_eq!(fed(&mut receiver, &mut inbox, &[1; 200]), [""; 0]);
        assert_eq!(fed(&mut receiver, &mut inbox, &[0xC0, 0xC0]), [""; 0], "dead");
    }
}
