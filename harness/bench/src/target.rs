//! A device with firmware of its own: images for a chip, and what its bootloader is.

use std::sync::Arc;

use gauntlet_links::direct::UartOptions;
use gauntlet_nrf52::Variant;
use gauntlet_package::keys::SigningKey;
use gauntlet_reference::images::Segment;
use gauntlet_reference::layout::{MBR_END, PAGE, UICR_BOOTLOADER, UICR_PARAMS};
use gauntlet_reference::{Build, Layout};

/// MBR words that say the same as those of the UICR, where they are programmed (MEM-017).
const MBR_BOOTLOADER: u32 = 0x0FF8;
const MBR_PARAMS: u32 = 0x0FFC;
/// Flash ends below; the UICR follows.
const UICR: std::ops::Range<u32> = 0x1000_1000..0x1000_1400;
const ERASED: u32 = u32::MAX;

/// What is flashed in place of our own start-up stub and bootloader.
#[derive(Debug, Clone)]
pub struct Firmware {
    /// Every byte of the images, and our start-up page when they hold nothing at address 0.
    pub segments: Vec<Segment>,
    /// Where things stand.
    pub layout: Layout,
    /// What signs packages that its bootloader accepts, if anyone knows.
    pub key: Option<SigningKey>,
}

impl PartialEq for Firmware {
    /// The same bytes in the same places. Keys are not compared.
    fn eq(&self, other: &Self) -> bool {
        (&self.segments, self.layout) == (&other.segments, other.layout)
    }
}

impl Eq for Firmware {}

/// Addresses that somebody states because no image says them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatedLayout {
    /// First byte of the bootloader.
    pub bootloader: Option<u32>,
    /// The settings page.
    pub settings: Option<u32>,
    /// Its backup.
    pub backup: Option<u32>,
    /// Bytes below the bootloader that no update touches.
    pub app_data: Option<u32>,
}

/// Images that make no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No bytes at all.
    #[error("the images hold no bytes")]
    Empty,
    /// Two images want the same place.
    #[error("two images hold the address {address:#010x}")]
    Overlap {
        /// First address that is there twice.
        address: u32,
    },
    /// Bytes where the chip has neither flash nor UICR.
    #[error("the images hold {address:#010x}, and the {chip} has neither flash nor UICR there")]
    Outside {
        /// First such address.
        address: u32,
        /// The chip.
        chip: &'static str,
    },
    /// There is no bootloader where one has to be.
    #[error(
        "there is no bootloader at {address:#010x} (from {from}); state `layout: {{ bootloader: ADDRESS }}` \
         in the target"
    )]
    NoBootloader {
        /// Where it was looked for.
        address: u32,
        /// Who says so.
        from: &'static str,
    },
    /// Pages that can't be where they are said to be.
    #[error("the {what} at {address:#010x} does not lie behind the bootloader and inside of the flash")]
    Misplaced {
        /// What.
        what: &'static str,
        /// Where.
        address: u32,
    },
}

impl Firmware {
    /// Puts the images together, and finds out where things stand: what is stated, else what UICR and MBR words of the
    /// images say, else what is usual on the chip.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn of(
        variant: Variant,
        images: Vec<Segment>,
        stated: &StatedLayout,
        key: Option<SigningKey>,
    ) -> Result<Self, TargetError> {
        let mut segments: Vec<Segment> =
            images.into_iter().filter(|segment| !segment.bytes.is_empty()).collect();
        segments.sort_by_key(|segment| segment.address);
        if segments.is_empty() {
            return Err(TargetError::Empty);
        }
        let usual = Layout::of(variant);
        let end = |segment: &Segment| u64::from(segment.address) + segment.bytes.len() as u64;
        for pair in segments.windows(2) {
            if end(&pair[0]) > u64::from(pair[1].address) {
                return Err(TargetError::Overlap { address: pair[1].address });
            }
        }
        for segment in &segments {
            let inside = if segment.address < UICR.start {
                end(segment) <= u64::from(usual.flash_end)
            } else {
                UICR.contains(&segment.address) && end(segment) <= u64::from(UICR.end)
            };
            if !inside {
                let address = segment.address.max(usual.flash_end);
                return Err(TargetError::Outside { address, chip: variant.target_name() });
            }
        }
        if !segments.iter().any(|segment| segment.address < MBR_END) {
            // Executed like the rest: no guest stands behind this device.
            let own = crate::images::start_up().into_iter();
            segments.splice(0..0, own.map(|segment| Segment::new(segment.address, segment.data)));
        }
        let layout = layout(usual, &segments, stated)?;
        Ok(Self { segments, layout, key })
    }

    /// The bootloader, as an update of itself would carry it: up to its last byte, in whole words.
    pub fn bootloader(&self) -> Vec<u8> {
        let Layout { bootloader, backup_page, .. } = self.layout;
        let mut image = vec![0xFF; (backup_page - bootloader) as usize];
        for segment in &self.segments {
            for (address, byte) in (segment.address..).zip(&segment.bytes) {
                if (bootloader..backup_page).contains(&address) {
                    image[(address - bootloader) as usize] = *byte;
                }
            }
        }
        let used = image.iter().rposition(|byte| *byte != 0xFF).map_or(0, |last| last + 1);
        image.truncate(used.next_multiple_of(4));
        image
    }
}

