//! What a strict reader notices in packets that decode.

use gauntlet_protocol::init_packet::{
    InitCommand, Remark, SignatureType, encode_init_command, remarks, wrap_signed, wrap_unsigned,
};

fn unsigned(init_bytes: &[u8]) -> Vec<u8> {
    wrap_unsigned(init_bytes)
}

#[test]
fn nothing_is_said_about_what_nrfutil_writes() {
    let init = InitCommand { sd_req: vec![0x100, 0xFFFE], fw_version: Some(300), ..Default::default() };
    let bytes = encode_init_command(&init);
    assert_eq!(remarks(&unsigned(&bytes)), []);
    assert_eq!(remarks(&wrap_signed(&bytes, SignatureType::EcdsaP256Sha256, &[1; 64])), []);
}

#[test]
fn each_oddity_is_named() {
    let unknown = Remark::UnknownField { message: "InitCommand", field: 15 };
    assert_eq!(remarks(&unsigned(&[0x78, 0x07])), [unknown]);
    assert_eq!(remarks(&unsigned(&[0x08, 0x81, 0x00])), [Remark::LongVarint { offset: 7 }]);
    assert_eq!(remarks(&unsigned(&[0x18, 0x01, 0x18, 0x02])), [Remark::UnpackedSdReq]);
    let repeated = Remark::RepeatedField { message: "InitCommand", field: 1 };
    assert_eq!(remarks(&unsigned(&[0x08, 0x01, 0x08, 0x02])), [repeated]);
    let padded = [unsigned(&[0x08, 0x01]), vec![0; 4]].concat();
    let trailing = Remark::TrailingBytes { message: "Packet", offset: 8, count: 4 };
    assert_eq!(remarks(&padded), [trailing]);
    let behind = [0x0A, 0x06, 0x12, 0x02, 0x08, 0x01, 0x08, 0x01];
    assert_eq!(remarks(&behind), [Remark::FieldsBehindInit { offset: 6 }]);
    assert_eq!(remarks(&[0x0A, 0x05, 0x08]), [Remark::Malformed { offset: 1 }]);
}
