//! What the payload of a successful answer holds.

/// Answer to Select (CP-014, CP-015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelectAnswer {
    /// Largest size of one object of this type, in bytes.
    pub max_size: u32,
    /// Bytes received so far: of the init packet, or of the whole image.
    pub offset: u32,
    /// CRC-32 of these bytes. Means nothing when the offset is 0 (OBJ-042).
    pub crc: u32,
}

/// Answer to Get CRC, and packet receipt notification (CP-018, PRN-001).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrcAnswer {
    /// Bytes received so far: of the init packet, or of the whole image.
    pub offset: u32,
    /// CRC-32 of these bytes.
    pub crc: u32,
}

/// Answer to Get MTU (CP-022).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MtuAnswer {
    /// Largest encoded frame in bytes.
    pub mtu: u16,
}

impl MtuAnswer {
    /// Object data per Write frame: every byte may be escaped, and one byte is the opcode.
    #[must_use]
    pub fn max_data(self) -> usize {
        (usize::from(self.mtu).saturating_sub(1) / 2).saturating_sub(1)
    }
}

/// Answer to Hardware version (CP-008).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HardwareVersionAnswer {
    /// FICR INFO.PART, for example 0x52840.
    pub part: u32,
    /// FICR INFO.VARIANT.
    pub variant: u32,
    /// Flash size in bytes.
    pub rom_size: u32,
    /// RAM size in bytes.
    pub ram_size: u32,
    /// Flash page size in bytes.
    pub rom_page_size: u32,
}

/// Answer to Firmware version (CP-009..012).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirmwareVersionAnswer {
    /// 0 SoftDevice, 1 application, 2 bootloader, FF no image with this index.
    pub image_type: u8,
    /// Version of the image.
    pub version: u32,
    /// Start address.
    pub address: u32,
    /// Length in bytes.
    pub length: u32,
}

impl FirmwareVersionAnswer {
    /// `image_type` when there is no image with the index asked for.
    pub const NO_IMAGE: u8 = 0xFF;
}
