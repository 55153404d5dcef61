//! The line between a foreign host and the device, seen from the device's end: where faults act.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use gauntlet_links::{Due, Fault, FaultWatch, Injector};
use gauntlet_protocol::slip;

/// Opcode of a frame with object data.
const WRITE: u8 = 0x08;

/// What happens next with a frame of the host.
#[derive(Debug)]
pub(super) enum Happens {
    /// These bytes reach the device.
    Arrives(Vec<u8>),
    /// Something breaks. When it is the link, nothing of the rest happens.
    Breaks(Due),
}

/// Bytes for the host, not to be sent before a time.
#[derive(Debug)]
struct Answer {
    not_before: Option<Instant>,
    bytes: Vec<u8>,
}

/// Counts frames both ways, and lets faults happen to them. Without faults every byte passes as it is.
pub(super) struct Line {
    injector: Option<Injector>,
    from_device: slip::Decoder,
    answers: VecDeque<Answer>,
}

impl Line {
    /// A line with these faults.
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self {
            injector: (!faults.is_empty()).then(|| Injector::new(faults)),
            from_device: slip::Decoder::unlimited(),
            answers: VecDeque::new(),
        }
    }

    /// True when frames have to be whole before they are passed on.
    pub(super) fn counts(&self) -> bool {
        self.injector.is_some()
    }

    /// Tells which faults fired.
    pub(super) fn watch(&self) -> Option<FaultWatch> {
        self.injector.as_ref().map(Injector::watch)
    }

    /// The host has sent these bytes, one frame.
    pub(super) fn host_sent(&mut self, raw: Vec<u8>) -> Vec<Happens> {
        let Some(injector) = &mut self.injector else {
            return vec![Happens::Arrives(raw)];
        };
        let frame = slip::Decoder::unlimited().feed(&raw).pop().unwrap_or_default();
        let Some((&opcode, data)) = frame.split_first() else {
            // An empty frame is no request and no packet.
            return vec![Happens::Arrives(raw)];
        };
        if opcode != WRITE {
            let fate = injector.request(&frame);
            let packed = |packet: Vec<u8>| {
                let mut frame = vec![WRITE];
                frame.extend(packet);
                Happens::Arrives(slip::encode(&frame))
            };
            let late = fate.late.map(packed);
            let again = (0..fate.again).map(|_| Happens::Arrives(raw.clone())).collect::<Vec<_>>();
            let before = fate.before.into_iter().map(Happens::Breaks).chain(late);
            let behind = fate.behind.into_iter().map(Happens::Breaks);
            return before.chain([Happens::Arrives(raw)]).chain(again).chain(behind).collect();
        }
        let fate = injector.packet(data);
        let arriving = fate.arriving.into_iter().map(|packet| {
            if packet == data {
                // Byte for byte what the host has sent, with whatever is odd about its frame.
                return Happens::Arrives(raw.clone());
            }
            let mut frame = vec![WRITE];
            frame.extend(packet);
            Happens::Arrives(slip::encode(&frame))
        });
        let before = fate.before.into_iter().map(Happens::Breaks);
        before.chain(arriving).chain(fate.breaks.into_iter().map(Happens::Breaks)).collect()
    }

    /// The device has sent these bytes; what breaks because of them is returned.
    pub(super) fn device_sent(&mut self, bytes: Vec<u8>) -> Vec<Due> {
        let Some(injector) = &mut self.injector else {
            self.answers.push_back(Answer { not_before: None, bytes });
            return Vec::new();
        };
        let mut breaks = Vec::new();
        for message in self.from_device.feed(&bytes) {
            let fate = injector.message(message);
            let not_before = (fate.delay > Duration::ZERO).then(|| Instant::now() + fate.delay);
            for message in fate.arriving {
                self.answers.push_back(Answer { not_before, bytes: slip::encode(&message) });
            }
            breaks.extend(fate.breaks);
        }
        breaks
    }

    /// What may be sent to the host now. An answer that is held back holds back those behind it.
    pub(super) fn next_answer(&mut self) -> Option<Vec<u8>> {
        let held = self.answers.front()?.not_before.is_some_and(|time| Instant::now() < time);
        if held { None } else { self.answers.pop_front().map(|answer| answer.bytes) }
    }

    /// How long the next answer is still held back.
    pub(super) fn holds_for(&self) -> Option<Duration> {
        let time = self.answers.front()?.not_before?;
        Some(time.saturating_duration_since(Instant::now()))
    }

    /// A break has been carried out.
    pub(super) fn happened(&mut self, due: &Due) {
        if let Some(injector) = &mut self.injector {
            injector.happened(due);
        }
    }

    /// A break can't be carried out here.
    pub(super) fn failed(&mut self, due: &Due, why: &str) {
        if let Some(injector) = &mut self.injector {
            injector.failed(due, why.to_owned());
        }
    }

    /// The port was hung up: what was under way is gone, and another connection begins.
    pub(super) fn hung_up(&mut self) {
        self.answers.clear();
        self.from_device.reset();
        if let Some(injector) = &mut self.injector {
            injector.connected();
        }
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_engine::Object;
    use gauntlet_links::{Action, Break, Position};

    use super::*;

    fn line(at: Position, action: Action) -> Line {
        Line::new(&[Fault::new(at, action).unwrap()])
    }

    /// The requests that lead to the first data object, each with its answer.
    fn reach_data(line: &mut Line) {
        for (request, answer) in [
            (&[0x06, 0x02][..], &[0x60, 0x06, 1, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]),
            (&[0x01, 0x02, 0, 16, 0, 0], &[0x60, 0x01, 1]),
        ] {
            assert!(matches!(&line.host_sent(slip::encode(request))[..], [Happens::Arrives(_)]));
            assert!(line.device_sent(slip::encode(answer)).is_empty());
            assert_eq!(line.next_answer(), Some(slip::encode(answer)));
        }
    }

    #[test]
    fn without_faults_bytes_pass_as_they_are() {
        let mut line = Line::new(&[]);
        for odd in [&b"\xDB\x01\xC0"[..], b"\xC0", b"\x08"] {
            assert!(matches!(&line.host_sent(odd.to_vec())[..], [Happens::Arrives(bytes)] if bytes == odd));
        }
        line.device_sent(vec![1, 2]);
        assert_eq!(line.next_answer(), Some(vec![1, 2]));
        assert!(!line.counts() && line.watch().is_none());
    }

    #[test]
    fn a_packet_is_dropped_and_the_next_passes_with_its_own_bytes() {
        let mut line = line(Position::Packet { object: None, packet: 2 }, Action::DropPacket);
        reach_data(&mut line);
        // A frame with an end in front of it stays as it is.
        let odd = [&[0xC0][..], &slip::encode(&[8, 1, 2, 3])].concat();
        assert!(matches!(&line.host_sent(odd.clone())[..], [Happens::Arrives(bytes)] if *bytes == odd));
        assert!(line.host_sent(slip::encode(&[8, 4, 5])).is_empty());
        assert!(matches!(&line.host_sent(slip::encode(&[8, 6]))[..], [Happens::Arrives(_)]));
        assert!(line.watch().unwrap().all_fired());
    }

    #[test]
    fn a_byte_is_changed_in_an_object() {
        let at = Position::Byte { object: Object::Data(1), byte: 3 };
        let mut line = line(at, Action::CorruptByte { xor: std::num::NonZeroU8::MIN });
        reach_data(&mut line);
        let happens = line.host_sent(slip::encode(&[8, 1, 2, 3, 4]));
        let changed = slip::encode(&[8, 1, 2, 2, 4]);
        assert!(matches!(&happens[..], [Happens::Arrives(bytes)] if *bytes == changed));
    }

    #[test]
    fn a_link_breaks_in_front_of_a_request() {
        let kind = gauntlet_links::RequestKind::EXECUTE;
        let at = Position::Request { kind, n: 1, moment: gauntlet_links::Moment::Before };
        let mut line = line(at, Action::Disconnect);
        let happens = line.host_sent(slip::encode(&[4]));
        let [Happens::Breaks(due), Happens::Arrives(_)] = &happens[..] else { panic!("{happens:?}") };
        assert_eq!(due.what, Break::Link);
        assert!(!line.watch().unwrap().all_fired(), "nobody has carried it out");
        line.happened(due);
        assert!(line.watch().unwrap().all_fired());
    }

    #[test]
    fn an_answer_does_not_arrive_or_arrives_later() {
        let mut lost = line(Position::Notification { n: 1 }, Action::LoseNotification);
        lost.device_sent(slip::encode(&[0x60, 2, 1]));
        assert_eq!(lost.next_answer(), None);
        let mut later =
            line(Position::Notification { n: 1 }, Action::DelayAnswer { by: Duration::from_secs(900) });
        later.device_sent(slip::encode(&[0x60, 2, 1]));
        assert_eq!(later.next_answer(), None);
        assert!(later.holds_for().is_some_and(|time| time > Duration::from_secs(600)));
    }
}
