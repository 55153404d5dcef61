//! What makes one nRF52 differ from another, as data.

/// A chip this crate models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// nRF52832 xxAA: 512 KiB flash, 64 KiB RAM, build code E0.
    Nrf52832,
    /// nRF52833 xxAA: 512 KiB flash, 128 KiB RAM, build code A0.
    Nrf52833,
    /// nRF52840 xxAA: 1 MiB flash, 256 KiB RAM, build code D0.
    Nrf52840,
}

impl Variant {
    /// Everything known about the chip.
    pub const fn profile(self) -> Profile {
        match self {
            Self::Nrf52832 => NRF52832,
            Self::Nrf52833 => NRF52833,
            Self::Nrf52840 => NRF52840,
        }
    }

    /// The name debug tools use for the chip, for instance `nRF52832_xxAA`.
    pub const fn target_name(self) -> &'static str {
        match self {
            Self::Nrf52832 => "nRF52832_xxAA",
            Self::Nrf52833 => "nRF52833_xxAA",
            Self::Nrf52840 => "nRF52840_xxAA",
        }
    }
}

/// How long an operation takes: the bounds of the data sheet and the value in between that is used by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Shortest duration in microseconds.
    pub min_us: u32,
    /// Usual duration in microseconds.
    pub typ_us: u32,
    /// Longest duration in microseconds.
    pub max_us: u32,
}

/// Which end of a [`Span`] the chip uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speed {
    /// The shortest times.
    Fast,
    /// The usual times.
    #[default]
    Typical,
    /// The longest times.
    Slow,
}

impl Span {
    const fn fixed(us: u32) -> Self {
        Self { min_us: us, typ_us: us, max_us: us }
    }

    /// The duration in microseconds at this speed.
    pub const fn at(self, speed: Speed) -> u32 {
        match speed {
            Speed::Fast => self.min_us,
            Speed::Typical => self.typ_us,
            Speed::Slow => self.max_us,
        }
    }
}

/// When the CPU stands still during a flash operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StallRule {
    /// Always, wherever the code runs (nRF52832, nRF52810).
    Always,
    /// Only while it executes from flash; code in RAM goes on and sees READY = 0 (nRF52840, nRF52833, nRF52820).
    WhenExecutingFromFlash,
}

/// How often flash may be written between two erases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteLimit {
    /// Each word this many times.
    PerWord(u8),
    /// Each block of so many words this many times altogether.
    PerBlock {
        /// Words in a block.
        words: usize,
        /// Writes to it.
        writes: u8,
    },
}

/// Hardware that keeps firmware from changing its own flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionProtection {
    /// Block protection: one bit for each 4 KiB page, in this many 32-bit registers.
    Bprot {
        /// CONFIG registers fitted (4 on the nRF52832).
        registers: u8,
    },
    /// Access control lists: this many write-once regions.
    Acl {
        /// Regions fitted (8 on the nRF52840).
        regions: u8,
    },
}

/// How the access port protection of the chip decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprotectGeneration {
    /// Open exactly when UICR.APPROTECT\[7:0\] was 0xFF at the last hard reset.
    Old,
    /// Open when UICR.APPROTECT\[7:0\] was 0x5A at the last hard reset and firmware has written 0x5A to
    /// APPROTECT.DISABLE since the last reset, or since an ERASEALL until the next hard reset.
    New,
}

/// The facts about one chip. Take one from [`Variant::profile`] and change fields for a chip that is almost the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The chip this is a profile of.
    pub variant: Variant,
    /// Flash in bytes, a multiple of the page size.
    pub flash_size: u32,
    /// RAM in bytes.
    pub ram_size: u32,
    /// FICR INFO.PART.
    pub part: u32,
    /// FICR INFO.VARIANT: four ASCII characters, first one in the highest byte.
    pub variant_word: u32,
    /// FICR INFO.PACKAGE.
    pub package: u32,
    /// FICR word 0x130 and the part number in the ROM table.
    pub id: u32,
    /// FICR word 0x134 and the revision in the ROM table.
    pub revision: u32,
    /// Programming of one 32-bit word.
    pub word_write: Span,
    /// Erase of one page.
    pub page_erase: Span,
    /// Erase of the whole flash and the UICR.
    pub erase_all: Span,
    /// Extra time of each part of a partial erase; none if the chip cannot erase in parts.
    pub partial_erase_setup_us: Option<u32>,
    /// When the CPU waits for the flash.
    pub stall: StallRule,
    /// How often flash may be written between two erases.
    pub write_limit: WriteLimit,
    /// BPROT or ACL.
    pub protection: RegionProtection,
    /// Generation of the access port protection.
    pub approtect: ApprotectGeneration,
    /// Interrupt lines.
    pub irq_lines: u16,
    /// POWER.RAM\[n\] blocks.
    pub ram_blocks: u8,
    /// GPIO ports.
    pub gpio_ports: u8,
    /// Serial ports with EasyDMA.
    pub uartes: u8,
    /// Bits of the length of their transfers.
    pub uarte_count_bits: u8,
    /// A CryptoCell 310 is fitted. What it computes is not modelled: its registers store, and every use is noted.
    pub crypto_cell: bool,
    /// Width of the PIN field in UICR.PSELRESET in bits, port bit included.
    pub reset_pin_bits: u8,
}

