//! The receiving half of a serial port.

use std::collections::VecDeque;

use super::{
    super::block::World, BREAK, FRAMING, Face, Frame, LineFault, OVERRUN, PARITY, RXD_PIN, Uarte, event,
    short,
};

/// Bytes that fit between the wire and the memory.
const FIFO: usize = 6;
/// RTS asks the host to stop while there is still room for what it sends all the same.
const RESERVE: usize = 4;

#[derive(Debug, Clone, Default)]
pub(super) struct Receiver {
    pub(super) pointer: u32,
    pub(super) count: u32,
    pub(super) amount: u32,
    on: bool,
    /// The end of the time in which bytes are still taken after STOPRX.
    stops_at: Option<u64>,
    transfer: Option<Transfer>,
    fifo: VecDeque<u8>,
}

/// A buffer that is being filled.
#[derive(Debug, Clone, Copy)]
struct Transfer {
    address: u32,
    length: u32,
    filled: u32,
}

impl Receiver {
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    pub(super) fn stops_at(&self) -> Option<u64> {
        self.stops_at
    }

    pub(super) fn stop_at_once(&mut self) {
        let Self { pointer, count, amount, .. } = *self;
        *self = Self { pointer, count, amount, ..Self::default() };
    }

    /// RTS is low.
    pub(super) fn has_room(&self) -> bool {
        self.on && self.stops_at.is_none() && self.fifo.len() + RESERVE <= FIFO
    }
}

impl Uarte {
    pub(super) fn start_receiver(&mut self, world: &mut World<'_>) {
        let receiver = &mut self.receiver;
        receiver.on = true;
        receiver.stops_at = None;
        if self.face == Face::Uarte {
            let (address, length) = (receiver.pointer, receiver.count);
            receiver.transfer = Some(Transfer { address, length, filled: 0 });
            self.block.generate(event::RX_STARTED, world);
            self.empty_fifo(world);
        }
    }

    /// The receiver goes on for as long as the bytes take that the host may still send.
    pub(super) fn stop_receiver(&mut self, world: &mut World<'_>) {
        if self.receiver.stops_at.is_none() {
            let bytes = if self.receiver.on { RESERVE as u64 } else { 0 };
            self.receiver.stops_at = Some(world.now + bytes * self.rate().cycles());
        }
        self.receiver_due(world);
    }

    /// The receiver stops, if its time is up.
    pub(super) fn receiver_due(&mut self, world: &mut World<'_>) {
        if self.receiver.stops_at.take_if(|at| *at <= world.now).is_none() {
            return;
        }
        self.receiver.on = false;
        if let Some(transfer) = self.receiver.transfer.take() {
            self.receiver.amount = transfer.filled;
            self.block.generate(event::END_RX, world);
        }
        self.block.generate(event::RX_TIMEOUT, world);
    }

    /// What is left in the FIFO goes to the buffer. The amount stays as it is if nothing was left.
    pub(super) fn flush_receiver(&mut self, world: &mut World<'_>) {
        let receiver = &mut self.receiver;
        let length = receiver.fifo.len().min(receiver.count as usize);
        let bytes: Vec<u8> = receiver.fifo.drain(..length).collect();
        if !bytes.is_empty() {
            receiver.amount = bytes.len() as u32;
            world.dma_write(self.base, receiver.pointer, &bytes);
        }
        self.block.generate(event::END_RX, world);
    }

    /// A byte has come off the wire.
    pub(super) fn receive(&mut self, frame: Frame, world: &mut World<'_>) {
        if self.face == Face::Off || !self.receiver.on || !self.has_pin(RXD_PIN) {
            self.line.unheard += 1;
            return;
        }
        if let Some(fault) = frame.fault {
            let source = match fault {
                LineFault::Parity => PARITY,
                LineFault::Framing => FRAMING,
                LineFault::Break => FRAMING | BREAK,
                LineFault::Lost => 0,
            };
            self.fail(source, world);
        }
        if self.receiver.fifo.len() >= FIFO {
            self.fail(OVERRUN, world);
            return;
        }
        self.receiver.fifo.push_back(frame.value);
        let first = self.receiver.fifo.len() == 1;
        match self.face {
            Face::Uarte => {
                self.block.generate(event::RXD_READY, world);
                self.empty_fifo(world);
            }
            // A byte behind another one is announced when the register is free for it.
            _ if first => self.block.generate(event::RXD_READY, world),
            _ => {}
        }
    }

    /// Moves bytes to the buffer until it is full, and starts again where a shortcut says so.
    fn empty_fifo(&mut self, world: &mut World<'_>) {
        while let Some(transfer) = &mut self.receiver.transfer {
            if transfer.filled < transfer.length {
                let Some(byte) = self.receiver.fifo.pop_front() else { return };
                world.dma_write(self.base, transfer.address.wrapping_add(transfer.filled), &[byte]);
                transfer.filled += 1;
                if transfer.filled < transfer.length {
                    continue;
                }
            }
            self.receiver.amount = transfer.filled;
            let length = transfer.length;
            self.receiver.transfer = None;
            self.block.generate(event::END_RX, world);
            if self.block.has_short(short::END_RX_STOP_RX) {
                self.stop_receiver(world);
            } else if self.block.has_short(short::END_RX_START_RX) && length > 0 {
                let receiver = &mut self.receiver;
                let (address, length) = (receiver.pointer, receiver.count);
                receiver.transfer = Some(Transfer { address, length, filled: 0 });
                self.block.generate(event::RX_STARTED, world);
            }
        }
    }

    /// RXD is read, which makes room for the next byte.
    pub(super) fn read_byte(&mut self, world: &mut World<'_>) -> u32 {
        let byte = self.receiver.fifo.pop_front().unwrap_or(0);
        if !self.receiver.fifo.is_empty() {
            self.block.generate(event::RXD_READY, world);
        }
        byte.into()
    }
}
