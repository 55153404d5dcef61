//! What the methods of the service's objects do.

use std::collections::{BTreeMap, HashMap};

use gauntlet_reference::att::{AttError, Attribute, INDICATE, NOTIFY, WriteKind};
use gauntlet_reference::gap::Address;
use gauntlet_reference::wire::{FromHost, ToHost};
use zbus::{Message, ObjectPath, OwnedVariant, Variant};

use crate::air::Asked;
use crate::answer::{Interfaces, Properties, Refusal, changed};
use crate::bluez::{Bluez, KNOWN};
use crate::fault::{Counted, What};
use crate::objects::{ADAPTER, CHARACTERISTIC, DESCRIPTOR, DEVICE, introspection};
use crate::table::Characteristic;

/// What a call comes to at once; everything else is answered later, or never.
enum Done {
    /// No values.
    Nothing,
    /// This answer.
    With(zbus::Result<Message>),
    /// An error.
    Refused(Refusal),
    /// It has been answered, or will be, or never.
    Elsewhere,
}

impl From<Refusal> for Done {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Bluez {
    /// A call of the connection `who`.
    pub(crate) fn call(&mut self, who: u64, call: &Message) {
        if self.silent {
            return;
        }
        // Others make the board work, too: what it has done since the last look comes first.
        self.look();
        let header = call.header();
        // A call has a path and a member, or it is none. Without an interface it is of none that is here.
        let (Some(path), Some(member)) = (header.path(), header.member()) else { return };
        let (path, member) = (path.to_string(), member.to_string());
        let interface = header.interface().map(ToString::to_string).unwrap_or_default();
        let done = match interface.as_str() {
            "org.freedesktop.DBus" => bus(&member, who, call),
            "org.freedesktop.DBus.ObjectManager" if member == "GetManagedObjects" => self.list(call),
            "org.freedesktop.DBus.Introspectable" if member == "Introspect" => {
                let objects = self.objects();
                let below = format!("{path}/");
                let known =
                    path == "/" || objects.keys().any(|other| *other == path || other.starts_with(&below));
                if known {
                    Done::With(Message::method_return(&header).build(&(introspection(&objects, &path),)))
                } else {
                    Refusal::NO_OBJECT.into()
                }
            }
            "org.freedesktop.DBus.Peer" if member == "Ping" => Done::Nothing,
            "org.freedesktop.DBus.Properties" => self.property(&path, &member, call),
            ADAPTER => self.adapter(who, &path, &member, call),
            DEVICE => self.device_method(who, &path, &member, call),
            DESCRIPTOR => self.descriptor(&path, &member),
            CHARACTERISTIC => self.characteristic(who, &path, &member, call),
            _ => Refusal::NO_METHOD.into(),
        };
        let answer = match done {
            Done::Nothing => Message::method_return(&header).build(&()),
            Done::With(answer) => answer,
            Done::Refused(refusal) => refusal.answer(&header),
            Done::Elsewhere => return,
        };
        // A message made of values that were made here can be built.
        if let Ok(answer) = answer {
            self.answer(who, answer);
        }
        // What the device has told because of it comes behind its answer.
        self.tell();
    }

    fn list(&self, call: &Message) -> Done {
        let objects = self.objects();
        let objects: BTreeMap<ObjectPath<'_>, &Interfaces> = objects
            .iter()
            .filter_map(|(path, interfaces)| Some((ObjectPath::try_from(path.as_str()).ok()?, interfaces)))
            .collect();
        Done::With(Message::method_return(&call.header()).build(&(objects,)))
    }

    fn property(&mut self, path: &str, member: &str, call: &Message) -> Done {
        let header = call.header();
        let body = call.body();
        let of = |interface: &str| -> Option<Properties> {
            KNOWN.contains(&interface).then(|| self.objects().remove(path)?.remove(interface)).flatten()
        };
        match member {
            "GetAll" => {
                let Ok((interface,)) = body.deserialize::<(&str,)>() else {
                    return Refusal::ARGUMENTS.into();
                };
                match of(interface) {
                    Some(properties) => Done::With(Message::method_return(&header).build(&(properties,))),
                    None => Refusal::NO_OBJECT.into(),
                }
            }
            "Get" => {
                let Ok((interface, name)) = body.deserialize::<(&str, &str)>() else {
                    return Refusal::ARGUMENTS.into();
                };
                match of(interface).and_then(|mut properties| properties.remove(name)) {
                    Some(value) => Done::With(Message::method_return(&header).build(&(value,))),
                    None => Refusal::NO_OBJECT.into(),
                }
            }
            "Set" => {
                let Ok((interface, name, value)) = body.deserialize::<(&str, &str, Variant<'_>)>() else {
                    return Refusal::ARGUMENTS.into();
                };
                if of(interface).is_none() {
                    return Refusal::NO_OBJECT.into();
                }
                match (interface, name, value) {
                    (ADAPTER, "Powered", Variant::Bool(powered)) => {
                        self.power(path, powered);
                        Done::Nothing
                    }
                    _ => Refusal::ARGUMENTS.into(),
                }
            }
            _ => Refusal::NO_METHOD.into(),
        }
    }

