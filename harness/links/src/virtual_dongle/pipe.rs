//! A virtual dongle in the same program: its port is a pipe, and its time that of the runtime.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::{PlannedFault, VirtualDongle};
use crate::direct::VirtualBoard;
use crate::dongle::{DongleError, Port, Stream};

/// Bytes that a pipe holds.
const PIPE: usize = 4096;
/// How long the board runs between two looks at what it has said.
const LOOK: Duration = Duration::from_millis(2);
/// The shortest time between two looks.
const STEP: Duration = Duration::from_millis(1);

/// The port of a virtual dongle. The dongle is unplugged when this is dropped.
pub struct VirtualPort {
    name: String,
    shared: Arc<Shared>,
}

struct Shared {
    dongle: Mutex<VirtualDongle>,
    /// The dongle's end of a pipe that was opened just now.
    opened: Mutex<Option<DuplexStream>>,
    /// Somebody has opened it, or it was unplugged.
    changed: Arc<Notify>,
}

impl VirtualPort {
    /// Plugs in a dongle with `board` within its reach. Must be called inside a runtime with paused time, which is also the
    /// clock of `board`.
    pub fn new(name: &str, dongle: VirtualDongle, board: VirtualBoard) -> Self {
        let changed = Arc::new(Notify::new());
        let shared =
            Shared { dongle: Mutex::new(dongle), opened: Mutex::new(None), changed: changed.clone() };
        let shared = Arc::new(shared);
        tokio::spawn(serve(Arc::downgrade(&shared), changed, board));
        Self { name: name.to_owned(), shared }
    }

    /// Each planned fault with the number of times that it has happened.
    pub fn faults(&self) -> Vec<(PlannedFault, u32)> {
        lock(&self.shared.dongle).faults()
    }
}

impl Drop for VirtualPort {
    fn drop(&mut self) {
        self.shared.changed.notify_one();
    }
}

impl Port for VirtualPort {
    fn open(&mut self) -> Result<Box<dyn Stream>, DongleError> {
        let (ours, theirs) = duplex(PIPE);
        *lock(&self.shared.opened) = Some(theirs);
        self.shared.changed.notify_one();
        Ok(Box::new(ours))
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Runs the dongle until it is unplugged.
async fn serve(shared: Weak<Shared>, changed: Arc<Notify>, board: VirtualBoard) {
    let began = Instant::now();
    let mut end: Option<DuplexStream> = None;
    let mut bytes = [0; PIPE];
    loop {
        let (said, due) = {
            let Some(shared) = shared.upgrade() else { return };
            if let Some(opened) = lock(&shared.opened).take() {
                end = Some(opened);
            }
            let until = board.catch_up();
            let now = began.elapsed();
            let mut dongle = lock(&shared.dongle);
            dongle.poll(now, until);
            let said = dongle.to_host(now);
            if dongle.has_hung_up() {
                end = None;
            }
            let look = dongle.is_on_the_air().then_some(now + LOOK);
            // Whatever is due now has been done, or waits for something else.
            let due = dongle.due().map(|due| due.max(now + STEP));
            (said, due.into_iter().chain(look).min())
        };
        if let Some(open) = &mut end
            && !said.is_empty()
        {
            // A host that has gone does not matter.
            let _gone = open.write_all(&said).await;
        }
        tokio::select! {
            biased;
            read = read(&mut end, &mut bytes) => {
                let Some(shared) = shared.upgrade() else { return };
                match read {
                    0 => end = None,
                    count => lock(&shared.dongle).host_sent(began.elapsed(), &bytes[..count]),
                }
            }
            () = changed.notified() => {}
            () = until(due.map(|due| began + due)) => {}
        }
    }
}

/// Bytes of the host; 0 when it has closed the port. Pends while there is none.
async fn read(end: &mut Option<DuplexStream>, bytes: &mut [u8]) -> usize {
    match end {
        Some(open) => open.read(bytes).await.unwrap_or(0),
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere must not hide what the dongle has to tell.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
