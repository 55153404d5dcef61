//! Firmware files, and how they get into a virtual chip: as a programmer would put them there, all at once.

use std::ops::Range;

use gauntlet_nrf52::Chip;
use gauntlet_package::image::{ImageError, Segment, read_hex};

/// What stands at 0 on a chip whose firmware leaves that to somebody else: forwards exceptions, answers the calls of a
/// bootloader, and copies a new bootloader over the old one.
const START_UP: &str = include_str!("../../../targets/firmware/hex/start-up.hex");
/// The configuration page, which is not flash.
const UICR: Range<u32> = 0x1000_1000..0x1000_2000;

/// A file whose content belongs into a chip.
#[derive(Debug, Clone)]
pub struct FirmwareFile {
    /// Its name, for messages.
    pub name: String,
    /// What it holds, in ascending order.
    pub segments: Vec<Segment>,
}

/// Why files can't be put into a chip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It is no firmware file.
    #[error("{name} is no firmware file")]
    Unreadable {
        /// The file.
        name: String,
        /// What is wrong with it.
        #[source]
        cause: ImageError,
    },
    /// It has no bytes.
    #[error("{name} is empty")]
    Empty {
        /// The file.
        name: String,
    },
    /// A part of it is neither flash nor UICR.
    #[error("{name} has bytes at 0x{address:08x}, where the {chip} has neither flash nor UICR")]
    Outside {
        /// The file.
        name: String,
        /// The first such address.
        address: u32,
        /// The chip.
        chip: &'static str,
    },
    /// Two files want the same place.
    #[error("{name} has bytes at 0x{address:08x}, where {other} has some, too")]
    Overlap {
        /// The later file.
        name: String,
        /// The first such address.
        address: u32,
        /// The earlier file.
        other: String,
    },
}

impl FirmwareFile {
    /// An Intel HEX file.
    ///
    /// # Errors
    /// [`Misfit::Unreadable`], [`Misfit::Empty`].
    pub fn hex(name: &str, content: &[u8]) -> Result<Self, Misfit> {
        let name = name.to_owned();
        match read_hex(content) {
            Ok(segments) if segments.is_empty() => Err(Misfit::Empty { name }),
            Ok(segments) => Ok(Self { name, segments }),
            Err(cause) => Err(Misfit::Unreadable { name, cause }),
        }
    }

    /// A plain binary, which does not say where it belongs.
    ///
    /// # Errors
    /// [`Misfit::Empty`].
    pub fn binary(name: &str, content: Vec<u8>, address: u32) -> Result<Self, Misfit> {
        let name = name.to_owned();
        if content.is_empty() {
            return Err(Misfit::Empty { name });
        }
        Ok(Self { name, segments: vec![Segment { address, data: content }] })
    }

    fn parts(&self) -> impl Iterator<Item = Range<u64>> {
        let range = |segment: &Segment| {
            let start = u64::from(segment.address);
            start..start + segment.data.len() as u64
        };
        self.segments.iter().map(range)
    }
}

/// Our start-up page, for a chip whose firmware has none.
#[expect(
    clippy::expect_used,
    reason = "the file is a part of this program, and every test of targets reads it"
)]
pub(crate) fn start_up() -> Vec<Segment> {
    read_hex(START_UP.as_bytes()).expect("the start-up page is Intel HEX")
}

/// Puts files into a blank chip, and a start-up of our own at 0 when none of them has anything there. The chip has to be
/// switched on again afterwards. Returns whether our start-up was needed.
///
/// # Errors
/// What does not fit; the chip is as it was then.
pub fn put(chip: &mut Chip, files: &[FirmwareFile]) -> Result<bool, Misfit> {
    let flash = 0..u64::from(chip.profile().flash_size);
    let uicr = u64::from(UICR.start)..u64::from(UICR.end);
    for (index, file) in files.iter().enumerate() {
        for part in file.parts() {
            let home = [&flash, &uicr].into_iter().find(|home| home.contains(&part.start));
            let end = home.map_or(part.start, |home| home.end);
            if part.end > end {
                // The first byte that has no place.
                let address = u32::try_from(end).unwrap_or(u32::MAX);
                let chip = chip.variant().target_name();
                return Err(Misfit::Outside { name: file.name.clone(), address, chip });
            }
            for other in &files[..index] {
                let shared = other.parts().find(|theirs| theirs.start < part.end && part.start < theirs.end);
                if let Some(theirs) = shared {
                    let address = theirs.start.max(part.start) as u32;
                    return Err(Misfit::Overlap {
                        name: file.name.clone(),
                        address,
                        other: other.name.clone(),
                    });
                }
            }
        }
    }
    let mut parts = files.iter().flat_map(FirmwareFile::parts);
    let bare = !parts.any(|part| part.start < 8);
    if bare {
        for own in start_up() {
            chip.put_image(own.address, &own.data);
        }
    }
    for segment in files.iter().flat_map(|file| &file.segments) {
        chip.put_image(segment.address, &segment.data);
    }
    Ok(bare)
}

#[cfg(test)]
mod tests {
    use gauntlet_nrf52::Variant;

    use super::*;

    fn file(name: &str, address: u32, data: &[u8]) -> FirmwareFile {
        FirmwareFile { name: name.to_owned(), segments: vec![Segment { address, data: data.to_vec() }] }
    }

    #[test]
    fn files_land_where_they_belong_with_a_start_up_only_if_none_has_one() {
        let mut chip = Chip::new(Variant::Nrf52832, 1);
        let files = [file("boot", 0x78000, &[1, 2]), file("uicr", 0x1000_1014, &[0, 0x80, 7, 0])];
        assert_eq!(put(&mut chip, &files), Ok(true));
        assert_eq!(chip.flash()[0x78000..0x78003], [1, 2, 0xFF]);
        let own = read_hex(START_UP.as_bytes()).unwrap();
        assert!(own.iter().all(|segment| segment.address as usize + segment.data.len() <= 0xFF8));
        assert_eq!(chip.flash()[..64], own[0].data[..64]);
        assert_eq!(chip.uicr()[0x14..0x18], [0, 0x80, 7, 0]);
        let mut own = Chip::new(Variant::Nrf52832, 1);
        assert_eq!(put(&mut own, &[file("mbr", 0, &[9; 16])]), Ok(false));
        assert_eq!(own.flash()[..17], [[9; 16].as_slice(), &[0xFF]].concat());
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let mut chip = Chip::new(Variant::Nrf52832, 1);
        let before = chip.flash();
        let wrong = |files: &[FirmwareFile], chip: &mut Chip| put(chip, files).unwrap_err().to_string();
        assert_eq!(
            wrong(&[file("a.bin", 0x7_FFFF, &[1, 2])], &mut chip),
            "a.bin has bytes at 0x00080000, where the nRF52832_xxAA has neither flash nor UICR"
        );
        assert!(wrong(&[file("ram", 0x2000_0000, &[1])], &mut chip).contains("ram has bytes at 0x20000000"));
        assert!(wrong(&[file("far", 0xFFFF_FFFF, &[1, 2])], &mut chip).contains("0xffffffff"));
        assert_eq!(
            wrong(&[file("a", 0x1000, &[1, 2, 3]), file("b", 0x1002, &[1])], &mut chip),
            "b has bytes at 0x00001002, where a has some, too"
        );
        assert!(chip.flash() == before);
        assert_eq!(FirmwareFile::hex("x", b":00000001FF\n").unwrap_err().to_string(), "x is empty");
        assert!(FirmwareFile::hex("x", b":zz").is_err());
    }
}
