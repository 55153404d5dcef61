//! Stopping an update from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A handle that stops an update in good order; clones share one state, from any thread.
///
/// The engine looks at it between packets and while it waits. The device is left as after a lost link: it can be
/// resumed or started afresh, nothing is aborted on it.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    cancelled: AtomicBool,
    wake: Notify,
}

impl Cancel {
    /// A handle that has not been used.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ask every update that holds a clone to stop. Doing it twice is the same as once.
    pub fn cancel(&self) {
        self.state.cancelled.store(true, Ordering::SeqCst);
        self.state.wake.notify_waiters();
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state.cancelled.load(Ordering::SeqCst)
    }

    /// Returns once the handle is cancelled, at once if it already is.
    pub async fn cancelled(&self) {
        let wake = self.state.wake.notified();
        tokio::pin!(wake);
        // Registered before the flag is read, so that a cancel between the two is not missed.
        wake.as_mut().enable();
        if !self.is_cancelled() {
            wake.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_waiting_clone_wakes() {
        let cancel = Cancel::new();
        let other = cancel.clone();
        tokio::join!(cancel.cancelled(), async { other.cancel() });
        assert!(cancel.is_cancelled());
        cancel.cancelled().await;
    }
}
