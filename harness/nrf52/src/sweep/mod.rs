//! Power-cut sweeps: for every flash operation of a run that was recorded, and every state in which a power cut may have
//! left it, a cold boot of a board with that flash, and what becomes of it.
//!
//! ```
//! use gauntlet_nrf52::{Chip, Landing, Landmarks, Reset, Sweep, Tears, Variant};
//!
//! // Programs a word behind itself; then waits for ever with its serial port off.
//! let code: [u16; 10] = [0x4803, 0x2101, 0x6001, 0x4803, 0x6001, 0xBF30, 0xE7FD, 0xBF00, 0xE504, 0x4001];
//! let mut chip = Chip::new(Variant::Nrf52832, 1);
//! chip.put_image(0, &[0x00, 0x10, 0x00, 0x20, 0x09, 0, 0, 0]);
//! chip.put_image(8, &code.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>());
//! chip.put_image(0x1C, &0x2000u32.to_le_bytes());
//! chip.set_recording(true);
//! chip.reset(Reset::Pin);
//! chip.run_until(chip.now() + 1_000_000);
//!
//! let sweep = Sweep::of(&chip, Landmarks::default()).expect("the run was recorded");
//! let tally = sweep.run(&Tears::All, |_, _| true);
//! assert_eq!(tally.count(Landing::Asleep), tally.points());
//! ```

mod landing;
mod tally;
mod tears;

use std::{collections::HashMap, ops::Range};

pub use landing::{Landing, Landmarks};
pub use tally::Tally;
pub use tears::Tears;

use crate::{Chip, Fault, FirstFault, FlashAction, FlashOp, NonVolatile, Tear, memory::Digests};

/// A sweep over the operations of one run.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// A board without power that has been up before, so that its code is decoded already.
    board: Chip,
    base: NonVolatile,
    ops: Vec<FlashOp>,
    landmarks: Landmarks,
    faults: Vec<Fault>,
    shard: (usize, usize),
    within: Range<usize>,
}

/// One state, booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColdBoot {
    /// The operation power failed in, numbered as in [`FlashOp::n`].
    pub op: u64,
    /// What it was doing.
    pub action: FlashAction,
    /// How far it got.
    pub tear: Tear,
    /// What became of the board.
    pub landing: Landing,
    /// The first fault of the processor on the way, if there was one.
    pub fault: Option<FirstFault>,
    /// From power-up until it was clear, in cycles.
    pub cycles: u64,
    /// Instructions executed in that time.
    pub instructions: u64,
    /// How often the board started.
    pub starts: u32,
    /// Flash and UICR were the same as those of an earlier point, so this is its result.
    pub repeated: bool,
    /// Of flash and UICR before it got power; the same for points with the same bytes.
    pub digest: u64,
}

impl Sweep {
    /// A sweep over what a chip has recorded in its journal: see [`Chip::set_recording`]. None if it does not record.
    ///
    /// The boards that are booted are of the chip's kind and seed, with power off and on again: nothing but flash and UICR
    /// is left of the run. Faults armed on the chip are not armed on them.
    pub fn of(chip: &Chip, landmarks: Landmarks) -> Option<Self> {
        let base = chip.journal_base()?.clone();
        let ops = chip.journal().to_vec();
        let mut board = chip.clone();
        board.set_recording(false);
        board.disarm_faults();
        board.power_off();
        // One boot of each end of the run, so that what they execute is decoded.
        let last = board.non_volatile();
        for array in [last, base.clone()] {
            board.set_non_volatile(array);
            board.power_on();
            landmarks.watch(&mut board);
            board.power_off();
        }
        let within = 0..ops.len();
        Some(Self { board, base, ops, landmarks, faults: Vec::new(), shard: (0, 1), within })
    }

    /// Arms these faults on every board before it gets power: second cuts, for instance. Their counts begin there.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults = faults.into_iter().collect();
        self
    }

    /// Only every `of`-th operation, starting with number `index`: a part of the sweep for one of several workers.
    #[must_use]
    pub fn shard(mut self, index: usize, of: usize) -> Self {
        self.shard = (index, of.max(1));
        self
    }

    /// Only these operations, counted from 0 at the first one of the run. A shard counts from the first of them.
    #[must_use]
    pub fn within(mut self, operations: Range<usize>) -> Self {
        self.within = operations;
        self
    }

    /// The operations of the run.
    pub fn ops(&self) -> &[FlashOp] {
        &self.ops
    }

    /// Boots a board from this flash and UICR, and says what becomes of it.
    pub fn boot(&self, array: NonVolatile) -> (Chip, Landing) {
        let mut chip = self.board.cold_boot(array, self.faults.iter().copied());
        let landing = self.landmarks.watch(&mut chip);
        (chip, landing)
    }

    /// Goes through all points, in the order of the operations. `each` sees every result with the board as it then stands,
    /// which it may look at or go on with, none for a repeated one; the sweep ends when it returns false.
    pub fn run(&self, tears: &Tears, mut each: impl FnMut(&ColdBoot, Option<&mut Chip>) -> bool) -> Tally {
        let mut tally = Tally::default();
        let mut known: HashMap<u64, ColdBoot> = HashMap::new();
        let mut digests = Digests::default();
        let mut array = self.base.clone();
        for (index, op) in self.ops.iter().enumerate() {
            if index >= self.within.end {
                break;
            }
            let in_range = index.checked_sub(self.within.start);
            if in_range.is_some_and(|number| number % self.shard.1 == self.shard.0) {
                for tear in tears.of(&array, op) {
                    let mut state = array.clone();
                    state.perform(op.action, tear);
                    let key = digests.of(&state);
                    let place = |boot: ColdBoot| ColdBoot { op: op.n, action: op.action, tear, ..boot };
                    let goes_on = match known.get(&key) {
                        Some(&boot) => {
                            let boot = ColdBoot { repeated: true, ..place(boot) };
                            tally.add(&boot);
                            each(&boot, None)
                        }
                        None => {
                            let (boot, mut chip) = self.boot_at(op, tear, state, key);
                            known.insert(key, boot);
                            tally.add(&boot);
                            each(&boot, Some(&mut chip))
                        }
                    };
                    if !goes_on {
                        return tally;
                    }
                }
            }
            array.apply(op);
        }
        tally
    }

    fn boot_at(&self, op: &FlashOp, tear: Tear, state: NonVolatile, digest: u64) -> (ColdBoot, Chip) {
        let (mut chip, landing) = self.boot(state);
        let boot = ColdBoot {
            op: op.n,
            action: op.action,
            tear,
            landing,
            fault: chip.take_first_fault(),
            cycles: chip.now() - self.board.now(),
            instructions: chip.instructions() - self.board.instructions(),
            starts: chip.starts() - self.board.starts(),
            repeated: false,
            digest,
        };
        (boot, chip)
    }
}

impl Chip {
    /// A board like this one that gets power with this flash and UICR: nothing else is left of it. The faults are armed
    /// before. Time goes on from this chip's time.
    pub fn cold_boot(&self, array: NonVolatile, faults: impl IntoIterator<Item = Fault>) -> Chip {
        let mut chip = self.clone();
        chip.power_off();
        chip.take_first_fault();
        chip.set_non_volatile(array);
        chip.arm_all(faults);
        chip.power_on();
        chip
    }
}