    fn adapter(&mut self, who: u64, path: &str, member: &str, call: &Message) -> Done {
        let Some(adapter) = self.adapters.iter_mut().find(|adapter| adapter.path() == path) else {
            return Refusal::NO_OBJECT.into();
        };
        match member {
            _ if !adapter.powered => Refusal::NOT_READY.into(),
            "SetDiscoveryFilter" => Done::Nothing,
            "RemoveDevice" => self.remove_device(call),
            "StartDiscovery" if adapter.discovering.contains(&who) => Refusal::IN_PROGRESS.into(),
            "StartDiscovery" => {
                adapter.discovering.push(who);
                self.answer_nothing(who, call);
                self.tell_discovering(path);
                Done::Elsewhere
            }
            "StopDiscovery" if !adapter.discovering.contains(&who) => Refusal::NO_DISCOVERY.into(),
            "StopDiscovery" => {
                adapter.discovering.retain(|other| *other != who);
                self.forget_strengths();
                self.answer_nothing(who, call);
                self.tell_discovering(path);
                Done::Elsewhere
            }
            _ => Refusal::NO_METHOD.into(),
        }
    }

    fn answer_nothing(&mut self, who: u64, call: &Message) {
        // An answer without values can be built.
        if let Ok(answer) = Message::method_return(&call.header()).build(&()) {
            self.answer(who, answer);
        }
    }

    fn tell_discovering(&mut self, path: &str) {
        let adapter = self.adapters.iter().find(|adapter| adapter.path() == path);
        let discovering = adapter.is_some_and(|adapter| !adapter.discovering.is_empty());
        let news = Properties::from([("Discovering", Variant::Bool(discovering))]);
        self.signal(changed(path, ADAPTER, &news));
    }

