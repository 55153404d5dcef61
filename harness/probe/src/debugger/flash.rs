//! Erasing, flashing and verifying.

use std::time::Duration;

use probe_rs::{
    MemoryInterface, Session,
    flashing::{self, DownloadOptions, FlashError, FlashLoader, ProgressEvent, ProgressOperation},
};

use super::Debugger;
use crate::{
    Image,
    error::{Doing, ProbeError},
};

/// The longest that erasing may take: a chip of 1 MiB, page by page, through a slow probe.
const ERASING: Duration = Duration::from_secs(90);

/// A step of flashing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashPhase {
    /// Reading what has to be kept of pages that are only partly written.
    Keep,
    /// Erasing pages.
    Erase,
    /// Programming pages.
    Program,
    /// Reading back and comparing.
    Verify,
}

/// How far flashing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashProgress {
    /// The step.
    pub phase: FlashPhase,
    /// Bytes done in this step.
    pub done: u64,
    /// Bytes this step will take, if that is known.
    pub total: Option<u64>,
}

impl Debugger {
    /// Erases the whole flash AND the UICR, and halts the core in reset.
    ///
    /// The chip has no firmware afterwards and would lock up, so it stays halted; flash something, then reset it.
    ///
    /// # Errors
    /// [`ProbeError::FlashFailed`], [`ProbeError::NoAcknowledge`].
    pub fn erase_all(&mut self) -> Result<(), ProbeError> {
        let outcome = self.seat.with(Doing::EraseAll, ERASING, &mut |()| {}, |session, _| {
            flashing::erase_all(session, &mut flashing::FlashProgress::empty(), false)
        })?;
        self.finish(Doing::EraseAll, outcome)
    }

    /// Erases the flash pages that lie completely in a range of addresses, and halts the core in reset.
    ///
    /// The UICR is one page of 4 KiB at 0x10001000 here: a range that holds it erases all of it.
    ///
    /// # Errors
    /// As [`Debugger::erase_all`].
    pub fn erase(&mut self, range: std::ops::Range<u32>) -> Result<(), ProbeError> {
        let outcome = self.seat.with(Doing::Erase, ERASING, &mut |()| {}, move |session, _| {
            let mut progress = flashing::FlashProgress::empty();
            flashing::erase(session, &mut progress, range.start.into(), range.end.into(), false)
        })?;
        self.finish(Doing::Erase, outcome)
    }

    /// Flashes an image, and halts the core in reset; [`Debugger::reset`] starts the firmware.
    ///
    /// Pages that the image touches are erased and programmed; what it does not cover of them is kept, byte for byte.
    /// This holds for the UICR, too: naming one word of it does not lose the others. Other pages are not touched.
    ///
    /// # Errors
    /// [`ProbeError::BadImage`] before anything is changed; [`ProbeError::FlashFailed`], [`ProbeError::NoAcknowledge`];
    /// [`ProbeError::VerifyMismatch`] if `verify` is set.
    pub fn flash(
        &mut self,
        image: &Image,
        verify: bool,
        progress: &mut dyn FnMut(FlashProgress),
    ) -> Result<(), ProbeError> {
        let (parts, double_buffering) = (image.clone(), self.double_buffering);
        let bytes = image.segments().iter().map(|segment| segment.bytes.len()).sum();
        // Pages are erased and read back, too.
        let limit = ERASING + super::transfer(bytes) * 4;
        let outcome = self.seat.with(Doing::Flash, limit, progress, move |session, news| {
            let loader = loader(session, &parts)?;
            let mut options = DownloadOptions::default();
            options.keep_unwritten_bytes = true;
            options.disable_double_buffering = !double_buffering;
            options.verify = verify;
            let mut report = |progress| news(progress);
            options.progress = translate(&mut report);
            Ok(loader.commit(session, options))
        })?;
        match outcome? {
            Err(FlashError::Verify) => {
                self.finish(Doing::Verify, Ok(()))?;
                // Which byte it is, probe-rs does not say.
                self.verify(image)?;
                // It differed, and now it does not: the memory is not to be trusted.
                Err(ProbeError::classify(Doing::Verify, FlashError::Verify))
            }
            outcome => self.finish(Doing::Flash, outcome),
        }
    }

    /// Compares the chip with an image.
    ///
    /// # Errors
    /// [`ProbeError::VerifyMismatch`] with the first difference; [`ProbeError::AccessRefused`],
    /// [`ProbeError::NoAcknowledge`].
    pub fn verify(&mut self, image: &Image) -> Result<(), ProbeError> {
        for segment in image.segments() {
            let address = segment.address;
            let mut found = vec![0; segment.bytes.len()];
            let limit = super::transfer(found.len());
            let found = self.with_core_for(Doing::Verify, limit, move |core| {
                core.read(address.into(), &mut found).map(|()| found)
            })?;
            let differs = |(_, (expected, found)): &(u32, (&u8, &u8))| expected != found;
            let pairs = (address..).zip(segment.bytes.iter().zip(&found));
            if let Some((address, (&expected, &found))) = pairs.into_iter().find(differs) {
                return Err(ProbeError::VerifyMismatch { address, expected, found });
            }
        }
        Ok(())
    }

    /// After a flash algorithm the core stands on its last breakpoint instruction, and would lock up if it were let go
    /// there. So the core is put into reset, whether the algorithm has worked or not.
    fn finish(&mut self, doing: Doing, outcome: Result<(), FlashError>) -> Result<(), ProbeError> {
        match outcome {
            Ok(()) => self.reset_and_halt(),
            Err(error) => {
                // What failed first is what matters; the chip may well be gone.
                let _ = self.reset_and_halt();
                Err(ProbeError::classify(doing, error))
            }
        }
    }
}

/// What puts the image into the chip.
fn loader(session: &Session, image: &Image) -> Result<FlashLoader, ProbeError> {
    let mut loader = session.target().flash_loader();
    for segment in image.segments() {
        loader
            .add_data(segment.address.into(), &segment.bytes)
            .map_err(|cause| ProbeError::BadImage { cause: cause.into() })?;
    }
    Ok(loader)
}

/// Adds the events of probe-rs up to how much of each step is done.
fn translate<'a>(report: &'a mut dyn FnMut(FlashProgress)) -> flashing::FlashProgress<'a> {
    let mut steps: Vec<FlashProgress> = Vec::new();
    flashing::FlashProgress::new(move |event| {
        let (operation, size, total) = match event {
            ProgressEvent::AddProgressBar { operation, total } => (operation, 0, total),
            ProgressEvent::Progress { operation, size, .. } => (operation, size, None),
            _ => return,
        };
        let phase = match operation {
            ProgressOperation::Fill => FlashPhase::Keep,
            ProgressOperation::Erase => FlashPhase::Erase,
            ProgressOperation::Program => FlashPhase::Program,
            ProgressOperation::Verify => FlashPhase::Verify,
        };
        let index = steps.iter().position(|step| step.phase == phase).unwrap_or_else(|| {
            steps.push(FlashProgress { phase, done: 0, total: None });
            steps.len() - 1
        });
        let step = &mut steps[index];
        if let Some(total) = total {
            step.total = Some(step.total.unwrap_or(0) + total);
        } else {
            step.done += size;
            report(*step);
        }
    })
}
