//! What a bootloader must say of its chip and of the images in flash (CP-008..012), from what the probe has read.

use gauntlet_package::settings::BankCode;

use super::forecast::{Allowed, Forecast, any, known};
use super::rules::Rules;
use crate::observe::Snapshot;

/// Place and length of a SoftDevice's information structure, and of what stands in it (CP-010, MEM-001).
const INFO_SIZE: usize = 0x3000;
const MAGIC: usize = 0x3004;
const END: usize = 0x3008;
const VERSION: usize = 0x3014;
/// A structure that is no longer has no version.
const WITHOUT_VERSION: u32 = 0x14;
const SOFTDEVICE: u32 = 0x51B1_E5DB;
const MBR_END: u32 = 0x1000;
const PAGE: u32 = 0x1000;
/// The kinds of images in answers.
const KIND_SOFTDEVICE: u8 = 0;
const KIND_APPLICATION: u8 = 1;
const KIND_BOOTLOADER: u8 = 2;
const KIND_NONE: u8 = 0xFF;

/// What is known of a device without having asked it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// Part, variant, ROM, RAM and page size, in bytes (CP-008).
    hardware: Option<[u32; 5]>,
    images: Option<Images>,
}

/// Version, first byte and length of each image, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Images {
    bootloader_version: u32,
    softdevice: Option<[u32; 3]>,
    application: Option<[u32; 3]>,
}

impl Account {
    /// Of a device as the probe has read it. Settings pages that differ leave open which of them the bootloader has in RAM.
    pub(crate) fn of(device: &Snapshot) -> Self {
        Self { hardware: device.hardware, images: Images::of(device) }
    }

    /// An update may have changed what is there.
    pub(super) fn images_may_change(&mut self) {
        self.images = None;
    }

    /// CP-008.
    pub(super) fn hardware(&self, opcode: u8, rules: &Rules) -> Forecast {
        let payload = match self.hardware {
            Some(words) => words.iter().flat_map(|word| known(&word.to_le_bytes())).collect(),
            None => {
                let chip = rules.chip.profile();
                // The letters before the build code tell how much memory there is; the build code may be any.
                let [.., b, a] = chip.variant_word.to_le_bytes();
                let variant = [any(2), known(&[b, a])].concat();
                let [part, rom, ram, page] =
                    [chip.part, chip.flash_size, chip.ram_size, PAGE].map(|word| known(&word.to_le_bytes()));
                [part, variant, rom, ram, page].concat()
            }
        };
        Forecast::new(opcode, "CP-008", vec![Allowed::Success(payload)])
    }

    /// CP-009..012. `dropped`: the application may have had to go for an image that is on its way (MEM-012).
    pub(super) fn firmware(&self, opcode: u8, image: u8, rules: &Rules, dropped: bool) -> Forecast {
        let of_kind = |kind: u8| [known(&[kind]), any(12)].concat();
        let nothing = [known(&[KIND_NONE]), known(&[0; 12])].concat();
        let (start, size) = rules.bootloader;
        let place = [start.to_le_bytes(), size.to_le_bytes()].concat();
        let (rule, payloads) = match (image, &self.images) {
            (0, None) => ("CP-009", vec![[known(&[KIND_BOOTLOADER]), any(4), known(&place)].concat()]),
            (0, Some(images)) => {
                let version = images.bootloader_version;
                ("CP-009", vec![said(KIND_BOOTLOADER, [version, start, size])])
            }
            (1, None) => ("CP-010..012", vec![of_kind(KIND_SOFTDEVICE), of_kind(KIND_APPLICATION), nothing]),
            (2, None) => ("CP-011, CP-012", vec![of_kind(KIND_APPLICATION), nothing]),
            (1, Some(Images { softdevice: Some(words), .. })) => {
                ("CP-010", vec![said(KIND_SOFTDEVICE, *words)])
            }
            (1, Some(Images { softdevice: None, application, .. }))
            | (2, Some(Images { softdevice: Some(_), application, .. })) => match application {
                Some(words) if dropped => ("CP-011", vec![said(KIND_APPLICATION, *words), nothing]),
                Some(words) => ("CP-011", vec![said(KIND_APPLICATION, *words)]),
                None => ("CP-012", vec![nothing]),
            },
            _ => ("CP-012", vec![nothing]),
        };
        Forecast::new(opcode, rule, payloads.into_iter().map(Allowed::Success).collect())
    }
}

