//! What firmware in a virtual chip is doing, seen from outside.

use gauntlet_links::direct::UartOptions;
use gauntlet_nrf52::{Chip, Landmarks};
use gauntlet_reference::Layout;

use crate::board::Mode;
use crate::sweep::landmarks;
use crate::target::Target;

/// Instructions in a look of 20 ms (1.28 million cycles) above which the firmware is at work and not waiting.
const BUSY: u64 = 100_000;

/// The firmware of a board, as far as its mode can be told.
#[derive(Debug, Clone)]
pub(crate) struct Runs {
    layout: Layout,
    pub(crate) uart: UartOptions,
    /// By what it is recognised after a power cut.
    pub(crate) landmarks: Landmarks,
}

impl Runs {
    /// How much looks in a row must weigh until the board counts as settled.
    pub(crate) const ENOUGH: u32 = 100;

    pub(crate) fn new(target: &Target) -> Self {
        Self { layout: target.firmware.layout, uart: target.uart, landmarks: landmarks(target) }
    }

    /// The mode at this moment: where the CPU is, and whether a bootloader listens.
    pub(crate) fn mode(&self, chip: &Chip) -> Mode {
        let pc = chip.core().reg(15);
        let listens = || match self.uart.port {
            Some(port) => chip.uart_listens(port),
            None => (0..chip.uarts()).any(|port| chip.uart_listens(port)),
        };
        if (self.layout.bootloader..self.layout.flash_end).contains(&pc) {
            // A bootloader that does not listen is still starting, or activates what it has got.
            return if listens() { Mode::Dfu } else { Mode::Unsettled };
        }
        let is_application = (gauntlet_reference::layout::MBR_END..self.layout.bootloader).contains(&pc);
        if is_application && !chip.core().is_locked_up() { Mode::Application } else { Mode::Unsettled }
    }

    /// How much a look weighs. A bootloader that listens and is at work checks a signature or copies, and may restart
    /// next; but firmware that waits in a loop instead of sleeping never looks otherwise.
    /// The CPU stands still while flash is erased, so one that writes there is at work however little it executes.
    pub(crate) fn weight(&self, mode: Mode, executed: u64, wrote: bool) -> u32 {
        match mode {
            Mode::Application => 50,
            Mode::Dfu if executed < BUSY && !wrote => 10,
            Mode::Dfu => 1,
            Mode::Unsettled => 0,
        }
    }

    /// Why the firmware can't go on here although it could on a board.
    pub(crate) fn complaint(&self, chip: &Chip) -> Option<String> {
        chip.missing_part().map(|part| part.to_string())
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_links::direct::UartEnd;

    use gauntlet_nrf52::Variant;

    use super::*;

    #[test]
    fn a_bootloader_that_writes_to_flash_is_at_work() {
        let layout = Layout::of(Variant::Nrf52832);
        let runs = Runs { layout, uart: UartOptions::default(), landmarks: Landmarks::default() };
        assert_eq!(runs.weight(Mode::Dfu, 10, false), 10);
        assert_eq!((runs.weight(Mode::Dfu, 10, true), runs.weight(Mode::Dfu, BUSY, false)), (1, 1));
    }

    #[test]
    fn a_chip_without_firmware_is_in_no_mode() {
        let layout = Layout::of(Variant::Nrf52832);
        let runs = Runs { layout, uart: UartOptions::default(), landmarks: Landmarks::default() };
        assert_eq!(runs.mode(&Chip::new(Variant::Nrf52832, 1)), Mode::Unsettled);
        assert!(UartEnd::find(&mut Chip::new(Variant::Nrf52832, 1), &runs.uart).is_none());
    }
}
