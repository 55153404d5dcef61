//! The bootloader's GATT server: what a central may do, and what is refused below the DFU protocol (section 4).

use gauntlet_nrf52::{Chip, cycles_from_ms};

use super::Halt;
use super::air::{Air, slot_after};
use super::boot::Device;
use crate::att::{ATT_HEADER, AttError, Attribute, DFU_SERVICE_HANDLE, INDICATE, NOTIFY, WriteKind};
use crate::bugs::PlantedBug;
use crate::gap::{Address, Advertisement, Central, DFU_SERVICE};
use crate::records::{PeerData, stored_name, unchecked_name};
use crate::wire::{Closed, Firmware, FromHost, Parameters, SharedWire, ToHost};

/// Name without a record from the application (section 4.2).
const DEFAULT_NAME: &[u8] = b"DfuTarg";
/// General discoverable, LE only; and LE only (4.2).
const DISCOVERABLE: u8 = 0x06;
const NOT_DISCOVERABLE: u8 = 0x04;
/// Longest value of the Control Point and of the Packet characteristic (4.1).
const CONTROL_MAX: usize = 23;
const PACKET_MAX: usize = 244;
/// Largest ATT_MTU (BLE-009).
pub(super) const ATT_MTU_MAX: u16 = 247;
/// An indication that is not confirmed in this time ends the link (BLE-027).
const ATT_TIMEOUT_MS: u64 = 30_000;
/// What is asked for at once (BLE-008): 15 ms, no latency, 6 s.
const PARAMETERS: Parameters = Parameters { interval: [12, 12], latency: 0, timeout: 600 };

const OPEN_DATABASE: &[Attribute] =
    &[Attribute::DeviceName, Attribute::Packet, Attribute::ControlPoint, Attribute::ControlPointCccd];
const BONDED_DATABASE: &[Attribute] = &[
    Attribute::DeviceName,
    Attribute::ServiceChanged,
    Attribute::ServiceChangedCccd,
    Attribute::Packet,
    Attribute::ControlPoint,
    Attribute::ControlPointCccd,
];

/// What a message from the central leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing beyond what has been answered.
    Nothing,
    /// A request for the protocol.
    Request(Vec<u8>),
    /// Object data.
    Write(Vec<u8>),
    /// The link is gone.
    Disconnected,
    /// The error handler.
    Reset,
}

/// The server and its link, if it has one.
#[derive(Debug)]
pub(super) struct Gatt {
    advertisement: Advertisement,
    bonded: bool,
    peer: Option<PeerData>,
    link: Option<Connection>,
    /// A planted bug: bonds are not enforced.
    open: bool,
    /// A planted bug: the configuration of the Control Point does not count.
    ignores_configuration: bool,
    /// A planted bug: packets are taken without a bond.
    open_to_packets: bool,
    /// A planted bug: there has been a link, and no other asks for parameters.
    parameters_once: Option<bool>,
    /// A planted bug: a Write Command does for the Control Point, too.
    obeys_commands: bool,
}

/// What a link knows, and forgets when it ends.
#[derive(Debug)]
struct Connection {
    central: Central,
    att_mtu: u16,
    /// Configuration of the Control Point; none before any access to it (BLE-015).
    configuration: Option<u16>,
    service_changed: u16,
    encrypted: bool,
    /// A request was never answered: no other is looked at (BLE-020).
    stalled: bool,
    /// An indication waits for its confirmation until then.
    unconfirmed: Option<u64>,
}

impl Gatt {
    /// The server of `device`. A bonded build without a peer is an error in initialisation (BLE-006).
    pub(super) fn new(chip: &mut Chip, device: &Device) -> Result<Self, Halt> {
        let own = Address::of_chip(chip)?;
        let bonded = device.build.requires_bonds;
        let open = device.build.has(PlantedBug::BondsNotEnforced);
        let ignores_configuration = device.build.has(PlantedBug::ConfigurationIgnored);
        let obeys_commands = device.build.has(PlantedBug::ControlCommandObeyed);
        let open_to_packets = device.build.has(PlantedBug::PacketsWithoutBond);
        let parameters_once = device.build.has(PlantedBug::ParametersOnce).then_some(false);
        if bonded {
            let peer = PeerData::parse(&device.settings.peer_data).ok_or(Halt::Reset)?;
            // BLE-004: the same address as the application, so that the bond holds.
            let known = peer.identity.irk != [0; 16];
            let flags = if known { NOT_DISCOVERABLE } else { DISCOVERABLE };
            let own = if device.build.has(PlantedBug::NextAddressWithBonds) { own.next() } else { own };
            let mut advertisement = Advertisement::new(own, flags, &[DFU_SERVICE], DEFAULT_NAME);
            // BLE-005.
            advertisement.accepts = (known && !open).then_some(peer.identity);
            let peer = Some(peer).filter(|_| !device.build.has(PlantedBug::KeyNotTakenOver));
            return Ok(Self {
                advertisement,
                bonded,
                peer,
                link: None,
                open,
                ignores_configuration,
                obeys_commands,
                open_to_packets,
                parameters_once,
            });
        }
        // BLE-002; without a valid record the default (BLE-001).
        let stored = if device.build.has(PlantedBug::DamagedNameUsed) {
            unchecked_name(&device.settings.adv_name)
        } else {
            stored_name(&device.settings.adv_name)
        };
        let stored = stored.filter(|_| !device.build.has(PlantedBug::StoredNameIgnored));
        let name = stored.unwrap_or(DEFAULT_NAME);
        // BLE-003.
        let address = if device.build.has(PlantedBug::AddressKept) { own } else { own.next() };
        let advertisement = Advertisement::new(address, DISCOVERABLE, &[DFU_SERVICE], name);
        Ok(Self {
            advertisement,
            bonded,
            peer: None,
            link: None,
            open,
            ignores_configuration,
            obeys_commands,
            open_to_packets,
            parameters_once,
        })
    }

