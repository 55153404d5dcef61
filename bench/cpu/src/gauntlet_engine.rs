//! Our interpreter, on the plainest memory there is.

use std::error::Error;

use gauntlet_armv7em::{Access, Bus, BusFault, Core, CoreConfig, FaultCause, ResetKind, Stop, Width};

use crate::{Outcome, RAM, SIZE};

struct Memory {
    flash: Vec<u8>,
    ram: Vec<u8>,
}

#[inline(always)]
fn get(memory: &[u8], at: usize, width: Width) -> Option<u32> {
    Some(match width {
        Width::Byte => u32::from(*memory.get(at)?),
        Width::Half => u32::from(u16::from_le_bytes(memory.get(at..at + 2)?.try_into().ok()?)),
        Width::Word => u32::from_le_bytes(memory.get(at..at + 4)?.try_into().ok()?),
    })
}

impl Bus for Memory {
    #[inline(always)]
    fn read(&mut self, _: u64, address: u32, width: Width, _: Access) -> Result<u32, BusFault> {
        get(&self.ram, address.wrapping_sub(RAM) as usize, width)
            .or_else(|| get(&self.flash, address as usize, width))
            .ok_or(BusFault { address, cause: FaultCause::Unmapped })
    }

    #[inline(always)]
    fn write(&mut self, _: u64, address: u32, width: Width, value: u32, _: Access) -> Result<(), BusFault> {
        let at = address.wrapping_sub(RAM) as usize;
        let bytes = width.bytes() as usize;
        let slot = self.ram.get_mut(at..at.wrapping_add(bytes));
        let slot = slot.ok_or(BusFault { address, cause: FaultCause::Unmapped })?;
        slot.copy_from_slice(&value.to_le_bytes()[..bytes]);
        Ok(())
    }

    fn page_version(&self, address: u32) -> Option<u64> {
        // Nothing in RAM is executed.
        ((address as usize) < SIZE).then_some(0)
    }
}

pub(crate) fn run(flash: &[u8], rounds: u32) -> Result<Outcome, Box<dyn Error>> {
    let mut memory = Memory { flash: flash.to_vec(), ram: vec![0; SIZE] };
    memory.ram[..4].copy_from_slice(&rounds.to_le_bytes());
    let mut core = Core::new(CoreConfig::default());
    // Debugging is on, so that BKPT halts.
    core.ppb_write(0xE000_EDF0, 0xA05F_0001);
    core.reset(&mut memory, ResetKind::System);
    let stop = core.run(&mut memory, u64::MAX);
    if stop != Stop::Halted {
        return Err(format!("{stop:?} at {:#x}: {:?}", core.reg(15), core.take_first_fault()).into());
    }
    let registers = (0..14).map(|n| core.reg(n)).collect();
    Ok(Outcome { instructions: core.instructions(), registers, ram: memory.ram })
}
