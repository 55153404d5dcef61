//! The virtual bench: any number of boards, each a virtual chip with the reference device on it.

mod board;
mod capabilities;
mod settling;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gauntlet_links::direct::{SharedMachine, VirtualBoard};
use gauntlet_nrf52::{Chip, Fill, Machine, Variant};
use gauntlet_probe::BoardSelector;
use gauntlet_probe::virtual_probe;
use gauntlet_reference::{Layout, ReferenceDevice, SharedWire};

use self::board::OpenBoard;
use crate::backend::Backend;
#[cfg(unix)]
use crate::bluetooth::Bluetooth;
use crate::board::{Board, BoardError};
use crate::dongles::Dongles;
use crate::running::Runs;
use crate::target::Target;
use crate::{Bench, Capability};

/// Microseconds until a host notices that a device has lost its supply.
pub(crate) const SUPERVISION_US: u64 = 6_000_000;

/// Boards made of virtual chips.
#[derive(Debug, Default)]
pub struct VirtualBench {
    /// What is on them; the reference device without.
    target: Option<Target>,
    backend: Backend,
}

/// Boards opened by this process so far: each has a probe with a serial number of its own.
static BOARDS: AtomicU64 = AtomicU64::new(0);

impl VirtualBench {
    /// A bench with as many boards as anyone asks for.
    pub fn new() -> Self {
        Self::default()
    }

    /// A bench whose boards have this firmware, executed instruction by instruction.
    pub fn of_target(target: Target) -> Self {
        Self { target: Some(target), ..Self::default() }
    }

    /// The same, with the client's traffic going over `backend`.
    #[must_use]
    pub fn over(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }
}

impl Bench for VirtualBench {
    fn name(&self) -> &'static str {
        "virtual"
    }

    fn capabilities(&self) -> &[Capability] {
        match (&self.target, self.backend) {
            (Some(_), _) => capabilities::FIRMWARE,
            (None, Backend::Ble) => capabilities::BEHIND_BLUETOOTH,
            (None, Backend::Dongle) => capabilities::BEHIND_A_DONGLE,
            (None, Backend::Serial) => capabilities::BEHIND_A_PORT,
            (None, Backend::Direct) => capabilities::DIRECT,
        }
    }

    fn backend(&self) -> Backend {
        self.backend
    }

    fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    fn open(&self, variant: Variant, seed: u64) -> Result<Box<dyn Board>, BoardError> {
        let number = BOARDS.fetch_add(1, Ordering::Relaxed);
        let wire = SharedWire::default();
        let mut chip = Chip::new(variant, seed);
        // A board that comes to the bench has had another life.
        chip.fill_flash(Fill::Noise(seed));
        let machine = match &self.target {
            Some(_) => Machine::new(chip),
            None => {
                let firmware = ReferenceDevice::new(Layout::of(variant), wire.clone());
                Machine::with_guest(chip, Box::new(firmware))
            }
        };
        let machine: SharedMachine = Arc::new(Mutex::new(machine));
        let probe = virtual_probe::register(&format!("GAUNTLET{number:06}"), machine.clone())
            .map_err(|_taken| BoardError::Impossible("be told from another one"))?;
        let selector = BoardSelector::new(probe.selector(), variant.target_name());
        let opened = if self.has_virtual_time() {
            VirtualBoard::new(machine, wire)
        } else {
            VirtualBoard::in_own_time(machine, wire)
        };
        #[cfg(unix)]
        let bluetooth = if self.backend == Backend::Ble { Some(Bluetooth::open(&opened)?) } else { None };
        let origin = opened.machine().chip.now();
        let runs = self.target.as_ref().map(Runs::new);
        #[cfg(not(unix))]
        if self.backend == Backend::Serial {
            return Err(BoardError::Impossible(
                "have a port of its own: this system has no pseudo-terminals",
            ));
        }
        let dongles = (self.backend == Backend::Dongle).then(|| Dongles::new(opened.clone()));
        Ok(Box::new(OpenBoard {
            #[cfg(unix)]
            bluetooth,
            dongles,
            #[cfg(unix)]
            has_port: self.backend == Backend::Serial,
            board: opened,
            selector,
            _probe: probe,
            origin,
            seed,
            variant,
            runs,
        }))
    }

    fn has_virtual_time(&self) -> bool {
        // The Bluetooth library has bounds of its own, and they are in wall time.
        self.backend != Backend::Ble
    }
}
