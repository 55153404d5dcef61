//! Bytes between a pseudo-terminal and the pins of a virtual chip.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use gauntlet_links::direct::SharedMachine;
use gauntlet_nrf52::{HostPort, Machine, MachineStop, UartSetting, cycles_from_ms};

use super::watch::Watch;
use super::{FirmwareLine, FirmwareServed, Notice};
use crate::serve::Timing;
use crate::serve::pace::{Pace, time};
use crate::serve::pty::Pty;

/// Device time of one slice.
const SLICE_MS: u64 = 1;
const ASLEEP_MS: u64 = 20;
/// Device time that need not wait for the wall after a byte or a flash operation: an answer is under way.
const ACTIVE_MS: u64 = 3;
/// A CPU that has been busy for so long without either gets no more time than the wall has.
const BUSY_MS: u64 = 4_000;
/// How long a chip with nothing to do is left alone.
const LOOK: Duration = Duration::from_millis(5);
/// How long a chip that a debug tool holds is left alone.
const HELD: Duration = Duration::from_millis(2);
/// How long debug tools are let in for behind a slice.
const LET_IN: Duration = Duration::from_micros(50);
/// Slices between two looks at the list of registers.
const REGISTERS_EACH: u32 = 64;
/// Bytes of the host that wait at the chip's pins; the others wait in the port, which is flow control.
const WAITING: usize = 1024;
/// Bytes that are kept for a program that does not read.
const UNREAD: usize = 1 << 16;

pub(super) struct Pump {
    machine: SharedMachine,
    line: FirmwareLine,
    pty: Pty,
    pace: Pace,
    /// The UART in use, and how it was set when it was last looked.
    uart: Option<(usize, UartSetting)>,
    told: Option<(usize, UartSetting)>,
    outgoing: VecDeque<u8>,
    watch: Watch,
    /// When the last byte or flash operation was.
    active_at: u64,
    flash_ops: u64,
    /// Since when the CPU is busy without either.
    spinning_told: bool,
    slices: u32,
}

/// What the chip is doing behind a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It computes, sends or programs.
    Busy,
    /// It waits for something.
    Idle,
    /// A debug tool holds it.
    Held,
}

