//! The CRC-32 of the protocol: reflected polynomial 0xEDB88320, the one of zlib. The check value is 0xCBF43926.

/// CRC-32 of `data`.
#[must_use]
pub fn crc32(data: &[u8]) -> u32 {
    crc32fast::hash(data)
}

/// Continues a running CRC: `previous` is the CRC of everything before `data` (0 at the start).
#[must_use]
pub fn crc32_continue(previous: u32, data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(previous);
    hasher.update(data);
    hasher.finalize()
}

/// A running CRC with the number of bytes it covers, as the device answers it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crc32 {
    /// Bytes covered.
    pub offset: u32,
    /// CRC of these bytes.
    pub value: u32,
}

impl Crc32 {
    /// Takes in more bytes.
    pub fn update(&mut self, data: &[u8]) {
        // Images are far smaller than 4 GiB; the device itself counts in 32 bits and wraps.
        self.offset = self.offset.wrapping_add(data.len() as u32);
        self.value = crc32_continue(self.value, data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn check_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(&[]), 0);
        // SET-023: an all-zero name record.
        assert_eq!(crc32(&[0; 24]), 0xA3C1_CA20);
        let image: Vec<u8> = (0..5000usize).map(|i| ((7 * i + i / 256) % 256) as u8).collect();
        assert_eq!(crc32(&image[..244]), 0xF257_266B);
        assert_eq!(crc32(&image[..4096]), 0x462C_1E21);
        assert_eq!(crc32(&image), 0xA4F0_8D8E);
    }

    proptest! {
        #[test]
        fn a_running_crc_equals_the_crc_of_the_whole(data in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..300) {
            let cut = cut.min(data.len());
            let mut running = Crc32::default();
            running.update(&data[..cut]);
            running.update(&data[cut..]);
            prop_assert_eq!(running, Crc32 { offset: data.len() as u32, value: crc32(&data) });
        }
    }
}
