//! What a fault does to the client itself, as an operating system would: it stops the process, or ends it.
//!
//! A client is a future. [`HostHand::run`] polls it, and a [`FaultLink`](super::FaultLink) in it tells the hand what is due.
//! While the client stands still it is not polled, so none of its timers is looked at; one that dies is dropped in the
//! middle of whatever it did.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// What happens to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostAct {
    /// It stands still.
    Pause {
        /// For how long.
        span: Duration,
    },
    /// It dies, and another one begins later.
    Restart {
        /// How much later.
        away: Duration,
    },
}

/// How a client has ended.
#[derive(Debug)]
pub enum HostEnd<T> {
    /// By itself.
    Finished(T),
    /// A fault has ended it.
    Died {
        /// How long there shall be none.
        away: Duration,
    },
}

/// The hand that stops and ends a client. Clones are the same hand.
#[derive(Debug, Clone, Default)]
pub struct HostHand {
    due: Rc<Cell<Option<HostAct>>>,
}

impl HostHand {
    /// Asks for `act`, from within the client. Comes back when the client goes on; never, when it is to die.
    pub(super) async fn act(&self, act: HostAct) {
        self.due.set(Some(act));
        poll_fn(|_| if self.due.get().is_some() { Poll::Pending } else { Poll::Ready(()) }).await;
    }

    /// Lets `client` work, and does to it what its faults ask for. `idle` lets the time of the bench pass.
    pub async fn run<T>(&self, client: impl Future<Output = T>, idle: impl AsyncFn(Duration)) -> HostEnd<T> {
        let mut client = pin!(client);
        loop {
            let next = poll_fn(|context| match client.as_mut().poll(context) {
                Poll::Ready(end) => Poll::Ready(Ok(end)),
                Poll::Pending => self.due.get().map_or(Poll::Pending, |act| Poll::Ready(Err(act))),
            });
            match next.await {
                Ok(end) => return HostEnd::Finished(end),
                Err(HostAct::Pause { span }) => {
                    idle(span).await;
                    self.due.set(None);
                }
                Err(HostAct::Restart { away }) => {
                    self.due.set(None);
                    return HostEnd::Died { away };
                }
            }
        }
    }
}
