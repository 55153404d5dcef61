//! A device's attributes with the handles that a central finds them under.

use gauntlet_connectivity::gatt::{self, Characteristic, Descriptor, Range, Service, Uuid};
use gauntlet_reference::att::Attribute;
use gauntlet_reference::gap::DFU_SERVICE;

/// Base of the DFU characteristics, least significant byte first, without the 16 bits in which they differ.
const DFU_BASE: [u8; 16] =
    [0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3, 0x00, 0x00, 0xC9, 0x8E];
/// The two bytes of a base that are no part of it.
const SLOT: std::ops::Range<usize> = 12..14;
const PRIMARY_SERVICE: u16 = 0x2800;
const DECLARATION: u16 = 0x2803;
const CCCD: u16 = 0x2902;

const READ: u8 = 0x02;
const COMMAND: u8 = 0x04;
const WRITE: u8 = 0x08;
const NOTIFY: u8 = 0x10;
const INDICATE: u8 = 0x20;

/// What a UUID is before the SoftDevice's table makes something of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Sig(u16),
    Dfu(u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Service(Name),
    Declaration {
        properties: u8,
    },
    /// The value of a characteristic, and the attribute of the device that it is. Those of the stack have a fixed value.
    Value(Name, Option<Attribute>),
    Configuration(Attribute),
}

/// What is behind a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// An attribute of the device.
    Attribute(Attribute),
    /// Something that the stack answers for, with this value.
    Fixed(Vec<u8>),
}

/// UUID bases that the host has registered, in their order.
pub(super) type Bases = [[u8; 16]];

/// All attributes; the first has handle 1.
#[derive(Debug, Clone, Default)]
pub(super) struct Database(Vec<Entry>);

impl Database {
    /// The handles of what a discovery finds.
    pub(super) fn of(attributes: &[Attribute]) -> Self {
        let has = |attribute| attributes.contains(&attribute);
        let mut database = Self(vec![Entry::Service(Name::Sig(0x1800))]);
        database.characteristic(Name::Sig(0x2A00), READ | WRITE, Some(Attribute::DeviceName));
        for uuid in [0x2A01, 0x2A04, 0x2AA6] {
            database.characteristic(Name::Sig(uuid), READ, None);
        }
        database.0.push(Entry::Service(Name::Sig(0x1801)));
        if has(Attribute::ServiceChanged) {
            database.characteristic(Name::Sig(0x2A05), INDICATE, Some(Attribute::ServiceChanged));
            database.0.push(Entry::Configuration(Attribute::ServiceChangedCccd));
        }
        database.0.push(Entry::Service(Name::Sig(DFU_SERVICE)));
        for (attribute, uuid, properties, configuration) in [
            (Attribute::Packet, 2, COMMAND, None),
            (Attribute::ControlPoint, 1, WRITE | NOTIFY, Some(Attribute::ControlPointCccd)),
            (Attribute::Buttonless, 3, WRITE | INDICATE, Some(Attribute::ButtonlessCccd)),
            (Attribute::BondedButtonless, 4, WRITE | INDICATE, Some(Attribute::ButtonlessCccd)),
        ] {
            if has(attribute) {
                database.characteristic(Name::Dfu(uuid), properties, Some(attribute));
                database.0.extend(configuration.map(Entry::Configuration));
            }
        }
        database
    }

    fn characteristic(&mut self, name: Name, properties: u8, attribute: Option<Attribute>) {
        self.0.extend([Entry::Declaration { properties }, Entry::Value(name, attribute)]);
    }

