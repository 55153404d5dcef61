//! What is done with the device.

use std::time::Duration;

use super::{Exchange, Fault, Gatt, Mode, Place, ProbeItem, Starts, Walk};
use crate::quantity::{Comparison, PackageName};
use crate::word::words;

words! {
    /// The way to the device.
    "a link"
    pub enum Link {
        /// Bluetooth Low Energy.
        Ble = "ble",
        /// UART with SLIP frames.
        Serial = "serial",
        /// USB CDC with SLIP frames.
        Usb = "usb",
    }
}

words! {
    /// The way into DFU mode.
    "a way into DFU mode"
    pub enum Entry {
        /// The probe sets the retained register and resets.
        Probe = "probe",
        /// The application is asked over its buttonless service.
        Buttonless = "buttonless",
    }
}

words! {
    /// Which central talks to the device.
    "a central"
    pub enum Peer {
        /// The one that has the bond, where there is one.
        Known = "known",
        /// The same one without its bond.
        Forgetful = "forgetful",
        /// One that the device has never met.
        Stranger = "stranger",
        /// The one that has the bond, with another key.
        Impostor = "impostor",
    }
}

words! {
    /// How the device is reset from outside.
    "a kind of reset"
    pub enum ResetKind {
        /// Through the reset pin.
        Pin = "pin",
        /// Through the core's own reset request, set by the probe.
        Soft = "soft",
        /// Through the reset pin, while the button that asks for DFU mode is held.
        Button = "button",
        /// By a wake-up from System OFF, the deepest sleep of the chip.
        Wake = "wake",
    }
}

words! {
    /// What happens to the cable of a serial link while the device waits in DFU mode.
    "something that happens to the cable"
    pub enum Cable {
        /// The USB cable is pulled out and put in again; something else supplies the device.
        Pulled = "pulled",
        /// The line of a UART is held low for longer than a byte, which its receiver takes for an error.
        Break = "break",
    }
}

words! {
    /// How an update ends.
    "an outcome"
    pub enum Outcome {
        /// The device accepted everything, up to the activation.
        Completed = "completed",
        /// The device refused a request.
        Refused = "refused",
        /// The device stopped answering, or the link could not be made again.
        Lost = "lost",
        /// The client itself said no to the package, before it asked the device for anything.
        Rejected = "rejected",
    }
}

words! {
    /// The part of an update.
    "a phase"
    pub enum Phase {
        /// While the init packet is sent and executed.
        Init = "init",
        /// While the firmware is sent and executed.
        Data = "data",
    }
}

words! {
    /// Where in reading a package its mistake was noticed.
    "a stage of reading a package"
    pub enum Stage {
        /// In the container.
        Zip = "zip",
        /// In `manifest.json`.
        Manifest = "manifest",
        /// In an init packet by itself.
        InitPacket = "init_packet",
        /// Where init packet, manifest and firmware are held against each other.
        Consistency = "consistency",
        /// At a signature.
        Signature = "signature",
    }
}

/// Why a client rejects a package: the name of a [`gauntlet_package::Reason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection(pub(crate) &'static str);

impl Rejection {
    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.0)
    }
}

words! {
    /// The result that the device answers with.
    "a result"
    pub enum ResultCode {
        /// 02.
        OpcodeNotSupported = "opcode-not-supported",
        /// 03.
        InvalidParameter = "invalid-parameter",
        /// 04, also the answer to a firmware that does not fit.
        InsufficientResources = "insufficient-resources",
        /// 05, also the answer to a wrong signature.
        InvalidObject = "invalid-object",
        /// 07.
        UnsupportedType = "unsupported-type",
        /// 08.
        OperationNotPermitted = "operation-not-permitted",
        /// 0A.
        OperationFailed = "operation-failed",
        /// 0B: one more byte says what.
        ExtendedError = "extended-error",
    }
}

impl ResultCode {
    /// The byte on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::OpcodeNotSupported => 0x02,
            Self::InvalidParameter => 0x03,
            Self::InsufficientResources => 0x04,
            Self::InvalidObject => 0x05,
            Self::UnsupportedType => 0x07,
            Self::OperationNotPermitted => 0x08,
            Self::OperationFailed => 0x0A,
            Self::ExtendedError => 0x0B,
        }
    }
}

