//! Planted bugs: wrong behaviours that someone could ship, each on its own switch.
//!
//! A bug is part of a bootloader build, like any other property of firmware. The suite proves its oracles by finding every one.

use std::fmt;
use std::str::FromStr;

macro_rules! planted_bugs {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $name:literal, $what:literal;)*) => {
        /// A wrong behaviour planted on purpose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum PlantedBug { $($(#[$meta])* #[doc = $what] $variant = $code,)* }

        impl PlantedBug {
            /// Every bug there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What is wrong, in one sentence.
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }

            /// The number that stands for it in a build block.
            pub(crate) fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

planted_bugs! {
    SignatureNotChecked = 1, "signature-not-checked", "A signature that does not verify is accepted (PKG-013).";
    UnsignedAccepted = 2, "unsigned-accepted", "A packet without signature is accepted although one is required (VAL-003).";
    VersionNotChecked = 3, "version-not-checked", "An older application version is accepted (VAL-011).";
    HardwareNotChecked = 4, "hardware-not-checked", "A packet for other hardware is accepted (VAL-006).";
    SoftDeviceNotChecked = 5, "softdevice-not-checked", "A packet for another SoftDevice is accepted (VAL-017).";
    HashNotChecked = 6, "hash-not-checked", "The received image is not compared with its hash (VAL-021).";
    CrcWithoutLastByte = 7, "crc-without-last-byte", "The answered CRC leaves out the last byte received (CP-018).";
    BackupNotWritten = 8, "backup-not-written", "The settings backup page is never written (SET-005).";
    CopiedBeforeVerified = 9, "copied-before-verified", "The running application is overwritten while the new one is still being received (MEM-014).";
    WrittenPastBank = 10, "written-past-bank", "The last object is followed by one word too many in flash (MEM-005).";
    ShortObjectExecuted = 11, "short-object-executed", "An object that is not complete can be executed (OBJ-028).";
    CopyNotResumed = 12, "copy-not-resumed", "A copy that lost power is taken for finished (PWR-011).";
    OffsetKeptAfterDisconnect = 13, "offset-kept-after-disconnect", "After a disconnect the old offset is still answered although no object is open (OBJ-038).";
    SpaceNotChecked = 14, "space-not-checked", "An image larger than the free space is accepted (VAL-020).";
    ReceiptWithoutOffset = 15, "receipt-offset-stale", "Receipts carry the offset of the receipt before (PRN-011).";
    AppDataErased = 16, "app-data-erased", "Activation erases the first page of the application's data (MEM-005).";
}

impl fmt::Display for PlantedBug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of no planted bug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no planted bug named `{0}`")]
pub struct UnknownBug(pub String);

impl FromStr for PlantedBug {
    type Err = UnknownBug;

    fn from_str(name: &str) -> Result<Self, UnknownBug> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name).ok_or_else(|| UnknownBug(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_lead_back() {
        for &bug in PlantedBug::ALL {
            assert_eq!(bug.name().parse(), Ok(bug));
            assert_eq!(PlantedBug::from_code(bug as u32), Some(bug));
        }
        assert_eq!(PlantedBug::from_code(0), None);
    }
}
