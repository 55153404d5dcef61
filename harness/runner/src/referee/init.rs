//! What the Execute of a whole init packet must be answered with (section 7.1), as far as build and packet decide.
//!
//! Which SoftDevice and which versions a device has by now is not known here, nor how much room it has.

use gauntlet_bench::{Device, Profile};
use gauntlet_package::keys::PublicKey;
use gauntlet_protocol::init_packet::{FwType, HashType, InitCommand, InitPacket, SignatureType, decode};

use super::answers::{FAILED, INSUFFICIENT, INVALID_OBJECT};
use super::forecast::Allowed;

const COMMAND_INVALID: u8 = 0x04;
const VERSION_LOW: u8 = 0x05;
const OTHER_HARDWARE: u8 = 0x06;
const OTHER_SOFTDEVICE: u8 = 0x07;
const NOT_SIGNED: u8 = 0x08;
const HASH_TYPE: u8 = 0x09;
const SIGNATURE_TYPE: u8 = 0x0B;
/// Bytes of a signature (PKG-011).
const SIGNATURE: usize = 64;

/// What a bootloader was built to ask of an init packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InitRules {
    /// As it stands in the bootloader (6.2).
    key: [u8; 64],
    signed_application: bool,
    hw_version: u32,
    external: bool,
    debug: bool,
    ble: bool,
    /// Bytes that there are for a bootloader.
    region: u32,
}

/// What becomes of the bytes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// They can't be decoded and stay readable (OBJ-009).
    Bytes,
    /// Nothing of them (OBJ-010).
    Nothing,
}

impl InitRules {
    /// Of a device as it was flashed; nothing of firmware that may have other rules, or of a key that is none.
    pub(super) fn of(device: &Device) -> Option<Self> {
        let build = &device.build;
        let layout = device.layout();
        let known = device.firmware.is_none() && PublicKey::from_le_bytes(&build.public_key).is_ok();
        known.then(|| Self {
            key: build.public_key,
            signed_application: build.require_signature,
            hw_version: build.hw_version,
            external: build.external_application,
            debug: build.debug,
            ble: build.profile == Profile::Ble,
            region: layout.backup_page - layout.bootloader,
        })
    }

    /// What the first Execute of `bytes` may be answered with.
    pub(super) fn answers(&self, bytes: &[u8]) -> Vec<Allowed> {
        let Ok(packet) = decode(bytes) else { return vec![Allowed::Code(INVALID_OBJECT)] };
        match self.signature(&packet, bytes).or_else(|| self.command(&packet.init)) {
            Some(refusal) => vec![refusal],
            None => self.beside_flash(&packet.init),
        }
    }

    /// What a refusal by `bytes` themselves leaves of them; `None` when it is not they that decide.
    pub(super) fn leaves(&self, bytes: &[u8]) -> Option<Kept> {
        let Ok(packet) = decode(bytes) else { return Some(Kept::Bytes) };
        self.signature(&packet, bytes).map(|_| Kept::Nothing)
    }

    /// Steps 4 to 7, where a signature is asked for (7.2).
    fn signature(&self, packet: &InitPacket, bytes: &[u8]) -> Option<Allowed> {
        let optional = match packet.init.fw_type {
            Some(FwType::Application) => true,
            Some(FwType::SoftDevice) => !self.ble,
            _ => false,
        };
        if optional && !self.signed_application {
            return None;
        }
        let Some(signature) = &packet.signature else { return Some(Allowed::Extended(NOT_SIGNED)) };
        if signature.kind != SignatureType::EcdsaP256Sha256 {
            return Some(Allowed::Extended(SIGNATURE_TYPE));
        }
        if signature.bytes.len() != SIGNATURE {
            return Some(Allowed::Code(FAILED));
        }
        let signed = bytes.get(packet.signed_range.clone()).unwrap_or_default();
        let key = PublicKey::from_le_bytes(&self.key).ok()?;
        key.verify(signed, &signature.bytes).is_err().then_some(Allowed::Code(INVALID_OBJECT))
    }

    /// Steps 8 to 10, as far as they are about the packet alone.
    fn command(&self, init: &InitCommand) -> Option<Allowed> {
        let known = match init.fw_type {
            None | Some(FwType::Other(_)) => false,
            Some(FwType::ExternalApplication) => self.external,
            Some(_) => true,
        };
        if !known {
            return Some(Allowed::Extended(COMMAND_INVALID));
        }
        if init.hash.as_ref().map(|hash| hash.kind) != Some(HashType::Sha256) {
            return Some(Allowed::Extended(HASH_TYPE));
        }
        match init.hw_version {
            _ if self.debug && init.is_debug => None,
            None => Some(Allowed::Extended(COMMAND_INVALID)),
            Some(version) if version != self.hw_version => Some(Allowed::Extended(OTHER_HARDWARE)),
            Some(_) => None,
        }
    }