words! {
    /// The byte behind an extended error.
    "an extended error"
    pub enum ExtendedCode {
        /// 04: a field of the init packet is missing or impossible.
        InitCommandInvalid = "init-command-invalid",
        /// 05: the firmware version is too low.
        FirmwareVersion = "firmware-version",
        /// 06: the hardware version is another.
        HardwareVersion = "hardware-version",
        /// 07: the SoftDevice in the device is not among those named.
        SoftdeviceVersion = "softdevice-version",
        /// 08: the init packet is not signed.
        SignatureMissing = "signature-missing",
        /// 09: the hash is not a SHA-256.
        HashType = "hash-type",
        /// 0A: the hash could not be made.
        HashFailed = "hash-failed",
        /// 0B: the signature is not of a known type.
        SignatureType = "signature-type",
        /// 0C: the hash of the received firmware differs.
        VerificationFailed = "verification-failed",
        /// 0D: the firmware does not fit.
        InsufficientSpace = "insufficient-space",
    }
}

impl ExtendedCode {
    /// The byte on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::InitCommandInvalid => 0x04,
            Self::FirmwareVersion => 0x05,
            Self::HardwareVersion => 0x06,
            Self::SoftdeviceVersion => 0x07,
            Self::SignatureMissing => 0x08,
            Self::HashType => 0x09,
            Self::HashFailed => 0x0A,
            Self::SignatureType => 0x0B,
            Self::VerificationFailed => 0x0C,
            Self::InsufficientSpace => 0x0D,
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where the step begins in the scenario file.
    pub place: Place,
    /// What is done.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// One update with the project's own DFU client.
    Update(Update),
    /// Raw requests and their expected answers.
    Exchange(Exchange),
    /// Requests that a seed chooses.
    Walk(Walk),
    /// Starts with what a seed chooses.
    Starts(Starts),
    /// Attributes, as a central sees them.
    Gatt(Gatt),
    /// The device is reset from outside.
    Reset(ResetKind),
    /// This happens to the cable.
    Cable(Cable),
    /// The supply is off for this long, in device time.
    PowerCut(Duration),
    /// Nothing is done for this long, in device time.
    Wait(Duration),
    /// The device must be in this mode now, when it has come to rest.
    Mode(Mode),
    /// Registers and words of flash, through the debug probe.
    Probe(Vec<ProbeItem>),
}

/// One update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The package; it is one of the scenario's.
    pub package: PackageName,
    /// `ble` by default.
    pub link: Link,
    /// Packets per receipt notification; 0 (the default) is off.
    pub prn: u16,
    /// How often the client may connect again; `None` is the client's own default.
    pub reconnects: Option<u32>,
    /// The ATT MTU, 23 to 247; `None` is what the link offers. Only with `ble`.
    pub mtu: Option<u16>,
    /// The client sends the package without having judged it. Off by default.
    pub unchecked: bool,
    /// How the device is brought into DFU mode when it runs its application. `probe` by default.
    pub entry: Entry,
    /// The name that the bootloader is given before the jump. Only with `entry: buttonless`.
    pub rename: Option<String>,
    /// Which central sends it. `known` by default.
    pub central: Peer,
    /// Faults during this update.
    pub faults: Vec<Fault>,
    /// How the update must end.
    pub expect: UpdateExpect,
}

impl Update {
    /// How often the client may connect again where a step does not say it.
    pub const RECONNECTS: u32 = 3;
}

/// How an update must end. A field that is `None` is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateExpect {
    /// `completed` by default.
    pub outcome: Outcome,
    /// The result of the refused request.
    pub result: Option<ResultCode>,
    /// The extended code of the refused request; `result` is then `extended-error`.
    pub extended: Option<ExtendedCode>,
    /// Where it was refused or lost.
    pub phase: Option<Phase>,
    /// Where in the package its mistake was noticed; the outcome is then `rejected`.
    pub stage: Option<Stage>,
    /// Why the package was rejected.
    pub reason: Option<Rejection>,
    /// How many images in front of the last one the device had already, so that they were left out.
    pub skipped: Option<Comparison>,
    /// How often the client connected again.
    pub reconnects: Option<Comparison>,
    /// Bytes of firmware that were sent more than once.
    pub resent: Option<Comparison>,
    /// Bytes of init packet and firmware that were sent, repetitions included.
    pub sent: Option<Comparison>,
    /// Receipts that agreed with what was sent.
    pub receipts: Option<Comparison>,
    /// How often the device reported another checksum or offset than what was sent.
    pub crc_mismatches: Option<Comparison>,
    /// Requests that got no answer in time.
    pub silences: Option<Comparison>,
    /// Whether the init packet was resumed after a lost link instead of sent anew.
    pub init_resumed: Option<bool>,
}

impl Default for UpdateExpect {
    fn default() -> Self {
        Self {
            outcome: Outcome::Completed,
            result: None,
            extended: None,
            phase: None,
            stage: None,
            reason: None,
            skipped: None,
            reconnects: None,
            resent: None,
            sent: None,
            receipts: None,
            crc_mismatches: None,
            silences: None,
            init_resumed: None,
        }
    }
}
