//! Where the session with a probe lives: on the caller's thread, or on one of its own that is given up when it hangs.
//!
//! Drivers of probes block, and some wait for ever: a network probe whose server has died, an unlocking that never ends.
//! A thread can't be ended from outside, so a session that hangs is left to itself, and its probe with it.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use probe_rs::Session;

use crate::error::{Doing, ProbeError};

/// How long a session may take to let go of its probe.
const LET_GO: Duration = Duration::from_secs(3);
/// How often news of a long operation is passed on.
const NEWS: Duration = Duration::from_millis(50);

type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// A session, and where it lives.
#[derive(Debug)]
pub(super) enum Seat {
    /// On the thread of whoever asks.
    Here(Box<Session>),
    /// On a thread of its own.
    Apart(Apart),
}

/// The way to a session on another thread.
#[derive(Debug)]
pub(super) struct Apart {
    /// Gone once the session has hung.
    jobs: Option<Sender<Job>>,
    ended: Receiver<()>,
}

impl Seat {
    /// Opens a session on the caller's thread, or, with a bound, on one of its own.
    pub(super) fn open(
        bound: Option<Duration>,
        attach: impl FnOnce() -> Result<Session, ProbeError> + Send + 'static,
    ) -> Result<Self, ProbeError> {
        let Some(bound) = bound else { return Ok(Self::Here(Box::new(attach()?))) };
        let (jobs, work) = mpsc::channel::<Job>();
        let (opened, outcome) = mpsc::channel();
        let (ending, ended) = mpsc::channel::<()>();
        let live = move || {
            match attach() {
                Ok(mut session) => {
                    // Whoever asked may have given up meanwhile.
                    if opened.send(Ok(())).is_ok() {
                        for job in work {
                            job(&mut session);
                        }
                    }
                    drop(session);
                }
                Err(error) => drop(opened.send(Err(error))),
            }
            // The channel closes when the probe is free again.
            drop(ending);
        };
        let spawned = thread::Builder::new().name("probe".to_owned()).spawn(live);
        spawned.map_err(|error| ProbeError::Other { doing: Doing::Attach, cause: error.into() })?;
        match outcome.recv_timeout(bound) {
            Ok(Ok(())) => Ok(Self::Apart(Apart { jobs: Some(jobs), ended })),
            Ok(Err(error)) => {
                // The probe is free when the thread has ended.
                let _ended = ended.recv_timeout(LET_GO);
                Err(error)
            }
            Err(_) => Err(ProbeError::Hung { doing: Doing::Attach, after: bound }),
        }
    }

    /// Does `job` with the session, for no longer than `limit` where the session has a thread of its own. News that the
    /// job sends are passed on as they come.
    pub(super) fn with<T: Send + 'static, N: Send + 'static>(
        &mut self,
        doing: Doing,
        limit: Duration,
        news: &mut dyn FnMut(N),
        job: impl FnOnce(&mut Session, &dyn Fn(N)) -> T + Send + 'static,
    ) -> Result<T, ProbeError> {
        let (sender, coming) = mpsc::channel();
        // Nobody listens any more once the caller has given up.
        let send = move |one: N| drop(sender.send(one));
        match self {
            Self::Here(session) => {
                let done = job(session, &send);
                coming.try_iter().for_each(news);
                Ok(done)
            }
            Self::Apart(apart) => apart.with(doing, limit, &mut || coming.try_iter().for_each(&mut *news), {
                move |session| job(session, &send)
            }),
        }
    }
}

impl Apart {
    fn with<T: Send + 'static>(
        &mut self,
        doing: Doing,
        limit: Duration,
        look: &mut dyn FnMut(),
        job: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T, ProbeError> {
        let hung = ProbeError::Hung { doing, after: limit };
        let Some(jobs) = &self.jobs else { return Err(hung) };
        let (finished, outcome) = mpsc::channel();
        let job: Job = Box::new(move |session| drop(finished.send(job(session))));
        let end = Instant::now() + limit;
        if jobs.send(job).is_ok() {
            loop {
                let wait = end.saturating_duration_since(Instant::now()).min(NEWS);
                let done = outcome.recv_timeout(wait);
                look();
                match done {
                    Ok(done) => return Ok(done),
                    Err(RecvTimeoutError::Timeout) if Instant::now() < end => {}
                    // It hangs, or the driver has panicked: no more is to be had of it.
                    Err(_) => break,
                }
            }
        }
        self.jobs = None;
        Err(hung)
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // One that has hung is not waited for.
        if self.jobs.take().is_some() {
            let _ended = self.ended.recv_timeout(LET_GO);
        }
    }
}
