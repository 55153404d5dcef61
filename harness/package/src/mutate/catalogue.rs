//! Every mutation by its name.

use super::base::{APP_SIZE, BOOT_VALIDATION, FW_VERSION, HASH, HW_VERSION, IS_DEBUG, SD_REQ, TYPE};
use super::container::{BIN, DAT};
use super::raw_zip::{Header, RawZip};
use super::wire::uint;
use super::{Mutation, container, manifest, packet, signature};

macro_rules! mutations {
    ($( $name:literal, $about:literal, $make:expr; )+) => {
        /// Every mutation, by what it damages: signature, hash and size, init packet, manifest, names, zip.
        pub const MUTATIONS: &[Mutation] = &[$( Mutation { name: $name, about: $about, make: $make } ),+];
    };
}

mutations! {
    "sig_bit_flip_r", "the lowest bit of r, the first byte of the signature, is flipped", |b| signature::flip(b, 0, 0x01);
    "sig_bit_flip_s", "the highest bit of s, the last byte of the signature, is flipped", |b| signature::flip(b, 63, 0x80);
    "sig_big_endian", "r and s with their most significant byte first", signature::big_endian;
    "sig_r_s_swapped", "s first, then r", signature::swapped;
    "sig_wrong_key", "signed with another key", signature::wrong_key;
    "sig_all_zero", "a signature of 64 zeros, which no key can make", signature::zero;
    "sig_63_bytes", "the signature is cut to 63 bytes", |b| signature::resized(b, 63);
    "sig_65_bytes", "a signature of 65 bytes", |b| signature::resized(b, 65);
    "sig_der", "the signature in DER form", signature::der;
    "sig_over_command", "the signature is over the command instead of the init command", signature::over_command;
    "sig_type_ed25519", "the signature says it is Ed25519", |b| signature::of_type(b, 1);
    "sig_missing", "unsigned, and otherwise right", signature::missing;
    "field_tampered_fw_version", "the firmware version is changed without signing again", signature::tampered_version;

    "hash_bit_flip", "one bit of the hash is flipped, signed again", |b| signature::hash(b, 3, |hash| hash[0] ^= 1);
    "hash_big_endian", "the hash in its usual byte order, signed again", |b| signature::hash(b, 3, |hash| hash.reverse());
    "hash_31_bytes", "a hash of 31 bytes, signed again", |b| signature::hash(b, 3, |hash| hash.truncate(31));
    "hash_33_bytes", "a hash of 33 bytes, signed again", |b| signature::hash(b, 3, |hash| hash.push(0));
    "hash_type_none", "the hash says it is none, signed again", |b| signature::hash(b, 0, |_| {});
    "hash_type_crc", "a CRC in place of the hash, signed again", signature::hash_crc;
    "hash_absent", "no hash, signed again", |b| packet::without(b, HASH);
    "bin_bit_flip", "one bit of the firmware is flipped; the checksum of the zip is right",
        |b| { let mut bin = b.firmware.clone(); bin[0] ^= 1; b.with_firmware(&bin) };
    "bin_truncated", "the last 4 bytes of the firmware are missing", |b| b.with_firmware(&b.firmware[..b.firmware.len() - 4]);
    "bin_extended", "4 bytes FF behind the firmware", |b| b.with_firmware(&[&b.firmware[..], &[0xFF; 4]].concat());
    "bin_empty", "no byte of firmware", |b| b.with_firmware(&[]);
    "bin_unaligned_4097", "firmware that is no multiple of 4 bytes; hash, size and signature are right",
        |b| b.described(&b.firmware[..b.firmware.len() - 3]);
    "app_size_zero", "the size is 0, signed again", |b| b.with_fields(&[(APP_SIZE, uint(APP_SIZE, 0))]);
    "app_size_too_big", "the size is 64 KiB too large, signed again",
        |b| b.with_fields(&[(APP_SIZE, uint(APP_SIZE, b.firmware.len() as u64 + 65_536))]);
    "dat_missing", "the init packet is not in the zip", |b| container::without(b, DAT);
    "bin_missing", "the firmware is not in the zip", |b| container::without(b, BIN);

    "dat_empty", "an init packet of no bytes", |b| b.with_packet(&[]);
    "dat_garbage", "an init packet of 140 bytes of noise", packet::garbage;
    "dat_truncated", "the last 10 bytes of the init packet are missing", packet::truncated;
    "dat_trailing_bytes", "4 zeros behind the init packet", packet::trailing;
    "dat_unknown_field", "a field 15 in the init command that nobody knows, signed again", packet::unknown_field;
    "dat_512_bytes", "padded with an unknown field to 512 bytes, the most that a bootloader takes", packet::largest;
    "dat_513_bytes", "padded with an unknown field to 513 bytes", packet::too_large;
    "dat_both_commands", "a signed and an unsigned command", packet::both_commands;
    "dat_two_init", "a second init command with version 9 behind the signed one", packet::two_inits;
    "dat_op_reset", "a reset command in place of the init command", packet::reset;
    "dat_no_op_code", "no op code", packet::no_op_code;
    "dat_type_absent", "no type, signed again", |b| packet::without(b, TYPE);
    "dat_type_7", "a type 7, which does not exist, signed again", |b| b.with_fields(&[(TYPE, uint(TYPE, 7))]);
    "dat_type_bootloader_under_application", "a bootloader for the init packet, an application for the manifest", packet::bootloader;
    "dat_hw_version_absent", "no hardware version, signed again", |b| packet::without(b, HW_VERSION);
    "dat_fw_version_absent", "no firmware version, signed again", |b| packet::without(b, FW_VERSION);
    "dat_sd_req_absent", "no SoftDevice ids, signed again", |b| packet::without(b, SD_REQ);
    "dat_sd_req_unpacked", "two SoftDevice ids as two fields: legal", packet::unpacked_ids;
    "dat_sd_req_17", "17 SoftDevice ids, one more than a bootloader holds, signed again", packet::many_ids;
    "dat_boot_validation_4", "4 boot validations, one more than a bootloader holds, signed again",
        |b| packet::validations(b, &[(1, &[]), (1, &[]), (1, &[]), (1, &[])]);
    "dat_boot_validation_ecdsa_empty", "an ECDSA boot validation without its bytes, signed again", |b| packet::validations(b, &[(3, &[])]);
    "dat_boot_validation_ecdsa_wrong", "an ECDSA boot validation over other bytes, signed again", packet::wrong_ecdsa;
    "dat_boot_validation_sha256_bytes", "a SHA-256 boot validation with bytes, which a bootloader ignores, signed again",
        |b| packet::validations(b, &[(2, &[0x11; 32])]);
    "dat_boot_validation_absent", "no boot validation, as older tools make it: a CRC is meant", |b| packet::without(b, BOOT_VALIDATION);
    "dat_overlong_varint", "the version written with one byte more than it needs, signed again", packet::long_varint;
    "dat_varint_64bit", "a firmware version of 2^40, signed again", |b| b.with_fields(&[(FW_VERSION, uint(FW_VERSION, 1 << 40))]);
    "dat_length_overrun", "the init packet says it is longer than it is", packet::overrun;
    "dat_debug_in_release", "the debug bit is set, signed again", |b| b.with_fields(&[(IS_DEBUG, uint(IS_DEBUG, 1))]);

    "manifest_missing", "no manifest", container::without_manifest;
    "manifest_bad_json", "the manifest is cut short", manifest::cut;
    "manifest_trailing_comma", "a comma too much in the manifest", |b| manifest::and(b, "");
    "manifest_not_object", "the manifest is an array", |b| b.with_manifest("[]");
    "manifest_no_manifest_key", "the key `manifest` is missing", manifest::no_manifest_key;
    "manifest_unknown_image_key", "an image under the key `firmware`", |b| manifest::under(b, "firmware");
    "manifest_legacy_dfu_version", "the key `dfu_version` of the legacy DFU", manifest::legacy;
    "manifest_extra_field_in_image", "a member of the image that nobody knows", |b| manifest::and(b, "\"comment\": \"x\"");
    "manifest_metadata_full", "the information that older tools wrote: legal", |b| manifest::metadata(b, None);
    "manifest_metadata_lies", "information that contradicts the init packet", |b| manifest::metadata(b, Some(1 << 32));
    "manifest_bin_file_null", "null in place of the name of the firmware", |b| manifest::bin_is(b, "null");
    "manifest_bin_file_number", "a number in place of the name of the firmware", |b| manifest::bin_is(b, "7");
    "manifest_bin_file_empty", "an empty name of the firmware", |b| manifest::bin_is(b, "\"\"");
    "manifest_same_file_twice", "firmware and init packet are the same entry", |b| manifest::names_bin(b, &b.dat());
    "manifest_no_images", "a manifest without images, as nrfutil makes it without firmware", |b| b.with_manifest("{\"manifest\": {}}");
    "manifest_wrong_combination", "a bootloader beside the application", |b| manifest::two_images(b, "bootloader", "other.bin", "other.dat");
    "manifest_utf8_bom", "a byte order mark in front of the manifest", manifest::byte_order_mark;
    "manifest_utf16", "the manifest in UTF-16", manifest::utf16;
    "manifest_duplicate_key", "the name of the firmware twice", |b| manifest::and(b, "\"bin_file\": \"other.bin\"");
    "manifest_deep_nesting", "5000 arrays in each other", manifest::nested_deeply;
    "manifest_case_name", "the name of the firmware in other letters", manifest::other_case;
    "manifest_subfolder", "the files in a folder of the zip, and named so", manifest::in_folder;

    "slip_entry_dotdot", "an entry ../slip_evil.txt", |b| container::extra(b, "../slip_evil.txt");
    "slip_manifest_dotdot", "the manifest names a file above the package", |b| manifest::names_bin(b, &format!("../{}", b.bin()));
    "slip_manifest_absolute", "the manifest names /etc/hostname", |b| manifest::names_bin(b, "/etc/hostname");
    "slip_entry_absolute", "an entry with an absolute name", |b| container::extra(b, "/slip_evil.txt");
    "slip_entry_backslash", "an entry ..\\slip_evil.txt", |b| container::extra(b, "..\\slip_evil.txt");
    "slip_entry_drive", "an entry C:slip_evil.txt", |b| container::extra(b, "C:slip_evil.txt");
    "slip_symlink_bin", "the firmware is a symbolic link to /etc/hostname", container::symlink;
    "slip_entry_nul_name", "an entry with a zero byte in its name", |b| container::extra(b, "nul\0.txt");

    "bomb_64MiB_bin", "64 MiB of zeros as firmware, deflated", container::huge_bin;
    "bomb_extra_entry_32MiB", "32 MiB of zeros that nobody needs, deflated", container::huge_extra;
    "bomb_declared_4GiB", "the firmware says it is 4 GiB", container::declared_huge;
    "bomb_declared_small", "the firmware unpacks to 8 MiB more than it says", container::declared_small;
    "bomb_many_entries", "1500 empty entries", container::many_entries;
    "zip_overlapping_entries", "two entries share their bytes", container::overlapping;
    "dup_bin_entry_good_last", "two entries with the name of the firmware, the right one last", |b| container::two_bins(b, false);
    "dup_bin_entry_good_first", "two entries with the name of the firmware, the right one first", |b| container::two_bins(b, true);
    "dup_manifest", "two manifests, the second one empty", container::two_manifests;
    "dup_case_names", "an entry that differs in letter case only", container::look_alike;
    "zip_wrong_crc_bin", "a byte of the firmware is changed, its checksum is not", |b| container::wrong_crc(b, BIN);
    "zip_wrong_crc_dat", "a byte of the init packet is changed, its checksum is not", |b| container::wrong_crc(b, DAT);
    "zip_local_crc_differs", "another checksum in front of the firmware than in the directory",
        |b| container::zip(b, |zip| zip.entries[BIN].local_crc = Some(zip.entries[BIN].crc ^ 1));
    "zip_local_name_differs", "another name in front of the firmware than in the directory",
        |b| container::zip(b, |zip| zip.entries[BIN].local_name = Some(b"xxx.bin".to_vec()));
    "zip_truncated_tail", "the last 30 bytes of the zip are missing", |b| container::cut(b, |len| len - 30);
    "zip_truncated_half", "half of the zip is missing", |b| container::cut(b, |len| len / 2);
    "zip_empty_file", "a file of no bytes", |b| container::cut(b, |_| 0);
    "zip_not_a_zip", "1000 bytes of noise", |_| packet::noise("no zip", 1000);
    "zip_no_entries", "a zip without entries", |_| RawZip::default().bytes();
    "zip_prefix_data", "17 bytes in front of the zip", |b| container::around(b, 17, 0);
    "zip_trailing_junk", "40 bytes behind the zip", |b| container::around(b, 0, 40);
    "zip_with_comment", "a comment: legal", |b| container::zip(b, |zip| zip.comment = b"a comment".to_vec());
    "zip_deflated", "all entries deflated: legal", container::deflated;
    // These two only claim their method: every strict reader refuses by the claim, and a packer of either kind for the sake of
    // a lenient one would be far larger than all of this.
    "zip_bzip2", "entries marked as packed with bzip2", |b| container::each(b, |entry| entry.method = 12);
    "zip_lzma", "entries marked as packed with LZMA", |b| container::each(b, |entry| entry.method = 14);
    "zip_encrypted_flag", "entries marked as encrypted", |b| container::each(b, |entry| entry.flags |= 1);
    "zip64_local_headers", "sizes in the fields for large files: legal", |b| container::with_header(b, Header::Zip64);
    "zip_data_descriptors", "sizes behind the data: legal", |b| container::with_header(b, Header::Streamed);
    "zip_extra_file", "a file that nobody names", |b| container::extra(b, "readme.txt");
    "zip_folder_entry", "a folder that nobody names", container::folder;
    "nrfutil_uppercase_hex", "the init packet has overwritten the firmware, as nrfutil does with app.HEX", manifest::overwritten;
    "nrfutil_same_basename", "one firmware as application and as SoftDevice, as nrfutil makes it from two files of one name",
        |b| manifest::two_images(b, "softdevice", &b.bin(), &b.dat());
}

#[cfg(test)]
mod tests {
    use super::MUTATIONS;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_stands_for_one_thing() {
        let names: BTreeSet<&str> = MUTATIONS.iter().map(|mutation| mutation.name).collect();
        assert_eq!(names.len(), MUTATIONS.len());
    }
}
