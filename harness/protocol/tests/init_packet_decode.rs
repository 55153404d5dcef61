//! The tolerance of the init packet decoder, requirement by requirement.
#![expect(clippy::unwrap_used, reason = "a helper of the tests")]

use gauntlet_protocol::init_packet::{
    BootValidation, DecodeError, FwType, Hash, HashType, InitCommand, InitPacket, SignatureType,
    ValidationType, decode, encode_init_command, wrap_signed, wrap_unsigned,
};
use proptest::prelude::*;

fn init() -> InitCommand {
    InitCommand {
        fw_version: Some(2),
        hw_version: Some(52),
        sd_req: vec![0x0100],
        fw_type: Some(FwType::Application),
        sd_size: Some(0),
        bl_size: Some(0),
        app_size: Some(5000),
        hash: Some(Hash::sha256([7; 32])),
        is_debug: false,
        boot_validation: vec![BootValidation { kind: ValidationType::GeneratedCrc, bytes: vec![] }],
    }
}

/// A field with a length in front; every length in these tests is below 128.
fn bytes_field(field: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 128);
    [&[field << 3 | 2, content.len() as u8], content].concat()
}

/// `signed_command` with this content of its `command`.
fn signed_with_command(command: &[u8]) -> Vec<u8> {
    let inside = [&bytes_field(1, command)[..], &[0x10, 0x00], &bytes_field(3, &[9; 8])].concat();
    bytes_field(2, &inside)
}

fn unsigned(init_bytes: &[u8]) -> Vec<u8> {
    wrap_unsigned(init_bytes)
}

fn short_init() -> Vec<u8> {
    vec![0x08, 0x02, 0x10, 0x34]
}

#[test]
fn signed_and_unsigned_packets_give_all_fields() {
    let bytes = encode_init_command(&init());
    let packet = unsigned(&bytes);
    let decoded = decode(&packet).unwrap();
    assert_eq!(decoded.init, init());
    assert_eq!((decoded.op_code, decoded.is_signed()), (Some(1), false));
    assert_eq!(decoded.signed_bytes(&packet), bytes);

    let packet = wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &[5; 64]);
    let decoded = decode(&packet).unwrap();
    assert_eq!(decoded.init, init());
    assert_eq!(decoded.signed_bytes(&packet), bytes);
    let signature = decoded.signature.unwrap();
    assert_eq!((signature.kind, signature.bytes), (SignatureType::EcdsaP256Sha256, vec![5; 64]));
}

#[test]
fn pkg_003_both_commands_are_refused() {
    let both = [unsigned(&short_init()), signed_with_command(&[])].concat();
    assert_eq!(decode(&both), Err(DecodeError::BothCommands));
}

#[test]
fn pkg_004_a_packet_without_init_command_is_refused() {
    assert_eq!(decode(&[]), Err(DecodeError::NoInitCommand));
    assert_eq!(decode(&bytes_field(1, &[0x08, 0x01])), Err(DecodeError::NoInitCommand));
    assert_eq!(decode(&signed_with_command(&[])), Err(DecodeError::NoInitCommand));
}

#[test]
fn pkg_005_two_init_commands_are_refused_wherever_they_stand() {
    let init = bytes_field(2, &short_init());
    assert_eq!(decode(&bytes_field(1, &[&init[..], &init].concat())), Err(DecodeError::SeveralInitCommands));
    let two_packets = [unsigned(&short_init()), unsigned(&short_init())].concat();
    assert_eq!(decode(&two_packets), Err(DecodeError::SeveralInitCommands));
}

#[test]
fn pkg_006_op_code_does_not_matter() {
    let init = bytes_field(2, &short_init());
    assert_eq!(decode(&bytes_field(1, &init)).unwrap().op_code, None);
    let with_255 = [&[0x08, 0xFF, 0x01], &init[..]].concat();
    assert_eq!(decode(&bytes_field(1, &with_255)).unwrap().op_code, Some(255));
}

#[test]
fn pkg_007_unknown_fields_are_jumped_over() {
    // Field 15 as varint, eight bytes, bytes and four bytes.
    let unknown = [
        &[0x78, 0xFF, 0x01][..],
        &[0x79, 1, 2, 3, 4, 5, 6, 7, 8],
        &bytes_field(15, &[0, 0]),
        &[0x7D, 1, 2, 3, 4],
    ]
    .concat();
    let bytes = [&unknown[..], &short_init()].concat();
    let packet = [unsigned(&bytes), unknown].concat();
    let decoded = decode(&packet).unwrap();
    assert_eq!((decoded.init.fw_version, decoded.init.hw_version), (Some(2), Some(52)));
    assert_eq!(decoded.signed_bytes(&packet), bytes);
}

