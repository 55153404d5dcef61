//! The attributes of a device that an update needs, with their handles.

use gauntlet_connectivity::Command;
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gatt::{Characteristic, Range, Service, Status, Uuid};

use super::central::Central;
use super::error::DongleError;

/// The DFU service, and that of the attribute protocol itself.
const DFU_SERVICE: Uuid = Uuid::sig(0xFE59);
const GATT_SERVICE: Uuid = Uuid::sig(0x1801);
/// Base of the DFU characteristics, least significant byte first.
pub(super) const DFU_BASE: [u8; 16] =
    [0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3, 0x00, 0x00, 0xC9, 0x8E];
/// The characteristics by the 16 bits in which they differ.
const CONTROL_POINT: u16 = 1;
const PACKET: u16 = 2;
const BUTTONLESS: u16 = 3;
const BONDED_BUTTONLESS: u16 = 4;
const SERVICE_CHANGED: Uuid = Uuid::sig(0x2A05);
const CCCD: Uuid = Uuid::sig(0x2902);
/// There is no attribute like that in the rest of the range.
const NO_MORE: u8 = 0x0A;

/// Where a characteristic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handles {
    pub(super) value: u16,
    pub(super) configuration: Option<u16>,
}

/// What a device has of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Table {
    pub(super) control_point: Option<Handles>,
    pub(super) packet: Option<Handles>,
    pub(super) buttonless: Option<Handles>,
    pub(super) bonded_buttonless: Option<Handles>,
    /// Looked for only when it is asked for.
    pub(super) service_changed: Option<Handles>,
}

impl Table {
    /// The database of firmware that works with bonds.
    pub(super) fn is_of_bonds(&self) -> bool {
        self.bonded_buttonless.is_some()
            || self.service_changed.is_some_and(|handles| handles.configuration.is_some())
    }

    /// Values that tell something by themselves; Service Changed is none of them, for everything is discovered anyway.
    pub(super) fn told(&self) -> Vec<u16> {
        let all = [self.control_point, self.buttonless, self.bonded_buttonless];
        all.into_iter().flatten().map(|handles| handles.value).collect()
    }
}

/// What is in one answer, and whether another one is worth asking for.
fn more<T: Clone>(status: Status, found: &[T], what: &'static str) -> Result<Option<Vec<T>>, DongleError> {
    match (status.code, status.att_error()) {
        (0, _) if !found.is_empty() => Ok(Some(found.to_vec())),
        (0, _) | (_, Some(NO_MORE)) => Ok(None),
        (status, _) => Err(DongleError::Att { status, what }),
    }
}

/// Discovers them. `kind` is that of the DFU base; Service Changed is left out unless it is `thorough`.
pub(super) async fn discover(central: &mut Central, kind: u8, thorough: bool) -> Result<Table, DongleError> {
    let wanted: &[Uuid] = if thorough { &[DFU_SERVICE, GATT_SERVICE] } else { &[DFU_SERVICE] };
    let services = services(central, wanted).await?;
    let mut table = Table::default();
    for service in &services {
        let all = characteristics(central, service.range).await?;
        for (number, one) in all.iter().enumerate() {
            let told = |value| one.uuid == Uuid { value, kind };
            let (place, tells) = if service.uuid == GATT_SERVICE && one.uuid == SERVICE_CHANGED {
                (&mut table.service_changed, true)
            } else if told(CONTROL_POINT) {
                (&mut table.control_point, true)
            } else if told(PACKET) {
                (&mut table.packet, false)
            } else if told(BUTTONLESS) {
                (&mut table.buttonless, true)
            } else if told(BONDED_BUTTONLESS) {
                (&mut table.bonded_buttonless, true)
            } else {
                continue;
            };
            let end = all.get(number + 1).map_or(service.range.end, |next| next.declaration - 1);
            let configuration = if tells { configuration(central, one.value, end).await? } else { None };
            *place = Some(Handles { value: one.value, configuration });
        }
    }
    Ok(table)
}

/// Those of the services that are wanted; ends when all of them were found.
async fn services(central: &mut Central, wanted: &[Uuid]) -> Result<Vec<Service>, DongleError> {
    let (mut all, mut start) = (Vec::new(), 1);
    loop {
        let conn = central.conn()?;
        let (status, found) = central
            .ask(Command::DiscoverServices { conn, start, only: None }, |what| match what {
                What::Services(status, found) => Some((*status, found.clone())),
                _ => None,
            })
            .await?;
        let Some(found) = more(status, &found, "the services")? else { return Ok(all) };
        all.extend(found.iter().filter(|service| wanted.contains(&service.uuid)));
        if all.len() >= wanted.len() {
            return Ok(all);
        }
        match found.last().map(|last| last.range.end) {
            Some(end) if end < u16::MAX && end >= start => start = end + 1,
            _ => return Ok(all),
        }
    }
}

async fn characteristics(central: &mut Central, range: Range) -> Result<Vec<Characteristic>, DongleError> {
    let (mut all, mut start) = (Vec::new(), range.start);
    while start <= range.end {
        let conn = central.conn()?;
        let asked = Command::DiscoverCharacteristics { conn, range: Some(Range { start, end: range.end }) };
        let (status, found) = central
            .ask(asked, |what| match what {
                What::Characteristics(status, found) => Some((*status, found.clone())),
                _ => None,
            })
            .await?;
        let Some(found) = more(status, &found, "the characteristics")? else { break };
        all.extend(found);
        match all.last().map(|last: &Characteristic| last.declaration) {
            Some(last) if last >= start && last < u16::MAX => start = last + 1,
            _ => break,
        }
    }
    Ok(all)
}

async fn configuration(central: &mut Central, value: u16, end: u16) -> Result<Option<u16>, DongleError> {
    let Some(mut start) = value.checked_add(1) else { return Ok(None) };
    while start <= end {
        let conn = central.conn()?;
        let asked = Command::DiscoverDescriptors { conn, range: Some(Range { start, end }) };
        let (status, found) = central
            .ask(asked, |what| match what {
                What::Descriptors(status, found) => Some((*status, found.clone())),
                _ => None,
            })
            .await?;
        let Some(found) = more(status, &found, "the descriptors")? else { break };
        if let Some(descriptor) = found.iter().find(|descriptor| descriptor.uuid == CCCD) {
            return Ok(Some(descriptor.handle));
        }
        match found.last().map(|last| last.handle) {
            Some(last) if last >= start && last < u16::MAX => start = last + 1,
            _ => break,
        }
    }
    Ok(None)
}
