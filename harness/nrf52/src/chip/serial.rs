//! The host at the other end of the serial ports.

use super::Chip;
use crate::peripherals::{HostPort, LineFault, UartByte, UartSetting};

/// Ports are numbered as on the chip: 0 is UART0 and UARTE0, 1 is UARTE1. A port the chip does not have swallows what is
/// sent to it, and says nothing.
impl Chip {
    /// How many serial ports the chip has.
    pub fn uarts(&self) -> usize {
        (0..2).filter(|port| self.soc.peripherals.uarte(*port).is_some()).count()
    }

    /// How the firmware has set a port up; none while it is off, or the chip has no power.
    pub fn uart_setting(&self, port: usize) -> Option<UartSetting> {
        self.soc.peripherals.uarte(port).filter(|_| self.is_powered())?.setting()
    }

    /// Sets the host's end of a serial port.
    pub fn set_uart_host(&mut self, port: usize, host: HostPort) {
        let now = self.core.now();
        self.soc
            .peripherals
            .uarte_input(port, now, &mut self.soc.ram, |uarte, world| uarte.set_host(host, world));
        self.update_irq();
    }

    /// How the host's end is set.
    pub fn uart_host(&self, port: usize) -> HostPort {
        self.soc.peripherals.uarte(port).map(|uarte| uarte.host()).unwrap_or_default()
    }

    /// The host sends bytes, as fast as its rate and flow control let it, after those that already wait.
    pub fn uart_send(&mut self, port: usize, bytes: &[u8]) {
        let now = self.core.now();
        self.soc.peripherals.uarte_input(port, now, &mut self.soc.ram, |uarte, _| {
            for &byte in bytes {
                uarte.feed(now, byte, None);
            }
        });
    }

    /// The host sends one byte, not before cycle `at` and after those that already wait, and something may go wrong with
    /// it on the way.
    pub fn uart_send_at(&mut self, port: usize, at: u64, byte: u8, fault: Option<LineFault>) {
        let now = self.core.now();
        self.soc
            .peripherals
            .uarte_input(port, now, &mut self.soc.ram, |uarte, _| uarte.feed(at, byte, fault));
    }

    /// How many bytes of the host have not arrived yet.
    pub fn uart_waiting(&self, port: usize) -> usize {
        self.soc.peripherals.uarte(port).map_or(0, |uarte| uarte.host_waiting())
    }

    /// The host gives up the bytes that have not left it.
    pub fn uart_clear(&mut self, port: usize) {
        let now = self.core.now();
        self.soc.peripherals.uarte_input(port, now, &mut self.soc.ram, |uarte, _| uarte.clear_host());
    }

    /// Takes the bytes the chip has sent since they were taken last, each with the cycle in which its stop bit ended.
    pub fn uart_take(&mut self, port: usize) -> Vec<UartByte> {
        let now = self.core.now();
        let ram = &mut self.soc.ram;
        self.soc.peripherals.uarte_input(port, now, ram, |uarte, _| uarte.take_sent()).unwrap_or_default()
    }

    /// The bytes [`Chip::uart_take`] would take.
    pub fn uart_sent(&self, port: usize) -> &[UartByte] {
        self.soc.peripherals.uarte(port).map_or(&[], |uarte| uarte.sent())
    }

    /// Whether the chip's RTS lets the host send. Without flow control on the chip's side it never does.
    pub fn uart_rts(&self, port: usize) -> bool {
        self.is_powered() && self.soc.peripherals.uarte(port).is_some_and(|uarte| uarte.lets_host_send())
    }

    /// Whether the chip's receiver is switched on.
    pub fn uart_listens(&self, port: usize) -> bool {
        self.is_powered() && self.soc.peripherals.uarte(port).is_some_and(|uarte| uarte.listens())
    }

    /// Bytes that arrived while the chip's receiver was off.
    pub fn uart_unheard(&self, port: usize) -> u64 {
        self.soc.peripherals.uarte(port).map_or(0, |uarte| uarte.unheard())
    }
}
