//! One virtual board: a chip, what is on it, and the ways to it.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{ApplicationLink, Link};
use gauntlet_links::air::Seen;
use gauntlet_links::direct::{
    ChipUart, DirectApplication, DirectBle, DirectGatt, DirectSerial, VirtualBoard, VirtualCentral,
};
use gauntlet_links::dongle::DongleOptions;
use gauntlet_links::gatt::Gatt;
use gauntlet_nrf52::{
    self as nrf52, CYCLES_PER_SECOND, Chip, FlashAction, MachineStop, Reset, TearPattern, Variant,
    cycles_from_us,
};
use gauntlet_probe::serve::{Protocol, Server};
use gauntlet_probe::virtual_probe::Registration;
use gauntlet_probe::{BoardSelector, Debugger, Segment};
use gauntlet_reference::gap::Central;
use gauntlet_reference::wire::{Closed, FromHost, Presence};
use gauntlet_reference::{Layout, Profile};

use super::{SUPERVISION_US, settling};
#[cfg(unix)]
use crate::bluetooth::{self, Bluetooth};
use crate::board::{Board, BoardError, CableEvent, Cut, CutPlace, CutReport, LinkKind, Mode, Peer, Tear};
use crate::device::Device;
use crate::dongles::Dongles;
use crate::flash_log::FlashLog;
use crate::patience::Patience;
use crate::running::Runs;
#[cfg(unix)]
use crate::serial_way::SerialWay;
#[cfg(unix)]
use crate::serve::{Line, SerialPort};
use crate::sweep::Sweep;

const UICR: u32 = 0x1000_1000;
const RAM: u32 = 0x2000_0000;

fn central(peer: Peer) -> Central {
    match peer {
        Peer::Known => Central::bonded(),
        Peer::Forgetful => Central::forgetful(),
        Peer::Stranger => Central::stranger(),
        Peer::Impostor => Central::impostor(),
    }
}

pub(super) struct OpenBoard {
    pub(super) board: VirtualBoard,
    /// The way of the client's traffic, when it goes over BLE.
    #[cfg(unix)]
    pub(super) bluetooth: Option<Bluetooth>,
    /// A serial line goes over a port of the system.
    #[cfg(unix)]
    pub(super) has_port: bool,
    /// What BLE goes through.
    pub(super) dongles: Option<Dongles>,
    pub(super) selector: BoardSelector,
    /// The probe can be found for as long as this lives.
    pub(super) _probe: Registration,
    pub(super) origin: u64,
    pub(super) seed: u64,
    pub(super) variant: Variant,
    /// The firmware in the chip, when it is not the reference device.
    pub(super) runs: Option<Runs>,
}

impl OpenBoard {
    /// Nothing stands between the client's traffic and the device.
    fn is_direct(&self) -> bool {
        #[cfg(unix)]
        let passes_system = self.bluetooth.is_some() || self.has_port;
        #[cfg(not(unix))]
        let passes_system = false;
        self.dongles.is_none() && !passes_system
    }

    fn since_origin(&self, cycle: u64) -> Duration {
        let per_micro = CYCLES_PER_SECOND / 1_000_000;
        Duration::from_micros(cycle.saturating_sub(self.origin) / per_micro)
    }

    /// What the board does at this very moment.
    pub(super) fn mode_now(&self) -> Mode {
        let machine = self.board.machine();
        if !machine.chip.is_powered() {
            return Mode::Unsettled;
        }
        if let Some(runs) = &self.runs {
            return runs.mode(&machine.chip);
        }
        let (application, presence) = {
            let wire = self.board.wire().lock();
            (wire.is_application(), wire.presence())
        };
        match (machine.is_guest_entered() && !application, presence) {
            (false, _) => Mode::Application,
            (true, Presence::Waiting) => Mode::Dfu,
            (true, _) => Mode::Unsettled,
        }
    }
}

#[async_trait(?Send)]
impl Board for OpenBoard {
    fn selector(&self) -> &BoardSelector {
        &self.selector
    }

    fn recover(&self) -> Result<Debugger, BoardError> {
        Ok(Debugger::attach(&self.selector.clone().allow_erase_all())?)
    }

    fn read_past_lock(&self, ranges: &[Range<u32>]) -> Result<Vec<Segment>, BoardError> {
        let machine = self.board.machine();
        let memories =
            [(0, machine.chip.flash()), (UICR, machine.chip.uicr()), (RAM, machine.chip.ram().to_vec())];
        let read = |range: &Range<u32>| {
            memories.iter().find_map(|(start, bytes)| {
                let at = range.start.checked_sub(*start)? as usize;
                let bytes = bytes.get(at..at + range.len())?.to_vec();
                Some(Segment::new(range.start, bytes))
            })
        };
        let found: Option<Vec<Segment>> = ranges.iter().map(read).collect();
        found.ok_or(BoardError::Impossible("be read where it has no memory"))
    }

