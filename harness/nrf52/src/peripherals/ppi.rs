//! The programmable interconnect: events of one peripheral trigger tasks of others, without the CPU.

/// Base address.
pub(crate) const BASE: u32 = 0x4001_F000;

const CHANNELS: usize = 20;
const GROUPS: usize = 6;
const CHEN: u32 = 0x500;
const CHENSET: u32 = 0x504;
const CHENCLR: u32 = 0x508;
const CHANNEL: u32 = 0x510;
const GROUP: u32 = 0x800;
const FORK: u32 = 0x910;

const TIMER0: u32 = 0x4000_8000;
const RTC0: u32 = 0x4000_B000;
const RADIO: u32 = 0x4000_1000;
const AAR: u32 = 0x4000_F000;

/// Channels 20 to 31: event and task are wired.
const FIXED: [(u32, u32); 12] = [
    (TIMER0 + 0x140, RADIO),
    (TIMER0 + 0x140, RADIO + 0x004),
    (TIMER0 + 0x144, RADIO + 0x010),
    (RADIO + 0x128, AAR),
    (RADIO + 0x100, AAR),
    (RADIO + 0x104, AAR + 0x004),
    (RADIO + 0x104, TIMER0 + 0x044),
    (RADIO + 0x10C, TIMER0 + 0x048),
    (RTC0 + 0x140, RADIO),
    (RTC0 + 0x140, RADIO + 0x004),
    (RTC0 + 0x140, TIMER0 + 0x00C),
    (RTC0 + 0x140, TIMER0),
];

#[derive(Debug, Clone)]
pub(crate) struct Ppi {
    enabled: u32,
    channels: [(u32, u32); CHANNELS],
    groups: [u32; GROUPS],
    forks: [u32; 32],
}

impl Ppi {
    pub(crate) fn new() -> Self {
        Self { enabled: 0, channels: [(0, 0); CHANNELS], groups: [0; GROUPS], forks: [0; 32] }
    }

    /// Some channel is enabled.
    pub(crate) fn listens(&self) -> bool {
        self.enabled != 0
    }

    /// Switches every channel off.
    pub(crate) fn stop(&mut self) {
        self.enabled = 0;
    }

    /// The enabled channels an event drives, one bit each.
    pub(crate) fn channels_of(&self, event: u32) -> u32 {
        (0..32)
            .filter(|&n| self.enabled >> n & 1 == 1 && self.ends(n).0 == event)
            .fold(0, |set, n| set | 1 << n)
    }

    /// The two tasks of a channel; 0 where there is none.
    pub(crate) fn tasks(&self, channel: usize) -> [u32; 2] {
        [self.ends(channel).1, self.forks[channel]]
    }

    fn ends(&self, channel: usize) -> (u32, u32) {
        match channel.checked_sub(CHANNELS) {
            Some(fixed) => FIXED[fixed],
            None => self.channels[channel],
        }
    }

    pub(crate) fn read(&self, offset: u32) -> Option<u32> {
        match offset {
            0..0x30 => Some(0),
            CHEN | CHENSET | CHENCLR => Some(self.enabled),
            CHANNEL..0x5B0 => {
                let (event, task) = self.channels[(offset - CHANNEL) as usize / 8];
                Some(if offset & 4 == 0 { event } else { task })
            }
            GROUP..0x818 => Some(self.groups[(offset - GROUP) as usize / 4]),
            FORK..0x990 => Some(self.forks[(offset - FORK) as usize / 4]),
            _ => None,
        }
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32) -> bool {
        match offset {
            0..0x30 if value & 1 == 0 => {}
            0..0x30 => {
                let group = self.groups[offset as usize / 8];
                if offset & 4 == 0 {
                    self.enabled |= group;
                } else {
                    self.enabled &= !group;
                }
            }
            CHEN => self.enabled = value,
            CHENSET => self.enabled |= value,
            CHENCLR => self.enabled &= !value,
            CHANNEL..0x5B0 => {
                let ends = &mut self.channels[(offset - CHANNEL) as usize / 8];
                if offset & 4 == 0 {
                    ends.0 = value;
                } else {
                    ends.1 = value;
                }
            }
            GROUP..0x818 => self.groups[(offset - GROUP) as usize / 4] = value,
            FORK..0x990 => self.forks[(offset - FORK) as usize / 4] = value,
            _ => return false,
        }
        true
    }
}
