//! A virtual board as its links see it: the machine, the wire to its firmware, and the common clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gauntlet_nrf52::{Machine, cycles_from_us};
use gauntlet_reference::SharedWire;

use super::clock::VirtualClock;
use crate::air::Seen;

/// A machine that the probe and the links share.
pub type SharedMachine = Arc<Mutex<Machine>>;

/// A virtual board within reach.
#[derive(Clone)]
pub struct VirtualBoard {
    machine: SharedMachine,
    wire: SharedWire,
    /// The clock that board and client share; without one the board's time is its own.
    clock: Option<VirtualClock>,
    /// What its centrals have seen.
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl VirtualBoard {
    /// A board whose firmware listens on `wire`. Must be called inside a runtime with paused time.
    pub fn new(machine: SharedMachine, wire: SharedWire) -> Self {
        let cycle = lock(&machine).chip.now();
        Self { machine, wire, clock: Some(VirtualClock::starting_at(cycle)), seen: Arc::default() }
    }

    /// A board for clients that live in wall time: what it does takes none of that, and it is given its own time.
    pub fn in_own_time(machine: SharedMachine, wire: SharedWire) -> Self {
        Self { machine, wire, clock: None, seen: Arc::default() }
    }

    /// The machine, for as long as the guard lives. Never held across an await.
    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        lock(&self.machine)
    }

    /// The machine, to be shared with a server for debug tools.
    pub fn shared(&self) -> SharedMachine {
        Arc::clone(&self.machine)
    }

    /// The wire to the firmware.
    pub fn wire(&self) -> &SharedWire {
        &self.wire
    }

    /// A central has seen this.
    pub(super) fn note(&self, seen: Seen) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }

    /// What centrals have seen of the device since this was last asked.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets the board run up to the present instant: the client may have paused since it ran last. The cycle of that instant;
    /// a board that somebody else lets run may be ahead of it. One in a time of its own is where it is.
    pub fn catch_up(&self) -> u64 {
        let Some(now) = self.clock.map(|clock| clock.cycle_now()) else { return self.machine().now() };
        let mut machine = self.machine();
        if machine.chip.now() < now {
            machine.run_until(now);
        }
        now
    }

    /// Lets the board run for `span` of its own time, and the common clock with it.
    pub async fn run_for(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let reached = {
            let mut machine = self.machine();
            // Whoever is ahead leads: the chip after the probe has worked, the client after it has paused.
            let now = machine.chip.now().max(self.clock.map_or(0, |clock| clock.cycle_now()));
            machine.run_until(now + cycles_from_us(micros));
            machine.chip.now().max(now)
        };
        match self.clock {
            Some(clock) => tokio::time::sleep_until(clock.instant(reached)).await,
            // Whoever else works for the client is served all the same.
            None => tokio::task::yield_now().await,
        }
    }
}

fn lock(machine: &SharedMachine) -> MutexGuard<'_, Machine> {
    // A panic elsewhere must not hide what the machine has to tell.
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}
