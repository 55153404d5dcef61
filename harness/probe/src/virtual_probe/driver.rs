//! One opened virtual probe.

use std::sync::{Arc, MutexGuard, PoisonError};

use gauntlet_nrf52::{DapError, DapPort, Machine};
use probe_rs::{
    CoreStatus, Error,
    architecture::arm::{
        ArmCommunicationInterface, ArmDebugInterface, ArmError, DapError as ProbeDapError, DapProbe,
        RawDapAccess, RegisterAddress, sequences::ArmDebugSequence,
    },
    probe::{DebugProbe, DebugProbeError, WireProtocol},
};

use super::SharedMachine;

const DP_ABORT: u8 = 0x0;
const CLEAR_ERRORS: u32 = 0x1E;
const RESET_PIN: u32 = 1 << 7;
/// A probe of this kind is not slower than the machine behind it, so any speed will do.
const SPEED_KHZ: u32 = 8_000;

#[derive(Debug)]
pub(super) struct VirtualProbe {
    name: String,
    machine: SharedMachine,
    speed_khz: u32,
}

impl VirtualProbe {
    pub(super) fn new(serial: &str, machine: SharedMachine) -> Self {
        Self { name: format!("virtual board {serial}"), machine, speed_khz: SPEED_KHZ }
    }

    /// The machine. A thread that panicked while it used the machine leaves it as it was between two accesses, which
    /// is as good as any other moment.
    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does a transfer, and clears the sticky error that a FAULT leaves, as the firmware of a probe does.
    fn transfer<T>(
        &mut self,
        transfer: impl FnOnce(&mut Machine) -> Result<T, DapError>,
    ) -> Result<T, ArmError> {
        let mut machine = self.machine();
        transfer(&mut machine).map_err(|error| {
            ArmError::Dap(match error {
                DapError::NoAcknowledge => ProbeDapError::NoAcknowledge,
                DapError::Fault => {
                    // Whether this is heard or not, the answer to the transfer was FAULT.
                    let _ = machine.dap_write(DapPort::Debug, DP_ABORT, CLEAR_ERRORS);
                    ProbeDapError::FaultResponse
                }
            })
        })
    }
}

fn port(address: RegisterAddress) -> DapPort {
    if address.is_ap() { DapPort::Access } else { DapPort::Debug }
}

impl RawDapAccess for VirtualProbe {
    fn raw_read_register(&mut self, address: RegisterAddress) -> Result<u32, ArmError> {
        self.transfer(|machine| machine.dap_read(port(address), address.lsb()))
    }

    fn raw_read_block(&mut self, address: RegisterAddress, values: &mut [u32]) -> Result<(), ArmError> {
        self.transfer(|machine| machine.dap_read_block(port(address), address.lsb(), values))
    }

    fn raw_write_register(&mut self, address: RegisterAddress, value: u32) -> Result<(), ArmError> {
        self.transfer(|machine| machine.dap_write(port(address), address.lsb(), value))
    }

    fn raw_write_block(&mut self, address: RegisterAddress, values: &[u32]) -> Result<(), ArmError> {
        self.transfer(|machine| machine.dap_write_block(port(address), address.lsb(), values))
    }

    fn jtag_sequence(&mut self, _cycles: u8, _tms: bool, _tdi: u64) -> Result<(), DebugProbeError> {
        Err(DebugProbeError::UnsupportedProtocol(WireProtocol::Jtag))
    }

    fn swj_sequence(&mut self, bit_len: u8, bits: u64) -> Result<(), DebugProbeError> {
        let all_ones = bits == u64::MAX >> (64 - u32::from(bit_len.clamp(1, 64)));
        if bit_len >= 50 && all_ones {
            // Nobody acknowledges a line reset; the register access after it tells whether somebody is there.
            let _ = self.machine().dap_line_reset();
        }
        Ok(())
    }

    fn swj_pins(&mut self, pin_out: u32, pin_select: u32, _pin_wait: u32) -> Result<u32, DebugProbeError> {
        if pin_select & RESET_PIN != 0 {
            self.machine().set_reset_line(pin_out & RESET_PIN == 0);
        }
        Ok(pin_out & pin_select)
    }

    fn into_probe(self: Box<Self>) -> Box<dyn DebugProbe> {
        self
    }

    fn core_status_notification(&mut self, _state: CoreStatus) -> Result<(), DebugProbeError> {
        Ok(())
    }
}

impl DapProbe for VirtualProbe {}

impl DebugProbe for VirtualProbe {
    fn get_name(&self) -> &str {
        &self.name
    }

    fn speed_khz(&self) -> u32 {
        self.speed_khz
    }

    fn set_speed(&mut self, speed_khz: u32) -> Result<u32, DebugProbeError> {
        self.speed_khz = speed_khz;
        Ok(speed_khz)
    }

    fn attach(&mut self) -> Result<(), DebugProbeError> {
        Ok(())
    }

    fn detach(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn target_reset(&mut self) -> Result<(), DebugProbeError> {
        self.target_reset_assert()?;
        self.target_reset_deassert()
    }

    fn target_reset_assert(&mut self) -> Result<(), DebugProbeError> {
        self.machine().set_reset_line(true);
        Ok(())
    }

    fn target_reset_deassert(&mut self) -> Result<(), DebugProbeError> {
        self.machine().set_reset_line(false);
        Ok(())
    }

    fn select_protocol(&mut self, protocol: WireProtocol) -> Result<(), DebugProbeError> {
        match protocol {
            WireProtocol::Swd => Ok(()),
            other => Err(DebugProbeError::UnsupportedProtocol(other)),
        }
    }

    fn active_protocol(&self) -> Option<WireProtocol> {
        Some(WireProtocol::Swd)
    }

    fn has_arm_interface(&self) -> bool {
        true
    }

    fn try_get_arm_debug_interface<'probe>(
        self: Box<Self>,
        sequence: Arc<dyn ArmDebugSequence>,
    ) -> Result<Box<dyn ArmDebugInterface + 'probe>, (Box<dyn DebugProbe>, ArmError)> {
        Ok(ArmCommunicationInterface::create(self, sequence, false))
    }

    fn try_as_dap_probe(&mut self) -> Option<&mut dyn DapProbe> {
        Some(self)
    }

    fn into_probe(self: Box<Self>) -> Box<dyn DebugProbe> {
        self
    }
}
