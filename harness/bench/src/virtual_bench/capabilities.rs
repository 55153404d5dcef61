//! What virtual boards can do, by what is on them and what the client's traffic passes on its way.

use crate::Capability;

/// What boards with the reference device can do, those first that the longest way leaves.
const REFERENCE: &[Capability] = &[
    Capability::Ble,
    Capability::Serial,
    Capability::PowerCut,
    Capability::FlashOpFaults,
    Capability::Reset,
    Capability::Button,
    Capability::SystemOff,
    Capability::OpensLocked,
    Capability::ReadsLocked,
    Capability::Buttonless,
    Capability::Gatt,
    Capability::Centrals,
    Capability::ChosenMtu,
    Capability::AnyAttribute,
    Capability::AnyConfiguration,
    Capability::LongWrite,
    Capability::MtuExchange,
    Capability::Confirmation,
    Capability::Pairing,
    Capability::Overtaking,
    Capability::LongRequest,
    Capability::ServicesUnconfirmed,
    Capability::Reading,
    Capability::LookingAround,
    Capability::Cable,
];

/// The client's traffic goes straight to the device.
pub(super) const DIRECT: &[Capability] = REFERENCE;
/// A port of this machine has no cable.
pub(super) const BEHIND_A_PORT: &[Capability] = until(Capability::Cable);
/// Line and buffers of a dongle take their time, so that nothing overtakes anything.
pub(super) const BEHIND_A_DONGLE: &[Capability] = until(Capability::Overtaking);
/// A Bluetooth service keeps some things of ATT to itself.
pub(super) const BEHIND_BLUETOOTH: &[Capability] = until(Capability::AnyAttribute);

/// What boards with firmware in the chip can do: nobody plays the radio for them.
pub(super) const FIRMWARE: &[Capability] = &[
    Capability::Serial,
    Capability::PowerCut,
    Capability::FlashOpFaults,
    Capability::Reset,
    Capability::OpensLocked,
    Capability::ReadsLocked,
    Capability::CutSweep,
];

/// The part of [`REFERENCE`] in front of `first`.
const fn until(first: Capability) -> &'static [Capability] {
    let mut count = 0;
    while REFERENCE[count] as u8 != first as u8 {
        count += 1;
    }
    REFERENCE.split_at(count).0
}