    fn remove_device(&mut self, call: &Message) -> Done {
        let body = call.body();
        let Ok((path,)) = body.deserialize::<(ObjectPath<'_>,)>() else { return Refusal::ARGUMENTS.into() };
        let device = self.devices.iter().find(|device| device.path() == path.as_str());
        let Some(address) = device.map(|device| device.address) else { return Refusal::NOT_THERE.into() };
        self.disconnect(address);
        self.forget(address);
        Done::Nothing
    }

    /// The only descriptors are configurations, and these are written by StartNotify and StopNotify alone.
    fn descriptor(&mut self, path: &str, member: &str) -> Done {
        let there = self.objects().get(path).is_some_and(|object| object.contains_key(DESCRIPTOR));
        match member {
            _ if !there => Refusal::NO_OBJECT.into(),
            "WriteValue" => Refusal::NOT_PERMITTED.into(),
            "ReadValue" => Refusal::READ_NOT_PERMITTED.into(),
            _ => Refusal::NO_METHOD.into(),
        }
    }

    fn device_method(&mut self, who: u64, path: &str, member: &str, call: &Message) -> Done {
        let device = self.device_of(path).filter(|device| device.path() == path);
        let Some(address) = device.map(|device| device.address) else {
            return Refusal::NO_OBJECT.into();
        };
        match member {
            "Connect" => {
                self.connect(who, call, address);
                Done::Elsewhere
            }
            "Disconnect" => {
                self.disconnect(address);
                Done::Nothing
            }
            _ => Refusal::NO_METHOD.into(),
        }
    }

    fn characteristic(&mut self, who: u64, path: &str, member: &str, call: &Message) -> Done {
        let found = self.device_of(path).and_then(|device| {
            let node = path.strip_prefix(&device.service_path())?.strip_prefix('/')?;
            let one = device.characteristics().into_iter().find(|one| one.node() == node)?;
            Some((device.address, one))
        });
        let Some((address, one)) = found else { return Refusal::NO_OBJECT.into() };
        if !self.is_linked_to(address) {
            return Refusal::NOT_CONNECTED.into();
        }
        match member {
            "WriteValue" => {
                let body = call.body();
                let Ok((value, options)) = body.deserialize::<(Vec<u8>, HashMap<String, OwnedVariant>)>()
                else {
                    return Refusal::ARGUMENTS.into();
                };
                let command = options
                    .get("type")
                    .is_some_and(|kind| matches!(&**kind, Variant::Str(word) if word.as_str() == "command"));
                if command && value.len() > self.longest() {
                    return Refusal::TOO_LONG.into();
                }
                if command { self.command(&one, value) } else { self.request(who, &one, value, call) }
            }
            "StartNotify" => self.listen(path, &one, true),
            "StopNotify" => self.listen(path, &one, false),
            "ReadValue" => Refusal::READ_NOT_PERMITTED.into(),
            // Sockets instead of calls: real services have them, and may be built without.
            "AcquireWrite" | "AcquireNotify" => Refusal::NOT_SUPPORTED.into(),
            _ => Refusal::NO_METHOD.into(),
        }
    }

    fn is_linked_to(&self, address: Address) -> bool {
        self.air.is_linked() && self.link.as_ref().is_some_and(|link| link.address == address)
    }

    fn command(&mut self, one: &Characteristic, value: Vec<u8>) -> Done {
        let mut done = Done::Nothing;
        for fault in self.armed.count(Counted::Commands) {
            match fault {
                What::LinkLost => {
                    self.link_lost();
                    return Refusal::NOT_CONNECTED.into();
                }
                What::AdapterGone => {
                    self.pull_adapter();
                    return Refusal::NO_OBJECT.into();
                }
                What::AdapterOff => {
                    let path = self.adapters.last().map(|adapter| adapter.path()).unwrap_or_default();
                    self.power(&path, false);
                    return Refusal::NOT_CONNECTED.into();
                }
                What::BusClosed => self.closed = true,
                What::ServiceSilent => self.silent = true,
                _ => {}
            }
            done = Done::Elsewhere;
        }
        // Nobody says so when the device does not take it.
        if self.air.has(one.value) {
            self.air.command(match one.value {
                Attribute::Packet => FromHost::Packet(value),
                attribute => FromHost::Write { attribute, kind: WriteKind::Command, value },
            });
        }
        done
    }

    fn request(&mut self, who: u64, one: &Characteristic, value: Vec<u8>, call: &Message) -> Done {
        let message = match one.value {
            // What is longer than a request becomes a long write.
            attribute if value.len() > self.longest() => {
                FromHost::Write { attribute, kind: WriteKind::Prepare, value }
            }
            Attribute::ControlPoint => FromHost::Control(value),
            attribute => FromHost::Write { attribute, kind: WriteKind::Request, value },
        };
        if let Err(refusal) = self.write(one.value, message) {
            return refusal.into();
        }
        if self.options.notification_first {
            self.air.work();
            self.tell();
            return Done::Nothing;
        }
        if let Ok(answer) = Message::method_return(&call.header()).build(&()) {
            self.answer(who, answer);
        }
        self.air.work();
        self.tell();
        Done::Elsewhere
    }

    fn listen(&mut self, path: &str, one: &Characteristic, listen: bool) -> Done {
        let Some((attribute, _)) = one.configuration else { return Refusal::NOT_PERMITTED.into() };
        let already = self.link.as_ref().is_some_and(|link| link.listening.contains(&one.value));
        if already == listen {
            return Done::Nothing;
        }
        let enabled = if one.value == Attribute::ControlPoint { NOTIFY } else { INDICATE };
        let value = if listen { enabled } else { 0 }.to_le_bytes().to_vec();
        let message = FromHost::Write { attribute, kind: WriteKind::Request, value };
        if let Err(refusal) = self.write(attribute, message) {
            return refusal.into();
        }
        if let Some(link) = &mut self.link {
            link.listening.retain(|other| *other != one.value);
            link.listening.extend(listen.then_some(one.value));
        }
        let news = Properties::from([("Notifying", Variant::Bool(listen))]);
        self.signal(changed(path, CHARACTERISTIC, &news));
        Done::Nothing
    }

    fn write(&mut self, attribute: Attribute, message: FromHost) -> Result<(), Refusal> {
        // Where something else stands, the device does not allow it.
        if !self.air.has(attribute) {
            return Err(Refusal::NOT_PERMITTED);
        }
        match self.air.request(message) {
            Asked::Response(ToHost::Written(Ok(()))) => Ok(()),
            Asked::Response(ToHost::Written(Err(error))) => Err(refusal(error)),
            Asked::Response(_) => Err(Refusal::att(0x0E)),
            Asked::Lost => {
                self.link_lost();
                Err(Refusal::att(0x0E))
            }
        }
    }
}

/// What the bus itself offers, as far as a client without a daemon needs it.
fn bus(member: &str, who: u64, call: &Message) -> Done {
    match member {
        "Hello" => Done::With(Message::method_return(&call.header()).build(&(format!(":1.{who}"),))),
        "AddMatch" | "RemoveMatch" => Done::Nothing,
        "GetNameOwner" => Done::With(Message::method_return(&call.header()).build(&(":1.0",))),
        "NameHasOwner" => Done::With(Message::method_return(&call.header()).build(&(true,))),
        _ => Refusal::NO_METHOD.into(),
    }
}

/// BlueZ's names for errors of the device.
fn refusal(error: AttError) -> Refusal {
    match error {
        AttError::WriteNotPermitted => Refusal::NOT_PERMITTED,
        AttError::ReadNotPermitted => Refusal::READ_NOT_PERMITTED,
        AttError::InsufficientAuthentication | AttError::InsufficientEncryption => Refusal::NOT_PAIRED,
        AttError::InvalidLength => Refusal::WRONG_LENGTH,
        AttError::InvalidHandle | AttError::ConfigurationImproper => Refusal::att(error.code()),
    }
}
