//! The characteristics of the DFU service (sections 4.1 and 11).

use uuid::Uuid;

const BASE: u128 = 0x8EC9_0000_F315_4F60_9FB8_8388_30DA_EA50;

const fn characteristic(number: u128) -> Uuid {
    Uuid::from_u128(BASE | number << 96)
}

/// DFU Control Point.
pub(super) const CONTROL_POINT: Uuid = characteristic(1);
/// DFU Packet.
pub(super) const PACKET: Uuid = characteristic(2);
/// Buttonless DFU without bonds.
pub(super) const BUTTONLESS: Uuid = characteristic(3);
/// Buttonless DFU with bonds.
pub(super) const BONDED_BUTTONLESS: Uuid = characteristic(4);

/// One that only applications have.
pub(super) fn is_buttonless(uuid: Uuid) -> bool {
    uuid == BUTTONLESS || uuid == BONDED_BUTTONLESS
}

#[cfg(test)]
mod tests {
    use gauntlet_reference::att::Attribute;

    use super::*;

    #[test]
    fn they_are_those_of_the_device() {
        let pairs = [
            (CONTROL_POINT, Attribute::ControlPoint),
            (PACKET, Attribute::Packet),
            (BUTTONLESS, Attribute::Buttonless),
            (BONDED_BUTTONLESS, Attribute::BondedButtonless),
        ];
        for (uuid, attribute) in pairs {
            assert_eq!(uuid.to_string().to_uppercase(), attribute.uuid());
        }
    }
}