#[test]
fn pkg_008_fields_behind_init_are_signed_and_read_as_init_fields() {
    let command = [bytes_field(2, &short_init()), vec![0x08, 0x01]].concat();
    let packet = signed_with_command(&command);
    let decoded = decode(&packet).unwrap();
    assert_eq!(decoded.init.fw_version, Some(1), "the op_code of 1 is read as fw_version");
    assert_eq!(decoded.init.hw_version, Some(52));
    assert_eq!(decoded.signed_bytes(&packet), [&short_init()[..], &[0x08, 0x01]].concat());

    let decoded = decode(&bytes_field(1, &command)).unwrap();
    assert_eq!(decoded.init.fw_version, Some(2), "an unsigned packet is read once");
}

#[test]
fn pkg_009_required_fields() {
    let signed = |inside: &[u8]| decode(&bytes_field(2, inside));
    let command = bytes_field(1, &bytes_field(2, &short_init()));
    let (kind, signature) = ([0x10, 0x00], bytes_field(3, &[1; 64]));
    assert!(signed(&[&command[..], &kind, &signature].concat()).is_ok());
    for missing in [
        [&kind[..], &signature].concat(),
        [&command[..], &signature].concat(),
        [&command[..], &kind].concat(),
    ] {
        assert!(matches!(signed(&missing), Err(DecodeError::MissingField { .. })));
    }
    for inside in [bytes_field(8, &[0x08, 0x03]), bytes_field(8, &[0x12, 0x00]), bytes_field(10, &[0x08, 1])]
    {
        assert!(matches!(decode(&unsigned(&inside)), Err(DecodeError::MissingField { .. })));
    }
    let empty_validation_bytes = bytes_field(10, &[0x08, 0x01, 0x12, 0x00]);
    assert!(decode(&unsigned(&empty_validation_bytes)).is_ok());
}

#[test]
fn pkg_010_011_014_015_lengths_of_signature_and_hash() {
    let bytes = encode_init_command(&init());
    let signed = |len| decode(&wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &vec![1; len]));
    assert_eq!(signed(65), Err(DecodeError::TooLong { field: "signature", max: 64, found: 65 }));
    assert_eq!(signed(63).unwrap().signature.unwrap().bytes.len(), 63);
    assert_eq!(signed(0).unwrap().signature.unwrap().bytes.len(), 0);

    let hashed = |bytes: Vec<u8>| {
        let hash = Some(Hash { kind: HashType::Sha256, bytes });
        decode(&unsigned(&encode_init_command(&InitCommand { hash, ..init() })))
    };
    assert_eq!(hashed(vec![1; 33]), Err(DecodeError::TooLong { field: "hash", max: 32, found: 33 }));
    let short = hashed(vec![1; 31]).unwrap().init.hash.unwrap();
    assert_eq!((short.digest()[0], short.digest()[1]), (0, 1), "the missing tail byte is zero");
}

#[test]
fn pkg_017_repeated_fields_are_limited() {
    let with = |sd_req: usize, records: usize| {
        let record = BootValidation { kind: ValidationType::None, bytes: vec![] };
        let init = InitCommand { sd_req: vec![1; sd_req], boot_validation: vec![record; records], ..init() };
        decode(&unsigned(&encode_init_command(&init)))
    };
    assert_eq!(with(16, 3).unwrap().init.sd_req.len(), 16);
    assert_eq!(with(17, 1), Err(DecodeError::TooMany { field: "sd_req", max: 16 }));
    assert_eq!(with(1, 4), Err(DecodeError::TooMany { field: "boot_validation", max: 3 }));
    let unpacked: Vec<u8> = [0x18, 0x01].repeat(17);
    assert_eq!(decode(&unsigned(&unpacked)), Err(DecodeError::TooMany { field: "sd_req", max: 16 }));
}

#[test]
fn pkg_018_unpacked_sd_req_is_taken_also_mixed() {
    let mixed = [&[0x18, 0x80, 0x02][..], &bytes_field(3, &[0x05, 0x06]), &[0x18, 0x07]].concat();
    assert_eq!(decode(&unsigned(&mixed)).unwrap().init.sd_req, [0x100, 5, 6, 7]);
}

