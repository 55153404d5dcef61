//! The factory information: what tools and firmware read to learn which chip this is.

use std::sync::Arc;

use super::PageBytes;
use crate::{noise::hash, variant::Profile};

const DEVICE_ID: usize = 0x060;
const ENCRYPTION_ROOT: usize = 0x080;
const IDENTITY_ROOT: usize = 0x090;
const DEVICE_ADDRESS_TYPE: usize = 0x0A0;
const DEVICE_ADDRESS: usize = 0x0A4;

/// Temperature sensor trim: A0-5, B0-5, T0-4 from 0x404 on.
const TEMPERATURE_TRIM: [u32; 17] = [
    0x320, 0x343, 0x35D, 0x400, 0x452, 0x37B, 0x3FCC, 0x3F98, 0x3F98, 0x12, 0x4D, 0x3E10, 0xE2, 0x00, 0x14,
    0x19, 0x50,
];

/// The page for one board: identity words come from the seed, everything else from the profile.
pub(crate) fn build(profile: &Profile, seed: u64) -> Arc<PageBytes> {
    let mut page = [0xFF; 4096];
    let mut put = |offset: usize, value: u32| page[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    put(0x010, Profile::PAGE_SIZE);
    put(0x014, profile.flash_pages());
    let unique = |index: u64| hash(seed ^ u64::from(profile.part), index) as u32;
    put(DEVICE_ID, unique(0));
    put(DEVICE_ID + 4, unique(1));
    for word in 0..4 {
        put(ENCRYPTION_ROOT + 4 * word, unique(2 + word as u64));
        put(IDENTITY_ROOT + 4 * word, unique(6 + word as u64));
    }
    put(DEVICE_ADDRESS_TYPE, 0xFFFF_FFFF); // bit 0: a random static address
    // One board in eight has an address whose last byte has no successor.
    let last = if unique(12).is_multiple_of(8) { 0xFF } else { 0 };
    put(DEVICE_ADDRESS, unique(10) | last);
    put(DEVICE_ADDRESS + 4, 0xFFFF_0000 | (unique(11) & 0xFFFF));
    put(0x100, profile.part);
    put(0x104, profile.variant_word);
    put(0x108, profile.package);
    put(0x10C, profile.ram_size >> 10);
    put(0x110, profile.flash_size >> 10);
    put(0x130, profile.id);
    put(0x134, profile.revision);
    for (index, trim) in TEMPERATURE_TRIM.into_iter().enumerate() {
        put(0x404 + 4 * index, trim);
    }
    Arc::new(page)
}
