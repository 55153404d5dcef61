//! All peripherals of a chip. Everything that happens to one of them goes through here: accesses of the CPU, the time
//! it waited for, tasks that the interconnect triggers, stimuli from outside.

use super::{
    Notes, Watchdog,
    block::{Device, Signals, World, Written},
    devices::{Devices, GPIOTE, POWER, RNG, RTC, SOURCES, TIMER, WATCHDOG, source_of},
    gpio::{self, Gpio},
    power::Power,
    ppi::{self, Ppi},
    queue::{NEVER, Queue},
    rtc::NextTick,
    stubs::Stubs,
    uarte::Uarte,
};
use crate::{memory::Ram, reset::ResetEffects, time::cycles_from_ms, variant::Profile};

/// Events that may drive each other within one cycle before somebody must have built a loop.
const LOOP_LIMIT: usize = 1000;
/// Tasks that the interconnect may trigger in a millisecond: about one every three cycles. Firmware that needs more wants to
/// keep the host busy.
const TRAFFIC_LIMIT: u32 = 20_000;

/// How busy the interconnect is.
#[derive(Debug, Clone, Default)]
struct Traffic {
    millisecond: u64,
    tasks: u32,
}

impl Traffic {
    /// Counts tasks; false when there have been too many of them.
    fn count(&mut self, now: u64, tasks: u32) -> bool {
        let millisecond = now / cycles_from_ms(1);
        if self.millisecond != millisecond {
            *self = Self { millisecond, tasks: 0 };
        }
        self.tasks = self.tasks.saturating_add(tasks);
        self.tasks <= TRAFFIC_LIMIT
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Peripherals {
    pub(super) devices: Devices,
    pub(crate) gpio: Gpio,
    ppi: Ppi,
    stubs: Stubs,
    queue: Queue,
    traffic: Traffic,
    signals: Signals,
    pub(crate) notes: Notes,
    /// Levels of the interrupt lines.
    lines: u64,
    profile: Profile,
    seed: u64,
    pub(crate) next_tick: NextTick,
}

impl Peripherals {
    pub(crate) fn new(profile: &Profile, seed: u64) -> Self {
        Self {
            devices: Devices::new(profile, seed),
            gpio: Gpio::new(profile.gpio_ports),
            ppi: Ppi::new(),
            stubs: Stubs::new(profile),
            queue: Queue::new(),
            traffic: Traffic::default(),
            signals: Signals::default(),
            notes: Notes::default(),
            lines: 0,
            profile: *profile,
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

    /// The peripherals, and what one of them sees of everything else.
    pub(super) fn split<'a>(&'a mut self, now: u64, ram: &'a mut Ram) -> (&'a mut Devices, World<'a>) {
        let world = World {
            now,
            signals: &mut self.signals,
            ram,
            gpio: &mut self.gpio,
            notes: &mut self.notes,
            seed: self.seed,
            next_tick: self.next_tick,
        };
        (&mut self.devices, world)
    }

    /// Lets a peripheral do something, and finds out what that changes for the others.
    fn with<R>(
        &mut self,
        source: usize,
        now: u64,
        ram: &mut Ram,
        action: impl FnOnce(&mut dyn Device, &mut World<'_>) -> R,
    ) -> Option<R> {
        let (devices, mut world) = self.split(now, ram);
        let result = action(devices.get(source)?, &mut world);
        match source {
            POWER => self.clock_changed(now),
            GPIOTE => self.pins_changed(now, ram),
            _ => {}
        }
        self.refresh(source, now);
        Some(result)
    }

    /// Asks a peripheral when it acts next, and for the level of its line.
    pub(super) fn refresh(&mut self, source: usize, now: u64) {
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
    pub(super) fn pins_changed(&mut self, now: u64, ram: &mut Ram) {
        let (devices, mut world) = self.split(now, ram);
        devices.gpiote.observe(&mut world);
        self.refresh(GPIOTE, now);
    }

    /// Carries events over the interconnect to the tasks they drive, in the same cycle.
    pub(super) fn route(&mut self, now: u64, ram: &mut Ram) {
        let mut done = 0;
        while let Some(&event) = self.signals.raised.get(done) {
            done += 1;
            let mut channels = self.ppi.channels_of(event);
            if done > LOOP_LIMIT || !self.traffic.count(now, channels.count_ones()) {
                // A real chip would go on like this for ever, and nobody could stop it.
                self.notes.endless_loops += 1;
                self.ppi.stop();
                self.listen(now);
                break;
            }
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
            self.notes.touch_by_hardware(now, task, 1);
        }
    }

    /// A read of a register. None if there is no such register.
    pub(crate) fn read(&mut self, address: u32, now: u64, ram: &mut Ram) -> Option<u32> {
        self.catch_up(now, ram);
        let (page, offset) = (address & !0xFFF, address & 0xFFF);
        match page {
            gpio::P0 => return self.gpio.read(offset),
            ppi::BASE => return self.ppi.read(offset),
            _ if self.stubs.owns(address) => return Some(self.stubs.read(address)),
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
            _ if self.stubs.owns(address) => return self.stubs.write(address, value),
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
        self.devices.power.reset_by(effects, &self.profile);
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
        self.stubs = Stubs::new(&self.profile);
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
