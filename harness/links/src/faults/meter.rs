//! What a client sends, counted from the device's end: for clients that keep no count of their own, or none that is known.

use gauntlet_engine::Object;

use super::tracker::Tracker;

/// Counts what passes between a client and the device.
#[derive(Debug)]
pub struct TrafficMeter {
    tracker: Tracker,
    totals: Traffic,
    /// The init packet as far as it was sent.
    init: Vec<u8>,
    /// Bytes of the firmware that were sent at least once.
    firmware: u32,
}

/// What has passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of object data, repetitions among them.
    pub bytes: u64,
    /// Those that had been sent before.
    pub resent: u64,
    /// Packets of object data.
    pub packets: u64,
    /// Requests.
    pub requests: u64,
    /// Messages of the device.
    pub messages: u64,
    /// Times that a client has connected.
    pub connections: u32,
}

impl Default for TrafficMeter {
    fn default() -> Self {
        Self { tracker: Tracker::new(), totals: Traffic::default(), init: Vec::new(), firmware: 0 }
    }
}

impl TrafficMeter {
    /// What has passed so far.
    pub fn traffic(&self) -> Traffic {
        self.totals
    }

    /// A client has connected.
    pub fn connected(&mut self) {
        self.totals.connections += 1;
        self.tracker.connected();
    }

    /// A request has been sent.
    pub fn request(&mut self, request: &[u8]) {
        self.totals.requests += 1;
        self.tracker.request(request);
    }

    /// A packet of object data has been sent.
    pub fn packet(&mut self, data: &[u8]) {
        self.totals.packets += 1;
        self.totals.bytes += data.len() as u64;
        let place = self.tracker.packet(data.len());
        let from = place.offset as usize;
        let again = match place.object {
            Object::Init => {
                let held = self.init.get(from..).unwrap_or_default();
                let again = held.len().min(data.len());
                if held[..again] == data[..again] {
                    self.init.extend(&data[again..]);
                    again
                } else {
                    // Another init packet: another image begins.
                    self.init.truncate(from);
                    self.init.extend(data);
                    self.firmware = 0;
                    0
                }
            }
            Object::Data(_) => {
                let end = place.offset.saturating_add(data.len() as u32);
                let again = (self.firmware.min(end) as usize).saturating_sub(from);
                self.firmware = self.firmware.max(end);
                again
            }
        };
        self.totals.resent += again as u64;
    }

    /// The device has sent a message.
    pub fn message(&mut self, message: &[u8]) {
        self.totals.messages += 1;
        self.tracker.message(message);
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_protocol::crc32;

    use super::*;

    fn ask(meter: &mut TrafficMeter, request: &[u8], answer: &[u8]) {
        meter.request(request);
        meter.message(answer);
    }

    fn checksum(offset: u32) -> Vec<u8> {
        [&[0x60, 0x03, 1][..], &offset.to_le_bytes(), &crc32(&[]).to_le_bytes()].concat()
    }

    fn create(meter: &mut TrafficMeter, kind: u8) {
        ask(meter, &[0x01, kind, 0, 16, 0, 0], &[0x60, 0x01, 1]);
    }

    #[test]
    fn what_is_sent_twice_is_counted_twice_and_once_as_sent_again() {
        let mut meter = TrafficMeter::default();
        meter.connected();
        create(&mut meter, 1);
        meter.packet(&[1, 2, 3, 4]);
        ask(&mut meter, &[0x04], &[0x60, 0x04, 1]);
        create(&mut meter, 2);
        meter.packet(&[0; 100]);
        meter.packet(&[0; 100]);
        // The device has got only the first: the second is sent again.
        ask(&mut meter, &[0x03], &checksum(100));
        meter.packet(&[0; 100]);
        assert_eq!((meter.traffic().bytes, meter.traffic().resent), (304, 100));
        // Once more from the beginning of the object.
        create(&mut meter, 2);
        meter.packet(&[0; 200]);
        assert_eq!((meter.traffic().bytes, meter.traffic().resent), (504, 300));
    }

    #[test]
    fn another_image_is_nothing_that_is_sent_again() {
        let mut meter = TrafficMeter::default();
        for init in [[1, 2, 3, 4], [1, 2, 9, 4]] {
            create(&mut meter, 1);
            meter.packet(&init);
            ask(&mut meter, &[0x04], &[0x60, 0x04, 1]);
            create(&mut meter, 2);
            meter.packet(&[0; 64]);
            ask(&mut meter, &[0x04], &[0x60, 0x04, 1]);
        }
        assert_eq!(meter.traffic().resent, 0);
        // The init packet of the second again, byte for byte.
        create(&mut meter, 1);
        meter.packet(&[1, 2, 9, 4]);
        assert_eq!(meter.traffic().resent, 4);
    }
}