    fn entries(&self, range: Range) -> impl Iterator<Item = (u16, Entry)> + '_ {
        let numbered = (1u16..).zip(self.0.iter().copied());
        numbered.filter(move |(handle, _)| (range.start..=range.end).contains(handle))
    }

    /// As many services as one answer holds.
    pub(super) fn services(&self, start: u16, bases: &Bases) -> Vec<Service> {
        let all: Vec<(u16, Name)> = self
            .entries(Range { start: 1, end: u16::MAX })
            .filter_map(|(handle, entry)| match entry {
                Entry::Service(name) => Some((handle, name)),
                _ => None,
            })
            .collect();
        let ends = all.iter().skip(1).map(|(handle, _)| handle - 1).chain([u16::MAX]);
        let found = all.iter().zip(ends).filter(|((handle, _), _)| *handle >= start);
        let found = found.map(|((handle, name), end)| Service {
            uuid: name.uuid(bases),
            range: Range { start: *handle, end },
        });
        found.take(3).collect()
    }

    /// As many characteristics as one answer holds: all of them with UUIDs of the same length.
    pub(super) fn characteristics(&self, range: Range, bases: &Bases) -> Vec<Characteristic> {
        let found = self.entries(range).filter_map(|(handle, entry)| match (entry, self.at(handle + 1)) {
            (Entry::Declaration { properties }, Some(Entry::Value(name, _))) => {
                Some((handle, properties, name))
            }
            _ => None,
        });
        let mut found = found.peekable();
        let long = found.peek().is_some_and(|(_, _, name)| name.is_long());
        let fitting = found.take_while(|(_, _, name)| name.is_long() == long).take(if long { 1 } else { 3 });
        fitting
            .map(|(declaration, properties, name)| Characteristic {
                uuid: name.uuid(bases),
                properties,
                extended: 0,
                declaration,
                value: declaration + 1,
            })
            .collect()
    }

    /// As many attributes as one answer holds.
    pub(super) fn descriptors(&self, range: Range, bases: &Bases) -> Vec<Descriptor> {
        let mut found = self.entries(range).map(|(handle, entry)| (handle, entry.kind())).peekable();
        let long = found.peek().is_some_and(|(_, name)| name.is_long());
        let fitting = found.take_while(|(_, name)| name.is_long() == long).take(if long { 1 } else { 5 });
        fitting.map(|(handle, name)| Descriptor { handle, uuid: name.uuid(bases) }).collect()
    }

    fn at(&self, handle: u16) -> Option<Entry> {
        self.0.get(usize::from(handle.checked_sub(1)?)).copied()
    }

    /// What is behind `handle`.
    pub(super) fn find(&self, handle: u16) -> Option<Found> {
        Some(match self.at(handle)? {
            Entry::Service(name) => Found::Fixed(name.bytes()),
            Entry::Declaration { properties } => {
                let Some(Entry::Value(name, _)) = self.at(handle + 1) else { return None };
                let value = (handle + 1).to_le_bytes();
                Found::Fixed([&[properties], &value[..], &name.bytes()].concat())
            }
            Entry::Value(_, Some(attribute)) | Entry::Configuration(attribute) => Found::Attribute(attribute),
            Entry::Value(Name::Sig(0x2A04), None) => Found::Fixed(vec![12, 0, 12, 0, 0, 0, 0x58, 2]),
            Entry::Value(Name::Sig(0x2AA6), None) => Found::Fixed(vec![1]),
            Entry::Value(_, None) => Found::Fixed(vec![0, 0]),
        })
    }

    /// The handle of an attribute.
    pub(super) fn handle(&self, attribute: Attribute) -> Option<u16> {
        let mut all = self.entries(Range { start: 1, end: u16::MAX });
        let found = all.find(|(_, entry)| match entry {
            Entry::Value(_, there) => *there == Some(attribute),
            Entry::Configuration(there) => *there == attribute,
            _ => false,
        });
        found.map(|(handle, _)| handle)
    }
}

impl Entry {
    /// The type of the attribute.
    fn kind(self) -> Name {
        match self {
            Self::Service(_) => Name::Sig(PRIMARY_SERVICE),
            Self::Declaration { .. } => Name::Sig(DECLARATION),
            Self::Value(name, _) => name,
            Self::Configuration(_) => Name::Sig(CCCD),
        }
    }
}

