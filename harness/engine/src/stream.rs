//! The packets of one object, their receipts, and the question what arrived.

use gauntlet_protocol::{Opcode, Outcome as Answer, Refusal, Request, ResultCode};
use tokio::time::Instant;

use crate::engine::Engine;
use crate::object::Stretch;
use crate::{Awaited, Checkpoint, Object, UpdateError, UpdateEvent};

/// What the device holds behind the last packet.
pub(crate) enum Held {
    /// All that was sent, and nothing else.
    All,
    /// Something else, or it refused a packet.
    Other { found: Checkpoint, refused: Option<Answer> },
}

impl Engine<'_> {
    /// Sends the bytes from `from` to the end of the object and asks what arrived, where the device is to be asked. A
    /// page that was to be erased began to be so at `erasing`.
    pub(crate) async fn stream(
        &mut self,
        stretch: Stretch,
        from: usize,
        erasing: Option<Instant>,
    ) -> Result<Held, UpdateError> {
        let object = stretch.object;
        let gait = self.gait();
        let size = self.payload.min(gait.packet);
        let mut burst = erasing.and(gait.burst);
        let interval = u32::from(self.prn.unwrap_or(0));
        let mut at = from;
        let mut since_receipt = 0;
        while at < stretch.end {
            if burst == Some(0)
                && let Some(began) = erasing.filter(|_| burst.take().is_some())
            {
                // BLE-023: no more fits into the device until the page is erased.
                self.pause_until(began + gait.erase).await?;
            }
            burst = burst.map(|left| left - 1);
            let to = (at + size).min(stretch.end);
            self.send_packet(object, at, to).await?;
            at = to;
            since_receipt += 1;
            if since_receipt == interval {
                since_receipt = 0;
                let held = self.receipt(object, self.prefixes(object).checkpoint(at)).await?;
                if !matches!(held, Held::All) {
                    return Ok(held);
                }
            }
            self.pause(self.options.pace.between_packets).await?;
        }
        if self.asks_crc {
            return self.verify(object, self.prefixes(object).checkpoint(stretch.end)).await;
        }
        self.unproven = true;
        Ok(Held::All)
    }

    /// Waits for the receipt that is due after the packet which made up `expected` (PRN-001).
    async fn receipt(&mut self, object: Object, expected: Checkpoint) -> Result<Held, UpdateError> {
        let limit = self.options.response_timeout;
        let deadline = Instant::now() + limit;
        for _ in 0..Self::most_strays() {
            let Some(message) = self.message(deadline).await? else {
                return self.receipt_missing(object, expected).await;
            };
            let response = self.read(&message)?;
            if response.opcode != Opcode::GetCrc {
                self.stray(message);
                continue;
            }
            self.note_length(&response);
            match response.outcome() {
                Answer::SUCCESS => {}
                // A packet too many for the object, as a doubled packet makes it: sending the object again helps.
                Answer::Result(ResultCode::InvalidParameter) => {
                    let result = ResultCode::InvalidParameter.code();
                    self.emit(UpdateEvent::WriteRefused { object, result });
                    let refused = Some(response.outcome());
                    return Ok(Held::Other { found: Checkpoint { offset: 0, crc: 0 }, refused });
                }
                outcome => return Err(self.write_refused(object, outcome)),
            }
            let answer = self.typed(&response, Some(object), response.crc_answer())?;
            let found = Checkpoint { offset: answer.offset, crc: answer.crc };
            if found == expected {
                self.missing_in_a_row = 0;
                self.report.receipts += 1;
                self.emit(UpdateEvent::Receipt(found));
                return Ok(Held::All);
            }
            // The device had no room for the packet and says nothing else (OBJ-027, PRN-016).
            if found == (Checkpoint { offset: 0, crc: 0 }) {
                self.stray(message);
                return self.verify(object, expected).await;
            }
            if found.offset < expected.offset && self.prefixes(object).holds(found) {
                // Right, but of an earlier packet: late or doubled. The one that is due may be right behind it.
                self.stray(message);
                continue;
            }
            self.emit(UpdateEvent::Mismatch { object, expected, found });
            return Ok(Held::Other { found, refused: None });
        }
        Err(self.flood(Opcode::GetCrc))
    }

    /// A receipt may be lost without anything being wrong with the data (PRN-014); the device is asked instead.
    async fn receipt_missing(&mut self, object: Object, expected: Checkpoint) -> Result<Held, UpdateError> {
        self.report.receipts_missing += 1;
        self.missing_in_a_row += 1;
        self.emit(UpdateEvent::ReceiptMissing { offset: expected.offset });
        if self.missing_in_a_row > self.options.missing_receipts {
            let waited = self.options.response_timeout;
            return Err(UpdateError::Silent { phase: self.phase(), awaited: Awaited::Receipt, waited });
        }
        let held = self.verify(object, expected).await?;
        if !matches!(held, Held::All) {
            // Lost packets are not counted by the device (PRN-008), which explains the missing receipt.
            self.missing_in_a_row = 0;
        }
        Ok(held)
    }

    /// Asks for offset and CRC and compares them.
    ///
    /// A receipt looks exactly like the answer (PRN-001). So an answer that is right for an earlier packet may be a
    /// late or doubled receipt, and a refusal that of a packet. In these cases the device is asked once more, with a
    /// Select, which tells the same, changes nothing (CP-016), and cannot be mistaken for a receipt.
    pub(crate) async fn verify(&mut self, object: Object, expected: Checkpoint) -> Result<Held, UpdateError> {
        self.report.crc_exchanges += 1;
        let response = self.exchange(&Request::GetCrc).await?;
        let refusal = response.accepted().err();
        if refusal.is_none() {
            let answer = self.typed(&response, Some(object), response.crc_answer())?;
            let found = Checkpoint { offset: answer.offset, crc: answer.crc };
            if found == expected {
                return Ok(Held::All);
            }
            if found.offset >= expected.offset || !self.prefixes(object).holds(found) {
                return Ok(self.mismatch(object, expected, found));
            }
        }
        let strays = self.report.strays;
        let answer = self.select(object).await?;
        if let Some(refusal) = refusal
            && self.report.strays == strays
        {
            // Nothing else came that could be the answer to Get CRC: it was refused.
            return Err(UpdateError::Refused { phase: self.phase(), object: Some(object), refusal });
        }
        let found = Checkpoint { offset: answer.offset, crc: answer.crc };
        if found == expected { Ok(Held::All) } else { Ok(self.mismatch(object, expected, found)) }
    }

    fn mismatch(&mut self, object: Object, expected: Checkpoint, found: Checkpoint) -> Held {
        self.emit(UpdateEvent::Mismatch { object, expected, found });
        Held::Other { found, refused: None }
    }

    pub(crate) fn write_refused(&self, object: Object, outcome: Answer) -> UpdateError {
        let refusal = Refusal { opcode: Opcode::Write, outcome };
        UpdateError::Refused { phase: self.phase(), object: Some(object), refusal }
    }
}
