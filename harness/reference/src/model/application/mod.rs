//! The application with the buttonless service (section 11): on the air with the device's own address, until it is asked to
//! make room for the bootloader. Everything it knows is gone with a reset.

mod service;
mod shared;

use gauntlet_nrf52::{Chip, GuestStep, Reset, cycles_from_ms};

use super::Halt;
use super::air::{Air, slot_after};
use super::space;
use crate::bugs::PlantedBug;
use crate::build::Build;
use crate::gap::{Address, Advertisement};
use crate::images::{BLOCK_OFFSET, BLOCK_SIZE, Buttonless, Habit, Service};
use crate::layout::Layout;
use crate::wire::{Closed, Firmware, FromHost, SharedWire};
use service::{Connection, Effect};
use shared::Shared;

/// GAP device name of the application.
const NAME: &[u8] = b"Gauntlet";
/// General discoverable, LE only.
const FLAGS: u8 = 0x06;
/// Register that survives a soft reset, and the request for DFU mode (BTN-003).
const GPREGRET: u32 = 0x4000_051C;
const ENTER_DFU: u32 = 0xB1;
/// Shutting down before the reset.
const SHUT_DOWN_MS: u64 = 100;
/// Where the bootloader's address is looked for (BTN-023).
const BOOTLOADER_WORDS: [u32; 2] = [0xFF8, 0x1000_1014];

/// A running application.
#[derive(Debug)]
pub(super) struct Application {
    offers: Buttonless,
    advertisement: Advertisement,
    air: Air,
    link: Option<Connection>,
    shared: Shared,
    /// The next confirmation of an indication starts the bootloader. Stays when the link goes (BTN-004).
    waiting_for_reset: bool,
    bug: Option<PlantedBug>,
}

impl Application {
    /// The application whose image has handed over; `None` when it has no service to offer: its block is damaged, or it
    /// knows of no bootloader (BTN-023).
    pub(super) fn start(chip: &mut Chip, layout: Layout) -> Result<Option<Self>, Halt> {
        let mut block = [0; BLOCK_SIZE];
        let start = space::bank_0_start(chip)?;
        chip.load(start + BLOCK_OFFSET, &mut block)?;
        let mut bootloader = u32::MAX;
        for word in BOOTLOADER_WORDS {
            if bootloader == u32::MAX {
                bootloader = chip.load_word(word)?;
            }
        }
        let Some(offers) = Buttonless::from_bytes(&block).filter(|_| bootloader != u32::MAX) else {
            return Ok(None);
        };
        let mut block = [0; Build::SIZE];
        chip.load(Build::address(&layout), &mut block)?;
        let build = Build::from_bytes(&block).ok();
        let own = Address::of_chip(chip)?;
        Ok(Some(Self {
            offers,
            advertisement: Advertisement::new(own, FLAGS, &[], NAME),
            air: Air::default(),
            link: None,
            shared: Shared::new(&layout, build.as_ref(), offers),
            waiting_for_reset: false,
            bug: build.and_then(|build| build.planted_bug),
        }))
    }

    /// Waits for a central.
    pub(super) fn listen(&mut self, wire: &SharedWire) {
        self.link = None;
        let database = service::database(self.offers.service);
        wire.lock().advertise(Firmware::Application, self.advertisement.clone(), database);
    }

    /// Works until `until`.
    pub(super) fn run(&mut self, chip: &mut Chip, wire: &SharedWire, until: u64) -> Result<GuestStep, Halt> {
        while chip.now() < until {
            let now = chip.now();
            if let Some(result) = self.shared.finish(chip)? {
                self.waiting_for_reset |= result.starts_bootloader;
                let unanswered =
                    self.bug == Some(PlantedBug::NameAnswerMissing) && result.answer[1] == service::SET_NAME;
                if !unanswered {
                    self.indicate(chip, wire, result.answer);
                }
            }
            if let Some(message) = self.air.take(now, wire) {
                if self.take(chip, wire, message)? {
                    return self.start_bootloader(chip, wire);
                }
                continue;
            }
            let arrival = wire.lock().next_to_device().map(|arrival| self.air.when(arrival).max(now));
            let next = [arrival, self.shared.due()].into_iter().flatten().fold(until, u64::min);
            chip.pass_time(next.max(chip.now() + 1));
        }
        Ok(GuestStep::Stay)
    }

