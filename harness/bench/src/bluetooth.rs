//! A virtual board behind a Bluetooth service without a radio, reached by the unmodified Bluetooth library.
//!
//! The library finds its bus by an environment variable that is read once for each process. So a process has one such board
//! at a time, on the one bus that it was started for.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use gauntlet_bluez::{FakeBluez, Host, Options};
use gauntlet_engine::{ApplicationLink, Link, Pace};
use gauntlet_links::ble::{BleHost, BleOptions, Wanted};
use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::gatt::Gatt;
use gauntlet_reference::gap::{Address, Central};

use crate::board::BoardError;
use crate::patience::Patience;

/// Where the Bluetooth library looks for its bus.
pub const BUS_VARIABLE: &str = "DBUS_SYSTEM_BUS_ADDRESS";
/// Set beside it in a process whose bus may be taken by a board. Anybody else's bus is left alone.
pub const BUS_OWN_VARIABLE: &str = "GAUNTLET_OWN_BUS";

/// How much faster than the wall the device lives while it is waited for.
const SPEED: u32 = 10;
/// ATT_MTU of a host of today, as far as a bootloader goes.
const ATT_MTU: u16 = 247;

/// A board's way into the air.
pub(crate) struct Bluetooth {
    service: FakeBluez,
    /// The address of the device's application.
    address: [u8; 6],
    att_mtu: Cell<u16>,
}

impl Bluetooth {
    /// Puts the service of this process in front of `board`.
    ///
    /// # Errors
    /// [`BoardError::NoBus`] in a process that was not started for this; [`BoardError::Bluetooth`].
    pub(crate) fn open(board: &VirtualBoard) -> Result<Self, BoardError> {
        let place = own_bus().ok_or(BoardError::NoBus)?;
        let address = Address::of_chip(&mut board.machine().chip)
            .map_err(|_| BoardError::Impossible("be found: its chip has no power"))?;
        let mut bytes = address.bytes;
        bytes.reverse();
        let options = Options {
            central: Central::bonded(),
            att_mtu: ATT_MTU,
            board_lives_on: false,
            speed: SPEED,
            ..Options::default()
        };
        let service = FakeBluez::start_at(board.clone(), options, &place).map_err(BoardError::Bluetooth)?;
        Ok(Self { service, address: bytes, att_mtu: Cell::new(ATT_MTU) })
    }

    /// The machine is `central` now, and asks for `att_mtu` bytes.
    fn become_host(&self, central: Central, att_mtu: u16) {
        self.att_mtu.set(att_mtu);
        self.service.become_host(Host { central, att_mtu });
    }

    pub(crate) fn link(&self, central: Central, att_mtu: u16) -> Box<dyn Link> {
        self.become_host(central, att_mtu);
        Box::new(BleHost::new(options(Wanted::Anyone)).link())
    }

    pub(crate) fn application(&self, central: Central) -> Box<dyn ApplicationLink> {
        self.become_host(central, self.att_mtu.get());
        Box::new(BleHost::new(options(Wanted::Address(self.address))).application())
    }

    pub(crate) fn gatt(&self, central: Central) -> Box<dyn Gatt> {
        self.become_host(central, ATT_MTU);
        Box::new(BleHost::new(options(Wanted::Address(self.address))).gatt())
    }
}

/// The bus of this process, if it may be taken.
fn own_bus() -> Option<PathBuf> {
    std::env::var_os(BUS_OWN_VARIABLE)?;
    let address = std::env::var(BUS_VARIABLE).ok()?;
    Some(PathBuf::from(address.strip_prefix("unix:path=")?))
}

/// Nothing here waits for a radio. Every bound is long enough for a machine under load.
fn options(wanted: Wanted) -> BleOptions {
    BleOptions {
        patience: Duration::from_secs(1),
        look: Duration::from_millis(5),
        doubt: Duration::ZERO,
        connect: Duration::from_secs(3),
        answer: Duration::from_secs(3),
        attempts: 2,
        in_all: Duration::from_secs(6),
        ..BleOptions::new(wanted)
    }
}

/// The engine's bounds in the time of a device that lives faster than the wall.
pub(crate) fn patience() -> Patience {
    let usual = Patience::default();
    let connect = options(Wanted::Anyone).longest_connect();
    let pace =
        Pace { after_init: usual.pace.after_init / SPEED, erase: usual.pace.erase / SPEED, ..usual.pace };
    Patience {
        connect,
        // Answers may come late and are waited for (CP-016).
        response: usual.response,
        execute: usual.response,
        reconnect_pause: usual.reconnect_pause / SPEED,
        application: connect,
        answer: Duration::from_secs(4),
        gone: usual.gone / SPEED,
        pace,
    }
}
