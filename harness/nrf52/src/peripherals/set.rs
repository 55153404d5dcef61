//! All peripherals of a chip. Everything that happens to one of them goes through here: accesses of the CPU, the time
//! it waited for, tasks that the interconnect triggers, stimuli from outside.

use super::{
    Notes, Watchdog,
    block::{Device, Signals, World, Written},
    ecb::Ecb,
    egu::Egu,
    gpio::{self, Gpio},
    gpiote::Gpiote,
    power::Power,
    ppi::{self, Ppi},
    queue::{NEVER, Queue},
    rng::Rng,
    rtc::{NextTick, Rtc},
    stubs::Stubs,
    temperature::Temperature,
    timer::Timer,
    uarte::Uarte,
};
use crate::{
    memory::Ram,
    noise::{Noise, hash},
    reset::ResetEffects,
    variant::Profile,
};

/// Peripherals with the shared registers, each with its place in the event queue.
const POWER: usize = 0;
const UARTE: usize = 1;
const GPIOTE: usize = 3;
const RTC: usize = 4;
const TIMER: usize = 7;
const RNG: usize = 12;
const TEMPERATURE: usize = 13;
const ECB: usize = 14;
const WATCHDOG: usize = 15;
const EGU: usize = 16;
/// Their number.
pub(crate) const SOURCES: usize = 22;

/// Events that may drive each other within one cycle before somebody must have built a loop.
const LOOP_LIMIT: usize = 1000;
const RNG_STREAM: u64 = 0x52_4E_47;

#[derive(Debug, Clone)]
struct Devices {
    power: Power,
    uartes: Vec<Uarte>,
    gpiote: Gpiote,
    rtcs: [Rtc; 3],
    timers: [Timer; 5],
    rng: Rng,
    temperature: Temperature,
    ecb: Ecb,
    watchdog: Watchdog,
    egus: [Egu; 6],
}

