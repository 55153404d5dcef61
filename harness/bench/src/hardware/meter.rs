//! A link with a stop watch, and power cuts at moments of a transfer.
//!
//! Flash operations of a board can't be counted. So a cut happens at a moment of the transfer: the first packet of data
//! starts the watch, and the moment is a share of the time that the transfer before took. The share is decided by the
//! seed and the counted operation that the case asks for, so that many cases sample many moments.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{Connected, Link, LinkError, Shape, Target};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::rest::Observer;
use super::setup::Supply;
use crate::board::{Cut, CutPlace, CutReport, Mode};

/// What a transfer is taken to last when none has been seen.
const UNKNOWN: Duration = Duration::from_secs(2);
/// How long a device that was lost is looked at before it is connected to again.
const BACK: Duration = Duration::from_secs(3);
/// A transfer of fewer bytes says nothing about others.
const TELLING: u64 = 2048;

/// How long the last transfer of a bench took.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Option<Duration>>);

impl Pace {
    fn span(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(UNKNOWN)
    }

    fn learn(&self, span: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(span);
    }
}

/// The cut of a board, shared by the board and its links.
#[derive(Clone)]
pub(super) struct Meter {
    inner: Rc<RefCell<Inner>>,
    supply: Option<Supply>,
    observer: Rc<Observer>,
    pace: Arc<Pace>,
    opened: Instant,
    seed: u64,
}

#[derive(Default)]
struct Inner {
    armed: Option<Armed>,
    fired: Option<CutReport>,
    /// First and last packet of data since the link was made, and their bytes.
    transfer: Option<(Instant, Instant, u64)>,
}

#[derive(Clone, Copy)]
struct Armed {
    /// Behind the first packet.
    after: Duration,
    off: Duration,
    began: Option<Instant>,
}

impl Meter {
    pub(super) fn new(supply: Option<Supply>, observer: Rc<Observer>, pace: Arc<Pace>, seed: u64) -> Self {
        Self { inner: Rc::default(), supply, observer, pace, opened: Instant::now(), seed }
    }

    pub(super) fn arm(&self, cut: Cut) {
        let after = self.pace.span().mul_f64(share(self.seed ^ cut.flash_op));
        let mut inner = self.inner.borrow_mut();
        inner.armed = Some(Armed { after, off: cut.off, began: None });
        inner.fired = None;
    }

    pub(super) fn disarm(&self) {
        self.inner.borrow_mut().armed = None;
    }

    pub(super) fn fired(&self) -> Option<CutReport> {
        self.inner.borrow().fired
    }

    pub(super) fn watch<'l>(&self, link: Box<dyn Link + 'l>) -> Box<dyn Link + 'l> {
        self.inner.borrow_mut().transfer = None;
        Box::new(Metered { link, meter: self.clone(), again: false })
    }

    fn data(&self, bytes: usize) {
        let now = Instant::now();
        let mut inner = self.inner.borrow_mut();
        let (_, last, sum) = inner.transfer.get_or_insert((now, now, 0));
        *last = now;
        *sum += bytes as u64;
        if let Some(armed) = &mut inner.armed {
            armed.began.get_or_insert(now);
        }
    }

    /// When the supply is to be cut, once that is known.
    fn moment(&self) -> Option<Instant> {
        let armed = self.inner.borrow().armed?;
        Some(armed.began? + armed.after)
    }

    async fn cut_if_due(&self) -> Result<(), LinkError> {
        if self.moment().is_some_and(|moment| moment <= Instant::now()) { self.cut().await } else { Ok(()) }
    }

    async fn cut(&self) -> Result<(), LinkError> {
        let armed = self.inner.borrow_mut().armed.take();
        let (Some(armed), Some(supply)) = (armed, &self.supply) else { return Ok(()) };
        let (now, began) = (Instant::now(), armed.began);
        let after = began.map_or(Duration::ZERO, |began| now - began);
        self.inner.borrow_mut().fired =
            Some(CutReport { place: CutPlace::Sampled { after }, at: now - self.opened });
        supply.cycle(armed.off).await.map_err(|error| LinkError::Host { detail: error.to_string() })
    }

    /// The transfer has ended without a cut: it tells how long one takes.
    fn ended(&self) {
        let mut inner = self.inner.borrow_mut();
        let transfer = inner.transfer.take();
        let (first, last, bytes) = match transfer {
            Some(transfer) if inner.fired.is_none() => transfer,
            _ => return,
        };
        if bytes >= TELLING {
            self.pace.learn(last - first);
        }
    }
}

/// A share of a transfer, evenly spread from its beginning to its end.
fn share(seed: u64) -> f64 {
    // SplitMix64.
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    f64::from((z ^ (z >> 31)) as u32) / f64::from(u32::MAX)
}

struct Metered<'l> {
    link: Box<dyn Link + 'l>,
    meter: Meter,
    /// It was connected before.
    again: bool,
}

#[async_trait(?Send)]
impl Link for Metered<'_> {
    fn shape(&self) -> Shape {
        self.link.shape()
    }

    fn guards_content(&self) -> bool {
        self.link.guards_content()
    }

    fn look_for(&mut self, target: &Target) {
        self.link.look_for(target);
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.meter.cut_if_due().await?;
        // After a loss the device may have gone back to its application. The probe knows at once, and a scan would wait for
        // a bootloader that does not come.
        if std::mem::replace(&mut self.again, true)
            && self.meter.observer.settle(BACK).await == Mode::Application
        {
            return Err(LinkError::NotFound { detail: "its application runs, as the probe sees".to_owned() });
        }
        self.link.connect().await
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.meter.cut_if_due().await?;
        self.link.send_request(request).await
    }

    async fn send_data(&mut self, data: &[u8]) -> Result<(), LinkError> {
        self.meter.data(data.len());
        self.meter.cut_if_due().await?;
        self.link.send_data(data).await
    }

    async fn flush(&mut self) -> Result<(), LinkError> {
        self.link.flush().await
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        if let Some(moment) = self.meter.moment() {
            // Receiving may be given up at any time without losing a message.
            if let Ok(received) = timeout_at(moment, self.link.receive()).await {
                return received;
            }
            self.meter.cut().await?;
        }
        self.link.receive().await
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        let end = self.link.disconnect().await;
        self.meter.ended();
        if let Some(moment) = self.meter.moment() {
            // The transfer was faster than the one before: the device is cut while it activates, or just behind that.
            sleep_until(moment).await;
            self.meter.cut().await?;
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_spread_over_the_transfer_and_stay_the_same_for_a_seed() {
        let shares: Vec<f64> = (0..1000).map(share).collect();
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        for tenth in 0..10 {
            let within = |share: &&f64| (**share * 10.0) as usize == tenth;
            assert!((50..150).contains(&shares.iter().filter(within).count()), "{tenth}");
        }
        assert_eq!(share(7), share(7));
    }
}
