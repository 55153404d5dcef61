//! Firmware files become the images that nrfutil packs.

mod support;

use gauntlet_package::image::{ImageError, Segment, firmware, read_hex, write_hex};
use gauntlet_package::read;
use proptest::prelude::*;
use support::{bytes, data, index, text};

/// Every single-image package of the vectors, from its input file.
#[test]
fn every_input_gives_the_image_that_nrfutil_packed() {
    let mut compared = 0;
    for vector in index("good") {
        let inputs = vector["inputs"].as_array().unwrap();
        let file = text(&vector, "file");
        let Ok(package) = read(data(file)) else { continue };
        let images: Vec<Vec<u8>> = inputs
            .iter()
            .map(|input| input.as_str().unwrap())
            .map(|input| firmware(input, &bytes(input)).unwrap())
            .collect();
        // Two inputs in one image are SoftDevice and bootloader, without a gap.
        let packed: Vec<u8> = package.images.iter().flat_map(|image| image.firmware.clone()).collect();
        assert_eq!(packed, images.concat(), "{file}");
        compared += 1;
    }
    assert_eq!(compared, 48);
}

#[test]
fn holes_are_ff_and_mbr_and_uicr_are_left_out() {
    let segment = |address, data: &[u8]| Segment { address, data: data.to_vec() };
    let hex = write_hex(&[
        segment(0x0FFE, &[1, 2, 3, 4]),
        segment(0x1004, &[5]),
        segment(0x1000_1014, &[6, 6, 6, 6]),
    ]);
    assert_eq!(firmware("x.hex", hex.as_bytes()), Ok(vec![3, 4, 0xFF, 0xFF, 5, 0xFF, 0xFF, 0xFF]));
    let only_uicr = write_hex(&[segment(0x1000_1014, &[6])]);
    assert_eq!(firmware("x.hex", only_uicr.as_bytes()), Err(ImageError::Empty));
    assert_eq!(firmware("x.bin", &[]), Err(ImageError::Empty));
    let apart = write_hex(&[segment(0x1000, &[1]), segment(0x0F00_0000, &[1])]);
    assert_eq!(
        firmware("x.hex", apart.as_bytes()),
        Err(ImageError::TooLarge { start: 0x1000, end: 0x0F00_0001 })
    );
}

#[test]
fn broken_files_name_the_line() {
    let error = read_hex(b":020000040002F8\n:0360000001020398\n").unwrap_err();
    assert!(matches!(error, ImageError::Record { line: 2, .. }));
    let error = read_hex(b":01000000AA55\n:0100000001FE\n").unwrap_err();
    assert_eq!(error, ImageError::Overlap { line: 2, address: 0 });
    assert_eq!(error.to_string(), "line 2 writes address 0x00000000 a second time");
    assert_eq!(read_hex(&[0xFF]), Err(ImageError::NotText));
    assert!(read_hex(b"hello\n").is_err());
    // The last line of an address space.
    let beyond = b":02000004FFFFFC\n:02FFFF000102FD\n";
    assert_eq!(read_hex(beyond), Err(ImageError::AddressOverflow { line: 2 }));
    // Segment addresses, start addresses and blank lines are understood.
    let segments =
        read_hex(b":020000021000EC\n\n:0100000007F8\r\n:0400000500000000F7\n:00000001FF\n").unwrap();
    assert_eq!(segments, [Segment { address: 0x10000, data: vec![7] }]);
}

proptest! {
    #[test]
    fn segments_survive_a_round_trip(
        chunks in proptest::collection::vec((1u32..70_000, proptest::collection::vec(any::<u8>(), 1..100)), 0..6),
    ) {
        let mut address = 0u32;
        let mut segments = Vec::new();
        for (gap, data) in chunks {
            address += gap;
            let len = data.len() as u32;
            segments.push(Segment { address, data });
            address += len;
        }
        let text = write_hex(&segments);
        prop_assert!(text.lines().all(|line| line.len() <= 43));
        prop_assert_eq!(read_hex(text.as_bytes()), Ok(segments));
    }
}
