//! How an update is done: waits, pace, retries.

use std::time::Duration;

use crate::Cancel;

/// Everything a user may choose about an update. All waits are bounded (H-2) and in tokio time, which on the virtual
/// bench is the device's own time.
#[derive(Debug, Clone)]
pub struct UpdateOptions {
    /// Packet receipt notifications: one after every n-th packet; 0 turns them off. Set anew in every session (PRN-012).
    pub prn: u16,
    /// How long a request, a packet or a receipt may take to be answered.
    pub response_timeout: Duration,
    /// The same for Execute, behind which signature and hash checks and settings writes stand.
    pub execute_timeout: Duration,
    /// How long one connection attempt, one way into DFU mode, or all pings of a serial session together may take.
    pub connect_timeout: Duration,
    /// How long one Ping waits before the next one is sent (serial).
    pub ping_interval: Duration,
    /// How long a device may take to come back into DFU mode after an image that is not the last of its package. It
    /// copies what it received and starts again; 13 s were seen for SoftDevice and bootloader (FF-080).
    pub activation_timeout: Duration,
    /// Whether an image in front of another is passed over when the device refuses it because it has it (FF-007).
    pub skip_installed: bool,
    /// How often the engine may connect again after a lost link or a silent device, for one image. 0 gives the
    /// first loss back as the error.
    pub reconnects: u32,
    /// Pause before a connection attempt after a loss; it grows by the same amount with every further attempt.
    pub reconnect_pause: Duration,
    /// How often one object may be sent again because what the device reports is not what was sent.
    pub object_retries: u32,
    /// Receipts that may be missing one after the other before the device counts as silent (FF-056).
    pub missing_receipts: u32,
    /// How fast data is sent.
    pub pace: Pace,
    /// Stops the update from outside.
    pub cancel: Cancel,
}

impl Default for UpdateOptions {
    fn default() -> Self {
        Self {
            prn: 0,
            response_timeout: Duration::from_secs(10),
            execute_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(1),
            activation_timeout: Duration::from_secs(60),
            skip_installed: true,
            reconnects: 3,
            reconnect_pause: Duration::from_millis(500),
            object_retries: 3,
            missing_receipts: 3,
            pace: Pace::default(),
            cancel: Cancel::new(),
        }
    }
}

/// How fast data is sent at first, and how much slower after each mismatch.
///
/// A device whose buffers overflow while it erases drops packets without a word (BLE-023, FF-060), so the cure for a
/// mismatch is to be slower: a longer pause behind Create, and receipts more often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Pause between the answer to Create and the first packet.
    pub after_create: Duration,
    /// Pause between two packets.
    pub between_packets: Duration,
    /// Added to `after_create` by the first mismatch; doubled by each further one, six times at most.
    pub slower_by: Duration,
    /// The receipt interval to begin with when receipts were off and a mismatch asks for them.
    pub slower_prn: u16,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            after_create: Duration::ZERO,
            between_packets: Duration::ZERO,
            slower_by: Duration::from_millis(200),
            slower_prn: 8,
        }
    }
}

impl Pace {
    /// The pause behind Create after `mismatches` mismatches.
    pub(crate) fn pause_after_create(&self, mismatches: u32) -> Duration {
        match mismatches {
            0 => self.after_create,
            n => self.after_create + self.slower_by * (1 << (n - 1).min(6)),
        }
    }

    /// The receipt interval after `mismatches` mismatches, having begun with `prn`.
    pub(crate) fn prn(&self, prn: u16, mismatches: u32) -> u16 {
        match (mismatches, prn) {
            (0, prn) => prn,
            (n, 0) => (self.slower_prn.checked_shr(n - 1).unwrap_or(0)).max(1),
            (n, prn) => prn.checked_shr(n).unwrap_or(0).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mismatch_makes_it_slower() {
        let pace = Pace::default();
        let prns: Vec<u16> = (0..6).map(|n| pace.prn(0, n)).collect();
        assert_eq!(prns, [0, 8, 4, 2, 1, 1]);
        let prns: Vec<u16> = (0..5).map(|n| pace.prn(12, n)).collect();
        assert_eq!(prns, [12, 6, 3, 1, 1]);
        let pauses: Vec<u128> = [0, 1, 2, 3, 7, 100].map(|n| pace.pause_after_create(n).as_millis()).to_vec();
        assert_eq!(pauses, [0, 200, 400, 800, 12_800, 12_800]);
        assert_eq!(pace.prn(12, u32::MAX), 1);
    }
}
