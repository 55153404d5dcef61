//! What a central can do to a device's attributes, and what the device answers below the DFU protocol (section 4.1).

/// An attribute of one of the two GATT databases: the bootloader's, or that of an application with the buttonless service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// GAP device name.
    DeviceName,
    /// Configuration of the Service Changed characteristic, in bonded databases.
    ServiceChangedCccd,
    /// Service Changed itself: only indicated.
    ServiceChanged,
    /// DFU Packet, 8EC90002.
    Packet,
    /// DFU Control Point, 8EC90001.
    ControlPoint,
    /// Configuration of the Control Point.
    ControlPointCccd,
    /// Buttonless DFU without bonds, 8EC90003.
    Buttonless,
    /// Buttonless DFU with bonds, 8EC90004.
    BondedButtonless,
    /// Configuration of the buttonless characteristic.
    ButtonlessCccd,
}

impl Attribute {
    /// UUID as it is usually written.
    pub fn uuid(self) -> &'static str {
        match self {
            Self::DeviceName => "2A00",
            Self::ServiceChanged => "2A05",
            Self::ServiceChangedCccd | Self::ControlPointCccd | Self::ButtonlessCccd => "2902",
            Self::ControlPoint => "8EC90001-F315-4F60-9FB8-838830DAEA50",
            Self::Packet => "8EC90002-F315-4F60-9FB8-838830DAEA50",
            Self::Buttonless => "8EC90003-F315-4F60-9FB8-838830DAEA50",
            Self::BondedButtonless => "8EC90004-F315-4F60-9FB8-838830DAEA50",
        }
    }
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WriteKind {
    /// Write Request: answered by a Write Response or an error.
    Request,
    /// Write Command: never answered.
    Command,
    /// Prepare Write Request: the beginning of a long write.
    Prepare,
}

/// An ATT error, as its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AttError {
    /// There is no such attribute in the database.
    InvalidHandle = 0x01,
    /// The attribute can't be read.
    ReadNotPermitted = 0x02,
    /// The attribute can't be written in this way.
    WriteNotPermitted = 0x03,
    /// A bond is needed, and there is none.
    InsufficientAuthentication = 0x05,
    /// The value is longer than the attribute, or a configuration has not two bytes.
    InvalidLength = 0x0D,
    /// There is a bond, and the link is not encrypted with it.
    InsufficientEncryption = 0x0F,
    /// Notifications or indications have to be enabled first.
    ConfigurationImproper = 0xFD,
}

impl AttError {
    /// The code on the air.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// First handle of the DFU service in a database with bonds.
pub const DFU_SERVICE_HANDLE: u16 = 0x000B;
/// Bit of a configuration that enables notifications.
pub const NOTIFY: u16 = 0x0001;
/// Bit of a configuration that enables indications.
pub const INDICATE: u16 = 0x0002;
/// Bytes of an ATT header in front of a value.
pub const ATT_HEADER: u16 = 3;
/// ATT_MTU before any exchange, and the smallest there is.
pub const DEFAULT_ATT_MTU: u16 = 23;
