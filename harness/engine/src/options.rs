//! How an update is done: waits, pace, retries.

use std::time::Duration;

use crate::{Cancel, Pace};

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
    /// When the device is asked what it holds.
    pub crc: CrcExchange,
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
            crc: CrcExchange::default(),
            pace: Pace::default(),
            cancel: Cancel::new(),
        }
    }
}

/// When the device is asked for the CRC of what it holds, before an object is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CrcExchange {
    /// For every object where the link can change bytes unseen, as a UART can. On BLE and USB Execute proves the length
    /// (OBJ-007, OBJ-028) and the link the content, so the device is asked only when it refuses an Execute with 08, and
    /// in a second transfer when the image as a whole was refused (0B 0C, OBJ-034).
    #[default]
    WhereNeeded,
    /// For every object, whatever the link is.
    EveryObject,
}
