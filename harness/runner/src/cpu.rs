//! Time of processors that this host spends on a case.

use std::cell::Cell;
use std::time::Duration;

/// Counts from its making on. Belongs to the thread it was made on, and to the case that this thread runs.
#[derive(Debug, Default)]
pub(crate) struct CpuMeter {
    /// What the thread had used before; nothing on systems that do not tell.
    began: Option<Duration>,
    /// What programs have used that were started for the case.
    others: Cell<Duration>,
}

impl CpuMeter {
    pub(crate) fn start() -> Self {
        Self { began: of_thread(), others: Cell::default() }
    }

    /// A program that was started for the case has used this much.
    #[cfg(unix)]
    pub(crate) fn add(&self, other: Duration) {
        self.others.set(self.others.get() + other);
    }

    /// What was used so far. Must be called on the thread that [`start`](Self::start) was called on.
    pub(crate) fn used(&self) -> Option<Duration> {
        Some(of_thread()?.saturating_sub(self.began?) + self.others.get())
    }
}

#[cfg(unix)]
fn of_thread() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(not(unix))]
fn of_thread() -> Option<Duration> {
    None
}

/// What a program, and everything that it has waited for, has used so far. One that has ended is asked before its end is taken
/// note of; nothing on systems without `/proc`.
#[cfg(unix)]
pub(crate) fn of_process(process: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in brackets may hold anything; what follows is counted from behind it: state is field 3, utime 14.
    let (_, behind) = text.rsplit_once(')')?;
    let ticks: u64 =
        behind.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second().max(1) as f64))
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn work_is_counted_and_so_is_that_of_programs() {
        let meter = CpuMeter::start();
        let before = meter.used().unwrap();
        let mut sum = 0_u64;
        while meter.used().unwrap() == before {
            sum = sum.wrapping_mul(31).wrapping_add(1);
            std::hint::black_box(sum);
        }
        meter.add(Duration::from_secs(7));
        assert!(meter.used().unwrap() > Duration::from_secs(7));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_has_ended_is_asked_before_it_is_gone() {
        let mut child = Command::new("sh")
            .args(["-c", "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done"])
            .spawn()
            .unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        let options = rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT;
        rustix::process::waitid(rustix::process::WaitId::Pid(pid), options).unwrap();
        assert!(of_process(child.id()).unwrap() > Duration::ZERO);
        child.wait().unwrap();
        assert_eq!(of_process(child.id()), None);
    }
}
