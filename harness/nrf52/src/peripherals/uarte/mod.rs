//! The serial ports: UARTE with EasyDMA, and on the first one the UART without it in the same page.

mod line;
mod names;
mod receiver;
mod transmitter;

use line::{Frame, Line, Rate};
pub use line::{HostPort, LineFault, UartByte, UartSetting};
use names::{event, register, short, task};
use receiver::Receiver;
use transmitter::Transmitter;

use super::block::{Block, Device, Layout, World};

/// Bits of ERRORSRC.
const OVERRUN: u32 = 1 << 0;
const PARITY: u32 = 1 << 1;
const FRAMING: u32 = 1 << 2;
const BREAK: u32 = 1 << 3;

const DISCONNECTED: u32 = 1 << 31;
const FLOW_CONTROL: u32 = 1;
const WITH_PARITY: u32 = 7 << 1;
const TWO_STOP_BITS: u32 = 1 << 4;

/// Which face of the page is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    Off,
    /// Byte by byte through RXD and TXD.
    Uart,
    /// With EasyDMA.
    Uarte,
}

/// Pins, in the order of their registers.
const RTS: usize = 0;
const TXD_PIN: usize = 1;
const CTS: usize = 2;
const RXD_PIN: usize = 3;

#[derive(Debug, Clone)]
pub(crate) struct Uarte {
    block: Block,
    base: u32,
    line_number: u8,
    /// Bits of a transfer's length.
    count_mask: u32,
    /// The page also has the UART without EasyDMA.
    has_legacy: bool,
    face: Face,
    pins: [u32; 4],
    baud_rate: u32,
    config: u32,
    errors: u32,
    receiver: Receiver,
    transmitter: Transmitter,
    line: Line,
}

impl Uarte {
    pub(crate) fn new(base: u32, irq: u8, count_bits: u8, has_legacy: bool) -> Self {
        let layout =
            Layout { base, irq, tasks: task::ALL, events: event::ALL, shorts: short::ALL, inten: true };
        Self {
            block: Block::new(layout),
            base,
            line_number: irq,
            count_mask: (1_u32 << count_bits) - 1,
            has_legacy,
            face: Face::Off,
            pins: [u32::MAX; 4],
            baud_rate: 0x0400_0000,
            config: 0,
            errors: 0,
            receiver: Receiver::default(),
            transmitter: Transmitter::default(),
            line: Line::default(),
        }
    }

    fn rate(&self) -> Rate {
        let parity = u64::from(self.config & WITH_PARITY == WITH_PARITY);
        let stop = u64::from(self.config & TWO_STOP_BITS != 0);
        Rate { register: self.baud_rate, bits: 10 + parity + stop }
    }

    fn has_pin(&self, pin: usize) -> bool {
        self.pins[pin] & DISCONNECTED == 0
    }

    fn flow_control(&self) -> bool {
        self.config & FLOW_CONTROL != 0
    }

    /// How the firmware has set the port up; none while it is off.
    pub(crate) fn setting(&self) -> Option<UartSetting> {
        let pin = |pin: usize| self.has_pin(pin).then_some((self.pins[pin] & 0x3F) as u8);
        (self.face != Face::Off).then(|| UartSetting {
            tx: pin(TXD_PIN),
            rx: pin(RXD_PIN),
            rts: pin(RTS),
            cts: pin(CTS),
            baud: self.rate().baud(),
            flow_control: self.flow_control(),
            parity: self.config & WITH_PARITY == WITH_PARITY,
            listens: self.listens(),
        })
    }

    /// The level of RTS, as the host sees it: whether it may send.
    pub(crate) fn lets_host_send(&self) -> bool {
        let driven = self.face != Face::Off && self.flow_control() && self.has_pin(RTS);
        driven && self.receiver.has_room()
    }

    /// CTS lets the chip send.
    fn may_send(&self) -> bool {
        !self.flow_control() || !self.has_pin(CTS) || self.line.host.ready
    }

    pub(crate) fn host(&self) -> HostPort {
        self.line.host
    }

    pub(crate) fn set_host(&mut self, host: HostPort, world: &mut World<'_>) {
        let changed = std::mem::replace(&mut self.line.host, host).ready != host.ready;
        if !changed || self.face == Face::Off || !self.has_pin(CTS) {
            return;
        }
        let (event, bit, task) = if host.ready {
            (event::CTS, short::CTS_START_RX, task::START_RX)
        } else {
            (event::NCTS, short::NCTS_STOP_RX, task::STOP_RX)
        };
        self.block.generate(event, world);
        if self.block.has_short(bit) {
            self.task(task, world);
        }
    }

    pub(crate) fn feed(&mut self, at: u64, value: u8, fault: Option<LineFault>) {
        self.line.feed(at, Frame { value, fault });
    }

