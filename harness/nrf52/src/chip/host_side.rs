//! What tests, sweeps and reports see of a chip and do to it from outside. A run is never judged by these: that goes
//! through the debug probe.

use gauntlet_armv7em::{Core, FirstFault};

use super::Chip;
use crate::{
    memory::NonVolatile,
    noise::Noise,
    nvmc::{FlashOp, Overwrite, Refusal, Start},
    peripherals::{DmaRefusal, MissingPart, NextTick, Touch},
    reset::Reset,
};

/// What the flash of a used board holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// The same byte everywhere.
    Byte(u8),
    /// Noise from this seed.
    Noise(u64),
}

impl Chip {
    /// A copy of the flash.
    pub fn flash(&self) -> Vec<u8> {
        self.soc.array.flash()
    }

    /// A copy of the UICR page.
    pub fn uicr(&self) -> Vec<u8> {
        self.soc.array.uicr()
    }

    /// The RAM.
    pub fn ram(&self) -> &[u8] {
        self.soc.ram.bytes()
    }

    /// Flash and UICR, as a cheap copy.
    pub fn non_volatile(&self) -> NonVolatile {
        self.soc.array.clone()
    }

    /// Replaces flash and UICR, without any flash operation. Settings that are latched at reset change at the next one.
    pub fn set_non_volatile(&mut self, array: NonVolatile) {
        self.soc.set_array(array);
    }

    /// Puts bytes into flash or UICR, without any flash operation; a journal that records starts anew. Returns false, with
    /// nothing changed, when a byte would lie outside of them.
    pub fn put_image(&mut self, address: u32, bytes: &[u8]) -> bool {
        let put = self.soc.array.put(address, bytes);
        if put && self.soc.journal.is_recording() {
            self.soc.set_recording(true, self.core.now());
        }
        put
    }

    /// Fills the whole flash, without any flash operation: a board that somebody has used before.
    pub fn fill_flash(&mut self, fill: Fill) {
        let mut bytes = vec![0; self.soc.profile.flash_size as usize];
        match fill {
            Fill::Byte(byte) => bytes.fill(byte),
            Fill::Noise(seed) => Noise::new(seed).fill(&mut bytes),
        }
        self.put_image(0, &bytes);
    }

    /// The CPU, to look at.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Takes the first fault of the processor since the chip was made or this was called: where a crash began.
    pub fn take_first_fault(&mut self) -> Option<FirstFault> {
        self.core.take_first_fault()
    }

    /// Drives a GPIO pin from outside, or lets it go. Pins 32 and up are port 1. A level that a pin is set to sense wakes
    /// the chip from System OFF.
    pub fn drive_pin(&mut self, pin: u8, level: Option<bool>) {
        self.soc.peripherals.drive_pin(pin, level, self.core.now(), &mut self.soc.ram);
        if self.is_powered() && self.soc.peripherals.power().system_off && self.soc.peripherals.gpio.detect()
        {
            self.reset(Reset::WakeFromOff);
        }
        self.update_irq();
    }

    /// The level of a pin as a meter on the board sees it; none if nothing holds it.
    pub fn pin_level(&self, pin: u8) -> Option<bool> {
        self.soc.peripherals.gpio.outside_level(pin)
    }

    /// Presses or releases a button that connects a pin to ground.
    pub fn button(&mut self, pin: u8, pressed: bool) {
        self.drive_pin(pin, pressed.then_some(false));
    }

    /// Flash operations since the chip was made.
    pub fn flash_ops(&self) -> u64 {
        self.soc.journal.total
    }

    /// Switches the journal on or off. Switching it on starts a new one.
    pub fn set_recording(&mut self, on: bool) {
        self.soc.set_recording(on, self.core.now());
    }

    /// How many operations the journal keeps while it records, at least 1; a million unless this is called. When there is
    /// one more, the older half is dropped and [`Chip::journal_base`] moves forward by it: firmware that writes without end
    /// does not take all memory of the host.
    pub fn set_journal_limit(&mut self, ops: usize) {
        self.soc.journal.limit = ops.max(1);
    }

    /// Flash and UICR as they were before the first operation of [`Chip::journal`]. None unless it records.
    pub fn journal_base(&self) -> Option<&NonVolatile> {
        self.soc.journal.base.as_ref()
    }

    /// The operations recorded, in order. Applied to [`Chip::journal_base`] they give the array as it is now.
    pub fn journal(&self) -> &[FlashOp] {
        &self.soc.journal.ops
    }

    /// The starts of the chip since the first operation of [`Chip::journal`], in order.
    pub fn journal_starts(&self) -> &[Start] {
        &self.soc.journal.starts
    }

    /// Operations the controller refused; the first 64 of them.
    pub fn refusals(&self) -> &[Refusal] {
        &self.soc.journal.refusals
    }

    /// How many operations the controller refused.
    pub fn refused_ops(&self) -> u64 {
        self.soc.journal.refused
    }

    /// Words written more often than the chip's limit allows between two erases; the first 64 of them.
    pub fn overwrites(&self) -> &[Overwrite] {
        &self.soc.wear.overwrites
    }

    /// How often a flash page has been erased since the chip was made.
    pub fn page_erases(&self, page: usize) -> u32 {
        self.soc.wear.erases(page)
    }

    /// Registers somebody used that this chip does not model, with the first access to each, by address.
    pub fn touches(&self) -> impl Iterator<Item = &Touch> {
        self.soc.peripherals.notes.touches()
    }

    /// The part of the chip that is not modelled and that the firmware waits for, if it seems to. On the nRF52840 this is
    /// the CryptoCell, once the firmware wants a hash or a signature from it.
    pub fn missing_part(&self) -> Option<MissingPart> {
        self.soc.peripherals.notes.missing_part()
    }

    /// Accesses to unmodelled registers beyond those [`Chip::touches`] has room for.
    pub fn further_touches(&self) -> u64 {
        self.soc.peripherals.notes.further_touches
    }

    /// Transfers of EasyDMA to or from a place it does not reach; the first 256 of them.
    pub fn dma_refusals(&self) -> &[DmaRefusal] {
        &self.soc.peripherals.notes.dma_refusals
    }

    /// How many there were.
    pub fn refused_dma(&self) -> u64 {
        self.soc.peripherals.notes.refused_dma
    }

    /// How often the interconnect was switched off because events and tasks drove each other without end, or more often
    /// than firmware can have a use for: 20 times in a microsecond.
    pub fn interconnect_loops(&self) -> u64 {
        self.soc.peripherals.notes.endless_loops
    }

    /// Sets the temperature the chip measures, in quarters of a degree Celsius.
    pub fn set_temperature(&mut self, quarters: i32) {
        self.soc.peripherals.set_temperature(quarters);
    }

    /// Chooses what real-time counters do with a compare value that is just one tick ahead.
    pub fn set_next_tick(&mut self, rule: NextTick) {
        self.soc.peripherals.next_tick = rule;
    }

    /// The supply falls below the threshold of the power-failure warning.
    pub fn warn_of_power_failure(&mut self) {
        let now = self.core.now();
        self.soc.peripherals.power_input(now, &mut self.soc.ram, |power, world| power.warn(world));
        self.update_irq();
    }

    /// Connects or disconnects the USB supply.
    pub fn supply_usb(&mut self, on: bool) {
        let now = self.core.now();
        self.soc.peripherals.power_input(now, &mut self.soc.ram, |power, world| power.supply_usb(on, world));
        self.update_irq();
    }

    /// Whether the memory access port is closed.
    pub fn is_protected(&self) -> bool {
        self.soc.is_protected()
    }
}
