//! The virtual bench: any number of boards, each a virtual chip with the reference device on it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{ApplicationLink, Link};
use gauntlet_links::direct::{
    ChipUart, DirectApplication, DirectBle, DirectGatt, DirectSerial, SharedMachine, VirtualBoard,
    VirtualCentral,
};
use gauntlet_links::dongle::DongleOptions;
use gauntlet_links::gatt::Gatt;
use gauntlet_nrf52::{
    self as nrf52, CYCLES_PER_SECOND, Chip, Fill, FlashAction, Machine, MachineStop, Reset, TearPattern,
    Variant, cycles_from_us,
};
use gauntlet_probe::BoardSelector;
use gauntlet_probe::serve::{Protocol, Server};
use gauntlet_probe::virtual_probe::{self, Registration};
use gauntlet_reference::gap::Central;
use gauntlet_reference::wire::{Closed, Presence};
use gauntlet_reference::{Layout, Profile, ReferenceDevice, SharedWire};

use crate::backend::Backend;
#[cfg(unix)]
use crate::bluetooth::{self, Bluetooth};
use crate::board::{Board, BoardError, Cut, CutPlace, CutReport, LinkKind, Mode, Peer, Tear};
use crate::device::Device;
use crate::dongles::Dongles;
use crate::patience::Patience;
use crate::running::Runs;
#[cfg(unix)]
use crate::serial_way::SerialWay;
#[cfg(unix)]
use crate::serve::{Line, SerialPort};
use crate::sweep::Sweep;
use crate::target::Target;
use crate::{Bench, Capability};

/// How long the board runs between two looks at what it does.
const LOOK: Duration = Duration::from_millis(20);
/// How much looks in a row must weigh until the board counts as settled. DFU mode may still end, an application starts at
/// once.
const ENOUGH: u32 = 10;
const DFU: u32 = 1;
const APPLICATION: u32 = 5;
/// Firmware in the host has worked for longer than a look: it may restart with more to do, or start an application that
/// crashes and is started again.
const RESTARTED: u32 = 1;
/// A device that has started so often while it was waited for comes to rest at no time.
const RESET_LOOP: u32 = 50;

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

/// What boards with the reference device can do.
const REFERENCE: &[Capability] = &[
    Capability::Ble,
    Capability::Serial,
    Capability::PowerCut,
    Capability::FlashOpFaults,
    Capability::Reset,
    Capability::Buttonless,
    Capability::Centrals,
    Capability::ChosenMtu,
    Capability::Gatt,
    Capability::AnyAttribute,
    Capability::AnyConfiguration,
    Capability::LongWrite,
    Capability::LongRequest,
    Capability::MtuExchange,
    Capability::Confirmation,
    Capability::Pairing,
    Capability::Overtaking,
];
/// The same behind a dongle, whose line and buffers take their time.
const BEHIND_A_DONGLE: &[Capability] = &[
    Capability::Ble,
    Capability::Serial,
    Capability::PowerCut,
    Capability::FlashOpFaults,
    Capability::Reset,
    Capability::Buttonless,
    Capability::Centrals,
    Capability::ChosenMtu,
    Capability::Gatt,
    Capability::AnyAttribute,
    Capability::AnyConfiguration,
    Capability::LongWrite,
    Capability::LongRequest,
    Capability::MtuExchange,
    Capability::Confirmation,
    Capability::Pairing,
];
/// The same behind a Bluetooth service, which keeps some things of ATT to itself.
const BEHIND_BLUETOOTH: &[Capability] = &[
    Capability::Ble,
    Capability::Serial,
    Capability::PowerCut,
    Capability::FlashOpFaults,
    Capability::Reset,
    Capability::Buttonless,
    Capability::Gatt,
    Capability::Centrals,
    Capability::ChosenMtu,
];
/// What boards with firmware in the chip can do: nobody plays the radio for them.
const FIRMWARE: &[Capability] = &[
    Capability::Serial,
    Capability::PowerCut,
    Capability::FlashOpFaults,
    Capability::Reset,
    Capability::CutSweep,
];

