//! Damage to the manifest, and manifests that name what they should not.

use super::base::{Base, files, manifest};
use super::raw_zip::Entry;
use crate::manifest::MANIFEST_NAME;

/// A manifest with these members of the application.
pub(super) fn members(base: &Base, members: &str) -> Vec<u8> {
    base.with_manifest(manifest("application", members))
}

/// The good members and something more.
pub(super) fn and(base: &Base, more: &str) -> Vec<u8> {
    members(base, &format!("{}, {more}", files(&base.bin(), &base.dat())))
}

/// The application under another key.
pub(super) fn under(base: &Base, key: &str) -> Vec<u8> {
    base.with_manifest(manifest(key, &files(&base.bin(), &base.dat())))
}

/// A file that the manifest names otherwise.
pub(super) fn names_bin(base: &Base, name: &str) -> Vec<u8> {
    members(base, &files(name, &base.dat()))
}

/// Something that is no name in place of the name.
pub(super) fn bin_is(base: &Base, json: &str) -> Vec<u8> {
    members(base, &format!("\"bin_file\": {json}, \"dat_file\": \"{}\"", base.dat()))
}

pub(super) fn cut(base: &Base) -> Vec<u8> {
    let good = base.manifest();
    base.with_manifest(&good[..good.len() / 2])
}

pub(super) fn no_manifest_key(base: &Base) -> Vec<u8> {
    base.with_manifest(format!("{{\"application\": {{{}}}}}", files(&base.bin(), &base.dat())))
}

/// A key of the legacy DFU beside the image.
pub(super) fn legacy(base: &Base) -> Vec<u8> {
    let files = files(&base.bin(), &base.dat());
    base.with_manifest(format!("{{\"manifest\": {{\"application\": {{{files}}}, \"dfu_version\": 0.5}}}}"))
}

pub(super) fn two_images(base: &Base, second: &str, bin: &str, dat: &str) -> Vec<u8> {
    let (first, other) = (files(&base.bin(), &base.dat()), files(bin, dat));
    let text = format!("{{\"manifest\": {{\"application\": {{{first}}}, \"{second}\": {{{other}}}}}}}");
    let mut zip = base.zip(&base.firmware, &base.packet(), text.as_bytes());
    if bin != base.bin() {
        zip.entries.push(Entry::stored(bin, &base.firmware));
        zip.entries.push(Entry::stored(dat, &base.packet()));
    }
    zip.bytes()
}

/// What older tools wrote, with the right values or with one lie.
pub(super) fn metadata(base: &Base, fw_version: Option<u64>) -> Vec<u8> {
    let init = gauntlet_protocol::init_packet::decode(&base.packet());
    let Ok(init) = init.map(|packet| packet.init) else { return Vec::new() };
    let number = |value: Option<u32>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let version = fw_version.map_or_else(|| number(init.fw_version), |version| version.to_string());
    let ids: Vec<String> = init.sd_req.iter().map(u32::to_string).collect();
    let more = format!(
        "\"info_read_only_metadata\": {{\"fw_version\": {version}, \"hw_version\": {}, \"is_debug\": {}, \
         \"softdevice_req\": [{}]}}",
        number(init.hw_version),
        init.is_debug,
        ids.join(", ")
    );
    and(base, &more)
}

pub(super) fn byte_order_mark(base: &Base) -> Vec<u8> {
    base.with_manifest([&b"\xEF\xBB\xBF"[..], &base.manifest()].concat())
}

pub(super) fn utf16(base: &Base) -> Vec<u8> {
    let text = String::from_utf8_lossy(&base.manifest()).into_owned();
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    base.with_manifest(units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

pub(super) fn nested_deeply(base: &Base) -> Vec<u8> {
    base.with_manifest(["[".repeat(5000), "]".repeat(5000)].concat())
}

/// The name in other letters.
pub(super) fn other_case(base: &Base) -> Vec<u8> {
    let name = base.bin();
    let upper = name.to_uppercase();
    names_bin(base, if upper == name { "other.bin" } else { &upper })
}

pub(super) fn in_folder(base: &Base) -> Vec<u8> {
    let (bin, dat) = (format!("sub/{}", base.bin()), format!("sub/{}", base.dat()));
    let text = manifest("application", &files(&bin, &dat));
    let mut zip = base.good();
    zip.entries = vec![
        Entry::stored(&bin, &base.firmware),
        Entry::stored(&dat, &base.packet()),
        Entry::stored(MANIFEST_NAME, text.as_bytes()),
    ];
    zip.bytes()
}

/// One name for two files: the init packet has overwritten the firmware.
pub(super) fn overwritten(base: &Base) -> Vec<u8> {
    let name = format!("{}.HEX", base.name);
    let text = manifest("application", &files(&name, &name));
    let mut zip = base.good();
    zip.entries = vec![Entry::stored(&name, &base.packet()), Entry::stored(MANIFEST_NAME, text.as_bytes())];
    zip.bytes()
}