impl Images {
    fn of(device: &Snapshot) -> Option<Self> {
        let (Some(settings), true) = device.settings() else { return None };
        let word = |at: usize| {
            let bytes = device.flash().get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        };
        let softdevice = match word(MAGIC)? {
            SOFTDEVICE if word(INFO_SIZE)? & 0xFF > WITHOUT_VERSION => {
                Some([word(VERSION)?, MBR_END, word(END)?])
            }
            SOFTDEVICE => Some([0, MBR_END, word(END)?]),
            _ => None,
        };
        let application = (settings.bank_0.code == BankCode::Application)
            .then(|| [settings.app_version, device.ground().base, settings.bank_0.size]);
        Some(Self { bootloader_version: settings.bootloader_version, softdevice, application })
    }
}

fn said(kind: u8, words: [u32; 3]) -> Vec<Option<u8>> {
    let words = words.iter().flat_map(|word| word.to_le_bytes());
    std::iter::once(kind).chain(words).map(Some).collect()
}

#[cfg(test)]
mod tests {
    use gauntlet_bench::{Build, Device, Profile, Variant};

    use super::*;

    fn rules() -> Rules {
        let build = Build::release(Profile::Uart, [0; 64]);
        Rules::of(&Device {
            variant: Variant::Nrf52832,
            softdevice: None,
            build,
            application: None,
            firmware: None,
        })
    }

    fn answer(kind: u8, words: [u32; 3]) -> Vec<u8> {
        let words = words.iter().flat_map(|word| word.to_le_bytes());
        [0x60, 0x0B, 1, kind].into_iter().chain(words).collect()
    }

    /// Which of these the account lets pass for image `number`: a SoftDevice, the application, another version of it, nothing.
    fn passes(account: &Account, number: u8, dropped: bool) -> [bool; 4] {
        let forecast = account.firmware(0x0B, number, &rules(), dropped);
        [
            answer(0, [7, 0x1000, 0x2_6000]),
            answer(1, [3, 0x2_6000, 500]),
            answer(1, [4, 0x2_6000, 500]),
            answer(0xFF, [0; 3]),
        ]
        .map(|message| forecast.holds(&message))
    }

    #[test]
    fn what_the_probe_has_read_is_what_the_device_must_say() {
        let application = Some([3, 0x2_6000, 500]);
        let softdevice = Some([7, 0x1000, 0x2_6000]);
        let images = Some(Images { bootloader_version: 5, softdevice, application });
        let mut account = Account { hardware: Some([1, 2, 3, 4, 5]), images };
        assert_eq!(passes(&account, 1, false), [true, false, false, false], "CP-010");
        assert_eq!(passes(&account, 2, false), [false, true, false, false], "CP-011");
        assert_eq!(passes(&account, 2, true), [false, true, false, true], "MEM-012");
        assert_eq!(passes(&account, 3, false), [false, false, false, true], "CP-012");
        let chip = account.hardware(0x0A, &rules());
        let said = |variant: u8| {
            let words = [1, variant, 3, 4, 5].map(u32::from);
            [0x60, 0x0A, 1]
                .into_iter()
                .chain(words.iter().flat_map(|word| word.to_le_bytes()))
                .collect::<Vec<_>>()
        };
        assert!(chip.holds(&said(2)) && !chip.holds(&said(9)), "CP-008");
        account.images_may_change();
        assert_eq!(passes(&account, 2, false), [false, true, true, true]);
    }

    #[test]
    fn without_a_softdevice_the_application_has_its_place_and_no_other() {
        let images =
            Images { bootloader_version: 1, softdevice: None, application: Some([3, 0x2_6000, 500]) };
        let account = Account { hardware: None, images: Some(images) };
        assert_eq!(passes(&account, 1, false), [false, true, false, false], "CP-011");
        assert_eq!(passes(&account, 2, false), [false, false, false, true], "CP-012");
    }
}
