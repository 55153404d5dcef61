//! What no update would send at this place: odd sizes, unknown types and numbers, writes where none belongs.

use std::time::Duration;

use gauntlet_engine::LinkError;

use super::{Belief, ERASE, Walker};

/// Sizes at the edges of everything that a size can be.
const SIZES: [u32; 23] = [
    0,
    0,
    0,
    512,
    1,
    4,
    255,
    256,
    257,
    511,
    512,
    513,
    4092,
    4095,
    4096,
    4097,
    8192,
    0x1_0000,
    0x100_0000,
    0x100_0200,
    0x7FFF_FFFF,
    0xFFFF_F000,
    0xFFFF_FFFF,
];
/// Types that do not exist.
const TYPES: [u8; 6] = [0, 3, 4, 0x7F, 0x81, 0xFF];
/// Requests that do not exist.
const UNKNOWN: [u8; 8] = [0x05, 0x0D, 0x10, 0x20, 0x60, 0x61, 0x80, 0xFF];
/// Intervals of receipts.
const INTERVALS: [u16; 8] = [0, 0, 1, 2, 3, 5, 256, 0xFFFF];

impl Walker<'_> {
    /// Something odd.
    pub(super) async fn stray(&mut self) -> Result<(), LinkError> {
        match self.chance.below(16) {
            0 => self.create(1).await,
            1 | 2 => self.create(2).await,
            3 => self.odd_type().await,
            4 | 5 => self.receipts().await,
            6 => self.ask(&[0x03]).await.map(drop),
            7 => self.select(1).await,
            8 => self.select(2).await,
            9 => self.unknown().await,
            10 => self.question().await,
            11 => self.execute().await,
            12 => self.long().await,
            13 => self.write_too_much().await,
            14 => self.broken_init().await,
            _ => self.look().await,
        }
    }

    async fn select(&mut self, kind: u8) -> Result<(), LinkError> {
        self.ask(&[0x06, kind]).await?;
        self.belief.selected = Some(kind);
        Ok(())
    }

    /// A size at some edge: most are refused and change nothing.
    async fn create(&mut self, kind: u8) -> Result<(), LinkError> {
        let left = (self.image.firmware.len() - self.belief.executed.min(self.image.firmware.len())) as u32;
        let near = [left, left.wrapping_add(1), left.wrapping_sub(1), self.image.firmware.len() as u32];
        let size = match self.chance.below(4) {
            0 => self.chance.of(&near),
            1 => self.chance.word(),
            _ => self.chance.of(&SIZES),
        };
        // A new command ends everything that was under way.
        if kind == 1 && (1..=512).contains(&size) && self.belief.in_force && !self.chance.one_in(4) {
            return Ok(());
        }
        let answer = self.ask(&[&[0x01, kind][..], &size.to_le_bytes()].concat()).await?;
        if self.is_ble() && kind == 2 {
            self.way.board.idle(ERASE).await;
        }
        self.belief.selected = Some(kind);
        match (answer.get(2), kind) {
            (Some(1), 1) => self.belief = Belief { selected: Some(1), known: true, ..Belief::default() },
            (Some(1), _) => {
                self.belief.object = size as usize;
                self.belief.data = self.belief.executed;
            }
            _ => {}
        }
        // Accepted or refused, it has selected its object (OBJ-001).
        if self.chance.one_in(2) { self.ask(&[0x03]).await.map(drop) } else { Ok(()) }
    }

    async fn odd_type(&mut self) -> Result<(), LinkError> {
        let kind = self.chance.of(&TYPES);
        if self.chance.one_in(2) {
            self.ask(&[0x06, kind]).await?;
        } else {
            self.ask(&[0x01, kind, 0, 16, 0, 0]).await?;
        }
        self.belief.selected = None;
        self.ask(&[0x03]).await?;
        self.ask(&[0x04]).await?;
        Ok(())
    }

    async fn receipts(&mut self) -> Result<(), LinkError> {
        let interval = self.chance.of(&INTERVALS);
        let [low, high] = interval.to_le_bytes();
        self.ask(&[0x02, low, high]).await?;
        self.interval = interval;
        Ok(())
    }

    async fn unknown(&mut self) -> Result<(), LinkError> {
        let opcode = self.chance.of(&UNKNOWN);
        self.ask(&[opcode, 1, 2, 3]).await.map(drop)
    }

    /// Requests that serial devices answer and others refuse.
    async fn question(&mut self) -> Result<(), LinkError> {
        let byte = self.chance.of(&[0, 1, 2, 3, 0xC0, 0xDB, 0xFF]);
        let request: &[u8] = match self.chance.below(5) {
            0 => &[0x00],
            1 => &[0x07],
            2 => &[0x09, byte],
            3 => &[0x0A],
            _ => &[0x0B, byte],
        };
        self.ask(request).await.map(drop)
    }

    /// In the middle of an object, at a boundary or after the init packet, but never where it would end everything.
    async fn execute(&mut self) -> Result<(), LinkError> {
        let belief = &self.belief;
        if !belief.known || belief.selected == Some(2) && belief.data == 0 {
            return Ok(());
        }
        let ends = belief.selected == Some(2) && belief.data == self.image.firmware.len();
        let answer = self.ask(&[0x04]).await?;
        if ends {
            return self.ends().await;
        }
        match (self.belief.selected, answer.get(2)) {
            (Some(1), Some(1)) => self.belief.in_force = true,
            (Some(1), Some(8)) => {}
            (Some(2), Some(1)) => {
                self.belief.executed = self.belief.data;
                self.belief.object = 0;
            }
            (Some(2), Some(8)) => {}
            _ => self.belief = Belief::default(),
        }
        Ok(())
    }

    /// CP-028: bytes behind the fields of a request are not looked at.
    async fn long(&mut self) -> Result<(), LinkError> {
        let kind = self.chance.of(&[1, 2]);
        match self.chance.below(3) {
            0 => self.ask(&[0x03, 9, 9, 9]).await.map(drop),
            1 => {
                self.ask(&[0x06, kind, 7, 7]).await?;
                self.belief.selected = Some(kind);
                Ok(())
            }
            _ => {
                self.interval = 0;
                self.ask(&[0x02, 0, 0, 1, 1]).await.map(drop)
            }
        }
    }

    /// One write more than the object has room for: nothing of it is taken.
    async fn write_too_much(&mut self) -> Result<(), LinkError> {
        let belief = &self.belief;
        if !belief.known || belief.selected.is_none() {
            return Ok(());
        }
        let of_data = belief.selected == Some(2);
        let room = if of_data {
            (belief.executed + belief.object).saturating_sub(belief.data)
        } else {
            self.image.init_packet.len().saturating_sub(belief.init)
        };
        if room >= self.max_data || !of_data && belief.init == 0 {
            return Ok(());
        }
        if of_data {
            self.refused += 1;
        }
        // Should they be taken all the same, flash stays as it is: what is stored of an object may be gone on with later.
        let bytes =
            vec![0xFF; if of_data { room.next_multiple_of(4) + 4 } else { room + 1 }.min(self.max_data)];
        self.link.send_data(&bytes).await?;
        self.hear(Duration::from_millis(40)).await?;
        self.ask(&[0x03]).await.map(drop)
    }

    /// An init packet with one wrong bit: refused whatever the bit means, or ended by the hash of the image.
    async fn broken_init(&mut self) -> Result<(), LinkError> {
        if self.belief.in_force && !self.chance.one_in(6) {
            return Ok(());
        }
        let mut packet = self.image.init_packet.clone();
        let at = self.chance.below(packet.len());
        packet[at] ^= 1 << self.chance.below(8);
        let size = (packet.len() as u32).to_le_bytes();
        self.ask(&[&[0x01, 0x01][..], &size].concat()).await?;
        self.send(&packet).await?;
        self.ask(&[0x03]).await?;
        self.ask(&[0x04]).await?;
        // Whether it is in force or the object is gone is asked for.
        self.belief = Belief::default();
        Ok(())
    }
}
