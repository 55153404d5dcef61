//! Whether the images of a package are in a device's flash, byte by byte, where they belong.

use gauntlet_bench::Layout;
use gauntlet_package::Image;
use gauntlet_package::settings::Settings;
use gauntlet_protocol::init_packet::FwType;

use crate::observe::Ground;

const PAGE: usize = 0x1000;
/// Where a SoftDevice begins (MEM-001).
const MBR_END: u32 = 0x1000;

/// An image, or the part of a combined one, compared with flash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// First byte of its place.
    pub address: u32,
    /// Bytes of it.
    pub size: u32,
    /// Bytes in flash that are not as they should be, those behind the image in its last page among them.
    pub differing: u32,
    /// The first of these: its address, the byte that is there, and the one that should be.
    pub first: Option<(u32, u8, u8)>,
}

impl Part {
    /// True when flash holds it.
    pub fn landed(&self) -> bool {
        self.differing == 0
    }
}

/// Compares every image with flash, read from address 0. What an application stands on is asked of the device, because an
/// update may have replaced it (MEM-002).
pub fn landed(images: &[Image], flash: &[u8], layout: &Layout) -> Vec<Part> {
    let base = Ground::of(flash).base;
    let mut parts = Vec::new();
    for image in images {
        let firmware = &image.firmware[..];
        let init = &image.init.init;
        let size = |size: Option<u32>| (size.unwrap_or_default() as usize).min(firmware.len());
        match image.kind {
            FwType::Application => parts.push(part("application", base, firmware, flash, true)),
            FwType::SoftDevice => parts.push(part("SoftDevice", MBR_END, firmware, flash, false)),
            FwType::Bootloader => parts.push(part("bootloader", layout.bootloader, firmware, flash, true)),
            FwType::SoftDeviceBootloader => {
                let (softdevice, bootloader) = firmware.split_at(size(init.sd_size));
                parts.push(part("SoftDevice", MBR_END, softdevice, flash, false));
                let bootloader = &bootloader[..size(init.bl_size).min(bootloader.len())];
                parts.push(part("bootloader", layout.bootloader, bootloader, flash, true));
            }
            // Stored behind bank 0 and not activated (ACT-018).
            FwType::ExternalApplication => {
                parts.push(part("external application", bank_1(base, flash, layout), firmware, flash, false));
            }
            // A package with another type is never read.
            FwType::Other(_) => {}
        }
    }
    parts
}

/// Where bank 1 begins: on the first page behind the application.
fn bank_1(base: u32, flash: &[u8], layout: &Layout) -> u32 {
    let page = flash.get(layout.settings_page as usize..).unwrap_or_default();
    let size = Settings::parse(page).map(|settings| settings.bank_0.size).unwrap_or_default();
    base + size.next_multiple_of(PAGE as u32)
}

fn part(name: &'static str, address: u32, image: &[u8], flash: &[u8], erased_behind: bool) -> Part {
    let mut wanted = image.to_vec();
    if erased_behind {
        wanted.resize(image.len().next_multiple_of(PAGE), 0xFF);
    }
    let held = flash.get(address as usize..).unwrap_or_default();
    let mut differing = wanted.len().saturating_sub(held.len()) as u32;
    let mut first = None;
    for (at, (&found, &expected)) in held.iter().zip(&wanted).enumerate() {
        if found != expected {
            differing += 1;
            first.get_or_insert((address + at as u32, found, expected));
        }
    }
    Part { name, address, size: image.len() as u32, differing, first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_byte_is_counted_and_the_first_is_named() {
        let mut flash = vec![0xFF; 0x4000];
        flash[0x1000..0x1004].copy_from_slice(&[1, 2, 3, 4]);
        assert!(part("application", 0x1000, &[1, 2, 3, 4], &flash, true).landed());
        flash[0x1002] = 9;
        flash[0x1F00] = 0;
        let wrong = part("application", 0x1000, &[1, 2, 3, 4], &flash, true);
        assert_eq!((wrong.differing, wrong.first), (2, Some((0x1002, 9, 3))));
        // Behind a part without a page of its own anything may stand.
        flash[0x1002] = 3;
        assert!(part("SoftDevice", 0x1000, &[1, 2, 3, 4], &flash, false).landed());
        assert_eq!(part("application", 0x3FFE, &[1, 2, 3], &flash, false).differing, 3);
    }
}
