//! The handles of a bootloader's characteristics.

use gauntlet_connectivity::Command;
use gauntlet_connectivity::event::What;
use gauntlet_connectivity::gatt::{Characteristic, Range, Service, Status, Uuid};

use super::central::Central;
use super::error::DongleError;

/// The DFU service.
const DFU_SERVICE: Uuid = Uuid::sig(0xFE59);
/// Base of its characteristics, least significant byte first.
pub(super) const DFU_BASE: [u8; 16] =
    [0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3, 0x00, 0x00, 0xC9, 0x8E];
const CONTROL_POINT: u16 = 1;
const PACKET: u16 = 2;
const CCCD: Uuid = Uuid::sig(0x2902);
/// There is no attribute like that in the rest of the range.
const NO_MORE: u8 = 0x0A;

/// Where things are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handles {
    pub(super) control_point: u16,
    pub(super) configuration: u16,
    pub(super) packet: u16,
}

/// What is in one answer, and whether another one is worth asking for.
fn more<T: Clone>(status: Status, found: &[T], what: &'static str) -> Result<Option<Vec<T>>, DongleError> {
    match (status.code, status.att_error()) {
        (0, _) if !found.is_empty() => Ok(Some(found.to_vec())),
        (0, _) | (_, Some(NO_MORE)) => Ok(None),
        (status, _) => Err(DongleError::Att { status, what }),
    }
}

/// Discovers a bootloader; `None` when the device has no DFU service in DFU mode.
pub(super) async fn discover(central: &mut Central, kind: u8) -> Result<Option<Handles>, DongleError> {
    let Some(service) = service(central).await? else { return Ok(None) };
    let all = characteristics(central, service.range).await?;
    let find = |value| all.iter().position(|one| one.uuid == Uuid { value, kind });
    let (Some(control), Some(packet)) = (find(CONTROL_POINT), find(PACKET)) else { return Ok(None) };
    let end = all.get(control + 1).map_or(service.range.end, |next| next.declaration - 1);
    let control_point = all[control].value;
    let configuration = configuration(central, control_point, end).await?;
    Ok(configuration.map(|configuration| Handles { control_point, configuration, packet: all[packet].value }))
}

async fn service(central: &mut Central) -> Result<Option<Service>, DongleError> {
    let mut start = 1;
    loop {
        let conn = central.conn()?;
        let (status, found) = central
            .ask(Command::DiscoverServices { conn, start, only: None }, |what| match what {
                What::Services(status, found) => Some((*status, found.clone())),
                _ => None,
            })
            .await?;
        let Some(found) = more(status, &found, "the services")? else { return Ok(None) };
        if let Some(service) = found.iter().find(|service| service.uuid == DFU_SERVICE) {
            return Ok(Some(*service));
        }
        match found.last().map(|last| last.range.end) {
            Some(end) if end < u16::MAX && end >= start => start = end + 1,
            _ => return Ok(None),
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
