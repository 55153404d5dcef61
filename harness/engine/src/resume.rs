//! Where to go on: the host algorithms for what a device says it already holds (OBJ-043, OBJ-044).

use gauntlet_protocol::SelectAnswer;

use crate::Checkpoint;
use crate::prefix::Prefixes;

/// How to bring the init packet across.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InitPlan {
    /// Create the command object and send everything.
    Create,
    /// Send the rest, without Create. Any offset will do: the command object lives in RAM, where alignment is nothing.
    Continue { from: usize },
    /// Everything is there, only Execute is to be sent.
    Execute,
}

/// How to bring the firmware across.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataPlan {
    /// Create the first object.
    Start,
    /// Whole objects are there: Execute, which may have been done already, and go on behind it.
    Execute { held: usize },
    /// An object is open and partly filled: send the rest, without Create.
    Continue { start: usize, from: usize },
    /// Go back to the start of an object and Create it again; what lies before it is to be checked then.
    Back { start: usize },
    /// The device claims more than there is: nothing of it can be continued.
    Foreign,
}

fn held(answer: SelectAnswer) -> Checkpoint {
    Checkpoint { offset: answer.offset, crc: answer.crc }
}

/// OBJ-043. The CRC means nothing when the offset is 0 (OBJ-042).
pub(crate) fn init_plan(init: &Prefixes<'_>, answer: SelectAnswer) -> InitPlan {
    let offset = answer.offset as usize;
    if offset == 0 || !init.holds(held(answer)) {
        InitPlan::Create
    } else if offset < init.len() {
        InitPlan::Continue { from: offset }
    } else {
        InitPlan::Execute
    }
}

/// OBJ-044, with the size of a data object that the device told; `answer.max_size` must not be 0.
pub(crate) fn data_plan(firmware: &Prefixes<'_>, answer: SelectAnswer) -> DataPlan {
    let (offset, size) = (answer.offset as usize, answer.max_size as usize);
    if offset == 0 {
        return DataPlan::Start;
    }
    if offset > firmware.len() {
        return DataPlan::Foreign;
    }
    if firmware.holds(held(answer)) {
        if offset.is_multiple_of(size) || offset == firmware.len() {
            return DataPlan::Execute { held: offset };
        }
        // A device that goes on from an unaligned offset programs its flash wrongly (FLT-020).
        if offset.is_multiple_of(4) {
            return DataPlan::Continue { start: offset / size * size, from: offset };
        }
    }
    DataPlan::Back { start: (offset - 1) / size * size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<u8> {
        (0..9000u32).map(|i| (i * 7 + i / 256) as u8).collect()
    }

    fn answer(max_size: u32, prefixes: &Prefixes<'_>, offset: usize, wrong: bool) -> SelectAnswer {
        let crc = prefixes.checkpoint(offset).crc ^ u32::from(wrong);
        SelectAnswer { max_size, offset: offset as u32, crc }
    }

    #[test]
    fn init_packet_goes_on_where_it_stopped() {
        let bytes = &image()[..140];
        let init = Prefixes::new(bytes);
        let plan = |offset, wrong| init_plan(&init, answer(512, &init, offset, wrong));
        assert_eq!(plan(0, false), InitPlan::Create);
        assert_eq!(plan(0, true), InitPlan::Create);
        for from in [1, 70, 71, 139] {
            assert_eq!(plan(from, false), InitPlan::Continue { from });
            assert_eq!(plan(from, true), InitPlan::Create);
        }
        assert_eq!(plan(140, false), InitPlan::Execute);
        assert_eq!(plan(140, true), InitPlan::Create);
        assert_eq!(init_plan(&init, SelectAnswer { max_size: 512, offset: 141, crc: 0 }), InitPlan::Create);
    }

    #[test]
    fn firmware_goes_on_where_it_stopped() {
        let bytes = image();
        let firmware = Prefixes::new(&bytes);
        let plan = |offset, wrong| data_plan(&firmware, answer(4096, &firmware, offset, wrong));
        assert_eq!(plan(0, true), DataPlan::Start);
        assert_eq!(plan(4, false), DataPlan::Continue { start: 0, from: 4 });
        assert_eq!(plan(4, true), DataPlan::Back { start: 0 });
        assert_eq!(plan(4092, false), DataPlan::Continue { start: 0, from: 4092 });
        assert_eq!(plan(4094, false), DataPlan::Back { start: 0 });
        assert_eq!(plan(4096, false), DataPlan::Execute { held: 4096 });
        assert_eq!(plan(4096, true), DataPlan::Back { start: 0 });
        assert_eq!(plan(4100, false), DataPlan::Continue { start: 4096, from: 4100 });
        assert_eq!(plan(8192, true), DataPlan::Back { start: 4096 });
        assert_eq!(plan(8193, false), DataPlan::Back { start: 8192 });
        assert_eq!(plan(9000, false), DataPlan::Execute { held: 9000 });
        assert_eq!(plan(9000, true), DataPlan::Back { start: 8192 });
        let more = SelectAnswer { max_size: 4096, offset: 9001, crc: 0 };
        assert_eq!(data_plan(&firmware, more), DataPlan::Foreign);
    }
}
