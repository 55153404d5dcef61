//! From no link to a session in which objects can be sent.

use std::time::Duration;

use gauntlet_protocol::slip::{UART_LIMIT, USB_LIMIT};
use gauntlet_protocol::{MtuAnswer, Opcode, Outcome as Answer, Request, ResultCode};
use tokio::time::Instant;

use crate::engine::Engine;
use crate::pace::Gait;
use crate::talk::bounded;
use crate::{Awaited, Connected, CrcExchange, LinkError, Phase, Shape, UpdateError, UpdateEvent, Violation};

/// From the answer to the last Execute to the end of the link: two settings pages and 200 ms (OBJ-030), with room.
const LEAVING: Duration = Duration::from_secs(1);
/// The MTU of a UART build, the smallest that there is (section 5.1).
const SMALLEST_MTU: MtuAnswer = MtuAnswer { mtu: UART_LIMIT as u16 };

impl Engine<'_> {
    /// Finds the device and connects; brings it into DFU mode first where that is needed and possible.
    pub(crate) async fn connect(&mut self) -> Result<Connected, UpdateError> {
        self.enter(Phase::Connect);
        let first_try = match self.awaited_until {
            Some(until) => self.await_restart(until).await,
            None => self.try_connect().await,
        };
        let result = match first_try {
            // With the last Execute on its way, a device that has left DFU mode is most likely copying the new
            // image. Sending it back to DFU mode would only disturb it.
            Err(UpdateError::Link { source: LinkError::NotFound { .. }, .. })
                if self.entry.is_some() && !self.final_execute_open =>
            {
                self.enter_dfu().await?;
                self.try_connect().await
            }
            result => result,
        };
        let connected = result.map_err(|error| match error {
            UpdateError::Link { source: source @ LinkError::NotFound { .. }, .. }
                if self.awaited_until.is_some() =>
            {
                UpdateError::NotBack { waited: self.options.activation_timeout, source }
            }
            error => error,
        })?;
        if self.had_connection {
            self.report.reconnects += 1;
        }
        self.had_connection = true;
        self.link_up = true;
        self.emit(UpdateEvent::Connected(connected.clone()));
        Ok(connected)
    }

    /// Connects to a device that will come back by itself. While it copies an image it is not there, or it is there
    /// and says nothing (FF-080).
    async fn await_restart(&mut self, until: Instant) -> Result<Connected, UpdateError> {
        self.emit(UpdateEvent::AwaitingRestart);
        loop {
            match self.try_connect().await {
                // A port that has just come back may be in the hands of somebody else for a moment (FF-083).
                Err(UpdateError::Link { .. }) if Instant::now() < until => {
                    self.pause(self.options.reconnect_pause).await?;
                }
                result => return result,
            }
        }
    }

    /// Waits until the device ends the link, as it does before it resets (OBJ-030), but not for long: a UART has no such
    /// sign. Whoever connects at once may meet the device on its way out.
    pub(crate) async fn see_it_leave(&mut self) {
        let end = Instant::now() + LEAVING;
        while let Ok(Some(message)) = self.message(end).await {
            self.stray(message);
        }
    }

    async fn try_connect(&mut self) -> Result<Connected, UpdateError> {
        let limit = self.options.connect_timeout;
        let end = bounded(&self.options.cancel, limit, self.link.connect()).await;
        self.settle(end, "connecting", limit)
    }

    async fn enter_dfu(&mut self) -> Result<(), UpdateError> {
        let Some(entry) = self.entry.as_deref_mut() else {
            return Ok(());
        };
        let limit = entry.time_limit().unwrap_or(self.options.connect_timeout);
        let end = bounded(&self.options.cancel, limit, entry.enter()).await;
        if let Some(target) = entry.target() {
            self.link.look_for(target);
        }
        self.report.dfu_entries += 1;
        self.emit(UpdateEvent::EnteringDfu);
        self.settle(end, "entering DFU mode", limit)
    }

    /// Finds out how to talk to the device: Ping until it answers, receipt interval, MTU. On BLE only the interval,
    /// the rest comes with the connection.
    pub(crate) async fn prepare(&mut self, connected: &Connected) -> Result<(), UpdateError> {
        self.enter(Phase::Prepare);
        self.prn = None;
        self.missing_in_a_row = 0;
        let serial = self.link.shape() == Shape::Serial;
        if serial {
            self.ping().await?;
        }
        self.init_executed = None;
        self.set_prn(self.gait().prn).await?;
        let mut max_data = connected.max_data;
        let mut guarded = self.link.guards_content();
        if serial {
            let told = self.mtu().await?;
            // A device that does not tell has at least the room of the smallest build: a longer frame would end its
            // reception for good (SER-010).
            let mtu = told.unwrap_or(SMALLEST_MTU);
            max_data = mtu.max_data().min(max_data);
            // The UART builds say another MTU (CP-022), so there is nothing but USB up to the device.
            guarded |= usize::from(mtu.mtu) == USB_LIMIT;
        }
        self.asks_crc = self.options.crc == CrcExchange::EveryObject || !guarded || self.doubt.is_some();
        // Flash is written in words: a packet that ends inside one spoils what follows (FLT-020).
        self.payload = max_data & !3;
        if self.payload == 0 {
            return Err(self.violation(Violation::PacketTooSmall { max_data }));
        }
        let Gait { prn, packet, .. } = self.gait();
        let payload = self.payload.min(packet);
        self.emit(UpdateEvent::Session { payload, prn });
        Ok(())
    }

    /// Pings until the answer to the latest ping comes (CP-023, SER-009). What was under way on the line before,
    /// answers of an earlier session or half a frame, is passed over.
    async fn ping(&mut self) -> Result<(), UpdateError> {
        let limit = self.options.connect_timeout;
        let end = Instant::now() + limit;
        let mut id = 0u8;
        while Instant::now() < end {
            id = id.wrapping_add(1);
            self.send(&Request::Ping { id }).await?;
            let deadline = (Instant::now() + self.options.ping_interval).min(end);
            let mut strays = 0;
            while let Some(message) = self.message(deadline).await? {
                match self.read(&message) {
                    Ok(response) if response.opcode == Opcode::Ping => {
                        if response.ping_answer() == Ok(id) {
                            self.note_length(&response);
                            return Ok(());
                        }
                        // A device that does not know Ping is alive all the same.
                        if response.outcome() == Answer::Result(ResultCode::OpcodeNotSupported) {
                            return Ok(());
                        }
                        response.accepted().map_err(|refusal| UpdateError::Refused {
                            phase: self.phase(),
                            object: None,
                            refusal,
                        })?;
                    }
                    _ => {}
                }
                self.stray(message);
                strays += 1;
                if strays >= Self::most_strays() {
                    return Err(self.flood(Opcode::Ping));
                }
            }
        }
        self.report.silences += 1;
        self.emit(UpdateEvent::Silence { opcode: Opcode::Ping.code() });
        Err(UpdateError::Silent {
            phase: self.phase(),
            awaited: Awaited::Answer(Opcode::Ping),
            waited: limit,
        })
    }

    /// Tells the device the receipt interval. This also makes it count from the beginning (PRN-005).
    pub(crate) async fn set_prn(&mut self, packets: u16) -> Result<(), UpdateError> {
        self.accepted(&Request::SetPrn { packets }, None).await?;
        self.prn = Some(packets);
        Ok(())
    }

    /// The device's MTU (CP-022), if it has one to tell.
    async fn mtu(&mut self) -> Result<Option<MtuAnswer>, UpdateError> {
        let response = self.exchange(&Request::GetMtu).await?;
        if response.outcome() == Answer::Result(ResultCode::OpcodeNotSupported) {
            return Ok(None);
        }
        self.typed(&response, None, response.mtu_answer()).map(Some)
    }

    /// Closes the link as well as it goes; the outcome of the update is known already.
    pub(crate) async fn hang_up(&mut self) {
        self.link_up = false;
        let _ = tokio::time::timeout(self.options.response_timeout, self.link.disconnect()).await;
    }
}
