//! What goes over the air, what the device says, and how long a procedure waits for it.

use std::time::Duration;

use gauntlet_connectivity::codes::{HCI_REMOTE_USER, HCI_TIMEOUT};
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gap::ConnParams;
use gauntlet_connectivity::gatt::{self, Status};
use gauntlet_reference::att::DEFAULT_ATT_MTU;
use gauntlet_reference::wire::{Closed, Parameters, ToHost};

use super::{Connection, NOTHING, Procedure, att, from_offset, written};
use crate::direct::VirtualBoard;
use crate::virtual_dongle::fault::{DongleFault, Faults};

/// Messages that may be on their way to the device.
const ON_THE_AIR: usize = 8;
/// A device that has not answered a request for so long is not asked again (BLE-020).
const ATT_TIMEOUT: Duration = Duration::from_secs(30);

impl Connection {
    /// Sends what can be sent, and takes what the device has said by its cycle `until`.
    pub(in super::super) fn poll(
        &mut self,
        board: &VirtualBoard,
        faults: &mut Faults,
        now: Duration,
        until: u64,
    ) -> Vec<What> {
        let mut events = Vec::new();
        if self.ended {
            return events;
        }
        let mut sent = std::mem::take(&mut self.owed);
        while { board.wire().lock().waiting_for_device() } < ON_THE_AIR {
            let Some((message, command)) = self.waiting.pop_front() else { break };
            // The chip can be ahead: it does an erase in one go, and the air does not wait for that.
            let cycle = board.machine().now().min(until);
            board.wire().lock().send(cycle, message);
            sent += u8::from(command);
        }
        if sent > 0 {
            events.push(What::CommandsSent(Status::SUCCESS, sent));
        }
        while let Some(message) = { board.wire().lock().receive(until) } {
            match message {
                ToHost::Encrypted(yes) => events.extend(self.security.answered(yes)),
                message => events.extend(self.heard(message, faults)),
            }
            if self.ended {
                return events;
            }
        }
        events.extend(self.patience(now, !events.is_empty()));
        events
    }

    /// Counts how long a procedure waits for the device.
    fn patience(&mut self, now: Duration, heard: bool) -> Option<What> {
        let waits = self.procedure.is_some_and(|procedure| procedure != Procedure::Answered);
        if !waits || heard {
            self.answer_by = None;
            return None;
        }
        if now < *self.answer_by.get_or_insert(now + ATT_TIMEOUT) {
            return None;
        }
        (self.procedure, self.answer_by, self.mute) = (None, None, true);
        Some(What::GattTimeout(Status::SUCCESS, 0))
    }

    fn heard(&mut self, message: ToHost, faults: &mut Faults) -> Option<What> {
        match (message, self.procedure) {
            (ToHost::Written(result), Some(Procedure::Write { handle, op })) => {
                let control = self.control_point() == Some(handle);
                if control && faults.strikes(DongleFault::LostWriteResponse) {
                    self.procedure = None;
                    return None;
                }
                let status = result.err().map_or(Status::SUCCESS, |error| att(error, handle));
                Some(written(status, handle, op))
            }
            (ToHost::Value(result), Some(Procedure::Read { handle, offset })) => Some(match result {
                Ok(value) => {
                    let value = from_offset(value, offset);
                    What::Value { status: Status::SUCCESS, handle, offset, value }
                }
                Err(error) => What::Value { status: att(error, handle), handle, offset, value: NOTHING },
            }),
            (ToHost::Mtu(granted), Some(Procedure::Mtu { client })) => {
                self.att_mtu = granted.min(client).max(DEFAULT_ATT_MTU);
                Some(What::Mtu(Status::SUCCESS, granted))
            }
            (ToHost::Notification(value), _) => {
                if faults.strikes(DongleFault::LostNotification) {
                    return None;
                }
                let handle = self.control_point()?;
                Some(What::HandleValue { status: Status::SUCCESS, handle, kind: gatt::NOTIFICATION, value })
            }
            (ToHost::Indication { attribute, value }, _) => {
                let handle = self.database.handle(attribute)?;
                Some(What::HandleValue { status: Status::SUCCESS, handle, kind: gatt::INDICATION, value })
            }
            (
                ToHost::Parameters(Parameters { interval: [min_interval, max_interval], latency, timeout }),
                _,
            ) => Some(What::ParamsWanted(ConnParams { min_interval, max_interval, latency, timeout })),
            (ToHost::Closed(reason), _) => {
                self.ended = true;
                Some(What::Disconnected(match reason {
                    Closed::ByDevice => HCI_REMOTE_USER,
                    Closed::Vanished => HCI_TIMEOUT,
                }))
            }
            // Late answers.
            _ => None,
        }
    }
}