impl Pump {
    pub(super) fn new(machine: SharedMachine, line: FirmwareLine) -> io::Result<Self> {
        let (now, flash_ops, watch) = {
            let machine = lock(&machine);
            (machine.now(), machine.chip.flash_ops(), Watch::new(&machine.chip, line.whereabouts))
        };
        Ok(Self {
            machine,
            line,
            pty: Pty::open()?,
            pace: Pace::at(now),
            uart: None,
            told: None,
            outgoing: VecDeque::new(),
            watch,
            active_at: now,
            flash_ops,
            spinning_told: false,
            slices: 0,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.pty.path()
    }

    pub(super) fn run(
        &mut self,
        stop: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Notice),
    ) -> io::Result<FirmwareServed> {
        self.pace = Pace::at(lock(&self.machine).now());
        while !stop() {
            let (state, reached) = self.slice()?;
            for notice in self.watch.take() {
                tell(notice);
            }
            self.flush()?;
            if reached {
                return Ok(FirmwareServed::ApplicationRuns);
            }
            self.wait(state)?;
        }
        Ok(FirmwareServed::Stopped)
    }

    /// Gives the chip what has arrived and a slice of time, and takes what it has sent.
    fn slice(&mut self) -> io::Result<(State, bool)> {
        // Borrowed from a copy of the pointer: the guard must not lock up the rest of this.
        let shared = SharedMachine::clone(&self.machine);
        let mut machine = lock(&shared);
        self.find_uart(&mut machine);
        self.take_in(&mut machine)?;
        let state = self.advance(&mut machine);
        self.collect(&mut machine);
        let chip = &mut machine.chip;
        if chip.flash_ops() != self.flash_ops {
            self.flash_ops = chip.flash_ops();
            self.active(chip.now());
        }
        let reached = self.watch.look(chip);
        let listens = self.uart.is_some_and(|(_, setting)| setting.listens);
        self.watch.silent(chip, state == State::Idle && !listens && chip.is_powered());
        self.slices = self.slices.wrapping_add(1);
        if self.slices % REGISTERS_EACH == 1 || reached {
            self.watch.look_at_registers(chip);
        }
        Ok((state, reached))
    }

    fn active(&mut self, now: u64) {
        self.active_at = now;
        self.spinning_told = false;
    }

    /// The UART that the firmware uses: the first one that listens, or else the first one that is on.
    fn find_uart(&mut self, machine: &mut Machine) {
        let chip = &mut machine.chip;
        let settings = || (0..chip.uarts()).filter_map(|port| Some((port, chip.uart_setting(port)?)));
        let found = settings().find(|(_, setting)| setting.listens).or_else(|| settings().next());
        if found == self.uart {
            return;
        }
        self.uart = found;
        let Some((port, setting)) = found else { return };
        // A host that is set the way its device is: RTS is obeyed where there is one, and the speed is the chip's.
        let obeys_rts = setting.flow_control && setting.rts.is_some();
        let host = HostPort { baud: None, obeys_rts, ready: true };
        if chip.uart_host(port) != host {
            chip.set_uart_host(port, host);
        }
        let told = (port, UartSetting { listens: true, ..setting });
        if setting.listens && self.told != Some(told) {
            self.told = Some(told);
            self.watch.tell(Notice::Uart { port, setting });
        }
    }

    /// Takes bytes from the port while the firmware listens. Those for an application that does not are lost, as on a
    /// board; a device that is starting finds them when it listens.
    fn take_in(&mut self, machine: &mut Machine) -> io::Result<()> {
        let chip = &mut machine.chip;
        let Some((port, _)) = self.uart.filter(|(_, setting)| setting.listens) else { return Ok(()) };
        if chip.uart_waiting(port) >= WAITING {
            return Ok(());
        }
        let bytes = self.pty.read()?;
        if !bytes.is_empty() {
            chip.uart_send(port, &bytes);
            self.active_at = chip.now();
            self.spinning_told = false;
            self.watch.progress();
        }
        Ok(())
    }

    /// Lets the chip run for a slice, or up to the wall's time.
    fn advance(&mut self, machine: &mut Machine) -> State {
        let (now, wall) = (machine.now(), self.pace.now());
        // Sleep costs nothing.
        let asleep = machine.chip.core().is_sleeping();
        let slice_end = now + cycles_from_ms(if asleep { ASLEEP_MS } else { SLICE_MS });
        let free = self.line.timing == Timing::Instant && self.is_free(machine);
        let until = if free { slice_end } else { slice_end.min(wall) };
        if until <= now && !free {
            return State::Idle;
        }
        let stop = machine.run_until(until);
        let reached = machine.now();
        // Work beyond the wall's time has taken none, and time that the host could not keep up with is given up.
        if free || wall.saturating_sub(reached) > cycles_from_ms(100) {
            self.pace = Pace::at(reached);
        }
        match stop {
            MachineStop::Halted => State::Held,
            MachineStop::UnexpectedTrap(trap) => {
                self.watch.tell(Notice::HostTrap(trap));
                State::Busy
            }
            MachineStop::Stopped => State::Idle,
            MachineStop::PoweredOff => State::Busy,
            MachineStop::Limit if machine.chip.core().is_sleeping() => State::Idle,
            MachineStop::Limit => {
                self.notice_spinning(machine);
                State::Busy
            }
        }
    }

    /// Whether the chip's time may run ahead of the wall's: bytes or flash operations are under way, or it computes.
    fn is_free(&self, machine: &Machine) -> bool {
        let chip = &machine.chip;
        let rest = chip.now().saturating_sub(self.active_at);
        let bytes = self.uart.is_some_and(|(port, setting)| setting.listens && chip.uart_waiting(port) > 0);
        // RTS may hold bytes back for ever: then it counts as any other work.
        if bytes && rest < cycles_from_ms(BUSY_MS) || rest < cycles_from_ms(ACTIVE_MS) {
            return true;
        }
        if !chip.is_powered() {
            return chip.power_returns_at().is_some();
        }
        let computes = !chip.core().is_sleeping() && !chip.core().is_halted();
        computes && rest < cycles_from_ms(BUSY_MS) && !self.watch.is_looping()
    }

    fn notice_spinning(&mut self, machine: &Machine) {
        let rest = machine.now().saturating_sub(self.active_at);
        if rest >= cycles_from_ms(BUSY_MS) && !self.watch.is_looping() && !self.spinning_told {
            self.spinning_told = true;
            let listens = self.uart.is_some_and(|(_, setting)| setting.listens);
            // Firmware that polls its UART is in order.
            if !listens {
                self.watch.tell(Notice::Spinning { pc: machine.chip.core().reg(15) });
            }
        }
    }

    /// Takes what the chip has sent.
    fn collect(&mut self, machine: &mut Machine) {
        let chip = &mut machine.chip;
        for port in 0..chip.uarts() {
            if chip.uart_sent(port).is_empty() {
                continue;
            }
            let sent = chip.uart_take(port);
            if self.uart.is_none_or(|(used, _)| used == port) {
                self.active_at = chip.now();
                self.spinning_told = false;
                self.outgoing.extend(sent.iter().map(|byte| byte.value));
            }
        }
        // Nobody reads: what is oldest is lost.
        let surplus = self.outgoing.len().saturating_sub(UNREAD);
        self.outgoing.drain(..surplus);
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            let sent = self.pty.write(self.outgoing.make_contiguous())?;
            if sent == 0 {
                break;
            }
            self.outgoing.drain(..sent);
        }
        Ok(())
    }

    /// Waits for bytes, for room, or until the wall has come to where the chip is.
    fn wait(&self, state: State) -> io::Result<()> {
        let for_room = !self.outgoing.is_empty();
        let listens = self.uart.is_some_and(|(_, setting)| setting.listens);
        match state {
            State::Held => {
                sleep(HELD);
                Ok(())
            }
            State::Busy => {
                if self.line.shared {
                    sleep(LET_IN);
                }
                let ahead = self.ahead();
                if ahead > Duration::from_millis(1) {
                    self.pty.wait(false, false, ahead.min(LOOK))
                } else {
                    Ok(())
                }
            }
            State::Idle => {
                // A port that nobody takes bytes from would be ready at once, for ever.
                let full =
                    self.uart.is_some_and(|(port, _)| lock(&self.machine).chip.uart_waiting(port) >= WAITING);
                self.pty.wait(listens && !full, for_room, LOOK)
            }
        }
    }

    /// How far the chip is ahead of the wall.
    fn ahead(&self) -> Duration {
        time(lock(&self.machine).now().saturating_sub(self.pace.now()))
    }
}

fn lock(machine: &SharedMachine) -> MutexGuard<'_, Machine> {
    // A panic elsewhere must not hide what the machine has to tell.
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}
