//! What the probe finds: everything that judgement rests on.

use gauntlet_bench::{Board, Device, Mode, ProbeError, Region};
use gauntlet_package::settings::{SETTINGS_LEN, Settings};
use gauntlet_protocol::crc32;
use gauntlet_record::{Event, RegionDigest, Sha256, Word};
use sha2::Digest;

/// Where the witness application leaves its words.
const WITNESS_ADDRESS: u32 = gauntlet_bench::WITNESS_ADDRESS;

/// A device as the probe reads it.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Content of each region, in the order of [`Device::regions`].
    regions: Vec<(Region, Vec<u8>)>,
    /// The witness that runs, if one does.
    pub(crate) witness: Option<u32>,
    /// What the device was doing before the probe came.
    pub(crate) mode: Mode,
}

/// Reads the whole device through the probe. It runs on afterwards.
pub(crate) fn read(board: &dyn Board, device: &Device, mode: Mode) -> Result<Snapshot, ProbeError> {
    let regions = device.regions();
    let ranges: Vec<_> = regions.iter().map(|region| region.start..region.end).collect();
    let mut debugger = board.attach()?;
    let segments = debugger.read_back(&ranges)?;
    let magic = debugger.read_word(WITNESS_ADDRESS)?;
    let id = debugger.read_word(WITNESS_ADDRESS + 4)?;
    debugger.detach()?;
    Ok(Snapshot {
        regions: regions.into_iter().zip(segments.into_iter().map(|segment| segment.bytes)).collect(),
        witness: (magic == gauntlet_bench::WITNESS_MAGIC).then_some(id),
        mode,
    })
}

/// Makes the device forget its witness, so that only one that starts anew is seen.
pub(crate) fn forget_witness(board: &dyn Board) -> Result<(), ProbeError> {
    let mut debugger = board.attach()?;
    debugger.write_word(WITNESS_ADDRESS, 0)?;
    debugger.write_word(WITNESS_ADDRESS + 4, 0)?;
    debugger.detach()
}

impl Snapshot {
    /// The bytes of a region; empty when the device has none of this name.
    pub(crate) fn region(&self, name: &str) -> &[u8] {
        self.regions.iter().find(|(region, _)| region.name == name).map_or(&[], |(_, bytes)| bytes)
    }

    /// The whole flash, from address 0.
    pub(crate) fn flash(&self) -> Vec<u8> {
        // Regions of flash lie end to end; UICR is far above.
        let flash = self.regions.iter().filter(|(region, _)| region.start < 0x1000_0000);
        flash.flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }

    /// The settings page, and whether its backup says the same.
    pub(crate) fn settings(&self) -> (Option<Settings>, bool) {
        let page =
            |name: &str| self.region(name).get(..SETTINGS_LEN).and_then(|page| Settings::parse(page).ok());
        let (main, backup) = (page("settings"), page("settings-backup"));
        let same = main == backup;
        (main.filter(Settings::crc_ok), same)
    }

    /// For the journal.
    pub(crate) fn event(&self) -> Event {
        let regions = self
            .regions
            .iter()
            .map(|(region, bytes)| RegionDigest {
                name: region.name.to_owned(),
                start: Word(region.start),
                len: region.len(),
                sha256: Sha256(sha2::Sha256::digest(bytes).into()),
                crc32: Word(crc32(bytes)),
            })
            .collect();
        let mut fields = std::collections::BTreeMap::new();
        let (settings, backup_equal) = self.settings();
        match settings {
            Some(settings) => {
                let mut say = |name: &str, value: String| fields.insert(name.to_owned(), value);
                say("version", settings.version.to_string());
                say("app_version", settings.app_version.to_string());
                say("bootloader_version", settings.bootloader_version.to_string());
                say("bank_0", format!("{} ({} bytes)", settings.bank_0.code, settings.bank_0.size));
                say("bank_1", format!("{} ({} bytes)", settings.bank_1.code, settings.bank_1.size));
                say("backup", if backup_equal { "equal" } else { "different" }.to_owned());
            }
            None => {
                fields.insert("page".to_owned(), "not valid".to_owned());
            }
        }
        Event::ReadBack { regions, settings: fields }
    }
}
