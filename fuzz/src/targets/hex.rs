//! Intel HEX: what is read lies in order and apart, survives being written, and never becomes a huge image.

use crate::{Outcome, Target};
use gauntlet_package::image::{Segment, firmware, flatten, read_hex, write_hex};

/// The target.
pub const TARGET: Target = Target {
    name: "hex",
    run,
    seeds,
    words: &[b":00000001FF\n", b":020000040002F8\n", b":020000021000EC\n", b"\r\n", b":", b"FFFF", b"00"],
    max_len: 4096,
};

/// The largest image, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

fn run(input: &[u8]) -> Outcome {
    let segments = match read_hex(input) {
        Ok(segments) => segments,
        Err(error) => {
            assert_eq!(firmware("x.hex", input), Err(error.clone()));
            return Outcome::of(&error);
        }
    };
    assert!(segments.iter().all(|segment| !segment.data.is_empty()));
    let end = |segment: &Segment| u64::from(segment.address) + segment.data.len() as u64;
    assert!(segments.iter().all(|segment| end(segment) <= 1 << 32));
    assert!(
        segments.windows(2).all(|pair| end(&pair[0]) < u64::from(pair[1].address)),
        "in order, with holes"
    );
    assert!(segments.iter().map(|segment| segment.data.len()).sum::<usize>() * 2 <= input.len());
    assert_eq!(read_hex(write_hex(&segments).as_bytes()).as_ref(), Ok(&segments), "segments survive");
    match flatten(&segments) {
        Ok(image) => {
            assert!(image.len().is_multiple_of(4) && image.len() <= LARGEST && !image.is_empty());
            Outcome::of(&segments.len().min(3)).with(segments.len().min(3) as u64)
        }
        Err(error) => Outcome::of(&(error, segments.len().min(3))),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let segment = |address, len: usize| Segment { address, data: (0..len).map(|i| i as u8).collect() };
    let files = [
        vec![],
        vec![segment(0x1000, 1)],
        vec![segment(0x2_6000, 100)],
        vec![segment(0, 20), segment(0x1000, 40), segment(0x1000_1014, 8)],
        vec![segment(0xFFF0, 40), segment(0x2_0000, 3)],
        vec![segment(0x3000, 64), segment(0xFFFF_FFF0, 16)],
        vec![segment(0x1_0000, 17), segment(0x3_0000, 5)],
    ];
    let mut seeds: Vec<Vec<u8>> = files.iter().map(|file| write_hex(file).into_bytes()).collect();
    // The magic number of an old SoftDevice, which moves the start of the image.
    let magic = Segment { address: 0x4000, data: [[0; 4], 0x51B1_E5DBu32.to_le_bytes()].concat() };
    seeds.push(write_hex(&[segment(0x1000, 16), magic]).into_bytes());
    seeds.push(b":020000021000EC\n\n:0100000007F8\r\n:0400000500000000F7\n:00000001FF\n".to_vec());
    seeds.push(b":01000000AA55\n:0100000001FE\n".to_vec());
    seeds
}
