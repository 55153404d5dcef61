//! Bringing one object across: Create, its packets, and what to do when the device does not hold what was sent.

use gauntlet_protocol::{ObjectType, Outcome as Answer, Refusal, Request, ResultCode};

use tokio::time::Instant;

use crate::engine::Engine;
use crate::stream::Held;
use crate::{Checkpoint, Object, Phase, UpdateError, UpdateEvent};

/// The bytes `start..end` of an image, which make up one object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) object: Object,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// How an object begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begin {
    /// With Create, from its first byte.
    Create,
    /// With Create, and what lies before it on the device is to be checked.
    CreateAndCheck,
    /// The object is open; from this byte on.
    Continue(usize),
}

/// What became of an object.
pub(crate) enum Sent {
    /// The device holds it, and holds it right.
    Good,
    /// It cannot be continued in this transfer; another one from the init packet on may work. If not, this is why.
    Unfit(UpdateError),
    /// The device stands before this object: it has started anew, and the link did not tell (OBJ-037). The session has to
    /// begin again. If it may not, this is why.
    Behind(UpdateError),
}

impl Engine<'_> {
    /// Sends an object and executes it, each time slower when the device does not hold what was sent, as often as the
    /// options allow. `last` is the object that ends the image.
    pub(crate) async fn send_object(
        &mut self,
        stretch: Stretch,
        begin: Begin,
        last: bool,
    ) -> Result<Sent, UpdateError> {
        let object = stretch.object;
        let phase = self.phase();
        let mut begin = begin;
        let mut attempt = 0;
        let mut erasing: Option<Instant> = None;
        loop {
            attempt += 1;
            self.enter(phase);
            let prn = self.gait().prn;
            let from = match begin {
                Begin::Continue(from) => {
                    // The device may have counted other packets than we did.
                    if prn > 0 || self.prn != Some(0) {
                        self.set_prn(prn).await?;
                    }
                    if let Some(began) = erasing {
                        // What did not fit while the page was erased would not fit now either.
                        self.pause_until(began + self.gait().erase).await?;
                    }
                    from
                }
                Begin::Create | Begin::CreateAndCheck => {
                    // A device that started anew in the meantime has forgotten it.
                    if self.prn != Some(prn) || (attempt > 1 && prn > 0) {
                        self.set_prn(prn).await?;
                    }
                    match self.create(stretch, attempt).await? {
                        Ok(()) => {}
                        Err(refusal) => {
                            let error =
                                UpdateError::Refused { phase: self.phase(), object: Some(object), refusal };
                            match refusal.outcome {
                                // FF-069: the page erase could not be queued; a little later it can.
                                Answer::Result(ResultCode::InvalidObject)
                                    if object != Object::Init && attempt <= self.options.object_retries =>
                                {
                                    self.slow_down();
                                    self.pause(self.options.pace.erase * attempt).await?;
                                    continue;
                                }
                                // FF-054: the device has lost the init packet that was in force.
                                Answer::Result(ResultCode::OperationNotPermitted)
                                    if object != Object::Init =>
                                {
                                    return Ok(Sent::Unfit(error));
                                }
                                // The size is right behind the objects before, and at the start of the image it is not.
                                Answer::Result(ResultCode::InvalidParameter)
                                    if self.stands_before(stretch).await?.is_some() =>
                                {
                                    return Ok(Sent::Behind(error));
                                }
                                _ if matches!(begin, Begin::CreateAndCheck) => return Ok(Sent::Unfit(error)),
                                _ => return Err(error),
                            }
                        }
                    }
                    erasing = (object != Object::Init).then(Instant::now);
                    if let Some(unfit) = self.check_base(stretch, begin).await? {
                        return Ok(unfit);
                    }
                    stretch.start
                }
            };
            let fresh = erasing.filter(|_| from == stretch.start);
            let mut held = self.stream(stretch, from, fresh).await?;
            if matches!(held, Held::All) {
                if last {
                    self.enter(Phase::Finish);
                }
                match self.execute(object, last).await? {
                    Ok(()) => return Ok(Sent::Good),
                    Err(refusal) => held = self.incomplete(stretch, refusal).await?,
                }
            }
            let (found, refused) = match held {
                Held::All => return Ok(Sent::Good),
                Held::Other { found, refused } => (found, refused),
            };
            let expected = self.prefixes(object).checkpoint(stretch.end);
            if refused.is_none()
                && found.offset < stretch.start as u32
                && let Some(found) = self.stands_before(stretch).await?
            {
                return Ok(Sent::Behind(UpdateError::Transfer {
                    object,
                    expected,
                    found,
                    attempts: attempt,
                }));
            }
            self.report.crc_mismatches += 1;
            if attempt > self.options.object_retries {
                return Err(match refused {
                    Some(outcome) => self.write_refused(object, outcome),
                    None => UpdateError::Transfer { object, expected, found, attempts: attempt },
                });
            }
            self.slow_down();
            begin = self.begin_again(stretch, found, refused);
        }
    }

    /// The device refused to execute the object. If it was not asked what it holds, and says that the object is not
    /// complete (OBJ-007, OBJ-028), then packets were lost and it is asked now (FF-061).
    async fn incomplete(&mut self, stretch: Stretch, refusal: Refusal) -> Result<Held, UpdateError> {
        let object = stretch.object;
        let refused = UpdateError::Refused { phase: self.phase(), object: Some(object), refusal };
        if self.asks_crc || refusal.outcome != Answer::Result(ResultCode::OperationNotPermitted) {
            return Err(refused);
        }
        match self.verify(object, self.prefixes(object).checkpoint(stretch.end)).await? {
            // It holds everything, so it refused for another reason.
            Held::All => Err(refused),
            held => Ok(held),
        }
    }

    /// What the device holds if that ends before the object, as it never does in a device that has executed the objects
    /// before. A UART shows neither a reset nor a power cut: what was selected, the receipt interval and the progress are
    /// gone, and Get CRC speaks of the command object (OBJ-036, OBJ-037). So it is Select that is asked.
    async fn stands_before(&mut self, stretch: Stretch) -> Result<Option<Checkpoint>, UpdateError> {
        if stretch.object == Object::Init || stretch.start == 0 {
            return Ok(None);
        }
        let answer = self.select(stretch.object).await?;
        let before = (answer.offset as usize) < stretch.start;
        Ok(before.then_some(Checkpoint { offset: answer.offset, crc: answer.crc }))
    }

    /// A device that holds a clean beginning of the object needs only the rest (FF-060); everything else is sent
    /// again from Create on (OBJ-023).
    fn begin_again(&self, stretch: Stretch, found: Checkpoint, refused: Option<Answer>) -> Begin {
        let offset = found.offset as usize;
        let inside = offset > stretch.start && offset < stretch.end;
        let aligned = stretch.object == Object::Init || offset.is_multiple_of(4);
        if refused.is_none() && inside && aligned && self.prefixes(stretch.object).holds(found) {
            Begin::Continue(offset)
        } else {
            Begin::Create
        }
    }

    async fn create(&mut self, stretch: Stretch, attempt: u32) -> Result<Result<(), Refusal>, UpdateError> {
        let kind = match stretch.object {
            Object::Init => ObjectType::Command,
            Object::Data(_) => ObjectType::Data,
        };
        let size = (stretch.end - stretch.start) as u32;
        let response = self.exchange(&Request::Create { object: kind, size }).await?;
        if let Err(refusal) = response.accepted() {
            return Ok(Err(refusal));
        }
        self.report.objects_created += 1;
        let offset = stretch.start as u32;
        self.emit(UpdateEvent::Created { object: stretch.object, offset, size, attempt });
        Ok(Ok(()))
    }

    /// After going back (OBJ-044) the device must stand at the start of the object, with our bytes before it. If it
    /// holds another image there, no repetition of this object will ever make it right (FF-067).
    async fn check_base(&mut self, stretch: Stretch, begin: Begin) -> Result<Option<Sent>, UpdateError> {
        if !matches!(begin, Begin::CreateAndCheck) {
            return Ok(None);
        }
        let object = stretch.object;
        let expected = self.prefixes(object).checkpoint(stretch.start);
        Ok(match self.verify(object, expected).await? {
            Held::All => None,
            // The CRC of no bytes means nothing (OBJ-042).
            Held::Other { found, .. } if found.offset == 0 && expected.offset == 0 => None,
            Held::Other { found, .. } => {
                Some(Sent::Unfit(UpdateError::Transfer { object, expected, found, attempts: 1 }))
            }
        })
    }
}