#[test]
fn pkg_019_values_that_do_not_fit_are_refused() {
    let two_to_the_32 = [0x80, 0x80, 0x80, 0x80, 0x10];
    let fw_version = [&[0x08][..], &two_to_the_32].concat();
    assert!(matches!(
        decode(&unsigned(&fw_version)),
        Err(DecodeError::ValueTooLarge { field: "fw_version", value: 0x1_0000_0000, .. })
    ));
    assert!(matches!(
        decode(&unsigned(&[0x20, 0x80, 0x02])),
        Err(DecodeError::ValueTooLarge { field: "type", max: 255, value: 256 })
    ));
    let largest = decode(&unsigned(&[0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x20, 0xFF, 0x01])).unwrap();
    assert_eq!((largest.init.fw_version, largest.init.fw_type), (Some(u32::MAX), Some(FwType::Other(255))));
}

#[test]
fn pkg_021_zero_padding_behind_the_packet_is_ignored() {
    let packet = [unsigned(&short_init()), vec![0; 7], vec![0xAA; 3]].concat();
    assert!(decode(&packet).is_ok());
}

#[test]
fn pkg_022_an_unfinished_tag_ends_the_message() {
    for trailing in 1..=4 {
        let tail = vec![0x80; trailing];
        assert!(decode(&[unsigned(&short_init()), tail.clone()].concat()).is_ok(), "{trailing} bytes");
        assert!(decode(&unsigned(&[short_init(), tail].concat())).is_ok(), "{trailing} bytes inside");
    }
    let too_long = [unsigned(&short_init()), vec![0x80; 6]].concat();
    assert!(matches!(decode(&too_long), Err(DecodeError::VarintTooLong { .. })));
}

#[test]
fn pkg_023_truncated_packets_are_refused() {
    let packet = wrap_signed(&encode_init_command(&init()), SignatureType::EcdsaP256Sha256, &[5; 64]);
    for len in 1..packet.len() {
        // One byte alone is an unfinished tag or length; either way there is no init command.
        assert!(decode(&packet[..len]).is_err(), "{len} of {} bytes", packet.len());
    }
}

#[test]
fn pkg_025_is_debug_is_a_signed_byte() {
    let debug =
        |value: &[u8]| decode(&unsigned(&[&[0x48], value].concat())).map(|packet| packet.init.is_debug);
    assert_eq!(debug(&[0]), Ok(false));
    assert_eq!(debug(&[1]), Ok(true));
    assert_eq!(debug(&[127]), Ok(true));
    assert!(debug(&[0x80, 0x01]).is_err());
}

#[test]
fn pkg_033_a_zero_tag_inside_a_nested_message() {
    let at_the_end = [short_init(), vec![0]].concat();
    assert!(decode(&unsigned(&at_the_end)).is_ok());
    let packet = signed_with_command(&bytes_field(2, &at_the_end));
    assert!(decode(&packet).is_ok());
    // Earlier, the enclosing message goes on behind the zero and no longer finds its own fields.
    let in_the_middle = [vec![0x08, 0x02, 0x00], vec![0x10, 0x34]].concat();
    assert!(decode(&signed_with_command(&bytes_field(2, &in_the_middle))).is_err());
}

#[test]
fn pkg_034_the_last_of_two_counts() {
    let twice = decode(&unsigned(&[0x08, 0x01, 0x08, 0x09])).unwrap();
    assert_eq!(twice.init.fw_version, Some(9));
}