    fn link(&self, kind: LinkKind, device: &Device) -> Result<Box<dyn Link>, BoardError> {
        self.link_of(Peer::Known, kind, device)
    }

    fn application_link(&self, peer: Peer) -> Result<Box<dyn ApplicationLink>, BoardError> {
        #[cfg(unix)]
        if let Some(bluetooth) = &self.bluetooth {
            return Ok(bluetooth.application(central(peer)));
        }
        if let Some(dongles) = &self.dongles {
            return Ok(dongles.host(peer, central(peer)).application());
        }
        let central = VirtualCentral::new(self.board.clone(), central(peer));
        Ok(Box::new(DirectApplication::of(central)))
    }

    fn gatt(&self, peer: Peer) -> Result<Box<dyn Gatt>, BoardError> {
        #[cfg(unix)]
        if let Some(bluetooth) = &self.bluetooth {
            return Ok(bluetooth.gatt(central(peer)));
        }
        if let Some(dongles) = &self.dongles {
            return Ok(dongles.host(peer, central(peer)).gatt());
        }
        Ok(Box::new(DirectGatt::of(VirtualCentral::new(self.board.clone(), central(peer)))))
    }

    fn seen_on_air(&self) -> Vec<Seen> {
        self.board.take_seen()
    }

    fn link_of(&self, peer: Peer, kind: LinkKind, device: &Device) -> Result<Box<dyn Link>, BoardError> {
        if let Some(runs) = &self.runs {
            return match kind {
                LinkKind::Serial => Ok(Box::new(ChipUart::new(self.board.clone(), runs.uart))),
                LinkKind::Ble { .. } => {
                    Err(BoardError::NoSuchLink("BLE: nobody plays the radio for its firmware"))
                }
            };
        }
        let (board, who) = (self.board.clone(), central(peer));
        match (kind, device.build.profile) {
            (LinkKind::Ble { att_mtu }, Profile::Ble) => {
                #[cfg(unix)]
                if let Some(bluetooth) = &self.bluetooth {
                    return Ok(bluetooth.link(who, att_mtu));
                }
                if let Some(dongles) = &self.dongles {
                    let host = dongles.host(peer, who);
                    let options = DongleOptions { att_mtu, ..host.options().clone() };
                    return Ok(host.with(options).link());
                }
                let central = VirtualCentral::new(board, who);
                Ok(Box::new(DirectBle::of(central, att_mtu)))
            }
            #[cfg(unix)]
            (LinkKind::Serial, profile @ (Profile::Uart | Profile::Usb)) if self.has_port => {
                Ok(SerialWay::new(board, profile).map_err(BoardError::Port)?.link())
            }
            (LinkKind::Serial, Profile::Uart) => Ok(Box::new(DirectSerial::new(board))),
            (LinkKind::Serial, Profile::Usb) => Ok(Box::new(DirectSerial::usb(board))),
            (LinkKind::Ble { .. }, _) => {
                Err(BoardError::NoSuchLink("BLE: its bootloader is built for a serial line"))
            }
            (LinkKind::Serial, _) => {
                Err(BoardError::NoSuchLink("a serial line: its bootloader is built for BLE"))
            }
        }
    }

    #[cfg(unix)]
    fn patience(&self) -> Patience {
        if self.bluetooth.is_some() { bluetooth::patience() } else { Patience::default() }
    }

    /// What passes something on its way may be held up or lost there, so only the direct way tells when the device did what.
    fn starts(&self) -> Option<u32> {
        self.is_direct().then(|| self.board.machine().chip.starts())
    }

    fn device_time(&self) -> Duration {
        let now = self.board.machine().chip.now();
        self.since_origin(now)
    }

    async fn idle(&self, span: Duration) {
        self.board.run_for(span).await;
    }

    async fn settle(&self, limit: Duration) -> Mode {
        settling::settle(self, limit).await
    }

    fn reset_pin(&self) -> Result<(), BoardError> {
        self.board.machine().reset(Reset::Pin);
        Ok(())
    }

    fn hold_button(&self, held: bool) -> Result<(), BoardError> {
        if self.runs.is_some() {
            return Err(BoardError::Impossible("have the button of its firmware held: nobody knows its pin"));
        }
        let button = Layout::of(self.variant).dfu_button;
        self.board.machine().chip.button(button, held);
        Ok(())
    }

