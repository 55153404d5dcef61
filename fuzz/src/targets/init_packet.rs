//! Init packets: what decodes is within the limits of the bootloader, and survives being written and read again.

use crate::{Outcome, Target};
use gauntlet_protocol::init_packet::{
    BootValidation, FwType, HASH_LEN, Hash, HashType, InitCommand, MAX_BOOT_VALIDATION, MAX_SD_REQ,
    SIGNATURE_LEN, SignatureType, ValidationType, decode, encode_init_command, remarks, wrap_signed,
    wrap_unsigned,
};

/// The target.
pub const TARGET: Target =
    Target { name: "init_packet", run, seeds, words: &[b"\x12\x00", b"\x0a\x00", b"\x1a\x40"], max_len: 700 };

fn run(input: &[u8]) -> Outcome {
    let odd = remarks(input);
    assert!(odd.len() <= input.len() + 1, "a remark has a byte it is about");
    let packet = match decode(input) {
        Ok(packet) => packet,
        Err(error) => return Outcome::of(&error),
    };
    let range = packet.signed_range.clone();
    assert!(range.start <= range.end && range.end <= input.len(), "the signed bytes lie in the packet");
    assert_eq!(packet.signed_bytes(input), &input[range]);
    let init = &packet.init;
    assert!(init.sd_req.len() <= MAX_SD_REQ && init.boot_validation.len() <= MAX_BOOT_VALIDATION);
    assert!(init.hash.as_ref().is_none_or(|hash| hash.bytes.len() <= HASH_LEN));
    assert!(init.boot_validation.iter().all(|record| record.bytes.len() <= SIGNATURE_LEN));

    let command = encode_init_command(init);
    let again = match &packet.signature {
        None => wrap_unsigned(&command),
        Some(signature) => {
            assert!(signature.bytes.len() <= SIGNATURE_LEN);
            wrap_signed(&command, signature.kind, &signature.bytes)
        }
    };
    let read = decode(&again).expect("what we write can be read");
    assert_eq!((&read.init, &read.signature), (init, &packet.signature));
    assert_eq!(read.signed_bytes(&again), command);
    assert!(remarks(&again).is_empty(), "what we write is not odd");
    Outcome::of(&(init.fw_type, init.sd_req.len() > 1, packet.is_signed(), !odd.is_empty()))
}

/// A packet of every type, signed and not, with everything it may hold.
fn seeds() -> Vec<Vec<u8>> {
    let kinds = [0, 1, 2, 3, 4, 9].map(FwType::from);
    let command = |kind: FwType| InitCommand {
        fw_version: Some(u32::from(kind.code()) * 0x0101_0101),
        hw_version: Some(52),
        sd_req: (0..=u32::from(kind.code())).map(|id| 0xF0 + id * 0x91).collect(),
        fw_type: Some(kind),
        sd_size: Some(0),
        bl_size: Some(24_576),
        app_size: Some(153_600),
        hash: Some(Hash { kind: HashType::Sha256, bytes: vec![0x5A; HASH_LEN] }),
        is_debug: kind == FwType::Application,
        boot_validation: vec![
            BootValidation { kind: ValidationType::GeneratedCrc, bytes: vec![] },
            BootValidation { kind: ValidationType::EcdsaP256Sha256, bytes: vec![0xA5; SIGNATURE_LEN] },
        ],
    };
    let mut seeds = vec![wrap_unsigned(&[]), wrap_unsigned(&encode_init_command(&InitCommand::default()))];
    for kind in kinds {
        let bytes = encode_init_command(&command(kind));
        seeds.push(wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &[0x77; SIGNATURE_LEN]));
        seeds.push(wrap_unsigned(&bytes));
        seeds.push([wrap_unsigned(&bytes), wrap_signed(&bytes, SignatureType::Ed25519, &[1])].concat());
    }
    seeds
}