impl Profile {
    /// Bytes in a flash page.
    pub const PAGE_SIZE: u32 = 4096;
    /// Breakpoints in the flash patch unit.
    pub const CODE_BREAKPOINTS: u8 = 6;
    /// Watchpoints.
    pub const WATCHPOINTS: u8 = 4;

    /// The part of RAM, as offsets, that a bit of POWER.RAM\[block\] switches: sections of 4 KiB in the first eight
    /// blocks and of 32 KiB in the ninth. None where there is no such section.
    pub fn ram_section(&self, block: u8, section: u8) -> Option<std::ops::Range<u32>> {
        let (block, section) = (u32::from(block), u32::from(section));
        let (start, size) = match block {
            0..8 if section < 2 => (0x2000 * block + 0x1000 * section, 0x1000),
            8 => (0x1_0000 + 0x8000 * section, 0x8000),
            _ => return None,
        };
        (block < self.ram_blocks.into() && start + size <= self.ram_size).then(|| start..start + size)
    }

    /// Flash pages.
    pub const fn flash_pages(&self) -> u32 {
        self.flash_size / Self::PAGE_SIZE
    }
}

const NRF52832: Profile = Profile {
    variant: Variant::Nrf52832,
    flash_size: 512 << 10,
    ram_size: 64 << 10,
    part: 0x52832,
    variant_word: u32::from_be_bytes(*b"AAE0"),
    package: 0x2000,
    id: 0x06,
    revision: 5,
    word_write: Span { min_us: 41, typ_us: 41, max_us: 338 },
    page_erase: Span { min_us: 2_050, typ_us: 85_000, max_us: 89_700 },
    erase_all: Span { min_us: 6_720, typ_us: 169_000, max_us: 295_300 },
    partial_erase_setup_us: None,
    stall: StallRule::Always,
    write_limit: WriteLimit::PerBlock { words: 128, writes: 181 },
    protection: RegionProtection::Bprot { registers: 4 },
    approtect: ApprotectGeneration::Old,
    irq_lines: 39,
    ram_blocks: 8,
    gpio_ports: 1,
    uartes: 1,
    uarte_count_bits: 8,
    crypto_cell: false,
    reset_pin_bits: 6,
};

const NRF52840: Profile = Profile {
    variant: Variant::Nrf52840,
    flash_size: 1 << 20,
    ram_size: 256 << 10,
    part: 0x52840,
    variant_word: u32::from_be_bytes(*b"AAD0"),
    package: 0x2004,
    id: 0x08,
    revision: 2,
    word_write: Span::fixed(41),
    page_erase: Span::fixed(85_000),
    erase_all: Span { min_us: 169_000, typ_us: 169_000, max_us: 173_000 },
    partial_erase_setup_us: Some(1_080),
    stall: StallRule::WhenExecutingFromFlash,
    write_limit: WriteLimit::PerWord(2),
    protection: RegionProtection::Acl { regions: 8 },
    approtect: ApprotectGeneration::Old,
    irq_lines: 48,
    ram_blocks: 9,
    gpio_ports: 2,
    uartes: 2,
    uarte_count_bits: 16,
    crypto_cell: true,
    reset_pin_bits: 6,
};

const NRF52833: Profile = Profile {
    variant: Variant::Nrf52833,
    flash_size: 512 << 10,
    ram_size: 128 << 10,
    part: 0x52833,
    variant_word: u32::from_be_bytes(*b"AAA0"),
    package: 0x2004,
    id: 0x0D,
    revision: 0,
    word_write: Span::fixed(43),
    page_erase: Span::fixed(87_500),
    erase_all: Span::fixed(173_000),
    crypto_cell: false,
    ..NRF52840
};
