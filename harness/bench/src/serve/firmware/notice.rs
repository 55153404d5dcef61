//! What is worth telling of firmware that runs, one line each.

use std::fmt;

use gauntlet_nrf52::{CutReport, FirstFault, FlashAction, Reset, Touch, UartSetting};

/// Registers of the CryptoCell, which no public document describes.
const CRYPTOCELL: std::ops::Range<u32> = 0x5002_A000..0x5002_C000;
/// Bits of CFSR and HFSR by which a fault is best named.
const CAUSES: [(u32, &str); 16] = [
    (1, "instruction access violation"),
    (1 << 1, "data access violation"),
    (1 << 3, "MPU violation on unstacking"),
    (1 << 4, "MPU violation on stacking"),
    (1 << 8, "bus error on an instruction fetch"),
    (1 << 9, "bus error"),
    (1 << 10, "imprecise bus error"),
    (1 << 11, "bus error on unstacking"),
    (1 << 12, "bus error on stacking"),
    (1 << 16, "undefined instruction"),
    (1 << 17, "no Thumb code there"),
    (1 << 18, "invalid exception return"),
    (1 << 19, "no coprocessor"),
    (1 << 24, "unaligned access"),
    (1 << 25, "division by zero"),
    (1 << 5, "bus error on lazy stacking"),
];
const VECTOR_TABLE: u32 = 1 << 1;

/// Something that whoever brought the firmware should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The firmware has switched a UART on.
    Uart {
        /// Its number.
        port: usize,
        /// How.
        setting: UartSetting,
    },
    /// An instruction has faulted, for the first time since the chip started.
    Fault(FirstFault),
    /// The CPU has locked up, and the chip has reset itself.
    Lockup {
        /// Where the fault was from which it could not recover, if that is known.
        pc: Option<u32>,
    },
    /// It resets again and again without getting anywhere.
    ResetLoop {
        /// What resets it.
        kind: Reset,
        /// How often within `millis`.
        resets: usize,
        /// Device time in milliseconds.
        millis: u64,
    },
    /// It has been asleep or stopped for a while, and no UART listens.
    Silent {
        /// Where the CPU is.
        pc: u32,
    },
    /// It has been busy for a long time without a byte, a flash operation, or sleep.
    Spinning {
        /// Where the CPU is.
        pc: u32,
    },
    /// It used a register that the chip does not model; the register reads 0.
    Unmodelled(Touch),
    /// It used a host trap that only the reference device has.
    HostTrap(u8),
    /// The supply was cut.
    PowerCut(CutReport),
    /// The application runs.
    Application {
        /// Where the CPU is.
        pc: u32,
    },
    /// There was more, which is not told.
    Enough,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uart { port, setting } => uart(f, *port, setting),
            Self::Fault(fault) => fault_line(f, fault),
            Self::Lockup { pc } => {
                f.write_str("the CPU locked up")?;
                if let Some(pc) = pc {
                    write!(f, " behind a fault at 0x{pc:08x}")?;
                }
                f.write_str(", and the chip reset itself")
            }
            Self::ResetLoop { kind, resets, millis } => write!(
                f,
                "the firmware gets nowhere: {resets} resets within {} ms, the last one {}",
                millis + 1,
                reset_name(*kind)
            ),
            Self::Silent { pc } => write!(
                f,
                "the firmware sleeps at 0x{pc:08x} without a UART that listens; only a reset or a debug tool can change that"
            ),
            Self::Spinning { pc } => {
                write!(
                    f,
                    "the firmware is busy around 0x{pc:08x} and does nothing else; its time follows the wall's now"
                )
            }
            Self::Unmodelled(touch) => unmodelled(f, touch),
            Self::HostTrap(trap) => write!(
                f,
                "the firmware executed UDF #0x{trap:02x}, a trap of the reference device; no firmware for a chip has it"
            ),
            Self::PowerCut(report) => power_cut(f, report),
            Self::Application { pc } => write!(f, "the application runs, at 0x{pc:08x}"),
            Self::Enough => f.write_str("more of this is not told"),
        }
    }
}