impl Devices {
    fn get(&mut self, source: usize) -> Option<&mut dyn Device> {
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
fn source_of(page: u32) -> Option<usize> {
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

#[derive(Debug, Clone)]
pub(crate) struct Peripherals {
    devices: Devices,
    pub(crate) gpio: Gpio,
    ppi: Ppi,
    stubs: Stubs,
    queue: Queue,
    signals: Signals,
    pub(crate) notes: Notes,
    /// Levels of the interrupt lines.
    lines: u64,
    seed: u64,
    pub(crate) next_tick: NextTick,
}

impl Peripherals {
    pub(crate) fn new(profile: &Profile, seed: u64) -> Self {
        let bits = profile.uarte_count_bits;
        let mut uartes = vec![Uarte::new(0x4000_2000, 2, bits, true)];
        if profile.uartes > 1 {
            uartes.push(Uarte::new(0x4002_8000, 40, bits, false));
        }
        let timer = |base, irq, compares| Timer::new(base, irq, compares);
        let egu = |n: u8| Egu::new(0x4001_4000 + 0x1000 * u32::from(n), 20 + n);
        Self {
            devices: Devices {
                power: Power::new(profile.ram_blocks),
                uartes,
                gpiote: Gpiote::new(),
                rtcs: [
                    Rtc::new(0x4000_B000, 11, 3),
                    Rtc::new(0x4001_1000, 17, 4),
                    Rtc::new(0x4002_4000, 36, 4),
                ],
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
            },
            gpio: Gpio::new(profile.gpio_ports),
            ppi: Ppi::new(),
            stubs: Stubs::default(),
            queue: Queue::new(),
            signals: Signals::default(),
            notes: Notes::default(),
            lines: 0,
            seed,
            next_tick: NextTick::default(),
        }
    }

    pub(crate) fn power(&self) -> &Power {
        &self.devices.power
    }

    pub(crate) fn watchdog(&self) -> &Watchdog {
        &self.devices.watchdog
    }

    pub(crate) fn uarte(&self, port: usize) -> Option<&Uarte> {
        self.devices.uartes.get(port)
    }

    pub(crate) fn set_temperature(&mut self, quarters: i32) {
        self.devices.temperature.surroundings = quarters;
    }

    /// Levels of all interrupt lines, one bit each.
    #[inline]
    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    /// The cycle in which a peripheral acts next, without anything else happening before.
    #[inline]
    pub(crate) fn next_event(&self) -> u64 {
        self.queue.next()
    }

    /// Everything up to `now` happens, each thing in its own cycle.
    #[inline]
    pub(crate) fn catch_up(&mut self, now: u64, ram: &mut Ram) {
        if self.queue.next() <= now {
            self.catch_up_slowly(now, ram);
        }
    }

    #[inline(never)]
    fn catch_up_slowly(&mut self, now: u64, ram: &mut Ram) {
        while let Some((at, source)) = self.queue.due(now) {
            self.with(source, at, ram, |device, world| device.act(world));
            self.route(at, ram);
            // Whatever a peripheral says, it never acts twice in one cycle: time goes on.
            if self.queue.due(at).is_some_and(|(_, same)| same == source) {
                self.queue.set(source, at + 1);
            }
        }
    }

    /// Lets a peripheral do something, and finds out what that changes for the others.
    fn with<R>(
        &mut self,
        source: usize,
        now: u64,
        ram: &mut Ram,
        action: impl FnOnce(&mut dyn Device, &mut World<'_>) -> R,
    ) -> Option<R> {
        let device = self.devices.get(source)?;
        let mut world = World {
            now,
            signals: &mut self.signals,
            ram,
            gpio: &mut self.gpio,
            notes: &mut self.notes,
            seed: self.seed,
            next_tick: self.next_tick,
        };
        let result = action(device, &mut world);
        match source {
            POWER => self.clock_changed(now),
            GPIOTE => self.pins_changed(now, ram),
            _ => {}
        }
        self.refresh(source, now);
        Some(result)
    }

    /// Asks a peripheral when it acts next, and for the level of its line.
    fn refresh(&mut self, source: usize, now: u64) {
        let Some(device) = self.devices.get(source) else { return };
        let next = device.next(now, self.signals.listening).map_or(NEVER, |at| at.max(now));
        let (line, level) = (device.block().line(), device.block().irq());
        self.lines = self.lines & !(1 << line) | u64::from(level) << line;
        self.queue.set(source, next);
    }

    fn clock_changed(&mut self, now: u64) {
        let ticks = self.devices.power.lf_ticks();
        for n in 0..self.devices.rtcs.len() {
            if self.devices.rtcs[n].is_clocked() != ticks {
                self.devices.rtcs[n].set_clocked(now, ticks);
                self.refresh(RTC + n, now);
            }
        }
    }

    /// Pins may have other levels now.
    fn pins_changed(&mut self, now: u64, ram: &mut Ram) {
        let mut world = World {
            now,
            signals: &mut self.signals,
            ram,
            gpio: &mut self.gpio,
            notes: &mut self.notes,
            seed: self.seed,
            next_tick: self.next_tick,
        };
        self.devices.gpiote.observe(&mut world);
        self.refresh(GPIOTE, now);
    }

    /// Carries events over the interconnect to the tasks they drive, in the same cycle.
    fn route(&mut self, now: u64, ram: &mut Ram) {
        let mut done = 0;
        while let Some(&event) = self.signals.raised.get(done) {
            done += 1;
            if done > LOOP_LIMIT {
                self.notes.endless_loops += 1;
                break;
            }
            let mut channels = self.ppi.channels_of(event);
            while channels != 0 {
                let channel = channels.trailing_zeros() as usize;
                channels &= channels - 1;
                for task in self.ppi.tasks(channel).into_iter().filter(|&task| task != 0) {
                    self.trigger(task, now, ram);
                }
            }
        }
        self.signals.raised.clear();
    }

    /// A task is triggered by the interconnect.
    fn trigger(&mut self, task: u32, now: u64, ram: &mut Ram) {
        if !self.store(task, 1, now, ram) {
            self.notes.touch(now, task, Some(1));
            self.notes.place(None);
        }
    }

    /// A read of a register. None if there is no such register.
    pub(crate) fn read(&mut self, address: u32, now: u64, ram: &mut Ram) -> Option<u32> {
        self.catch_up(now, ram);
        let (page, offset) = (address & !0xFFF, address & 0xFFF);
        match page {
            gpio::P0 => return self.gpio.read(offset),
            ppi::BASE => return self.ppi.read(offset),
            _ if Stubs::owns(address) => return Some(self.stubs.read(address)),
            _ => {}
        }
        let source = source_of(page)?;
        if let Some(value) = self.devices.get(source)?.block().read(offset) {
            return Some(value);
        }
        let value = self.with(source, now, ram, |device, world| device.read(offset, world))?;
        self.route(now, ram);
        value
    }

    /// A write to a register. False if there is no such register, or nothing behind it.
    pub(crate) fn write(&mut self, address: u32, value: u32, now: u64, ram: &mut Ram) -> bool {
        self.catch_up(now, ram);
        let done = self.store(address, value, now, ram);
        self.route(now, ram);
        done
    }

    fn store(&mut self, address: u32, value: u32, now: u64, ram: &mut Ram) -> bool {
        let (page, offset) = (address & !0xFFF, address & 0xFFF);
        match page {
            gpio::P0 => {
                let done = self.gpio.write(offset, value);
                self.pins_changed(now, ram);
                return done;
            }
            ppi::BASE => {
                let done = self.ppi.write(offset, value);
                self.listen(now);
                return done;
            }
            _ if Stubs::owns(address) => return self.stubs.write(address, value),
            _ => {}
        }
        let Some(source) = source_of(page) else { return false };
        self.with(source, now, ram, |device, world| match device.block_mut().write(offset, value) {
            Written::Task(task) => {
                device.task(task, world);
                true
            }
            Written::Done => true,
            Written::Elsewhere => device.write(offset, value, world),
        })
        .unwrap_or(false)
    }

    /// The interconnect has been switched on or off: whoever leaves out events that nobody hears has to think again.
    fn listen(&mut self, now: u64) {
        let listening = self.ppi.listens();
        if std::mem::replace(&mut self.signals.listening, listening) != listening {
            for source in TIMER..RNG {
                self.refresh(source, now);
            }
        }
    }

    /// Something from outside happens to a serial port.
    pub(crate) fn uarte_input<R>(
        &mut self,
        port: usize,
        now: u64,
        ram: &mut Ram,
        action: impl FnOnce(&mut Uarte, &mut World<'_>) -> R,
    ) -> Option<R> {
        self.catch_up(now, ram);
        let uarte = self.devices.uartes.get_mut(port)?;
        let mut world = World {
            now,
            signals: &mut self.signals,
            ram,
            gpio: &mut self.gpio,
            notes: &mut self.notes,
            seed: self.seed,
            next_tick: self.next_tick,
        };
        let result = action(uarte, &mut world);
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
        let mut world = World {
            now,
            signals: &mut self.signals,
            ram,
            gpio: &mut self.gpio,
            notes: &mut self.notes,
            seed: self.seed,
            next_tick: self.next_tick,
        };
        action(&mut self.devices.power, &mut world);
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

    /// The watchdog has stood still for this long, if it does so then.
    pub(crate) fn pause_watchdog(&mut self, now: u64, cycles: u64, asleep: bool, halted: bool) {
        if self.devices.watchdog.paused(cycles, asleep, halted) {
            self.refresh(WATCHDOG, now);
        }
    }

    /// Everything that a reset of this kind stops starts again from its reset values.
    pub(crate) fn reset(&mut self, effects: &ResetEffects, now: u64) {
        if effects.stops_watchdog {
            self.devices.watchdog = Watchdog::new();
        }
        self.stop(now);
        self.devices.power.reset_by(effects);
        if effects.clears_gpio {
            self.gpio.reset();
        }
        for source in 0..SOURCES {
            self.refresh(source, now);
        }
    }

    /// Power is gone, or the chip is in System OFF: nothing acts any longer. What the pins hold stays.
    pub(crate) fn stop(&mut self, now: u64) {
        self.ppi = Ppi::new();
        self.stubs = Stubs::default();
        self.signals = Signals::default();
        self.gpio.disown_all();
        for source in 0..SOURCES {
            if let Some(device) = self.devices.get(source) {
                device.reset();
            }
            self.refresh(source, now);
        }
    }
}