    /// The rest of step 10 and step 11, where what stands in flash has a say.
    fn beside_flash(&self, init: &InitCommand) -> Vec<Allowed> {
        let mut allowed = Vec::new();
        if !(self.debug && init.is_debug) {
            allowed.push(Allowed::Extended(OTHER_SOFTDEVICE));
            allowed.push(Allowed::Extended(match init.fw_version {
                Some(_) => VERSION_LOW,
                None => COMMAND_INVALID,
            }));
        }
        let brings = matches!(init.fw_type, Some(FwType::Bootloader | FwType::SoftDeviceBootloader));
        if init.image_size() == 0 {
            allowed.push(Allowed::Extended(COMMAND_INVALID));
        } else if brings && init.bl_size.unwrap_or(0) > self.region {
            allowed.push(Allowed::Code(INSUFFICIENT));
        } else {
            allowed.extend([Allowed::Success(Vec::new()), Allowed::Code(INSUFFICIENT)]);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_bench::{Build, Variant};
    use gauntlet_package::keys::TestKey;
    use gauntlet_protocol::init_packet::{Hash, encode_init_command, wrap_signed, wrap_unsigned};

    use super::*;

    fn rules(profile: Profile) -> InitRules {
        let key = TestKey::Release.signing_key().public_key().to_le_bytes();
        let build = Build::release(profile, key);
        let device =
            Device { variant: Variant::Nrf52832, softdevice: None, build, application: None, firmware: None };
        InitRules::of(&device).unwrap()
    }

    fn init() -> InitCommand {
        InitCommand {
            fw_version: Some(2),
            hw_version: Some(52),
            sd_req: vec![0x0101],
            fw_type: Some(FwType::Application),
            app_size: Some(4096),
            hash: Some(Hash::sha256([7; 32])),
            ..InitCommand::default()
        }
    }

    fn signed(init: &InitCommand) -> Vec<u8> {
        let bytes = encode_init_command(init);
        let signature = TestKey::Release.signing_key().sign(&bytes);
        wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &signature)
    }

    #[test]
    fn a_packet_that_is_right_is_taken_unless_the_flash_has_a_say() {
        let allowed = rules(Profile::Ble).answers(&signed(&init()));
        assert!(allowed.contains(&Allowed::Success(Vec::new())));
        assert!(allowed.contains(&Allowed::Extended(OTHER_SOFTDEVICE)));
        assert!(!allowed.contains(&Allowed::Code(INVALID_OBJECT)));
        assert!(!allowed.contains(&Allowed::Extended(OTHER_HARDWARE)));
        assert_eq!(rules(Profile::Ble).leaves(&signed(&init())), None);
    }

    #[test]
    fn the_first_check_that_fails_decides() {
        let rules = rules(Profile::Ble);
        let only = |packet: &[u8]| {
            let allowed = rules.answers(packet);
            assert_eq!(allowed.len(), 1, "{allowed:?}");
            allowed[0].clone()
        };
        let good = signed(&init());
        assert_eq!(only(&good[..good.len() - 1]), Allowed::Code(INVALID_OBJECT));
        assert_eq!(rules.leaves(&good[..good.len() - 1]), Some(Kept::Bytes));
        let mut forged = good.clone();
        // A bit of the version, which is under the signature.
        let at = forged.iter().position(|byte| *byte == 0x34).unwrap();
        forged[at] ^= 1;
        assert_eq!(only(&forged), Allowed::Code(INVALID_OBJECT));
        assert_eq!(rules.leaves(&forged), Some(Kept::Nothing));
        let bytes = encode_init_command(&init());
        assert_eq!(only(&wrap_unsigned(&bytes)), Allowed::Extended(NOT_SIGNED));
        assert_eq!(
            only(&wrap_signed(&bytes, SignatureType::Ed25519, &[0; 64])),
            Allowed::Extended(SIGNATURE_TYPE)
        );
        assert_eq!(
            only(&wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &[0; 63])),
            Allowed::Code(FAILED)
        );
        let other = InitCommand { hw_version: Some(51), fw_type: None, hash: None, ..init() };
        assert_eq!(only(&signed(&other)), Allowed::Extended(COMMAND_INVALID));
        let other = InitCommand { hw_version: Some(51), hash: None, ..init() };
        assert_eq!(only(&signed(&other)), Allowed::Extended(HASH_TYPE));
        let other = InitCommand { hw_version: Some(51), ..init() };
        assert_eq!(only(&signed(&other)), Allowed::Extended(OTHER_HARDWARE));
    }

    #[test]
    fn an_unsigned_softdevice_is_a_matter_of_the_build() {
        let softdevice =
            InitCommand { fw_type: Some(FwType::SoftDevice), sd_size: Some(4096), app_size: None, ..init() };
        let packet = wrap_unsigned(&encode_init_command(&softdevice));
        let mut serial = rules(Profile::Uart);
        serial.signed_application = false;
        assert!(serial.answers(&packet).contains(&Allowed::Success(Vec::new())));
        let mut ble = rules(Profile::Ble);
        ble.signed_application = false;
        assert_eq!(ble.answers(&packet), [Allowed::Extended(NOT_SIGNED)]);
    }
}
