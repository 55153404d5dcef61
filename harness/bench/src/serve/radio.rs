//! A virtual device within reach of a Bluetooth service without a radio, for programs that take it for a board.
//!
//! It serves for as long as anyone likes: a debugger erases and flashes it, its supply is switched, its pin is pulled, and
//! what its firmware advertises is on the air.

use std::io;
use std::sync::{Arc, Mutex};

use gauntlet_bluez::{FakeBluez, Options};
use gauntlet_links::direct::{SharedMachine, VirtualBoard};
use gauntlet_nrf52::{Chip, Fill, Machine, Reset, Variant, cycles_from_us};
use gauntlet_probe::serve::{Protocol, Server};
use gauntlet_reference::gap::Address;
use gauntlet_reference::wire::Closed;
use gauntlet_reference::{Layout, ReferenceDevice, SharedWire};

use crate::board::BoardError;
use crate::device::Device;
use crate::virtual_bench::SUPERVISION_US;

/// Closes the debug port of the chips with the older protection.
const APPROTECT_WORD: u32 = 0x1000_1208;
const CLOSED: u32 = 0xFFFF_FF00;

/// What is there at the beginning.
#[derive(Debug, Clone)]
pub struct RadioSetup {
    /// The chip.
    pub variant: Variant,
    /// What every choice of chance is derived from.
    pub seed: u64,
    /// What is flashed; a chip that has had another life, without.
    pub device: Option<Device>,
    /// The debug port is closed.
    pub locked: bool,
}

/// A device that is served. Clones are the same device.
#[derive(Clone)]
pub struct RadioBoard {
    board: VirtualBoard,
    machine: SharedMachine,
    address: String,
}

impl RadioBoard {
    /// A device, switched on.
    pub fn new(setup: &RadioSetup) -> Self {
        let mut chip = Chip::new(setup.variant, setup.seed);
        match &setup.device {
            Some(device) => {
                chip.fill_flash(Fill::Byte(0xFF));
                for segment in device.image().segments {
                    // The images of a device lie in its flash and UICR.
                    let _put = chip.put_image(segment.address, &segment.bytes);
                }
            }
            None => chip.fill_flash(Fill::Noise(setup.seed)),
        }
        let address = Address::of_chip(&mut chip).map(|address| address.to_string()).unwrap_or_default();
        if setup.locked {
            let _put = chip.put_image(APPROTECT_WORD, &CLOSED.to_le_bytes());
        }
        chip.power_off();
        chip.power_on();
        let wire = SharedWire::default();
        let firmware = ReferenceDevice::new(Layout::of(setup.variant), wire.clone());
        let machine: SharedMachine = Arc::new(Mutex::new(Machine::with_guest(chip, Box::new(firmware))));
        Self { board: VirtualBoard::new(Arc::clone(&machine), wire), machine, address }
    }

    /// Its address in its application; in DFU mode it may be the next one.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Puts it on the air of a Bluetooth service.
    ///
    /// # Errors
    /// [`BoardError::Port`] when the system gives no socket.
    pub fn bluez(&self) -> Result<FakeBluez, BoardError> {
        FakeBluez::start(self.board.clone(), Options::default()).map_err(BoardError::Port)
    }

    /// Offers its debug port to a tool. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`BoardError::Serve`].
    pub fn serve(&self, protocol: Protocol, port: u16) -> Result<Server, BoardError> {
        let start = |cause: io::Error| BoardError::Serve { port, cause };
        Server::start(protocol, Arc::clone(&self.machine), port).map_err(start)
    }

    /// Takes the supply away.
    pub fn power_off(&self) {
        self.board.machine().power_off();
        let noticed = self.board.machine().now() + cycles_from_us(SUPERVISION_US);
        self.board.wire().lock().close(noticed, Closed::Vanished);
    }

    /// Gives it back.
    pub fn power_on(&self) {
        if !self.board.machine().chip.is_powered() {
            self.board.machine().power_on();
        }
    }

    /// Pulls the reset pin for a moment.
    pub fn reset(&self) {
        self.board.machine().reset(Reset::Pin);
    }

    /// The whole flash, out of the model: the debug port may be closed.
    pub fn flash(&self) -> Vec<u8> {
        self.board.machine().chip.flash()
    }
}
