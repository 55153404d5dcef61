//! The peripherals with the shared registers, and where each of them stands: in the address map, and in the event queue.

use super::{
    Watchdog, block::Device, ecb::Ecb, egu::Egu, gpiote::Gpiote, power::Power, rng::Rng, rtc::Rtc,
    temperature::Temperature, timer::Timer, uarte::Uarte,
};
use crate::{
    noise::{Noise, hash},
    variant::Profile,
};

/// Peripherals with the shared registers, each with its place in the event queue.
pub(super) const POWER: usize = 0;
pub(super) const UARTE: usize = 1;
pub(super) const GPIOTE: usize = 3;
pub(super) const RTC: usize = 4;
pub(super) const TIMER: usize = 7;
pub(super) const RNG: usize = 12;
pub(super) const TEMPERATURE: usize = 13;
pub(super) const ECB: usize = 14;
pub(super) const WATCHDOG: usize = 15;
pub(super) const EGU: usize = 16;
/// Their number.
pub(crate) const SOURCES: usize = 22;

const RNG_STREAM: u64 = 0x52_4E_47;

#[derive(Debug, Clone)]
pub(super) struct Devices {
    pub(super) power: Power,
    pub(super) uartes: Vec<Uarte>,
    pub(super) gpiote: Gpiote,
    pub(super) rtcs: [Rtc; 3],
    pub(super) timers: [Timer; 5],
    pub(super) rng: Rng,
    pub(super) temperature: Temperature,
    pub(super) ecb: Ecb,
    pub(super) watchdog: Watchdog,
    pub(super) egus: [Egu; 6],
}

impl Devices {
    pub(super) fn new(profile: &Profile, seed: u64) -> Self {
        let bits = profile.uarte_count_bits;
        let mut uartes = vec![Uarte::new(0x4000_2000, 2, bits, true)];
        if profile.uartes > 1 {
            uartes.push(Uarte::new(0x4002_8000, 40, bits, false));
        }
        let timer = |base, irq, compares| Timer::new(base, irq, compares);
        let egu = |n: u8| Egu::new(0x4001_4000 + 0x1000 * u32::from(n), 20 + n);
        Self {
            power: Power::new(profile),
            uartes,
            gpiote: Gpiote::new(),
            rtcs: [Rtc::new(0x4000_B000, 11, 3), Rtc::new(0x4001_1000, 17, 4), Rtc::new(0x4002_4000, 36, 4)],
            timers: [
                timer(0x4000_8000, 8, 4),
                timer(0x4000_9000, 9, 4),
                timer(0x4000_A000, 10, 4),
                timer(0x4001_A000, 26, 6),
                timer(0x4001_B000, 27, 6),
            ],
            rng: Rng::new(Noise::new(hash(seed, RNG_STREAM))),
            temperature: Temperature::new(),
            ecb: Ecb::new(),
            watchdog: Watchdog::new(),
            egus: std::array::from_fn(|n| egu(n as u8)),
        }
    }

    /// The peripheral at a place; none if the chip does not have it.
    pub(super) fn get(&mut self, source: usize) -> Option<&mut dyn Device> {
        Some(match source {
            POWER => &mut self.power,
            UARTE..GPIOTE => self.uartes.get_mut(source - UARTE)?,
            GPIOTE => &mut self.gpiote,
            RTC..TIMER => &mut self.rtcs[source - RTC],
            TIMER..RNG => &mut self.timers[source - TIMER],
            RNG => &mut self.rng,
            TEMPERATURE => &mut self.temperature,
            ECB => &mut self.ecb,
            WATCHDOG => &mut self.watchdog,
            EGU..SOURCES => &mut self.egus[source - EGU],
            _ => return None,
        })
    }
}

/// The peripheral that has a page of addresses.
pub(super) fn source_of(page: u32) -> Option<usize> {
    Some(match page {
        0x4000_0000 => POWER,
        0x4000_2000 => UARTE,
        0x4002_8000 => UARTE + 1,
        0x4000_6000 => GPIOTE,
        0x4000_B000 => RTC,
        0x4001_1000 => RTC + 1,
        0x4002_4000 => RTC + 2,
        0x4000_8000 => TIMER,
        0x4000_9000 => TIMER + 1,
        0x4000_A000 => TIMER + 2,
        0x4001_A000 => TIMER + 3,
        0x4001_B000 => TIMER + 4,
        0x4000_D000 => RNG,
        0x4000_C000 => TEMPERATURE,
        0x4000_E000 => ECB,
        0x4001_0000 => WATCHDOG,
        0x4001_4000..=0x4001_9000 => EGU + ((page - 0x4001_4000) >> 12) as usize,
        _ => return None,
    })
}
