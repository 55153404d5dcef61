//! A device that says anything at all: the engine ends by itself, within bounds, and never says that an update was completed when
//! the last Execute was not accepted.

use std::collections::VecDeque;
use std::time::Duration;

use async_trait::async_trait;
use gauntlet_engine::{
    Connected, Link, LinkError, Outcome, Shape, Silent, UpdateImage, UpdateOptions, update,
};

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A link to nowhere. Most of what it says looks like an answer, so that the engine gets somewhere.
struct Noise {
    chance: Chance,
    shape: Shape,
    inbox: VecDeque<Vec<u8>>,
    connected: bool,
    requests: u64,
    packets: u64,
    /// An Execute was answered with success at least this often.
    executed: u64,
}

impl Noise {
    fn new(seed: u64) -> Self {
        let shape = if seed.is_multiple_of(2) { Shape::Ble } else { Shape::Serial };
        let inbox = VecDeque::new();
        Self { chance: Chance(seed), shape, inbox, connected: false, requests: 0, packets: 0, executed: 0 }
    }

    /// Numbers that a device could say, and some that it should not.
    fn number(&mut self) -> [u8; 4] {
        let number = match self.chance.below(5) {
            0 => 0,
            1 => 4096,
            2 => 600,
            3 => u32::MAX,
            _ => self.chance.below(1 << 32) as u32,
        };
        number.to_le_bytes()
    }

    fn say(&mut self, opcode: u8, parameter: u8) {
        let mut message = vec![0x60, opcode, if self.chance.one_in(12) { self.chance.byte() } else { 1 }];
        match opcode {
            6 => (0..3).for_each(|_| message.extend(self.number())),
            3 => (0..2).for_each(|_| message.extend(self.number())),
            7 => message.extend([self.chance.byte(), 0]),
            9 => message.push(parameter),
            _ => {}
        }
        match self.chance.below(40) {
            0 => message.truncate(self.chance.below(4) as usize),
            1 => message.extend([7; 600]),
            2 => message[0] = self.chance.byte(),
            3 => message = (0..self.chance.below(30)).map(|_| self.chance.byte()).collect(),
            _ => {}
        }
        self.executed += u64::from(message.starts_with(&[0x60, 4, 1]));
        self.inbox.push_back(message);
    }

    fn lost() -> LinkError {
        LinkError::Lost { detail: "by chance".to_owned() }
    }

    /// The link goes down now and then.
    fn check(&mut self) -> Result<(), LinkError> {
        self.connected &= !self.chance.one_in(200);
        if self.connected { Ok(()) } else { Err(Self::lost()) }
    }
}

#[async_trait(?Send)]
impl Link for Noise {
    fn shape(&self) -> Shape {
        self.shape
    }

    async fn connect(&mut self) -> Result<Connected, LinkError> {
        self.connected = true;
        self.inbox.clear();
        Ok(Connected { max_data: 1 + self.chance.below(300) as usize, att_mtu: None, peer: None })
    }

    async fn send_request(&mut self, request: &[u8]) -> Result<(), LinkError> {
        self.requests += 1;
        self.check()?;
        let strays = if self.chance.one_in(30) { self.chance.below(100) } else { 0 };
        for _ in 0..strays {
            let opcode = self.chance.below(14) as u8;
            self.say(opcode, 0);
        }
        if !self.chance.one_in(60) {
            self.say(request[0], request.get(1).copied().unwrap_or_default());
        }
        Ok(())
    }

    async fn send_data(&mut self, _: &[u8]) -> Result<(), LinkError> {
        self.packets += 1;
        self.check()?;
        if self.chance.one_in(20) {
            self.say(3, 0);
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        match self.inbox.pop_front() {
            Some(message) => Ok(message),
            None if self.connected => std::future::pending().await,
            None => Err(Self::lost()),
        }
    }

    async fn disconnect(&mut self) -> Result<(), LinkError> {
        self.connected = false;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_a_device_says_the_engine_ends_within_bounds() {
    let (init_packet, firmware) = (vec![7; 140], vec![9; 600]);
    let image = UpdateImage { init_packet: &init_packet, firmware: &firmware };
    let (mut failed, mut ended) = (0, 0);
    for seed in 0..4000 {
        let mut link = Noise::new(seed);
        let prn = [0, 1, 8, u16::MAX][seed as usize / 2 % 4];
        let options = UpdateOptions { prn, ..UpdateOptions::default() };
        let mut silent = Silent;
        let end = update(&mut link, &image, &options, &mut silent);
        let end = tokio::time::timeout(Duration::from_secs(3600), end).await.expect("it ends by itself");
        assert!(
            link.requests < 5000 && link.packets < 100_000,
            "seed {seed}: {} {}",
            link.requests,
            link.packets
        );
        match end {
            Ok(report) => {
                ended += 1;
                if report.outcome == Outcome::Completed {
                    assert!(link.executed > 0, "seed {seed}: completed, and no Execute was accepted");
                }
            }
            Err(error) => {
                failed += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(
        failed > 100 && ended > 0,
        "the noise gets nowhere, or everywhere: {failed} failed, {ended} ended"
    );
}
