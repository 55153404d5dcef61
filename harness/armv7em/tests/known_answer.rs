//! A compiled program with answers that were computed elsewhere.

mod common;

use common::{Memory, RAM};
use gauntlet_armv7em::{Core, CoreConfig, ResetKind, Stop};

const PROGRAM: &[u8] = include_bytes!("data/known_answer.bin");

fn run(slice: u64) -> (Memory, Core) {
    let mut memory = Memory::new(PROGRAM);
    let mut core = Core::new(CoreConfig::default());
    core.ppb_write(0xE000_EDF0, 0xA05F_0001);
    core.reset(&mut memory, ResetKind::System);
    core.set_reg(0, 1);
    loop {
        let until = core.now() + slice;
        match core.run(&mut memory, until) {
            Stop::Limit => {}
            Stop::Halted => return (memory, core),
            stop => panic!("{stop:?} at {:#x}: {:?}", core.reg(15), core.take_first_fault()),
        }
    }
}

fn check(memory: &Memory) {
    let words = |first: u32, count: u32| -> Vec<u32> {
        (first..first + count).map(|n| memory.word(RAM + 4 * n)).collect()
    };
    assert_eq!(words(0, 1), [0x9095_E70C]);
    let sha: String = words(1, 8).iter().map(|word| format!("{word:08x}")).collect();
    assert_eq!(sha, "c52da3e1169c84258b1126207c45426f115d5bb62243ceb38f50176331cdc8d6");
    let product: String = memory.ram[36..100].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        product,
        "101e287b84136bc1b86b7fd647ab882ec2ebbcd000d6d5baee5fa22e167b5b8b\
         01b0025d7f4170bd34fe7cad08dde4dba0ab7c74bbaeb4492738fdbd41ce3d08"
    );
    assert_eq!(words(25, 4), [0x5B28_317C, 0x7DBD_E661, 303, 0x600D]);
}

#[test]
fn results_are_those_of_another_implementation() {
    check(&run(1_000_000_000).0);
}

#[test]
fn time_slices_change_nothing() {
    let (memory, core) = run(1_000_000_000);
    for slice in [1, 7, 1000] {
        let (sliced_memory, sliced) = run(slice);
        assert_eq!(sliced_memory.ram, memory.ram);
        assert_eq!(sliced.now(), core.now());
        assert_eq!(sliced.instructions(), core.instructions());
    }
}

#[test]
fn the_careful_loop_does_the_same() {
    let (fast, core) = run(1_000_000_000);
    let mut memory = Memory::new(PROGRAM);
    let mut careful = Core::new(CoreConfig::default());
    careful.ppb_write(0xE000_EDF0, 0xA05F_0001);
    careful.reset(&mut memory, ResetKind::System);
    // A breakpoint that is never met puts the core into the careful loop.
    careful.ppb_write(0xE000_2008, 1 << 30 | 0xFF00 | 1);
    careful.ppb_write(0xE000_2000, 3);
    careful.set_reg(0, 1);
    assert_eq!(careful.run(&mut memory, u64::MAX), Stop::Halted);
    assert_eq!(memory.ram, fast.ram);
    assert_eq!((careful.now(), careful.instructions()), (core.now(), core.instructions()));
}
