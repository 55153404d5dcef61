//! The pins: enough for a button that is held while the chip starts, and for outputs that read back.

/// Base address of port 0.
pub(crate) const P0: u32 = 0x5000_0000;

const PORT_0: u32 = 0x500;
const PORT_1: u32 = 0x800;
const PIN_CNF_0: u32 = 0x700;
const PIN_CNF_1: u32 = 0xA00;

const PIN_RESET: u32 = 2;
const OUTPUT: u32 = 1;
const INPUT_DISCONNECTED: u32 = 1 << 1;
const PULL_UP: u32 = 3 << 2;
const PULL_DOWN: u32 = 1 << 2;
const SENSE_HIGH: u32 = 2;
const SENSE_LOW: u32 = 3;
const PULL_MASK: u32 = 3 << 2;

#[derive(Debug, Clone)]
struct Port {
    out: u32,
    pins: [u32; 32],
    latch: u32,
    detect_mode: u32,
}

/// Both ports. What drives the pins from outside is not part of the chip's state that a reset clears.
#[derive(Debug, Clone)]
pub(crate) struct Gpio {
    ports: Vec<Port>,
    /// Level that somebody outside drives, by pin number.
    driven: Vec<Option<bool>>,
    /// Output level of the pins that GPIOTE has taken over.
    owned: Vec<Option<bool>>,
}

impl Gpio {
    pub(crate) fn new(ports: u8) -> Self {
        let port = Port { out: 0, pins: [PIN_RESET; 32], latch: 0, detect_mode: 0 };
        Self {
            ports: vec![port; ports.into()],
            driven: vec![None; 32 * usize::from(ports)],
            owned: vec![None; 32 * usize::from(ports)],
        }
    }

    pub(crate) fn reset(&mut self) {
        let driven = std::mem::take(&mut self.driven);
        *self = Self { driven, ..Self::new(self.ports.len() as u8) };
    }

    /// GPIOTE takes a pin over and drives it, or gives it back.
    pub(crate) fn own(&mut self, pin: u8, level: Option<bool>) {
        if let Some(owned) = self.owned.get_mut(usize::from(pin)) {
            *owned = level;
        }
    }

    /// GPIOTE has been reset.
    pub(crate) fn disown_all(&mut self) {
        self.owned.fill(None);
    }

    /// The level the chip itself gives to a pin, where it is an output.
    pub(crate) fn driven_level(&self, pin: u8) -> bool {
        let pin = usize::from(pin);
        let owned = self.owned.get(pin).copied().flatten();
        owned.unwrap_or_else(|| self.ports.get(pin / 32).is_some_and(|port| port.out >> (pin % 32) & 1 == 1))
    }

    /// The level of a pin as its input sees it.
    pub(crate) fn level(&self, pin: u8) -> bool {
        let pin = usize::from(pin);
        pin < self.driven.len() && self.sees(pin / 32, pin % 32)
    }

    /// The level of a pin as a meter on the board would see it; none if nothing holds it.
    pub(crate) fn outside_level(&self, pin: u8) -> Option<bool> {
        let index = usize::from(pin);
        let config = self.ports.get(index / 32)?.pins[index % 32];
        let pulled = match config & PULL_MASK {
            PULL_UP => Some(true),
            PULL_DOWN => Some(false),
            _ => None,
        };
        let output = config & OUTPUT != 0 || self.owned[index].is_some();
        if output { Some(self.driven_level(pin)) } else { self.driven[index].or(pulled) }
    }

    /// DETECT: some pin has the level it is set to sense. Pins that have it are latched.
    pub(crate) fn detect(&mut self) -> bool {
        let mut latched = false;
        for index in 0..self.ports.len() {
            let sensed = bits(|pin| match self.ports[index].pins[pin] >> 16 & 3 {
                SENSE_HIGH => self.sees(index, pin),
                SENSE_LOW => self.ports[index].pins[pin] & INPUT_DISCONNECTED == 0 && !self.sees(index, pin),
                _ => false,
            });
            let port = &mut self.ports[index];
            port.latch |= sensed;
            latched |= if port.detect_mode == 1 { port.latch != 0 } else { sensed != 0 };
        }
        latched
    }