impl Bench for VirtualBench {
    fn name(&self) -> &'static str {
        "virtual"
    }

    fn capabilities(&self) -> &[Capability] {
        match (&self.target, self.backend) {
            (Some(_), _) => FIRMWARE,
            (None, Backend::Ble) => BEHIND_BLUETOOTH,
            (None, Backend::Dongle) => BEHIND_A_DONGLE,
            (None, Backend::Direct | Backend::Serial) => REFERENCE,
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
        let selector = BoardSelector::new(probe.selector(), variant.target_name()).allow_erase_all();
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
            runs,
        }))
    }

    fn has_virtual_time(&self) -> bool {
        // The Bluetooth library has bounds of its own, and they are in wall time.
        self.backend != Backend::Ble
    }
}

fn central(peer: Peer) -> Central {
    match peer {
        Peer::Known => Central::bonded(),
        Peer::Forgetful => Central::forgetful(),
        Peer::Stranger => Central::stranger(),
    }
}

struct OpenBoard {
    board: VirtualBoard,
    /// The way of the client's traffic, when it goes over BLE.
    #[cfg(unix)]
    bluetooth: Option<Bluetooth>,
    /// A serial line goes over a port of the system.
    #[cfg(unix)]
    has_port: bool,
    /// What BLE goes through.
    dongles: Option<Dongles>,
    selector: BoardSelector,
    /// The probe can be found for as long as this lives.
    _probe: Registration,
    origin: u64,
    seed: u64,
    /// The firmware in the chip, when it is not the reference device.
    runs: Option<Runs>,
}

impl OpenBoard {
    fn since_origin(&self, cycle: u64) -> Duration {
        let per_micro = CYCLES_PER_SECOND / 1_000_000;
        Duration::from_micros(cycle.saturating_sub(self.origin) / per_micro)
    }

    /// What the board does at this very moment.
    fn mode_now(&self) -> Mode {
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

    fn device_time(&self) -> Duration {
        let now = self.board.machine().chip.now();
        self.since_origin(now)
    }

    async fn idle(&self, span: Duration) {
        self.board.run_for(span).await;
    }

    async fn settle(&self, limit: Duration) -> Mode {
        let end = self.device_time() + limit;
        let (mut mode, mut agreed) = (Mode::Unsettled, 0);
        let starts = self.board.machine().chip.starts();
        while self.device_time() < end {
            let began = self.device_time();
            let counts = |chip: &Chip| (chip.instructions(), chip.flash_ops());
            let before = counts(&self.board.machine().chip);
            self.board.run_for(LOOK).await;
            let now = self.mode_now();
            let after = counts(&self.board.machine().chip);
            if self.runs.is_some() && self.board.machine().chip.starts() > starts + RESET_LOOP {
                return Mode::Unsettled;
            }
            if let Some(runs) = self.runs.as_ref().filter(|_| now != Mode::Unsettled) {
                let weight = runs.weight(now, after.0 - before.0, after.1 != before.1);
                agreed = if now == mode { agreed + weight } else { weight };
                mode = now;
                if agreed >= Runs::ENOUGH {
                    return mode;
                }
                continue;
            }
            let worked = self.device_time() - began >= 2 * LOOK;
            let weight = match now {
                Mode::Application if worked => RESTARTED,
                Mode::Application => APPLICATION,
                Mode::Dfu => DFU,
                Mode::Unsettled => 0,
            };
            agreed = if now == mode { agreed + weight } else { weight };
            mode = now;
            if agreed >= ENOUGH {
                return mode;
            }
        }
        Mode::Unsettled
    }

    fn reset_pin(&self) -> Result<(), BoardError> {
        self.board.machine().reset(Reset::Pin);
        Ok(())
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