    pub(crate) fn host_waiting(&self) -> usize {
        self.line.waiting()
    }

    pub(crate) fn unheard(&self) -> u64 {
        self.line.unheard
    }

    pub(crate) fn clear_host(&mut self) {
        self.line.clear();
    }

    pub(crate) fn take_sent(&mut self) -> Vec<UartByte> {
        std::mem::take(&mut self.line.sent)
    }

    /// Sent bytes nobody has taken.
    pub(crate) fn sent(&self) -> &[UartByte] {
        &self.line.sent
    }

    /// The receiver is on.
    pub(crate) fn listens(&self) -> bool {
        self.face != Face::Off && self.has_pin(RXD_PIN) && self.receiver.is_on()
    }

    fn fail(&mut self, source: u32, world: &mut World<'_>) {
        self.errors |= source;
        self.block.generate(event::ERROR, world);
    }

    fn enable(&mut self, value: u32) {
        let face = match value & 0xF {
            4 if self.has_legacy => Face::Uart,
            8 => Face::Uarte,
            _ => Face::Off,
        };
        if face != self.face {
            self.face = face;
            self.receiver.stop_at_once();
            self.transmitter.stop_at_once();
        }
    }
}

impl Device for Uarte {
    fn block(&self) -> &Block {
        &self.block
    }

    fn block_mut(&mut self) -> &mut Block {
        &mut self.block
    }

    fn read(&mut self, offset: u32, world: &mut World<'_>) -> Option<u32> {
        use register::*;
        Some(match offset {
            ERROR_SOURCE => self.errors,
            ENABLE => match self.face {
                Face::Off => 0,
                Face::Uart => 4,
                Face::Uarte => 8,
            },
            PIN_RTS..=PIN_RXD => self.pins[(offset - PIN_RTS) as usize / 4],
            RXD if self.has_legacy => self.read_byte(world),
            TXD if self.has_legacy => 0,
            BAUD_RATE => self.baud_rate,
            RX_POINTER => self.receiver.pointer,
            RX_COUNT => self.receiver.count,
            RX_AMOUNT => self.receiver.amount,
            TX_POINTER => self.transmitter.pointer,
            TX_COUNT => self.transmitter.count,
            TX_AMOUNT => self.transmitter.amount,
            CONFIG => self.config,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u32, value: u32, world: &mut World<'_>) -> bool {
        use register::*;
        match offset {
            ERROR_SOURCE => self.errors &= !value,
            ENABLE => self.enable(value),
            PIN_RTS..=PIN_RXD => self.pins[(offset - PIN_RTS) as usize / 4] = value,
            RXD if self.has_legacy => {}
            TXD if self.has_legacy => self.write_byte(value as u8, world),
            BAUD_RATE => self.baud_rate = value,
            RX_POINTER => self.receiver.pointer = value,
            RX_COUNT => self.receiver.count = value & self.count_mask,
            TX_POINTER => self.transmitter.pointer = value,
            TX_COUNT => self.transmitter.count = value & self.count_mask,
            RX_AMOUNT | TX_AMOUNT => {}
            CONFIG => self.config = value & 0x1F,
            _ => return false,
        }
        true
    }

    fn task(&mut self, task: u8, world: &mut World<'_>) {
        match (task, self.face) {
            (_, Face::Off) => {}
            (task::START_RX, _) => self.start_receiver(world),
            (task::STOP_RX, _) => self.stop_receiver(world),
            (task::START_TX, _) => self.start_transmitter(world),
            (task::STOP_TX, _) => self.stop_transmitter(world),
            (task::SUSPEND, Face::Uart) => {
                self.stop_receiver(world);
                self.stop_transmitter(world);
            }
            (task::FLUSH_RX, Face::Uarte) => self.flush_receiver(world),
            _ => {}
        }
    }

    fn act(&mut self, world: &mut World<'_>) {
        self.transmit_due(world);
        if let Some(frame) = self.line.arrived(world.now, self.rate(), world.seed) {
            self.receive(frame, world);
        }
        self.receiver_due(world);
    }

    fn next(&mut self, now: u64, _listening: bool) -> Option<u64> {
        let arrival = self.line.next(now, self.rate(), self.lets_host_send());
        let sent = self.next_transmission();
        [arrival, sent, self.receiver.stops_at()].into_iter().flatten().min()
    }

    /// The host at the other end of the wires is no part of the chip.
    fn reset(&mut self) {
        let line = std::mem::take(&mut self.line);
        let bits = self.count_mask.count_ones() as u8;
        *self = Self { line, ..Self::new(self.base, self.line_number, bits, self.has_legacy) };
    }
}
