//! Firmware that nobody wants on a chip, from a seed.

/// Numbers from a seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }

    pub(crate) fn below(&mut self, sides: u32) -> u32 {
        self.next() % sides
    }

    /// An address that means something, now and then exactly, otherwise nearly.
    fn address(&mut self) -> u32 {
        const BASES: [u32; 12] = [
            0x4000_0000,
            0x4000_2000,
            0x4000_8000,
            0x4000_B000,
            0x4001_0000,
            0x4001_4000,
            0x4001_E000,
            0x4001_F000,
            0x5000_0000,
            0xE000_E000,
            0xE000_ED00,
            0x2000_0000,
        ];
        match self.below(8) {
            0 => self.next(),
            1 => 0x1000_1000 + 4 * self.below(1024),
            2 => 4 * self.below(0x4_0000),
            _ => {
                let base = BASES[self.below(12) as usize];
                let part = [0, 0x100, 0x200, 0x300, 0x400, 0x500, 0x540, 0x800][self.below(8) as usize];
                base + part + 4 * self.below(40)
            }
        }
    }

    fn value(&mut self) -> u32 {
        match self.below(6) {
            0 => u32::MAX,
            1 => self.address(),
            2 => 1 << self.below(32),
            3 => self.below(256),
            4 => self.next(),
            _ => 1,
        }
    }
}

