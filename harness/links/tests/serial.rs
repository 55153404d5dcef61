//! The link over a serial port, with a pseudo-terminal as the port and a few lines as the device.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that gets no pseudo-terminal has failed")]

use std::fs::File;
use std::time::Duration;

use gauntlet_engine::{Connected, Link, LinkError};
use gauntlet_links::serial::{SerialLink, SerialOptions};
use gauntlet_protocol::slip;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_serial::{SerialPort as _, SerialStream};

/// The other end of a port.
struct Device {
    stream: SerialStream,
    /// Keeps the port from being hung up between two sessions.
    _held: File,
    path: String,
    decoder: slip::Decoder,
}

fn port() -> (SerialLink, Device) {
    let (stream, other) = SerialStream::pair().unwrap();
    let path = other.name().unwrap();
    // Not by the library, which lets nobody else open a port.
    let held = File::open(&path).unwrap();
    drop(other);
    let options = SerialOptions { patience: Duration::from_secs(20), ..SerialOptions::new(&path) };
    let decoder = slip::Decoder::with_limit(131);
    (SerialLink::new(options), Device { stream, _held: held, path, decoder })
}

impl Device {
    async fn frames(&mut self) -> Vec<Vec<u8>> {
        loop {
            let mut bytes = [0; 256];
            let count = self.stream.read(&mut bytes).await.unwrap();
            let frames = self.decoder.feed(&bytes[..count]);
            if !frames.is_empty() {
                return frames;
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Answers one Ping.
    async fn pong(&mut self) {
        let frames = self.frames().await;
        let &[0x09, id] = frames[0].as_slice() else { panic!("{frames:?}") };
        self.send(&slip::encode(&[0x60, 0x09, 0x01, id])).await;
    }
}

/// Connects while the device does its part.
async fn meet(link: &mut SerialLink, device: impl Future<Output = ()>) -> Connected {
    let device = async {
        device.await;
        Ok(())
    };
    let (connected, ()) = tokio::try_join!(link.connect(), device).unwrap();
    connected
}

#[tokio::test]
async fn frames_go_out_whole_and_come_in_from_pieces() {
    let (mut link, mut device) = port();
    assert_eq!(meet(&mut link, device.pong()).await.max_data, 1024);

    link.send_request(&[0x06, 0x01]).await.unwrap();
    link.send_data(&[0xC0, 0xDB, 0x00]).await.unwrap();
    link.flush().await.unwrap();
    let mut seen = device.frames().await;
    while seen.len() < 2 {
        seen.extend(device.frames().await);
    }
    assert_eq!(seen, [vec![0x06, 0x01], vec![0x08, 0xC0, 0xDB, 0x00]]);

    let answers: [&[u8]; 2] = [&[0x60, 0x06, 0x01, 0xC0, 0xDB], &[0x60, 0x03, 0x01]];
    let bytes: Vec<u8> = answers.iter().flat_map(|answer| slip::encode(answer)).collect();
    // Ends of frames without a frame are noise.
    device.send(&[slip::END, slip::END]).await;
    let pieces = async {
        for piece in bytes.chunks(2) {
            device.send(piece).await;
            tokio::task::yield_now().await;
        }
    };
    let ((), first) = tokio::join!(pieces, link.receive());
    assert_eq!(first.unwrap(), answers[0]);
    assert_eq!(link.receive().await.unwrap(), answers[1]);
}

/// Packets may wait for each other, but they come in order and in front of the request behind them, however many bytes the
/// port takes at a time.
#[tokio::test]
async fn packets_are_gathered_and_none_is_lost() {
    let (mut link, mut device) = port();
    meet(&mut link, device.pong()).await;
    let packets: Vec<Vec<u8>> = (0..2000u32).map(|n| vec![(n % 256) as u8; 1 + n as usize % 64]).collect();
    let host = async {
        for packet in &packets {
            link.send_data(packet).await.unwrap();
        }
        link.send_request(&[0x03]).await.unwrap();
    };
    let reader = async {
        let mut frames = Vec::new();
        while frames.last() != Some(&vec![0x03]) {
            frames.extend(device.frames().await);
        }
        frames
    };
    let ((), frames) = tokio::join!(host, reader);
    assert_eq!(frames.len(), packets.len() + 1);
    assert!(frames.iter().zip(&packets).all(|(frame, packet)| frame[0] == 0x08 && frame[1..] == packet[..]));
}

/// A host that waits for an answer has sent everything before, and one that closes the port leaves nothing for the next
/// session.
#[tokio::test]
async fn what_was_gathered_goes_out_with_a_receive_and_not_with_the_next_session() {
    let (mut link, mut device) = port();
    meet(&mut link, device.pong()).await;
    link.send_data(&[1, 2, 3]).await.unwrap();
    let answer = async {
        assert_eq!(device.frames().await, [vec![0x08, 1, 2, 3]]);
        device.send(&slip::encode(&[0x60, 0x03, 0x01])).await;
    };
    let (received, ()) = tokio::join!(link.receive(), answer);
    assert_eq!(received.unwrap(), [0x60, 0x03, 0x01]);

    link.send_data(&[4, 5, 6]).await.unwrap();
    link.disconnect().await.unwrap();
    assert!(matches!(link.flush().await, Err(LinkError::Lost { .. })));
    meet(&mut link, device.pong()).await;
}

#[tokio::test]
async fn what_an_earlier_session_left_on_either_side_does_no_harm() {
    let (mut link, mut device) = port();
    // The device holds half a Write, and the port the answer to a request that nobody waits for any more.
    assert_eq!(device.decoder.feed(&[0x08, 1, 2, 3]), Vec::<Vec<u8>>::new());
    device.send(&slip::encode(&[0x60, 0x01, 0x01])).await;
    let behind = async {
        // The first Ping ends the half frame; the second one is heard.
        assert_eq!(device.frames().await, [vec![0x08, 1, 2, 3, 0x09, 0x81]]);
        device.pong().await;
    };
    meet(&mut link, behind).await;
    // Again, by the same program and the same port.
    link.disconnect().await.unwrap();
    assert!(matches!(link.send_data(&[1]).await, Err(LinkError::Lost { .. })));
    meet(&mut link, device.pong()).await;
}

#[tokio::test]
async fn a_port_that_vanishes_is_a_lost_link_and_one_that_never_was_is_not_found() {
    let (mut link, mut device) = port();
    meet(&mut link, device.pong()).await;
    drop(device);
    assert!(matches!(link.receive().await, Err(LinkError::Lost { .. })));
    assert!(matches!(link.send_request(&[0x07]).await, Err(LinkError::Lost { .. })));

    let patience = Duration::ZERO;
    let mut nowhere =
        SerialLink::new(SerialOptions { patience, ..SerialOptions::new("/dev/there-is-no-such-port") });
    assert!(matches!(nowhere.connect().await, Err(LinkError::NotFound { .. })));
    let (_, device) = port();
    let silent = SerialOptions { patience, ..SerialOptions::new(&device.path) };
    let error = SerialLink::new(silent).connect().await.unwrap_err();
    assert!(matches!(error, LinkError::NotFound { .. }), "{error}");
}
