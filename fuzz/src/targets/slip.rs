//! SLIP: any split of the stream gives the same frames, and a stale piece of a frame costs no more than it must.

use crate::{Outcome, Target};
use gauntlet_protocol::slip::{Decoder, END, HOST_LIMIT, UART_LIMIT, USB_LIMIT, encode};

/// The target. The first byte chooses the decoder, the second how the rest is split.
pub const TARGET: Target = Target {
    name: "slip",
    run,
    seeds,
    words: &[b"\xDB\xDC", b"\xDB\xDD", b"\xC0\xC0", b"\xDB\xC0"],
    max_len: 9000,
};

fn run(input: &[u8]) -> Outcome {
    let [which, split, stream @ ..] = input else { return Outcome(0) };
    // A host's decoder has a limit as well, behind which it goes on.
    let host = which % 5 == 4;
    let limit = [None, Some(UART_LIMIT), Some(USB_LIMIT), Some(1), Some(HOST_LIMIT)][usize::from(which % 5)];
    let fresh = || match limit {
        Some(_) if host => Decoder::for_host(),
        Some(limit) => Decoder::with_limit(limit),
        None => Decoder::unlimited(),
    };

    let mut whole = fresh();
    let frames = whole.feed(stream);
    let mut pieces = fresh();
    let mut found = Vec::new();
    for piece in stream.chunks(1 + usize::from(*split)) {
        found.extend(pieces.feed(piece));
        assert!(limit.is_none_or(|limit| pieces.pending() <= limit), "a frame stays below the limit");
    }
    assert_eq!(found, frames, "the split does not matter");
    assert_eq!(pieces.pending(), whole.pending());
    assert_eq!(pieces.is_stuck(), whole.is_stuck());
    assert_eq!(pieces.discarded_frames(), whole.discarded_frames());
    let held: usize = frames.iter().map(Vec::len).sum();
    assert!(held + whole.pending() <= stream.len(), "decoding makes nothing longer");

    let wire: Vec<u8> = frames.iter().flat_map(|frame| encode(frame)).collect();
    assert_eq!(Decoder::unlimited().feed(&wire), frames, "frames survive");
    let one = encode(stream);
    assert_eq!(one.iter().filter(|&&byte| byte == END).count(), 1);
    assert_eq!(Decoder::unlimited().feed(&one), [stream]);

    // After whatever came before, one END ends it; the frame behind a second one is whole.
    if limit.is_none() || host && stream.len() < HOST_LIMIT {
        whole.feed(&[END, END]);
        assert_eq!(whole.feed(&encode(stream)), [stream]);
    }
    Outcome::of(&(limit, frames.len().min(3), whole.is_stuck(), whole.discarded_frames().min(2)))
        .with(frames.len().min(3) as u64)
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for which in 0..5 {
        for size in [0, 1, 3, 64, 130, 131, 2050, 2051, 4095, 4096] {
            let frame: Vec<u8> = (0..size).map(|i| (i * 7 + which) as u8).collect();
            let stream = [encode(&frame), encode(&[0x60, 0x09, 0x01, 0xC0]), vec![0x09]].concat();
            seeds.push([&[which as u8, 5], &stream[..]].concat());
        }
    }
    seeds
}
