//! What the tests share: the vectors made with nrfutil and their index.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test uses a part of it")]

use gauntlet_package::keys::{PublicKey, TestKey};
use serde_json::Value;
use std::path::PathBuf;

pub fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/nrfutil").join(name)
}

pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).unwrap()
}

/// The index of the vectors.
pub fn index(list: &str) -> Vec<Value> {
    let index: Value = serde_json::from_slice(&bytes("vectors.json")).unwrap();
    index[list].as_array().unwrap().clone()
}

pub fn release_key() -> PublicKey {
    TestKey::Release.signing_key().public_key()
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is not a string in {value}"))
}

pub fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} is not a number in {value}"))
}

pub fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd number of digits in {text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// A CRC as the index writes it.
pub fn crc(value: &Value, key: &str) -> u32 {
    u32::from_str_radix(text(value, key), 16).unwrap()
}
