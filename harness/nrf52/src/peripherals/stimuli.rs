//! What comes from outside the chip: pins, serial hosts, supplies, temperature.

use super::{
    block::World,
    devices::{POWER, UARTE},
    power::Power,
    set::Peripherals,
    uarte::Uarte,
};
use crate::memory::Ram;

impl Peripherals {
    /// Something from outside happens to a serial port.
    pub(crate) fn uarte_input<R>(
        &mut self,
        port: usize,
        now: u64,
        ram: &mut Ram,
        action: impl FnOnce(&mut Uarte, &mut World<'_>) -> R,
    ) -> Option<R> {
        self.catch_up(now, ram);
        let (devices, mut world) = self.split(now, ram);
        let result = action(devices.uartes.get_mut(port)?, &mut world);
        self.refresh(UARTE + port, now);
        self.route(now, ram);
        Some(result)
    }

    /// The supply warns, or the USB supply comes or goes.
    pub(crate) fn power_input(
        &mut self,
        now: u64,
        ram: &mut Ram,
        action: impl FnOnce(&mut Power, &mut World<'_>),
    ) {
        self.catch_up(now, ram);
        let (devices, mut world) = self.split(now, ram);
        action(&mut devices.power, &mut world);
        self.refresh(POWER, now);
        self.route(now, ram);
    }

    /// Somebody outside drives a pin, or lets it go.
    pub(crate) fn drive_pin(&mut self, pin: u8, level: Option<bool>, now: u64, ram: &mut Ram) {
        self.catch_up(now, ram);
        self.gpio.drive(pin, level);
        self.pins_changed(now, ram);
        self.route(now, ram);
    }

    pub(crate) fn set_temperature(&mut self, quarters: i32) {
        self.devices.temperature.surroundings = quarters;
    }
}
