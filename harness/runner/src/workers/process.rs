//! The parent's side: one worker process, and what it says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gauntlet_bench::bluetooth::{BUS_OWN_VARIABLE, BUS_VARIABLE};
use gauntlet_record::{CaseId, ErrorClass, ErrorReport, Verdict};

use super::Workers;
use super::lines::{Order, Said};
use crate::cpu;
use crate::run::Stopper;
use crate::told::Teller;

/// How often it is looked whether the run was stopped.
const LOOK: Duration = Duration::from_millis(100);
/// Most bytes of its last words.
const LAST_WORDS: usize = 600;

/// A process that runs one case after the other.
pub(crate) struct Worker {
    child: Child,
    orders: Option<ChildStdin>,
    said: Receiver<Said>,
    words: Arc<Mutex<Vec<u8>>>,
    listening: Option<JoinHandle<()>>,
    silence: Duration,
}

impl Worker {
    /// Starts one on a bus of its own.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn start(workers: &Workers) -> std::io::Result<Self> {
        let mut child = Command::new(&workers.program)
            .args(&workers.arguments)
            .env(BUS_VARIABLE, format!("unix:path={}", workers.bus().display()))
            .env(BUS_OWN_VARIABLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the parent, which says what is to be done about it.
            .process_group(0)
            .spawn()?;
        let (sender, said) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    // What is no line of a worker ends the listening: nothing behind it could be trusted.
                    let Ok(line) = serde_json::from_str(&line) else { return };
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let words = Arc::new(Mutex::new(Vec::new()));
        let listening = child.stderr.take().map(|mut errors| {
            let words = Arc::clone(&words);
            thread::spawn(move || {
                let mut bytes = [0; 1024];
                while let Ok(count @ 1..) = errors.read(&mut bytes) {
                    let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
                    words.extend_from_slice(&bytes[..count]);
                    let surplus = words.len().saturating_sub(LAST_WORDS);
                    words.drain(..surplus);
                }
            })
        });
        let orders = child.stdin.take();
        Ok(Self { child, orders, said, words, listening, silence: workers.silence })
    }

    fn order(&mut self, order: &Order) -> bool {
        let Ok(mut line) = serde_json::to_vec(order) else { return false };
        line.push(b'\n');
        self.orders
            .as_mut()
            .is_some_and(|orders| orders.write_all(&line).and_then(|()| orders.flush()).is_ok())
    }

    /// Tries `case` once. A worker that did not bring it to an end is of no more use.
    pub(crate) fn attempt(
        &mut self,
        case: &CaseId,
        stopper: &Stopper,
        teller: &Teller,
    ) -> Result<(Verdict, Duration), Verdict> {
        let used_before = cpu::of_process(self.child.id());
        if !self.order(&Order::Run(case.clone())) {
            return Err(self.died());
        }
        let mut heard = Instant::now();
        let mut stopped = false;
        loop {
            if stopper.is_stopped() && !std::mem::replace(&mut stopped, true) {
                self.order(&Order::Stop);
            }
            match self.said.recv_timeout(LOOK) {
                Ok(Said::Told { device, event }) => teller.send(device, event),
                Ok(Said::Ended { verdict, took }) => {
                    let used = cpu::of_process(self.child.id());
                    if let (Some(used), Some(before)) = (used, used_before) {
                        teller.others_used(used.saturating_sub(before));
                    }
                    return Ok((verdict, took.into()));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.died()),
                Err(RecvTimeoutError::Timeout) => {
                    if heard.elapsed() < self.silence {
                        continue;
                    }
                    let seconds = self.silence.as_secs();
                    let what = format!("the process of the case said nothing for {seconds} s and was ended");
                    let _gone = self.child.kill();
                    return Err(self.lost(what));
                }
            }
            heard = Instant::now();
        }
    }

    fn died(&mut self) -> Verdict {
        // Whatever it was doing, nobody listens to it any more.
        let _gone_already = self.child.kill();
        let how = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        self.lost(format!("the process of the case ended in the middle of it ({how})"))
    }

    fn lost(&mut self, what: String) -> Verdict {
        let _gone = self.child.wait();
        if let Some(listening) = self.listening.take() {
            let _ended = listening.join();
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = String::from_utf8_lossy(&words).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut report = ErrorReport::new(ErrorClass::Bench, what);
        if !words.is_empty() {
            report.causes.push(format!("its last words: {words}"));
        }
        Verdict::Error(report)
    }
}

impl Drop for Worker {
    /// Without orders it ends by itself; one that does not is ended.
    fn drop(&mut self) {
        self.orders = None;
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
