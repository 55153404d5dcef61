//! Operation codes and object types (CP section, table of opcodes).

use crate::code::byte_code;

byte_code! {
    /// An operation of the control point, or of a serial frame.
    Opcode, "opcode" {
        /// Ask for the protocol version; serial transports only.
        ProtocolVersion = 0x00, "protocol-version", "protocol version";
        /// Open an object of a given size, discarding what was written to it before.
        Create = 0x01, "create", "create";
        /// Set the packet receipt notification target.
        SetPrn = 0x02, "set-prn", "set packet receipt notification";
        /// Ask for offset and CRC of the selected object; also the opcode of packet receipt notifications.
        GetCrc = 0x03, "get-crc", "get crc";
        /// Make the object count.
        Execute = 0x04, "execute", "execute";
        /// Choose the object type and ask how far it got.
        Select = 0x06, "select", "select";
        /// Ask for the transfer unit; serial transports only.
        GetMtu = 0x07, "get-mtu", "get mtu";
        /// Object data; serial transports only, BLE has the packet characteristic.
        Write = 0x08, "write", "write";
        /// Prove that the bootloader is alive; serial transports only.
        Ping = 0x09, "ping", "ping";
        /// Ask for the chip; serial transports only.
        HardwareVersion = 0x0A, "hardware-version", "hardware version";
        /// Ask for an installed image; serial transports only.
        FirmwareVersion = 0x0B, "firmware-version", "firmware version";
        /// Give up; never answered, the device resets.
        Abort = 0x0C, "abort", "abort";
        /// First byte of every message from the device.
        Response = 0x60, "response", "response";
    }
}

byte_code! {
    /// What is being transferred.
    ObjectType, "object type" {
        /// The init packet: one object of at most 512 bytes.
        Command = 0x01, "command", "command object";
        /// The image: objects of at most one flash page.
        Data = 0x02, "data", "data object";
    }
}
