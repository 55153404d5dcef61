//! The init packet and the firmware, in one session.

use gauntlet_protocol::init_packet::decode;
use gauntlet_protocol::{ObjectType, Outcome as Answer, Refusal, Request, ResultCode, SelectAnswer};
use tokio::time::Instant;

use crate::engine::Engine;
use crate::object::{Begin, Sent, Stretch};
use crate::resume::{DataPlan, InitPlan, data_plan, init_plan};
use crate::{Checkpoint, Object, Outcome, Phase, Unsendable, UpdateError, UpdateEvent, Violation};

/// How often a transfer may begin again from the init packet within one session.
const FRESH_STARTS: u32 = 1;

/// How a transfer ended that did not fail.
pub(crate) enum Transferred {
    /// There is nothing left to do.
    To(Outcome),
    /// The device has started anew in the midst of it; for want of another session, this is why it failed.
    Restarted(UpdateError),
}

impl Engine<'_> {
    /// Sends everything that the device does not hold yet, up to the answer of the last Execute.
    pub(crate) async fn transfer(&mut self) -> Result<Transferred, UpdateError> {
        let mut afresh = false;
        let mut starts = 0;
        loop {
            if let Some(outcome) = self.send_init(afresh).await? {
                return Ok(Transferred::To(outcome));
            }
            match self.send_firmware().await? {
                Sent::Good => return Ok(Transferred::To(Outcome::Completed)),
                Sent::Behind(error) => return Ok(Transferred::Restarted(error)),
                Sent::Unfit(error) if starts >= FRESH_STARTS => return Err(error),
                Sent::Unfit(_) => {
                    // A new Create of the command object clears all progress (OBJ-003).
                    afresh = true;
                    starts += 1;
                    self.report.fresh_starts += 1;
                    self.emit(UpdateEvent::StartingAfresh);
                }
            }
        }
    }

    /// Brings the init packet into force. An outcome means that there is nothing left to do.
    async fn send_init(&mut self, afresh: bool) -> Result<Option<Outcome>, UpdateError> {
        self.enter(Phase::InitPacket);
        let answer = self.select(Object::Init).await?;
        let plan = init_plan(&self.init, answer);
        if self.final_execute_open {
            // The device keeps the init packet until it has dealt with the last Execute, whatever came of it
            // (OBJ-030). If it is gone, the image was taken or thrown away; sending it again would hide which.
            if plan != InitPlan::Execute {
                return Ok(Some(Outcome::CompletionUnconfirmed));
            }
            self.final_execute_open = false;
        }
        let length = self.init.len();
        if length > answer.max_size as usize {
            return Err(UpdateError::Unsendable(Unsendable::InitPacketTooLong {
                length,
                max: answer.max_size,
            }));
        }
        let begin = match plan {
            _ if afresh => Some(Begin::Create),
            InitPlan::Create => Some(Begin::Create),
            InitPlan::Continue { from } => Some(Begin::Continue(from)),
            InitPlan::Execute => None,
        };
        if !matches!(begin, Some(Begin::Create)) {
            self.report.init_resumed = true;
            self.report.init_skipped |= begin.is_none();
            self.emit(UpdateEvent::Resumed { object: Object::Init, offset: answer.offset });
        }
        let begin = match begin {
            Some(begin) => Some(begin),
            None => match self.execute(Object::Init, false).await? {
                Ok(()) => None,
                // Its CRC is on record, and no CRC covers the packet itself in flash (SET-011): another one is sent.
                Err(refusal) if refusal.outcome == Answer::Result(ResultCode::InvalidObject) => {
                    Some(Begin::Create)
                }
                Err(refusal) => {
                    let object = Some(Object::Init);
                    return Err(UpdateError::Refused { phase: self.phase(), object, refusal });
                }
            },
        };
        if let Some(begin) = begin {
            let stretch = Stretch { object: Object::Init, start: 0, end: length };
            match self.send_object(stretch, begin, false).await? {
                Sent::Good => {}
                Sent::Unfit(error) | Sent::Behind(error) => return Err(error),
            }
        }
        self.init_executed = Some(Instant::now());
        // From here on a lost link is one of this image.
        self.awaited_until = None;
        Ok(None)
    }

    /// Sends the firmware from wherever the device stands.
    async fn send_firmware(&mut self) -> Result<Sent, UpdateError> {
        self.enter(Phase::Data);
        let answer = self.select(Object::Data(1)).await?;
        let size = answer.max_size as usize;
        let length = self.firmware.len();
        let object_at = |offset: usize| Object::Data((offset / size) as u32 + 1);
        let plan = data_plan(&self.firmware, answer);
        let (mut start, mut begin) = match plan {
            DataPlan::Start => (0, Begin::Create),
            DataPlan::Back { start } => (start, Begin::CreateAndCheck),
            DataPlan::Continue { start, from } => (start, Begin::Continue(from)),
            DataPlan::Execute { held } => (held, Begin::Create),
            DataPlan::Foreign => {
                let expected = self.firmware.checkpoint(length);
                let found = Checkpoint { offset: answer.offset, crc: answer.crc };
                let object = object_at(length - 1);
                return Ok(Sent::Unfit(UpdateError::Transfer { object, expected, found, attempts: 0 }));
            }
        };
        if let DataPlan::Execute { .. } | DataPlan::Continue { .. } = plan {
            if self.report.resumed_at == 0 {
                self.report.resumed_at = answer.offset;
            }
            let object = object_at((answer.offset as usize).min(length - 1));
            self.emit(UpdateEvent::Resumed { object, offset: answer.offset });
        }
        if let DataPlan::Execute { held } = plan {
            self.finish_object(object_at(held - 1), held).await?;
        }
        if let Some(executed) = self.init_executed.take() {
            // OBJ-011: settings are written behind the answer, and little of the first object would find room.
            self.pause_until(executed + self.options.pace.settle(self.link.shape())).await?;
        }
        while start < length {
            let end = (start / size * size + size).min(length);
            let stretch = Stretch { object: object_at(start), start, end };
            match self.send_object(stretch, begin, end == length).await? {
                Sent::Good => {}
                unsent => return Ok(unsent),
            }
            self.came_across();
            start = end;
            begin = Begin::Create;
        }
        // The device has said yes to each object, and to no image: for it that was not the end.
        let promised = decode(self.init.bytes()).map_or(0, |packet| packet.init.image_size());
        if promised as usize > length {
            return Err(UpdateError::Unfinished { promised, sent: length as u32 });
        }
        Ok(Sent::Good)
    }

    /// Executes an object that the device held when the session began. It may have been executed in an earlier one,
    /// which some devices answer with 08 (OBJ-041); at the end of the image that cannot be, for it ends the session.
    async fn finish_object(&mut self, object: Object, held: usize) -> Result<(), UpdateError> {
        if held == self.firmware.len() {
            self.enter(Phase::Finish);
            return self.accepted_execute(object, true).await;
        }
        let response = self.exchange(&Request::Execute).await?;
        match response.accepted() {
            Ok(_) => {
                self.executed(object, false);
                Ok(())
            }
            Err(refusal) if refusal.outcome == Answer::Result(ResultCode::OperationNotPermitted) => {
                self.executed(object, true);
                Ok(())
            }
            Err(refusal) => Err(UpdateError::Refused { phase: self.phase(), object: Some(object), refusal }),
        }
    }

    /// Executes an object that the device certainly holds.
    async fn accepted_execute(&mut self, object: Object, last: bool) -> Result<(), UpdateError> {
        let answer = self.execute(object, last).await?;
        answer.map_err(|refusal| UpdateError::Refused { phase: self.phase(), object: Some(object), refusal })
    }

    /// Executes an object; a refusal is handed back.
    pub(crate) async fn execute(
        &mut self,
        object: Object,
        last: bool,
    ) -> Result<Result<(), Refusal>, UpdateError> {
        // Set before it is sent: a link that is lost on the way does not tell whether the device got it.
        self.final_execute_open = last;
        let response = self.exchange(&Request::Execute).await?;
        self.final_execute_open = false;
        let answer = response.accepted().map(|_| ());
        if answer.is_ok() {
            self.executed(object, false);
        }
        Ok(answer)
    }

    fn executed(&mut self, object: Object, already: bool) {
        self.report.objects_executed += u32::from(!already);
        self.emit(UpdateEvent::Executed { object, already });
    }

    /// What the device holds of this kind of object.
    pub(crate) async fn select(&mut self, object: Object) -> Result<SelectAnswer, UpdateError> {
        let kind = if object == Object::Init { ObjectType::Command } else { ObjectType::Data };
        let response = self.accepted(&Request::Select { object: kind }, Some(object)).await?;
        let answer = self.typed(&response, Some(object), response.select_answer())?;
        if answer.max_size == 0 {
            return Err(self.violation(Violation::NoRoom { object }));
        }
        Ok(answer)
    }
}