impl Name {
    fn is_long(self) -> bool {
        matches!(self, Self::Dfu(_))
    }

    /// As on the air.
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Sig(value) => value.to_le_bytes().to_vec(),
            Self::Dfu(value) => {
                let mut bytes = DFU_BASE;
                bytes[SLOT].copy_from_slice(&value.to_le_bytes());
                bytes.to_vec()
            }
        }
    }

    /// As the SoftDevice's table has it.
    fn uuid(self, bases: &Bases) -> Uuid {
        match self {
            Self::Sig(value) => Uuid::sig(value),
            Self::Dfu(value) => match bases.iter().position(|base| without_slot(base) == DFU_BASE) {
                Some(number) => Uuid { value, kind: gatt::FIRST_VENDOR + number as u8 },
                None => Uuid { value: 0, kind: gatt::UNKNOWN },
            },
        }
    }
}

/// A base without the bytes that are no part of it.
pub(super) fn without_slot(base: &[u8; 16]) -> [u8; 16] {
    let mut base = *base;
    base[SLOT].fill(0);
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOTLOADER: [Attribute; 6] = [
        Attribute::DeviceName,
        Attribute::ServiceChanged,
        Attribute::ServiceChangedCccd,
        Attribute::Packet,
        Attribute::ControlPoint,
        Attribute::ControlPointCccd,
    ];

    #[test]
    fn a_bootloader_with_service_changed_has_the_handles_of_the_field() {
        let database = Database::of(&BOOTLOADER);
        let services = database.services(1, &[]);
        let ranges: Vec<_> =
            services.iter().map(|one| (one.uuid.value, one.range.start, one.range.end)).collect();
        assert_eq!(ranges, [(0x1800, 1, 9), (0x1801, 10, 13), (0xFE59, 14, 0xFFFF)]);
        assert_eq!(database.handle(Attribute::Packet), Some(16));
        assert_eq!(database.handle(Attribute::ControlPoint), Some(18));
        assert_eq!(database.handle(Attribute::ControlPointCccd), Some(19));
        assert_eq!(database.handle(Attribute::Buttonless), None);
        assert_eq!(database.find(18), Some(Found::Attribute(Attribute::ControlPoint)));
        assert_eq!(database.find(0), None);
        assert_eq!(database.find(20), None);
    }

    #[test]
    fn a_discovery_finds_what_fits_into_one_answer() {
        let database = Database::of(&BOOTLOADER);
        let bases = [[7; 16], DFU_BASE];
        let first = database.characteristics(Range { start: 1, end: 9 }, &bases);
        assert_eq!(first.iter().map(|one| one.declaration).collect::<Vec<_>>(), [2, 4, 6]);
        let long = database.characteristics(Range { start: 14, end: 0xFFFF }, &bases);
        let uuid = Uuid { value: 2, kind: 3 };
        let packet = Characteristic { uuid, properties: 4, extended: 0, declaration: 15, value: 16 };
        assert_eq!(long, [packet]);
        assert_eq!(database.characteristics(Range { start: 19, end: 0xFFFF }, &bases), []);
        // The value comes first, then what describes it.
        let values = database.descriptors(Range { start: 18, end: 0xFFFF }, &bases);
        assert_eq!(values, [Descriptor { handle: 18, uuid: Uuid { value: 1, kind: 3 } }]);
        let rest = database.descriptors(Range { start: 19, end: 0xFFFF }, &bases);
        assert_eq!(rest, [Descriptor { handle: 19, uuid: Uuid::sig(CCCD) }]);
        let unknown = database.characteristics(Range { start: 14, end: 0xFFFF }, &[]);
        assert_eq!(unknown[0].uuid, Uuid { value: 0, kind: gatt::UNKNOWN });
        let Some(Found::Fixed(declaration)) = database.find(15) else { panic!() };
        assert_eq!((declaration.len(), &declaration[..5]), (19, &[4, 16, 0, 0x50, 0xEA][..]));
    }
}
