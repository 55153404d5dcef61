//! The virtual debug probe: a driver for probe-rs that ends at a [`Machine`] of this process instead of a USB device.
//!
//! A machine that is registered under a serial number is found by probe-rs like any other probe. Everything above the
//! register accesses is probe-rs itself, unmodified: session, chip sequences, flash algorithm.

mod driver;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
};

use gauntlet_nrf52::Machine;
use probe_rs::{
    plugin::{Plugin, register_plugin},
    probe::{
        DebugProbe, DebugProbeError, DebugProbeInfo, DebugProbeSelector, ProbeCreationError, ProbeFactory,
        list::ProbeListItem,
    },
};

use driver::VirtualProbe;

/// USB vendor id of every virtual probe: an id no vendor has.
pub const VENDOR: u16 = 0xFFFF;
/// USB product id of every virtual probe.
pub const PRODUCT: u16 = 0x0052;

/// A machine as the probe and the links of a board share it.
pub type SharedMachine = Arc<Mutex<Machine>>;

/// The serial number is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a virtual board with the serial number {serial:?} is registered already")]
pub struct SerialInUse {
    /// The serial number.
    pub serial: String,
}

/// Keeps a machine registered; dropping it takes the board away. Sessions that are open stay usable.
#[derive(Debug)]
pub struct Registration {
    serial: String,
}

impl Registration {
    /// What to write as a probe selector to get this board: `VID:PID:SERIAL`.
    pub fn selector(&self) -> String {
        format!("{VENDOR:04x}:{PRODUCT:04x}:{}", self.serial)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        boards().remove(&self.serial);
    }
}

/// Makes a machine known to probe-rs under a serial number, for this process.
///
/// # Errors
/// [`SerialInUse`].
pub fn register(serial: &str, machine: SharedMachine) -> Result<Registration, SerialInUse> {
    static DRIVER: Once = Once::new();
    DRIVER.call_once(|| register_plugin(Plugin { probe_drivers: &[&VirtualProbes], ..Plugin::default() }));

    let serial = serial.to_owned();
    let mut boards = boards();
    if boards.contains_key(&serial) {
        return Err(SerialInUse { serial });
    }
    boards.insert(serial.clone(), machine);
    Ok(Registration { serial })
}

/// The boards of this process, by serial number.
fn boards() -> MutexGuard<'static, BTreeMap<String, SharedMachine>> {
    static BOARDS: Mutex<BTreeMap<String, SharedMachine>> = Mutex::new(BTreeMap::new());
    BOARDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The driver probe-rs asks for probes.
#[derive(Debug)]
struct VirtualProbes;

impl std::fmt::Display for VirtualProbes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("virtual board")
    }
}

impl ProbeFactory for VirtualProbes {
    fn open(&self, selector: &DebugProbeSelector) -> Result<Box<dyn DebugProbe>, DebugProbeError> {
        let not_found = DebugProbeError::ProbeCouldNotBeCreated(ProbeCreationError::NotFound);
        if (selector.vendor_id, selector.product_id) != (VENDOR, PRODUCT) {
            return Err(not_found);
        }
        let boards = boards();
        let board = match &selector.serial_number {
            Some(serial) => boards.get_key_value(serial),
            None => boards.first_key_value(),
        };
        let (serial, machine) = board.ok_or(not_found)?;
        Ok(Box::new(VirtualProbe::new(serial, Arc::clone(machine))))
    }

    fn list_probes(&self) -> Vec<ProbeListItem> {
        let item = |serial: &String| {
            let serial = Some(serial.clone());
            let info =
                DebugProbeInfo::new("virtual board", VENDOR, PRODUCT, serial, &VirtualProbes, None, false);
            ProbeListItem::accessible(info)
        };
        boards().keys().map(item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_nrf52::{Chip, Variant};
    use probe_rs::probe::list::Lister;

    fn machine() -> SharedMachine {
        Arc::new(Mutex::new(Machine::new(Chip::new(Variant::Nrf52832, 1))))
    }

    #[test]
    fn a_registered_board_is_listed_as_long_as_it_is_registered() {
        let listed = || {
            let probes = Lister::new().list_all();
            probes.iter().any(|probe| probe.serial_number.as_deref() == Some("listed"))
        };
        let board = register("listed", machine()).unwrap();
        assert_eq!(board.selector(), "ffff:0052:listed");
        assert!(listed());
        assert_eq!(register("listed", machine()).unwrap_err().serial, "listed");
        drop(board);
        assert!(!listed());
    }
}