#[test]
fn pkg_035_long_varints() {
    let value = |bytes: &[u8]| decode(&unsigned(&[&[0x08], bytes].concat()));
    let ten = [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    assert_eq!(value(&ten).unwrap().init.fw_version, Some(1));
    let eleven = [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    assert!(matches!(value(&eleven), Err(DecodeError::VarintTooLong { .. })));
    let tag_of = |bytes: &[u8]| decode(&unsigned(&[bytes, &[0x05]].concat()));
    assert_eq!(tag_of(&[0x88, 0x80, 0x80, 0x80, 0x00]).unwrap().init.fw_version, Some(5));
    assert!(matches!(tag_of(&[0x88, 0x80, 0x80, 0x80, 0x80, 0x00]), Err(DecodeError::VarintTooLong { .. })));
}

#[test]
fn pkg_036_other_wire_types_are_refused() {
    for bytes in [&[0x0D, 1, 0, 0, 0][..], &[0x0B, 1], &[0x40, 1], &[0x7B], &[0x7C], &[0x7E], &[0x7F]] {
        assert!(matches!(decode(&unsigned(bytes)), Err(DecodeError::WireType { .. })), "{bytes:02x?}");
    }
}

/// Appendix B of the specification.
#[test]
fn the_reference_packet_decodes_and_is_what_the_encoder_writes() {
    let init_hex = "080210341a028002200028003000388827422408031220105b8a4e8758c83f5e43838d1777ff8142787b7a2a267d\
                    ee782505f15f855c1b4800520408011200";
    let signature_hex = "521ca2c7dd5aea5c2ed38b1bf6dafe0587b9c3493acff623d868b0b564122244\
                         f3d96f24e8c04d1036bb753fcc42986fdeacbadbbdef4c8a6a2495b8fb162b06";
    let digest = "1b5c855ff1052578ee7d262a7a7b784281ff77178d83435e3fc858874e8a5b10";
    let digest: [u8; 32] = hex(digest).try_into().unwrap();
    let reference = InitCommand { hash: Some(Hash::sha256(digest)), ..init() };

    let bytes = encode_init_command(&reference);
    assert_eq!(bytes, hex(init_hex));
    let packet = wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &hex(signature_hex));
    assert_eq!((packet.len(), gauntlet_protocol::crc32(&packet)), (140, 0x5ACB_02A6));
    assert_eq!(packet[..9], [0x12, 0x89, 0x01, 0x0A, 0x43, 0x08, 0x01, 0x12, 0x3F]);

    let InitPacket { init, signed_range, .. } = decode(&packet).unwrap();
    assert_eq!((init.image_size(), signed_range), (5000, 9..72));
    assert_eq!(init.hash.unwrap().digest(), digest);
    assert_eq!(init.boot_validation.len(), 1);
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn image_size_follows_the_type() {
    let size = |fw_type: u8| {
        let sizes = InitCommand {
            fw_type: Some(fw_type.into()),
            sd_size: Some(1),
            bl_size: Some(2),
            app_size: Some(4),
            ..Default::default()
        };
        sizes.image_size()
    };
    assert_eq!([size(0), size(1), size(2), size(3), size(4)], [4, 1, 2, 3, 4]);
    assert_eq!(InitCommand { app_size: Some(4), ..Default::default() }.image_size(), 0);
}

fn any_init() -> impl Strategy<Value = InitCommand> {
    let typed = |max| (0u8..6, proptest::collection::vec(any::<u8>(), 0..=max));
    let sizes = (any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u32>>());
    (
        (any::<Option<u32>>(), any::<Option<u32>>(), proptest::option::of(any::<u8>()), sizes),
        proptest::collection::vec(any::<u32>(), 0..=16),
        proptest::option::of(typed(32)),
        any::<bool>(),
        proptest::collection::vec(typed(64), 0..=3),
    )
        .prop_map(|((fw_version, hw_version, fw_type, sizes), sd_req, hash, is_debug, records)| {
            InitCommand {
                fw_version,
                hw_version,
                sd_req,
                fw_type: fw_type.map(FwType::from),
                sd_size: sizes.0,
                bl_size: sizes.1,
                app_size: sizes.2,
                hash: hash.map(|(kind, bytes)| Hash { kind: kind.into(), bytes }),
                is_debug,
                boot_validation: records
                    .into_iter()
                    .map(|(kind, bytes)| BootValidation { kind: kind.into(), bytes })
                    .collect(),
            }
        })
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(init in any_init(), signature in proptest::collection::vec(any::<u8>(), 0..=64)) {
        let bytes = encode_init_command(&init);
        let packet = wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &signature);
        let decoded = decode(&packet).unwrap();
        prop_assert_eq!(decoded.signed_bytes(&packet), &bytes[..]);
        prop_assert_eq!(decoded.signature.map(|s| s.bytes), Some(signature));
        prop_assert_eq!(&decoded.init, &init);
        prop_assert_eq!(decode(&wrap_unsigned(&bytes)).unwrap().init, init);
    }

    #[test]
    fn no_input_makes_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&bytes);
        let _ = gauntlet_protocol::init_packet::remarks(&bytes);
    }

    #[test]
    fn damage_to_a_packet_never_panics_and_ranges_stay_inside(
        init in any_init(), at in any::<prop::sample::Index>(), value in any::<u8>(),
    ) {
        let mut packet = wrap_signed(&encode_init_command(&init), SignatureType::EcdsaP256Sha256, &[1; 64]);
        let at = at.index(packet.len());
        packet[at] = value;
        let _ = gauntlet_protocol::init_packet::remarks(&packet);
        if let Ok(decoded) = decode(&packet) {
            prop_assert!(packet.get(decoded.signed_range.clone()).is_some());
        }
    }
}