fn layout(usual: Layout, segments: &[Segment], stated: &StatedLayout) -> Result<Layout, TargetError> {
    let said = |uicr: u32, mbr: u32| {
        let words = [(uicr, "the UICR word"), (mbr, "the word of the MBR")];
        words.into_iter().find_map(|(at, from)| Some((word(segments, at)?, from)))
    };
    let (bootloader, from) = match (stated.bootloader, said(UICR_BOOTLOADER, MBR_BOOTLOADER)) {
        (Some(stated), _) => (stated, "the layout of the target"),
        (None, Some(said)) => said,
        // The lowest image behind everything that can't be one: a file with a bootloader alone.
        (None, None) => (usual.bootloader, "what is usual on the chip"),
    };
    let settings_page = stated.settings.unwrap_or(usual.settings_page);
    let params = said(UICR_PARAMS, MBR_PARAMS).map(|(address, _)| address);
    let backup_page = stated.backup.or(params).unwrap_or(usual.backup_page);
    let there = |address: u32| word(segments, address).is_some();
    if bootloader < MBR_END || !bootloader.is_multiple_of(PAGE) || !there(bootloader) {
        return Err(TargetError::NoBootloader { address: bootloader, from });
    }
    for (what, address) in [("settings page", settings_page), ("backup of the settings page", backup_page)] {
        if address <= bootloader || address >= usual.flash_end || !address.is_multiple_of(PAGE) {
            return Err(TargetError::Misplaced { what, address });
        }
    }
    if backup_page >= settings_page {
        return Err(TargetError::Misplaced { what: "backup of the settings page", address: backup_page });
    }
    let app_data = stated.app_data.unwrap_or(usual.app_data).min(bootloader - MBR_END);
    Ok(Layout { bootloader, backup_page, settings_page, app_data, ..usual })
}

/// A word of the images, unless it is erased or not there.
fn word(segments: &[Segment], address: u32) -> Option<u32> {
    let segment = segments.iter().find(|segment| segment.holds(address))?;
    let at = (address - segment.address) as usize;
    let bytes = segment.bytes.get(at..at + 4)?;
    let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    (word != ERASED).then_some(word)
}

/// A device with firmware of its own.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name, for reports.
    pub name: String,
    /// The chip.
    pub variant: Variant,
    /// What is flashed.
    pub firmware: Arc<Firmware>,
    /// What its bootloader is, as far as anyone has said.
    pub build: Build,
    /// Firmware id of the SoftDevice in the images, if there is one.
    pub softdevice: Option<u16>,
    /// It stores images whose length is no multiple of 4 to their last byte, unlike the specified bootloader (FLT-021).
    pub stores_last_bytes: bool,
    /// The UART over which it is updated.
    pub uart: UartOptions,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(address: u32, bytes: &[u8]) -> Segment {
        Segment::new(address, bytes.to_vec())
    }

    fn made(images: Vec<Segment>, stated: StatedLayout) -> Result<Firmware, TargetError> {
        Firmware::of(Variant::Nrf52832, images, &stated, None)
    }

    #[test]
    fn the_layout_is_stated_or_said_by_the_images_or_usual() {
        let usual = made(vec![image(0x7_8000, &[1; 8])], StatedLayout::default()).unwrap();
        assert_eq!((usual.layout.bootloader, usual.layout.backup_page), (0x7_8000, 0x7_E000));
        assert_eq!(usual.segments[0].address, 0, "our start-up page stands where nothing is");
        // And not the stub of the reference device, which asks a guest to replace the bootloader.
        assert_eq!(usual.segments[0].bytes, crate::images::start_up()[0].data);
        let words = image(UICR_BOOTLOADER, &[0, 0x20, 7, 0, 0, 0xD0, 7, 0]);
        let said = made(vec![image(0x7_2000, &[1; 8]), words.clone()], StatedLayout::default()).unwrap();
        assert_eq!((said.layout.bootloader, said.layout.backup_page), (0x7_2000, 0x7_D000));
        let stated =
            StatedLayout { bootloader: Some(0x7_4000), app_data: Some(0), ..StatedLayout::default() };
        let stated = made(vec![image(0x7_2000, &[1; 0x3000]), words], stated).unwrap();
        assert_eq!((stated.layout.bootloader, stated.layout.image_area_end()), (0x7_4000, 0x7_4000));
        assert_eq!(stated.bootloader().len(), 0x1000);
        // The MBR's own words say the same when the UICR does not.
        let mut page = vec![0xFF; 0x1000];
        page[0xFF8..0xFFC].copy_from_slice(&0x7_6000_u32.to_le_bytes());
        let said = made(vec![image(0, &page), image(0x7_6000, &[1; 8])], StatedLayout::default()).unwrap();
        assert_eq!((said.layout.bootloader, said.segments.len()), (0x7_6000, 2));
    }

    #[test]
    fn images_that_make_no_device_say_why() {
        let usual = StatedLayout::default;
        assert_eq!(made(Vec::new(), usual()), Err(TargetError::Empty));
        let twice = vec![image(0x7_8000, &[1; 8]), image(0x7_8004, &[1])];
        assert_eq!(made(twice, usual()), Err(TargetError::Overlap { address: 0x7_8004 }));
        let outside = made(vec![image(0x7_FFFC, &[1; 8])], usual());
        assert!(matches!(outside, Err(TargetError::Outside { address: 0x8_0000, .. })), "{outside:?}");
        let ram = made(vec![image(0x2000_0000, &[1; 8])], usual());
        assert!(matches!(ram, Err(TargetError::Outside { address: 0x2000_0000, .. })), "{ram:?}");
        let none = made(vec![image(0x1000, &[1; 8])], usual());
        assert!(matches!(none, Err(TargetError::NoBootloader { address: 0x7_8000, .. })), "{none:?}");
        let stated = StatedLayout { settings: Some(0x7_0000), ..usual() };
        let misplaced = made(vec![image(0x7_8000, &[1; 8])], stated);
        assert!(matches!(misplaced, Err(TargetError::Misplaced { address: 0x7_0000, .. })), "{misplaced:?}");
    }
}