fn uart(f: &mut fmt::Formatter<'_>, port: usize, setting: &UartSetting) -> fmt::Result {
    write!(f, "UART{port}: {} baud", setting.baud)?;
    f.write_str(if setting.parity { ", parity" } else { "" })?;
    f.write_str(if setting.flow_control { ", RTS/CTS" } else { ", no flow control" })?;
    for (name, pin) in [("TX", setting.tx), ("RX", setting.rx), ("RTS", setting.rts), ("CTS", setting.cts)] {
        let used = setting.flow_control || matches!(name, "TX" | "RX");
        if let Some(pin) = pin.filter(|_| used) {
            write!(f, ", {name} P{}.{:02}", pin / 32, pin % 32)?;
        }
    }
    Ok(())
}

fn fault_line(f: &mut fmt::Formatter<'_>, fault: &FirstFault) -> fmt::Result {
    let cause = CAUSES.iter().find(|(bit, _)| fault.cfsr & bit != 0).map(|(_, name)| *name);
    let vector = (fault.hfsr & VECTOR_TABLE != 0).then_some("no vector");
    write!(f, "fault at 0x{:08x}: {}", fault.pc, cause.or(vector).unwrap_or("hard fault"))?;
    if let Some(address) = fault.address {
        write!(f, " of 0x{address:08x}")?;
    }
    write!(f, " (LR 0x{:08x}, SP 0x{:08x})", fault.lr, fault.sp)
}

fn unmodelled(f: &mut fmt::Formatter<'_>, touch: &Touch) -> fmt::Result {
    if CRYPTOCELL.contains(&touch.address) {
        f.write_str(
            "the firmware uses the CryptoCell, which is not modelled: its signature check can't succeed",
        )?;
    } else {
        write!(f, "the firmware uses 0x{:08x} ({}), which is not modelled", touch.address, touch.block())?;
    }
    match touch.written {
        Some(value) => write!(f, "; written 0x{value:x}")?,
        None => f.write_str("; read")?,
    }
    match touch.pc {
        Some(pc) => write!(f, " at 0x{pc:08x}"),
        None => Ok(()),
    }
}

fn power_cut(f: &mut fmt::Formatter<'_>, report: &CutReport) -> fmt::Result {
    write!(f, "the supply was cut at flash operation {}", report.cut.at_op)?;
    match report.action {
        FlashAction::Program { address, value } => write!(f, ", 0x{value:08x} to 0x{address:08x}"),
        FlashAction::ErasePage { address } => write!(f, ", the page at 0x{address:08x} erased"),
        _ => Ok(()),
    }?;
    match report.cut.off_for {
        Some(cycles) => {
            write!(f, "; it comes back after {} ms", gauntlet_nrf52::us_from_cycles(cycles) / 1000)
        }
        None => Ok(()),
    }
}

fn reset_name(kind: Reset) -> &'static str {
    match kind {
        Reset::PowerOn => "by power",
        Reset::BrownOut => "by a brown-out",
        Reset::Pin => "by the pin",
        Reset::Watchdog => "by the watchdog",
        Reset::Soft => "by software",
        Reset::Lockup => "by a lockup",
        Reset::CtrlAp => "by a debug tool",
        Reset::WakeFromOff => "by waking up",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(address: u32) -> Notice {
        Notice::Unmodelled(Touch {
            address,
            at: 0,
            pc: Some(0x7_8124),
            written: Some(1),
            count: 1,
            writes: 1,
        })
    }

    #[test]
    fn a_line_says_what_and_where() {
        assert_eq!(
            touch(0x4000_1504).to_string(),
            "the firmware uses 0x40001504 (RADIO), which is not modelled; written 0x1 at 0x00078124"
        );
        assert!(touch(0x5002_B000).to_string().contains("CryptoCell"));
        let fault = FirstFault {
            pc: 0x1234,
            lr: 1,
            sp: 2,
            cfsr: 1 << 9,
            hfsr: 1 << 30,
            address: Some(0x3000_0000),
            cycle: 9,
        };
        assert_eq!(
            Notice::Fault(fault).to_string(),
            "fault at 0x00001234: bus error of 0x30000000 (LR 0x00000001, SP 0x00000002)"
        );
    }
}
