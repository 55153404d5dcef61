//! Our engine and the recorded device.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{
    Connected, Link, LinkError, Outcome, Shape, Silent, UpdateError, UpdateImage, UpdateOptions, update,
};
use gauntlet_protocol::Opcode;
use tokio::time::Instant;

use super::transcript::{From, Transcript, joined};

/// A link that answers as the recorded device did: request by request, and receipts after as many bytes as then.
struct Recorded {
    answers: VecDeque<Vec<u8>>,
    inbox: VecDeque<Vec<u8>>,
    sent: Vec<(Instant, Vec<u8>)>,
    /// Pings that the device does not answer.
    pings_ignored: usize,
    prn: u16,
    writes: u16,
}

impl Recorded {
    fn new(transcript: &Transcript, prn: u16) -> Self {
        let device = transcript.0.iter().filter(|said| said.from == From::Device);
        let pings = transcript.0.iter().filter(|said| said.message[0] == Opcode::Ping.code()).count();
        let pongs = device.clone().filter(|said| said.message[1] == Opcode::Ping.code()).count();
        let answers = device.map(|said| said.message.clone()).collect();
        Self {
            answers,
            inbox: VecDeque::new(),
            sent: Vec::new(),
            pings_ignored: pings - pongs,
            prn,
            writes: 0,
        }
    }

    /// The next recorded answer, if it is one to this opcode.
    fn answer(&mut self, opcode: u8) {
        if self.answers.front().is_some_and(|answer| answer[1] == opcode) {
            self.inbox.extend(self.answers.pop_front());
        }
    }

    fn messages(&self) -> Vec<Vec<u8>> {
        joined(self.sent.iter().map(|(_, message)| message.clone()))
    }
}

#[async_trait(?Send)]
impl Link for Recorded {
    fn shape(&self) -> Shape {
        Shape::Serial
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        Ok(Connected { max_data: 1024, att_mtu: None, peer: None })
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.sent.push((Instant::now(), request.to_vec()));
        let ping = request[0] == Opcode::Ping.code();
        if ping && self.pings_ignored > 0 {
            self.pings_ignored -= 1;
        } else if ping && !self.answers.iter().any(|answer| answer[1] == request[0]) {
            // Nobody asked the device on USB; it would have answered (CP-023).
            if !self.answers.is_empty() {
                self.inbox.push_back(vec![0x60, 9, 1, request[1]]);
            }
        } else {
            self.answer(request[0]);
        }
        if request[0] == Opcode::Create.code() {
            self.writes = 0;
        }
        Ok(())
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.sent.push((Instant::now(), [&[8], data].concat()));
        self.writes += 1;
        if self.prn > 0 && self.writes.is_multiple_of(self.prn) {
            self.answer(Opcode::GetCrc.code());
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        match self.inbox.pop_front() {
            Some(message) => Ok(message),
            None => std::future::pending().await,
        }
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        Ok(())
    }
}

/// What our engine and the recorded host said, message by message, in an update that was completed.
async fn both(name: &str, prn: u16) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, Recorded) {
    let transcript = Transcript::load(name);
    let (init_packet, firmware) = (transcript.init_packet(), transcript.firmware());
    let image = UpdateImage { init_packet: &init_packet, firmware: &firmware };
    let mut link = Recorded::new(&transcript, prn);
    let options = UpdateOptions { prn, ..UpdateOptions::default() };
    let report = update(&mut link, &image, &options, &mut Silent).await.unwrap();
    assert_eq!(report.outcome, Outcome::Completed, "{name}");
    assert_eq!((report.bytes_resent, report.strays, report.crc_mismatches), (0, 0, 0), "{name}");
    assert!(link.answers.is_empty(), "{name}: every recorded answer was asked for");
    (link.messages(), transcript.host(), link)
}

/// Requests, their order and their bytes, and the content of the Writes: the same. A device that takes updates from nrfutil
/// takes ours.
#[tokio::test(start_paused = true)]
async fn the_engine_says_what_nrfutil_said() {
    for (name, prn) in [("plain", 0), ("receipts", 2), ("ping_retries", 0), ("ping_refused", 0)] {
        let (ours, theirs, link) = both(name, prn).await;
        assert_eq!(ours, theirs, "{name}");
        let frames = Transcript::load(name).0.into_iter().filter(|said| said.from == From::Host);
        let frames: Vec<Vec<u8>> = frames.map(|said| said.message).collect();
        let sent: Vec<Vec<u8>> = link.sent.into_iter().map(|(_, message)| message).collect();
        assert_eq!(sent, frames, "{name}: cut into the same Writes, too");
    }
}

/// nrfutil does not ping on USB. We do: it costs one frame, and it finds half a frame of an earlier session (SER-009).
#[tokio::test(start_paused = true)]
async fn on_usb_the_engine_only_pings_more() {
    let (ours, theirs, _) = both("usb", 0).await;
    assert_eq!((&ours[0], &ours[1..]), (&vec![9, 1], &theirs[..]));
}

/// With an MTU of 64 nrfutil sends 30 bytes in a Write; we send 28, whole words, because flash is written in words
/// (FLT-020). The content is the same.
#[tokio::test(start_paused = true)]
async fn with_a_small_mtu_the_content_is_the_same() {
    let (ours, theirs, link) = both("small_mtu", 0).await;
    assert_eq!(ours, theirs);
    let longest =
        link.sent.iter().filter(|(_, message)| message[0] == 8).map(|(_, message)| message.len() - 1).max();
    assert_eq!(longest, Some(28));
}

/// Both ping once a second, with a new id each time. nrfutil gave up after its three seconds; so do we after ours.
#[tokio::test(start_paused = true)]
async fn a_silent_device_is_pinged_once_a_second() {
    let transcript = Transcript::load("silent");
    let mut link = Recorded::new(&transcript, 0);
    let options =
        UpdateOptions { connect_timeout: Duration::from_secs(3), reconnects: 0, ..UpdateOptions::default() };
    let image = UpdateImage { init_packet: &[1; 140], firmware: &[2; 600] };
    let began = Instant::now();
    let error = update(&mut link, &image, &options, &mut Silent).await.unwrap_err();
    assert!(matches!(error, UpdateError::Silent { .. }), "{error}");
    let theirs: Vec<(u64, Vec<u8>)> =
        transcript.host().into_iter().enumerate().map(|(second, ping)| (second as u64, ping)).collect();
    let ours: Vec<(u64, Vec<u8>)> =
        link.sent.into_iter().map(|(at, message)| ((at - began).as_secs(), message)).collect();
    assert_eq!(ours, theirs);
}