    fn sees(&self, index: usize, pin: usize) -> bool {
        let config = self.ports[index].pins[pin];
        if config & INPUT_DISCONNECTED != 0 {
            return false;
        }
        let number = 32 * index + pin;
        if config & OUTPUT != 0 || self.owned[number].is_some() {
            return self.driven_level(number as u8);
        }
        self.driven[number].unwrap_or(config & PULL_MASK == PULL_UP)
    }

    /// Drives a pin from outside, or lets it go. Pins the chip does not have are ignored.
    pub(crate) fn drive(&mut self, pin: u8, level: Option<bool>) {
        if let Some(driven) = self.driven.get_mut(usize::from(pin)) {
            *driven = level;
        }
    }

    pub(crate) fn read(&self, offset: u32) -> Option<u32> {
        let (index, register) = self.place(offset)?;
        let port = &self.ports[index];
        Some(match register {
            0x504..=0x50C => port.out,
            0x510 => bits(|pin| self.sees(index, pin)),
            0x514..=0x51C => bits(|pin| port.pins[pin] & OUTPUT != 0),
            0x520 => port.latch,
            0x524 => port.detect_mode,
            0x700..=0x77C => port.pins[(register - 0x700) as usize / 4],
            _ => return None,
        })
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) -> bool {
        let Some((index, register)) = self.place(offset) else { return false };
        let port = &mut self.ports[index];
        match register {
            0x504 => port.out = value,
            0x508 => port.out |= value,
            0x50C => port.out &= !value,
            0x514 => port.direct(u32::MAX, value),
            0x518 => port.direct(value, value),
            0x51C => port.direct(value, 0),
            0x520 => port.latch &= !value,
            0x524 => port.detect_mode = value & 1,
            0x700..=0x77C => port.pins[(register - 0x700) as usize / 4] = value & 0x0003_070F,
            0x510 => {}
            _ => return false,
        }
        true
    }

    /// Port, and register as if it were port 0's.
    fn place(&self, offset: u32) -> Option<(usize, u32)> {
        let (index, register) = match offset {
            PORT_0..PIN_CNF_0 => (0, offset),
            PIN_CNF_0..0x780 => (0, offset),
            PORT_1..0x830 => (1, offset - PORT_1 + PORT_0),
            PIN_CNF_1..0xA80 => (1, offset - PIN_CNF_1 + PIN_CNF_0),
            _ => return None,
        };
        (index < self.ports.len()).then_some((index, register))
    }
}

impl Port {
    /// Sets the direction of the pins in `mask` from `value`.
    fn direct(&mut self, mask: u32, value: u32) {
        for (pin, config) in self.pins.iter_mut().enumerate() {
            if mask >> pin & 1 == 1 {
                *config = *config & !OUTPUT | value >> pin & 1;
            }
        }
    }
}

fn bits(set: impl Fn(usize) -> bool) -> u32 {
    (0..32).filter(|&pin| set(pin)).fold(0, |word, pin| word | 1 << pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_pulls_its_pin_low() {
        let mut gpio = Gpio::new(1);
        gpio.write(0x700 + 4 * 13, PULL_UP);
        assert_eq!(gpio.read(0x510), Some(1 << 13));
        gpio.drive(13, Some(false));
        assert_eq!(gpio.read(0x510), Some(0));
        gpio.reset();
        gpio.write(0x700 + 4 * 13, PULL_UP);
        assert_eq!(gpio.read(0x510), Some(0), "the button is still held after a reset");
    }

    #[test]
    fn outputs_read_back_on_both_ports() {
        let mut gpio = Gpio::new(2);
        gpio.write(0x818, 1 << 4); // P1.DIRSET
        gpio.write(0x808, 1 << 4); // P1.OUTSET
        gpio.write(0xA00 + 16, OUTPUT);
        assert_eq!(gpio.read(0x810), Some(1 << 4));
        assert_eq!(gpio.read(0x814), Some(1 << 4));
        assert_eq!(gpio.read(0x510), Some(0));
    }
}
