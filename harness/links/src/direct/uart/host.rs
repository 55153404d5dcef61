//! The host's end of a UART of a virtual chip: bytes in and out of the pins, without a time of its own.

use gauntlet_nrf52::{Chip, HostPort, UartByte, UartSetting};

/// Whether the host waits for the chip's RTS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FlowControl {
    /// When the firmware has switched RTS/CTS on: a host that is set the way its device is.
    #[default]
    AsTheFirmware,
    /// Always. A firmware without flow control then never hears a byte.
    Obeyed,
    /// Never. Bytes get lost while flash is erased.
    Ignored,
}

/// Which UART the host is wired to, and how it is set. 8 bits, no parity, one stop bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UartOptions {
    /// Number of the chip's port; `None` takes the first one on which the firmware listens.
    pub port: Option<usize>,
    /// Bits a second of the host.
    pub baud: u32,
    /// Whether the host waits for the chip's RTS.
    pub flow_control: FlowControl,
}

impl Default for UartOptions {
    /// What the SDK's bootloaders use (SER-022), on whichever port they use it.
    fn default() -> Self {
        Self { port: None, baud: 115_200, flow_control: FlowControl::default() }
    }
}

/// The host's end of one port, once the firmware listens there.
///
/// The firmware may reset at any time; the end stays, and hears and is heard whenever the port is on again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UartEnd {
    port: usize,
}

impl UartEnd {
    /// Looks for the port on which the firmware listens at this moment, and sets the host's end of it as the options say.
    pub fn find(chip: &mut Chip, options: &UartOptions) -> Option<Self> {
        let listens = |port: &usize| chip.uart_setting(*port).is_some_and(|setting| setting.listens);
        let port = match options.port {
            Some(port) => Some(port).filter(listens),
            None => (0..chip.uarts()).find(listens),
        }?;
        let firmware_obeys = chip.uart_setting(port).is_some_and(|setting| setting.flow_control);
        let obeys_rts = match options.flow_control {
            FlowControl::AsTheFirmware => firmware_obeys,
            FlowControl::Obeyed => true,
            FlowControl::Ignored => false,
        };
        chip.set_uart_host(port, HostPort { baud: Some(options.baud), obeys_rts, ready: true });
        Some(Self { port })
    }

    /// Number of the port.
    pub fn port(self) -> usize {
        self.port
    }

    /// How the firmware has set the port up; none while it is off.
    pub fn setting(self, chip: &Chip) -> Option<UartSetting> {
        chip.uart_setting(self.port)
    }

    /// Whether the firmware listens.
    pub fn listens(self, chip: &Chip) -> bool {
        chip.uart_listens(self.port)
    }

    /// Hands bytes to the host's driver. They go out at the line's speed while flow control permits, and are lost when
    /// nobody listens then.
    pub fn send(self, chip: &mut Chip, bytes: &[u8]) {
        chip.uart_send(self.port, bytes);
    }

    /// Bytes that have not gone out.
    pub fn waiting(self, chip: &Chip) -> usize {
        chip.uart_waiting(self.port)
    }

    /// Gives up the bytes that have not gone out.
    pub fn give_up(self, chip: &mut Chip) {
        chip.uart_clear(self.port);
    }

    /// Takes what the firmware has sent since it was taken last.
    pub fn take(self, chip: &mut Chip) -> Vec<UartByte> {
        chip.uart_take(self.port)
    }

    /// Why a firmware that listens may be heard as noise only: its speed or format is another one than the host's.
    pub fn mismatch(self, chip: &Chip, options: &UartOptions) -> Option<String> {
        let setting = self.setting(chip)?;
        if setting.parity {
            return Some("the firmware sends a parity bit, the host does not".to_owned());
        }
        // Both may be wrong by 5 % in all until the last bit of a byte is sampled in another one.
        let apart = u64::from(setting.baud.abs_diff(options.baud)) * 20 > u64::from(setting.baud);
        apart.then(|| format!("the firmware runs at {} baud, the host at {}", setting.baud, options.baud))
    }
}