    /// True when the bootloader is to be started now.
    fn take(&mut self, chip: &mut Chip, wire: &SharedWire, message: FromHost) -> Result<bool, Halt> {
        if message == FromHost::Disconnected {
            self.listen(wire);
            return Ok(self.waiting_for_reset && self.bug == Some(PlantedBug::LeavingHostResets));
        }
        if let FromHost::Connected(central) = message {
            self.link = Some(Connection::new(*central, self.offers.service, self.bug));
            return Ok(false);
        }
        let Some(link) = &mut self.link else { return Ok(false) };
        match link.take(chip.now(), &self.air, wire, message) {
            Effect::Nothing => {}
            Effect::Confirmed => return Ok(std::mem::take(&mut self.waiting_for_reset)),
            Effect::Request(request) => {
                let bonded = link.has_stored_bond();
                let unanswered = self.bug == Some(PlantedBug::NameAnswerMissing)
                    && request.first() == Some(&service::SET_NAME);
                if let Some(answer) = self.request(chip, &request, bonded)?.filter(|_| !unanswered) {
                    self.indicate(chip, wire, answer);
                }
                return Ok(self.waiting_for_reset && self.bug == Some(PlantedBug::ConfirmationNotAwaited));
            }
        }
        Ok(false)
    }

    /// Executes a request; `None` when it is answered later.
    fn request(
        &mut self,
        chip: &mut Chip,
        request: &[u8],
        stored_bond: bool,
    ) -> Result<Option<[u8; 3]>, Halt> {
        let Some((&opcode, parameters)) = request.split_first() else { return Ok(None) };
        let code = match (opcode, self.offers.service) {
            // BTN-009, BTN-016: whatever is being written, a name or the peer's data.
            (service::ENTER, _) if self.shared.is_pending() => service::BUSY,
            (service::ENTER, Service::Unbonded) => {
                self.waiting_for_reset = true;
                service::SUCCESS
            }
            (service::ENTER, Service::Bonded)
                if !stored_bond && self.bug != Some(PlantedBug::AnyoneStartsBootloader) =>
            {
                service::NOT_BONDED
            }
            (service::ENTER, Service::Bonded) => match self.shared.store_peer(chip)? {
                Some(refusal) => refusal,
                None => return Ok(None),
            },
            (service::SET_NAME, Service::Unbonded) if self.offers.habit == Habit::NameCrashes => {
                return Err(Halt::Reset);
            }
            (service::SET_NAME, Service::Unbonded) => match self.shared.store_name(chip, parameters)? {
                Some(refusal) => refusal,
                None => return Ok(None),
            },
            // BTN-011, BTN-017.
            _ => service::NOT_SUPPORTED,
        };
        Ok(Some([service::RESPONSE, opcode, code]))
    }

    /// BTN-002: the indication comes behind the response to the write. Only one can be under way; a request to start the
    /// bootloader whose answer can't be sent is taken back, and the one before with it (BTN-025).
    fn indicate(&mut self, chip: &Chip, wire: &SharedWire, answer: [u8; 3]) {
        let sent = self.link.as_mut().is_some_and(|link| link.indicate(chip.now(), &self.air, wire, answer));
        let kept = self.bug == Some(PlantedBug::SecondRequestKept);
        if !sent && !kept && self.link.is_some() && answer[1] == service::ENTER {
            self.waiting_for_reset = false;
        }
    }

    /// BTN-003, BTN-013: the request for DFU mode is left in the retained register, and the device resets. An application
    /// with bonds ends its link first and marks Service Changed as pending, which no failure stops (BTN-018).
    fn start_bootloader(&mut self, chip: &mut Chip, wire: &SharedWire) -> Result<GuestStep, Halt> {
        if self.offers.service == Service::Bonded {
            wire.lock().close(slot_after(chip.now()), Closed::ByDevice);
        }
        chip.pass_time(chip.now() + cycles_from_ms(SHUT_DOWN_MS));
        if self.offers.habit != Habit::RequestForgotten {
            chip.store_word(GPREGRET, 0)?;
            chip.store_word(GPREGRET, ENTER_DFU)?;
        }
        Ok(GuestStep::Reset(Reset::Soft))
    }
}