    fn wake_from_off(&self) -> Result<(), BoardError> {
        if self.runs.is_some() {
            return Err(BoardError::Impossible("be woken: its firmware has not said by which pin"));
        }
        self.board.machine().reset(Reset::WakeFromOff);
        Ok(())
    }

    fn disturb_cable(&self, event: CableEvent) -> Result<(), BoardError> {
        if self.runs.is_some() {
            return Err(BoardError::Impossible("have its cable pulled or its line disturbed"));
        }
        let now = self.board.machine().now();
        let mut wire = self.board.wire().lock();
        if wire.presence() == Presence::Waiting {
            wire.connect(0);
        }
        let felt = match event {
            CableEvent::Pulled => wire.send(now, FromHost::Unplugged),
            // Nobody goes on talking over that line.
            CableEvent::Break => {
                wire.send(now, FromHost::LineError) && wire.send(now, FromHost::Disconnected)
            }
        };
        let nobody = BoardError::Impossible("have its cable disturbed: nothing listens there");
        if felt { Ok(()) } else { Err(nobody) }
    }

    async fn power_cycle(&self, off: Duration) -> Result<(), BoardError> {
        self.board.machine().power_off();
        let noticed = self.board.machine().now() + cycles_from_us(SUPERVISION_US);
        self.board.wire().lock().close(noticed, Closed::Vanished);
        self.board.run_for(off).await;
        self.board.machine().power_on();
        Ok(())
    }

    fn arm_cut(&self, cut: Cut) -> Result<(), BoardError> {
        let tear = match cut.tear {
            Tear::Before => nrf52::Tear::Before,
            Tear::Torn => nrf52::Tear::Torn(TearPattern::random(self.seed ^ cut.flash_op)),
            Tear::After => nrf52::Tear::After,
        };
        let off = u64::try_from(cut.off.as_micros()).unwrap_or(u64::MAX);
        self.board.machine().chip.arm_cut(nrf52::Cut {
            at_op: cut.flash_op,
            tear,
            off_for: Some(cycles_from_us(off)),
        });
        Ok(())
    }

    fn cut_fired(&self) -> Option<CutReport> {
        let fired = self.board.machine().chip.cut_fired()?;
        let address = match fired.action {
            FlashAction::Program { address, .. } | FlashAction::ErasePage { address } => address,
            _ => 0,
        };
        let place = CutPlace::Counted { flash_op: fired.cut.at_op, address };
        Some(CutReport { place, at: self.since_origin(fired.at) })
    }

    fn disarm_cut(&self) {
        self.board.machine().chip.disarm_cut();
    }

    fn record_flash(&self) -> Result<(), BoardError> {
        // The reference device runs in the host, so that its flash alone can't be booted.
        if self.runs.is_none() {
            return Err(BoardError::Impossible("be swept: its bootloader is a model, not code in its flash"));
        }
        self.board.machine().chip.set_recording(true);
        Ok(())
    }

    fn watch_flash(&self) {
        self.board.machine().chip.set_recording(true);
    }

    fn flash_log(&self) -> Option<FlashLog> {
        FlashLog::of(&self.board.machine().chip)
    }

    fn cut_sweep(&self) -> Result<Sweep, BoardError> {
        let landmarks = self.runs.as_ref().map(|runs| runs.landmarks.clone());
        let sweep = landmarks.and_then(|landmarks| Sweep::of(&self.board.machine().chip, landmarks));
        sweep.ok_or(BoardError::Impossible("be swept: its flash operations were not written down"))
    }

    fn take_over(&self, chip: Chip) -> Result<(), BoardError> {
        self.board.machine().chip = chip;
        Ok(())
    }

    fn complaint(&self) -> Option<String> {
        let mut machine = self.board.machine();
        if let Some(runs) = &self.runs {
            return runs.complaint(&machine.chip);
        }
        match machine.run_for(1) {
            MachineStop::UnexpectedTrap(trap) => {
                Some(format!("the firmware executed the unknown trap {trap:#04x}"))
            }
            _ => None,
        }
    }

    #[cfg(unix)]
    fn serial_port(&self, line: &Line) -> Result<SerialPort, BoardError> {
        SerialPort::open(self.board.clone(), line).map_err(BoardError::Port)
    }

    fn serve(&self, protocol: Protocol, port: u16) -> Result<Server, BoardError> {
        Server::start(protocol, self.board.shared(), port).map_err(|cause| BoardError::Serve { port, cause })
    }
}