    /// Waits for a central, with the same data every time (BLE-025). Only one is served at a time (BLE-007).
    pub(super) fn listen(&mut self, wire: &SharedWire) {
        self.link = None;
        let database = if self.bonded { BONDED_DATABASE } else { OPEN_DATABASE };
        wire.lock().advertise(Firmware::Bootloader, self.advertisement.clone(), database);
    }

    /// True when a notification of the Control Point can be sent (BLE-015, BLE-035).
    pub(super) fn may_notify(&self) -> bool {
        let configuration = self.link.as_ref().and_then(|link| link.configuration);
        configuration.is_some_and(|configuration| configuration & NOTIFY != 0)
    }

    /// When the link ends unless an indication is confirmed.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.link.as_ref()?.unconfirmed
    }

    /// BLE-027: true when the link has ended because an indication was not confirmed in time.
    pub(super) fn has_timed_out(&mut self, now: u64, wire: &SharedWire) -> bool {
        let over = self.deadline().is_some_and(|deadline| now >= deadline);
        if over {
            wire.lock().close(slot_after(now), Closed::ByDevice);
        }
        over
    }

    /// Takes a message from the central, and answers what the stack answers.
    pub(super) fn take(&mut self, now: u64, air: &Air, wire: &SharedWire, message: FromHost) -> Effect {
        let answer = |message| air.answer(now, wire, message);
        match message {
            FromHost::Disconnected => return Effect::Disconnected,
            FromHost::Connected(central) => {
                self.link = Some(Connection::new(*central));
                if self.parameters_once.as_mut().is_none_or(|asked| !std::mem::replace(asked, true)) {
                    answer(ToHost::Parameters(PARAMETERS));
                }
                return Effect::Nothing;
            }
            // BLE-028, FLT-031: the lookup of a wrong handle fails, and the error handler resets.
            FromHost::Pair => return Effect::Reset,
            _ => {}
        }
        let Some(link) = &mut self.link else { return Effect::Nothing };
        if link.stalled && !matches!(message, FromHost::Packet(_) | FromHost::Confirm) {
            return Effect::Nothing;
        }
        match message {
            FromHost::Control(value) => {
                let result = self.control(&value);
                answer(ToHost::Written(result));
                // BLE-013: the response goes out first.
                result.map_or(Effect::Nothing, |()| Effect::Request(value))
            }
            FromHost::Packet(value) => self.packet(value),
            FromHost::Write { attribute: Attribute::ControlPoint, kind: WriteKind::Request, value } => {
                self.take(now, air, wire, FromHost::Control(value))
            }
            FromHost::Write { attribute: Attribute::Packet, kind: WriteKind::Command, value } => {
                self.packet(value)
            }
            FromHost::Write { attribute: Attribute::ControlPoint, kind: WriteKind::Command, value }
                if self.obeys_commands =>
            {
                Effect::Request(value)
            }
            FromHost::Write { kind: WriteKind::Command, .. } => Effect::Nothing,
            // BLE-020: an authorisation that is never given.
            FromHost::Write { attribute: Attribute::ControlPoint, kind: WriteKind::Prepare, .. } => {
                link.stalled = true;
                Effect::Nothing
            }
            FromHost::Write { attribute, value, .. } => {
                answer(ToHost::Written(self.write(attribute, &value)));
                Effect::Nothing
            }
            FromHost::Read(attribute) => {
                answer(ToHost::Value(self.read(attribute)));
                Effect::Nothing
            }
            FromHost::ExchangeMtu(wanted) => {
                link.att_mtu = granted_mtu(wanted);
                answer(ToHost::Mtu(link.att_mtu));
                Effect::Nothing
            }
            FromHost::Confirm => {
                link.unconfirmed = None;
                Effect::Nothing
            }
            FromHost::Encrypt(key) => {
                // BLE-029; without a bond there is no key (BLE-030).
                let known = self.peer.filter(|peer| peer.key == key);
                answer(ToHost::Encrypted(known.is_some()));
                if let (Some(peer), Some(link)) = (known, &mut self.link) {
                    link.encrypted = true;
                    link.service_changed = peer.service_changed();
                    if link.service_changed & INDICATE != 0 {
                        // BLE-031: everything from the DFU service on is new to the peer.
                        let value = [DFU_SERVICE_HANDLE.to_le_bytes(), [0xFF; 2]].concat();
                        let attribute = Attribute::ServiceChanged;
                        answer(ToHost::Indication { attribute, value });
                        link.unconfirmed = Some(now + cycles_from_ms(ATT_TIMEOUT_MS));
                    }
                }
                Effect::Nothing
            }
            // A BLE build has no serial line; the others were dealt with above.
            _ => Effect::Nothing,
        }
    }

    /// May the Control Point be written with `value`?
    fn control(&mut self, value: &[u8]) -> Result<(), AttError> {
        self.secured()?;
        // BLE-021.
        if value.len() > CONTROL_MAX {
            return Err(AttError::InvalidLength);
        }
        // BLE-014; a configuration that was never touched can't be looked up and counts as good (BLE-015).
        let configuration = self.link.as_ref().and_then(|link| link.configuration);
        if configuration.is_some_and(|configuration| configuration & NOTIFY == 0)
            && !self.ignores_configuration
        {
            return Err(AttError::ConfigurationImproper);
        }
        Ok(())
    }

    /// A Write Command to the Packet characteristic: nothing says why one is ignored (BLE-018, BLE-032).
    fn packet(&self, value: Vec<u8>) -> Effect {
        let fits = |link: &Connection| value.len() <= PACKET_MAX.min(usize::from(link.att_mtu - ATT_HEADER));
        if (self.secured().is_ok() || self.open_to_packets) && self.link.as_ref().is_some_and(fits) {
            Effect::Write(value)
        } else {
            Effect::Nothing
        }
    }

    fn write(&mut self, attribute: Attribute, value: &[u8]) -> Result<(), AttError> {
        let database = if self.bonded { BONDED_DATABASE } else { OPEN_DATABASE };
        if !database.contains(&attribute) {
            return Err(AttError::InvalidHandle);
        }
        let Some(link) = &mut self.link else { return Err(AttError::InvalidHandle) };
        let configuration = match attribute {
            // BLE-016: whatever else is set.
            Attribute::ControlPointCccd => link.configuration.insert(0),
            Attribute::ServiceChangedCccd => &mut link.service_changed,
            // BLE-019: there is no such property.
            _ => return Err(AttError::WriteNotPermitted),
        };
        *configuration = u16::from_le_bytes(value.try_into().map_err(|_| AttError::InvalidLength)?);
        Ok(())
    }

    fn read(&mut self, attribute: Attribute) -> Result<Vec<u8>, AttError> {
        let Some(link) = &mut self.link else { return Err(AttError::InvalidHandle) };
        match attribute {
            Attribute::DeviceName => Ok(self.advertisement.name().unwrap_or_default().to_vec()),
            Attribute::ControlPointCccd => Ok(link.configuration.get_or_insert(0).to_le_bytes().to_vec()),
            Attribute::ServiceChangedCccd if self.bonded => Ok(link.service_changed.to_le_bytes().to_vec()),
            Attribute::Packet | Attribute::ControlPoint => Err(AttError::ReadNotPermitted),
            Attribute::ServiceChanged if self.bonded => Err(AttError::ReadNotPermitted),
            _ => Err(AttError::InvalidHandle),
        }
    }

    /// BLE-032: a bonded build takes nothing over a link that is not encrypted.
    fn secured(&self) -> Result<(), AttError> {
        match &self.link {
            Some(link) if self.bonded && !link.encrypted && !self.open => {
                Err(if link.central.bond.is_some() {
                    AttError::InsufficientEncryption
                } else {
                    AttError::InsufficientAuthentication
                })
            }
            _ => Ok(()),
        }
    }
}

impl Connection {
    fn new(central: Central) -> Self {
        Self {
            central,
            att_mtu: crate::att::DEFAULT_ATT_MTU,
            configuration: None,
            service_changed: 0,
            encrypted: false,
            stalled: false,
            unconfirmed: None,
        }
    }
}

/// BLE-009: as much as was asked for, in steps that suit the flash.
fn granted_mtu(wanted: u16) -> u16 {
    match wanted {
        ATT_MTU_MAX.. => ATT_MTU_MAX,
        wanted => {
            let wanted = wanted.max(crate::att::DEFAULT_ATT_MTU);
            ATT_HEADER + (wanted - ATT_HEADER) / 4 * 4
        }
    }
}

#[cfg(test)]
mod tests {
    use super::granted_mtu;

    #[test]
    fn the_mtu_leaves_whole_words() {
        // BLE-009.
        for (wanted, granted) in
            [(23, 23), (26, 23), (27, 27), (185, 183), (246, 243), (247, 247), (517, 247), (0, 23)]
        {
            assert_eq!(granted_mtu(wanted), granted, "{wanted}");
        }
    }
}
