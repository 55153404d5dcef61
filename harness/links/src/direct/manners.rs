//! What a central remembers of one link, to see when the device does something out of turn.

use gauntlet_reference::att::{AttError, Attribute, INDICATE, NOTIFY, WriteKind};
use gauntlet_reference::wire::{FromHost, ToHost};

/// First bytes of an answer of the bootloader and of the buttonless service.
const ANSWERS: [u8; 2] = [0x60, 0x20];
/// Receipts come without a request, and look like answers to this one (section 3).
const GET_CRC: u8 = 0x03;

/// One link of a central.
#[derive(Debug, Default)]
pub(super) struct Manners {
    /// Bits that have been written to a configuration over this link.
    configured: u16,
    /// The request that waits for its response.
    asking: Option<FromHost>,
    /// Opcodes of requests that were taken and not answered yet.
    unanswered: Vec<u8>,
    /// The device has responded to something.
    pub(super) responded: bool,
    /// The link is encrypted with the bond.
    pub(super) encrypted: bool,
}

impl Manners {
    /// A request is sent.
    pub(super) fn asks(&mut self, request: &FromHost) {
        self.asking = Some(request.clone());
    }

    /// The ATT_MTU that the last request asked for.
    pub(super) fn asked_mtu(&self) -> Option<u16> {
        match self.asking {
            Some(FromHost::ExchangeMtu(asked)) => Some(asked),
            _ => None,
        }
    }

    /// The response to it has come.
    pub(super) fn is_answered(&mut self, response: &ToHost) {
        if let (Some(request), ToHost::Written(Ok::<(), AttError>(()))) = (self.asking.take(), response) {
            match request {
                FromHost::Write {
                    attribute:
                        Attribute::ControlPointCccd | Attribute::ButtonlessCccd | Attribute::ServiceChangedCccd,
                    value,
                    ..
                } => self.configured |= u16::from(value.first().copied().unwrap_or(0)),
                request => self.unanswered.extend(opcode(&request)),
            }
        }
    }

    /// True for an answer whose request has not been confirmed yet (BLE-013, BTN-002).
    pub(super) fn is_early(&mut self, value: &[u8]) -> Option<u8> {
        let [kind, answered, ..] = *value else { return None };
        if !ANSWERS.contains(&kind) || kind == ANSWERS[0] && answered == GET_CRC {
            return None;
        }
        if let Some(at) = self.unanswered.iter().position(|opcode| *opcode == answered) {
            self.unanswered.remove(at);
            return None;
        }
        self.asking.as_ref().and_then(opcode).filter(|opcode| *opcode == answered)
    }

    /// True when nothing has turned on what comes now.
    pub(super) fn is_unasked(&self, indicated: bool) -> bool {
        self.configured & if indicated { INDICATE } else { NOTIFY } == 0
    }
}

/// The opcode of a request to bootloader or application.
fn opcode(request: &FromHost) -> Option<u8> {
    match request {
        FromHost::Control(value) => value.first().copied(),
        FromHost::Write {
            attribute: Attribute::ControlPoint | Attribute::Buttonless | Attribute::BondedButtonless,
            kind: WriteKind::Request,
            value,
        } => value.first().copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_early_only_while_its_own_write_waits() {
        let mut manners = Manners::default();
        assert!(manners.is_unasked(false));
        manners.asks(&FromHost::Write {
            attribute: Attribute::ControlPointCccd,
            kind: WriteKind::Request,
            value: vec![1, 0],
        });
        manners.is_answered(&ToHost::Written(Ok(())));
        assert!(!manners.is_unasked(false) && manners.is_unasked(true));

        manners.asks(&FromHost::Control(vec![6, 1]));
        assert_eq!(manners.is_early(&[0x60, 6, 1]), Some(6));
        manners.is_answered(&ToHost::Written(Ok(())));
        manners.asks(&FromHost::Control(vec![6, 1]));
        assert_eq!(manners.is_early(&[0x60, 6, 1]), None, "the answer to the one before");
        assert_eq!(manners.is_early(&[0x60, 3, 1]), None, "a receipt, perhaps");
    }
}