fn words(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Vectors that all lead to address 0x100, and this code there.
fn program(code: &[u16], table: &[u32]) -> Vec<u8> {
    let mut image = words([0x2000_1000].into_iter().chain([0x101; 63]));
    image.extend(code.iter().flat_map(|half| half.to_le_bytes()));
    image.extend(words(table.iter().copied()));
    image
}

/// Stores the second word of each pair to the address in the first one, as handler of everything: over and over, or once and
/// then at rest.
///
/// ```text
/// 100  cpsie i            102  adr r4, table (11C)    104  movs r5, #count    106  lsls r5, #3
/// 108  adds r5, r4, r5    10A  next: ldmia r4!, {r0, r1}                      10C  str r1, [r0]
/// 10E  ldr r2, [r0]       110  cmp r4, r5             112  bne next           114  b 100, or b 114
/// ```
fn stores(pairs: &[(u32, u32)], again: Again) -> Vec<u8> {
    let count = 0x2500 | pairs.len() as u16;
    let last = match again {
        Again::Forever => 0xE7F4,
        Again::Never => 0xE7FE,
    };
    let code = [
        0xB662, 0xA406, count, 0x00ED, 0x1965, 0xCC03, 0x6001, 0x6802, 0x42AC, 0xD1FA, last, 0xBF00, 0xBF00,
        0xBF00,
    ];
    program(&code, &pairs.iter().flat_map(|(address, value)| [*address, *value]).collect::<Vec<_>>())
}

/// Whether stores are done again when all of them are done.
enum Again {
    Forever,
    Never,
}

/// Stores without an end.
fn storm(dice: &mut Dice) -> Vec<u8> {
    let count = 2 + dice.below(60);
    // Mostly addresses that do not fault, or the storm is over with the first one.
    let faults = dice.below(4) == 0;
    let pairs: Vec<_> = (0..count)
        .map(|_| {
            let address = if faults { dice.address() } else { 0x4000_0000 | dice.address() & 0x3_FFFC };
            (address, dice.value())
        })
        .collect();
    stores(&pairs, Again::Forever)
}

/// Writes to every word from an address on.
///
/// ```text
/// 100  ldr r0, [pc, #8] (10C)    102  ldr r1, [pc, #12] (110)    104  str r1, [r0]    106  adds r0, #4    108  b 104
/// ```
fn writes_to_everything(dice: &mut Dice) -> Vec<u8> {
    let start = [0x2000_0000, 0x4000_0000, 0xE000_E000, 0x5000_0000, 0][dice.below(5) as usize];
    program(&[0x4802, 0x4903, 0x6001, 0x3004, 0xE7FC, 0xBF00], &[start, dice.value()])
}

/// Resets itself at once.
fn resets_itself() -> Vec<u8> {
    program(&[0x4801, 0x4902, 0x6001, 0xE7FE], &[0xE000_ED0C, 0x05FA_0004])
}

/// Enables the controller for writing or erasing and does nothing else with it, in a tight loop over all of the flash.
///
/// ```text
/// 100  ldr r0, CONFIG    102  ldr r1, enable   104  str r1, [r0]     106  ldr r2, register    108  movs r3, #0
/// 10A  str r3, [r2]      10C  adds r3, #step (r4)                    10E  adds r2, r2, r5     110  b 10A
/// ```
fn flash_without_end(dice: &mut Dice) -> Vec<u8> {
    // Words of zero from 0x8000 on, or erases of page after page.
    if dice.below(2) == 0 {
        program(
            &[0x4804, 0x2101, 0x6001, 0x4A04, 0x2300, 0x6013, 0x3204, 0xE7FC, 0xBF00, 0xBF00],
            &[0x4001_E504, 0x8000],
        )
    } else {
        program(
            &[0x4804, 0x2102, 0x6001, 0x4A04, 0x4B04, 0x6013, 0x3304, 0xE7FC, 0xBF00, 0xBF00],
            &[0x4001_E504, 0x4001_E508, 0x8000],
        )
    }
}

/// A timer that fires every few cycles, with an interrupt that nobody clears.
fn interrupt_storm(dice: &mut Dice) -> Vec<u8> {
    let timer = [0x4000_8000, 0x4001_A000, 0x4000_B000][dice.below(3) as usize];
    let pairs = [
        (0x4000_0008, 1),
        (0xE000_E100, u32::MAX),
        (timer + 0x510, 0),
        (timer + 0x508, if timer == 0x4000_B000 { 0 } else { 3 }),
        (timer + 0x540, 1 + dice.below(3)),
        (timer + 0x200, 1),
        (timer + 0x304, u32::MAX),
        (timer, 1),
    ];
    stores(&pairs, Again::Never)
}

/// The interconnect drives every task of a kind from an event that comes every few cycles, and tasks drive events.
fn interconnect_storm(dice: &mut Dice) -> Vec<u8> {
    let mut pairs = Vec::new();
    for channel in 0..20u32 {
        let event = [0x4000_8140, 0x4000_9140, 0x4001_4100, 0x4001_4104][dice.below(4) as usize];
        let task = [0x4001_4000, 0x4001_4004, 0x4000_8000, 0x4000_900C, 0x4000_2008, 0x4000_E000]
            [dice.below(6) as usize];
        pairs.push((0x4001_F510 + 8 * channel, event));
        pairs.push((0x4001_F514 + 8 * channel, task));
    }
    for timer in [0x4000_8000, 0x4000_9000] {
        pairs.extend([
            (timer + 0x510, 0),
            (timer + 0x508, 3),
            (timer + 0x540, 1),
            (timer + 0x200, 1),
            (timer, 1),
        ]);
    }
    pairs.extend([(0x4001_F500, u32::MAX), (0x4000_2500, 8), (0x4000_2524, u32::MAX), (0x4000_2548, 0xFF)]);
    pairs.extend([(0x4001_4000, 1); 6]);
    pairs.truncate(60);
    stores(&pairs, Again::Forever)
}

/// EasyDMA from and to nowhere, again and again.
fn dma_into_nowhere(dice: &mut Dice) -> Vec<u8> {
    let nowhere = [0, 0x0080_0000, 0x2003_FFFF, 0x2FFF_FFFF, 0x4000_2000, u32::MAX][dice.below(6) as usize];
    let pairs = [
        (0x4000_2508, 5),
        (0x4000_250C, 6),
        (0x4000_2514, 8),
        (0x4000_2500, 8),
        (0x4000_2524, u32::MAX),
        (0x4000_2534, nowhere),
        (0x4000_2538, 0xFFFF),
        (0x4000_2544, nowhere),
        (0x4000_2548, 0xFFFF),
        (0x4000_2000, 1),
        (0x4000_E504, nowhere),
        (0x4000_E000, 1),
    ];
    stores(&pairs, Again::Forever)
}

/// Kinds of images.
pub(crate) const KINDS: u32 = 14;

/// An image of one kind.
pub(crate) fn image(kind: u32, seed: u64) -> Vec<u8> {
    let dice = &mut Dice::new(seed ^ u64::from(kind) << 32);
    let random = |dice: &mut Dice, length: u32| words((0..length / 4).map(|_| dice.next()));
    match kind {
        0 => random(dice, 0x4000),
        // Random code behind good vectors.
        1 => program(&[], &(0..0x1000).map(|_| dice.next()).collect::<Vec<_>>()),
        // Half-words of plain Thumb: shifts, arithmetic, loads, stores, branches.
        2 => program(&(0..0x2000).map(|_| (dice.next() % 0xE800) as u16).collect::<Vec<_>>(), &[]),
        // Vectors into nowhere.
        3 => words((0..64).map(|_| dice.address())),
        4 => words([dice.value(), dice.address() | 1]),
        5 => Vec::new(),
        6 => vec![dice.next() as u8; 0x2000],
        7 => storm(dice),
        8 => writes_to_everything(dice),
        9 => resets_itself(),
        10 => flash_without_end(dice),
        11 => interrupt_storm(dice),
        12 => interconnect_storm(dice),
        _ => dma_into_nowhere(dice),
    }
}

/// The same, cut off somewhere.
pub(crate) fn cut(mut image: Vec<u8>, seed: u64) -> Vec<u8> {
    let length = image.len() as u32;
    image.truncate(Dice::new(seed).below(length.max(1)) as usize);
    image
}
