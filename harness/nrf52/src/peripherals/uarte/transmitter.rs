//! The sending half of a serial port.

use super::{super::block::World, Face, TXD_PIN, Uarte, event};

#[derive(Debug, Clone, Default)]
pub(super) struct Transmitter {
    pub(super) pointer: u32,
    pub(super) count: u32,
    pub(super) amount: u32,
    on: bool,
    stopping: bool,
    /// What is being sent from RAM: address, length, bytes that have left.
    transfer: Option<(u32, u32, u32)>,
    /// The byte in the TXD register, without EasyDMA.
    held: Option<u8>,
    /// The byte on the wire, and when its stop bit ends.
    on_wire: Option<(u8, u64)>,
    /// A byte waits for CTS.
    waits: bool,
}

impl Transmitter {
    pub(super) fn stop_at_once(&mut self) {
        let Self { pointer, count, amount, .. } = *self;
        *self = Self { pointer, count, amount, ..Self::default() };
    }
}

impl Uarte {
    pub(super) fn start_transmitter(&mut self, world: &mut World<'_>) {
        let transmitter = &mut self.transmitter;
        transmitter.on = true;
        transmitter.stopping = false;
        if self.face == Face::Uarte {
            transmitter.transfer = Some((transmitter.pointer, transmitter.count, 0));
            self.block.generate(event::TX_STARTED, world);
        }
        self.send_next(world);
    }

    /// Stops after the byte on the wire.
    pub(super) fn stop_transmitter(&mut self, world: &mut World<'_>) {
        self.transmitter.stopping = true;
        if self.transmitter.on_wire.is_none() {
            self.transmitter_stopped(world);
        }
    }

    fn transmitter_stopped(&mut self, world: &mut World<'_>) {
        let transmitter = &mut self.transmitter;
        (transmitter.on, transmitter.stopping, transmitter.waits) = (false, false, false);
        if let Some((_, _, sent)) = transmitter.transfer.take() {
            transmitter.amount = sent;
            self.block.generate(event::END_TX, world);
        }
        if self.face == Face::Uarte {
            self.block.generate(event::TX_STOPPED, world);
        }
    }

    /// TXD is written. The register holds one byte while another one is on the wire.
    pub(super) fn write_byte(&mut self, value: u8, world: &mut World<'_>) {
        if self.face == Face::Uart {
            self.transmitter.held = Some(value);
            self.send_next(world);
        }
    }

    /// Puts the next byte on the wire, if there is one and CTS lets it go.
    fn send_next(&mut self, world: &mut World<'_>) {
        let ready = self.may_send();
        let cycles = self.rate().cycles();
        let transmitter = &mut self.transmitter;
        if !transmitter.on || transmitter.on_wire.is_some() {
            return;
        }
        transmitter.waits = false;
        let byte = match transmitter.transfer {
            Some((_, length, sent)) if sent == length => {
                transmitter.transfer = None;
                transmitter.amount = length;
                self.block.generate(event::END_TX, world);
                return;
            }
            _ if !ready => {
                transmitter.waits = transmitter.transfer.is_some() || transmitter.held.is_some();
                return;
            }
            Some((address, _, sent)) => {
                let mut byte = [0];
                if !world.dma_read(self.base, address.wrapping_add(sent), &mut byte) {
                    // Nothing can be read there: the transfer ends where it is.
                    transmitter.transfer = Some((address, sent, sent));
                    return self.send_next(world);
                }
                byte[0]
            }
            None => match transmitter.held.take() {
                Some(byte) => byte,
                None => return,
            },
        };
        transmitter.on_wire = Some((byte, world.now + cycles));
    }

    /// The byte on the wire, if its time is up.
    pub(super) fn transmit_due(&mut self, world: &mut World<'_>) {
        if let Some((byte, at)) = self.transmitter.on_wire.take_if(|(_, at)| *at <= world.now) {
            let rate = self.rate();
            if self.has_pin(TXD_PIN) {
                self.line.take(byte, at, rate, world.seed);
            }
            if let Some((_, _, sent)) = &mut self.transmitter.transfer {
                *sent += 1;
            }
            self.block.generate(event::TXD_READY, world);
            if self.transmitter.stopping {
                self.transmitter_stopped(world);
                return;
            }
        }
        self.send_next(world);
    }

    /// When the byte on the wire ends; at once, if a byte waited for CTS and need not wait any longer.
    pub(super) fn next_transmission(&self) -> Option<u64> {
        let released = self.transmitter.waits && self.may_send();
        self.transmitter.on_wire.map(|(_, at)| at).or(released.then_some(0))
    }
}
