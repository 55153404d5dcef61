//! Judging one image: its init packet alone, then against manifest and firmware, then its signatures.

mod consistency;
mod init_packet;
mod signatures;

use crate::finding::{Finding, Reason, Stage};
use crate::keys::PublicKey;
use crate::manifest::ManifestImage;
use gauntlet_protocol::init_packet::{FwType, InitPacket, ValidationType};

/// Collects what is said about one image; the first refusal ends the judgement.
struct Judge<'a> {
    entry: &'a str,
    warnings: &'a mut Vec<Finding>,
}

impl Judge<'_> {
    fn finding(&self, stage: Stage, reason: Reason, message: impl Into<String>) -> Finding {
        Finding::about(stage, self.entry, reason, message)
    }

    fn warn(&mut self, stage: Stage, reason: Reason, message: impl Into<String>) {
        let finding = self.finding(stage, reason, message);
        self.warnings.push(finding);
    }
}

/// Judges one image and gives its decoded init packet.
pub(crate) fn image(
    manifest: &ManifestImage,
    packet: &[u8],
    firmware: &[u8],
    public_key: Option<&PublicKey>,
    warnings: &mut Vec<Finding>,
) -> Result<InitPacket, Finding> {
    let mut judge = Judge { entry: &manifest.dat_file, warnings };
    let decoded = init_packet::check(&mut judge, packet)?;
    consistency::check(&mut judge, manifest, &decoded, firmware)?;
    signatures::check(&mut judge, &decoded, packet, firmware, public_key)?;
    Ok(decoded)
}

/// The boot validation records that the bootloader consults, with the part of the image each is about (section 7.4).
fn consulted(decoded: &InitPacket) -> Vec<(ValidationType, &[u8], Part)> {
    let parts: &[Part] = match decoded.init.fw_type {
        Some(FwType::SoftDeviceBootloader) => &[Part::SoftDevice, Part::Rest],
        Some(FwType::ExternalApplication) => &[],
        _ => &[Part::Whole],
    };
    let records = decoded.init.boot_validation.iter();
    records.zip(parts).map(|(record, part)| (record.kind, record.bytes.as_slice(), *part)).collect()
}

/// A part of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    /// The first `sd_size` bytes.
    SoftDevice,
    /// What follows the SoftDevice.
    Rest,
}
