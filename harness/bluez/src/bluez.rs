//! What the service knows, and what happens to it.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gauntlet_links::direct::VirtualBoard;
use gauntlet_reference::att::Attribute;
use gauntlet_reference::gap::{Address, DFU_SERVICE};
use zbus::{Message, Variant};

use crate::air::{Air, Told};
use crate::answer::{Interfaces, Properties, Refusal, added, changed, removed};
use crate::connecting::Connecting;
use crate::fault::{Armed, Counted, Fault, Options, What};
use crate::objects::{ADAPTER, Adapter, CHARACTERISTIC, DESCRIPTOR, DEVICE, Device, SERVICE};
use crate::server::Host;

/// How often a device that advertises is said to have been heard.
const HEARD: Duration = Duration::from_millis(100);
/// The largest ATT_MTU header in front of a value.
const ATT_HEADER: usize = 3;

/// A message, for one connection or for all.
pub(crate) type Out = (Option<u64>, Message);

/// The link, while there is one.
pub(crate) struct Link {
    pub(crate) address: Address,
    pub(crate) att_mtu: u16,
    /// Characteristics whose values are passed on.
    pub(crate) listening: Vec<Attribute>,
}

pub(crate) struct Bluez {
    pub(crate) air: Air,
    pub(crate) options: Options,
    host: Arc<Mutex<Host>>,
    pub(crate) armed: Armed,
    pub(crate) adapters: Vec<Adapter>,
    pub(crate) devices: Vec<Device>,
    pub(crate) link: Option<Link>,
    pub(crate) connecting: Vec<Connecting>,
    /// Attributes that are announced a little later.
    pub(crate) late: Option<(Address, Vec<Attribute>)>,
    /// It answers nothing any more.
    pub(crate) silent: bool,
    /// The bus is to be closed.
    pub(crate) closed: bool,
    heard_at: Option<Instant>,
    out: Vec<Out>,
}

impl Bluez {
    pub(crate) fn new(board: VirtualBoard, options: Options, host: Arc<Mutex<Host>>) -> Self {
        let adapter = |name: &String| Adapter { name: name.clone(), powered: true, discovering: Vec::new() };
        let adapters: Vec<Adapter> = options.adapters.iter().map(adapter).collect();
        let radio = adapters.last().map(Adapter::path).unwrap_or_default();
        let remembered = (1..).zip(&options.remembered).map(|(number, name)| Device {
            adapter: radio.clone(),
            address: Address { bytes: [number, 0, 0, 0, 0, 0xD0], random: true },
            name: Some(name.clone()),
            dfu_service: true,
            rssi: None,
            paired: false,
            connected: false,
            resolved: false,
            database: Vec::new(),
        });
        Self {
            air: Air::new(board),
            armed: Armed::new(&options.faults),
            devices: remembered.collect(),
            adapters,
            link: None,
            connecting: Vec::new(),
            late: None,
            silent: false,
            closed: false,
            heard_at: None,
            out: Vec::new(),
            host,
            options,
        }
    }

    /// What the machine is to devices now.
    pub(crate) fn host(&self) -> Host {
        *self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what the board has done meanwhile. Others than this service make it work, too.
    pub(crate) fn look(&mut self) {
        self.air.take_in();
        self.tell();
    }

    /// What is to be sent, in order.
    pub(crate) fn take_out(&mut self) -> Vec<Out> {
        mem::take(&mut self.out)
    }

    pub(crate) fn answer(&mut self, who: u64, message: Message) {
        self.out.push((Some(who), message));
    }

    pub(crate) fn signal(&mut self, signal: zbus::Result<Message>) {
        // A message made of names and values that were made here can be built.
        self.out.extend(signal.ok().map(|signal| (None, signal)));
    }

    /// What has not gone wrong yet.
    pub(crate) fn unfired(&self) -> Vec<Fault> {
        self.armed.waiting().to_vec()
    }

    /// All objects.
    pub(crate) fn objects(&self) -> BTreeMap<String, Interfaces> {
        let mut objects: BTreeMap<String, Interfaces> =
            self.adapters.iter().map(|adapter| (adapter.path(), adapter.interfaces())).collect();
        for device in &self.devices {
            objects.extend(device.objects(self.told_mtu(), self.listening(device.address)));
        }
        objects
    }

    /// Characteristics of `address` whose values are passed on.
    fn listening(&self, address: Address) -> &[Attribute] {
        self.link.as_ref().filter(|link| link.address == address).map_or(&[], |link| &link.listening)
    }

    pub(crate) fn told_mtu(&self) -> u16 {
        self.options.told_mtu.or_else(|| Some(self.link.as_ref()?.att_mtu)).unwrap_or(23)
    }

    /// Bytes of the longest value that one packet can have.
    pub(crate) fn longest(&self) -> usize {
        usize::from(self.link.as_ref().map_or(23, |link| link.att_mtu)) - ATT_HEADER
    }

    pub(crate) fn device(&mut self, address: Address) -> Option<&mut Device> {
        self.devices.iter_mut().find(|device| device.address == address)
    }

    /// The device whose object, or an object below it, `path` is.
    pub(crate) fn device_of(&self, path: &str) -> Option<&Device> {
        self.devices.iter().find(|device| path.starts_with(&device.path()))
    }

    /// Time passes: for the board, for scans, for attempts to connect.
    pub(crate) fn tick(&mut self) {
        if self.silent || self.adapters.is_empty() {
            return;
        }
        if self.options.board_lives_on || self.is_wanted() {
            self.air.pass(self.options.speed);
        } else {
            self.air.rest();
        }
        self.tell();
        if let Some((address, database)) = self.late.take() {
            self.resolve(address, database);
        }
        self.hear();
        self.connect_whoever_is_there();
    }

    /// Somebody waits for what the board does.
    fn is_wanted(&self) -> bool {
        self.is_discovering() || !self.connecting.is_empty() || self.link.is_some()
    }

    fn is_discovering(&self) -> bool {
        self.adapters.last().is_some_and(|radio| radio.powered && !radio.discovering.is_empty())
    }

    /// A scan hears who advertises.
    fn hear(&mut self) {
        let due = self.heard_at.is_none_or(|at| at.elapsed() >= HEARD);
        if !self.is_discovering() || !due {
            return;
        }
        let Some(found) = self.air.advertisement() else { return };
        self.heard_at = Some(Instant::now());
        let name = found.name().map(|name| String::from_utf8_lossy(name).into_owned());
        let dfu_service = found.has_service(DFU_SERVICE);
        let adapter = self.adapters.last().map(Adapter::path).unwrap_or_default();
        match self.device(found.address) {
            Some(device) => {
                // Weaker and stronger in turn, so that it is news.
                device.rssi = Some(if device.rssi == Some(-50) { -51 } else { -50 });
                device.dfu_service |= dfu_service;
                device.name = name.or(device.name.take());
                let path = device.path();
                let mut news = device.properties();
                news.retain(|name, _| ["RSSI", "Name", "Alias", "UUIDs"].contains(name));
                self.signal(changed(&path, DEVICE, &news));
            }
            None => {
                let device = Device {
                    adapter,
                    address: found.address,
                    name,
                    dfu_service,
                    rssi: Some(-50),
                    paired: false,
                    connected: false,
                    resolved: false,
                    database: Vec::new(),
                };
                let path = device.path();
                let interfaces = Interfaces::from([(DEVICE, device.properties())]);
                self.devices.push(device);
                self.signal(added(&path, &interfaces));
            }
        }
    }

    /// When nobody scans, nobody is heard.
    pub(crate) fn forget_strengths(&mut self) {
        if !self.is_discovering() {
            self.devices.iter_mut().for_each(|device| device.rssi = None);
            self.heard_at = None;
        }
    }

    pub(crate) fn set(
        &mut self,
        address: Address,
        set: impl Fn(&mut Device),
        name: &'static str,
        value: bool,
    ) {
        let Some(device) = self.device(address) else { return };
        set(device);
        let path = device.path();
        self.signal(changed(&path, DEVICE, &Properties::from([(name, Variant::Bool(value))])));
    }

    pub(crate) fn refuse(&mut self, who: u64, call: &Message, refusal: Refusal) {
        if let Ok(answer) = refusal.answer(&call.header()) {
            self.answer(who, answer);
        }
    }

    /// Passes on what the device has told.
    pub(crate) fn tell(&mut self) {
        while let Some(told) = self.air.told() {
            match told {
                Told::Closed => self.link_lost(),
                Told::Value(attribute, value) => self.pass_on(attribute, &value),
            }
        }
    }

    fn pass_on(&mut self, attribute: Attribute, value: &[u8]) {
        let Some(link) = self.link.as_ref().filter(|link| link.listening.contains(&attribute)) else {
            return;
        };
        let address = link.address;
        let Some(device) = self.device(address) else { return };
        let node = device.characteristics().into_iter().find(|one| one.value == attribute);
        let Some(path) = node.map(|one| format!("{}/{}", device.service_path(), one.node())) else { return };
        let fired = self.armed.count(Counted::Notifications);
        let times = match fired[..] {
            [What::NotificationLost, ..] => 0,
            [What::NotificationDoubled, ..] => 2,
            _ => 1,
        };
        for _ in 0..times {
            let value = Properties::from([("Value", Variant::from(value.to_vec()))]);
            self.signal(changed(&path, CHARACTERISTIC, &value));
        }
    }

    /// The link is gone. The objects of attributes stay.
    pub(crate) fn link_lost(&mut self) {
        self.air.disconnect();
        if let Some(link) = self.link.take() {
            self.late = None;
            self.set(link.address, |device| device.resolved = false, "ServicesResolved", false);
            self.set(link.address, |device| device.connected = false, "Connected", false);
        }
    }

    /// A device is forgotten, with everything below it.
    pub(crate) fn forget(&mut self, address: Address) {
        let att_mtu = self.told_mtu();
        if let Some(at) = self.devices.iter().position(|device| device.address == address) {
            let gone = self.devices.remove(at);
            for (path, interfaces) in gone.objects(att_mtu, &[]).into_iter().rev() {
                let names: Vec<&str> = interfaces.keys().copied().collect();
                self.signal(removed(&path, &names));
            }
        }
    }

    /// The adapter with the radio is pulled out.
    pub(crate) fn pull_adapter(&mut self) {
        self.link_lost();
        self.connecting.clear();
        if let Some(gone) = self.adapters.pop() {
            let addresses: Vec<Address> = self.devices.iter().map(|device| device.address).collect();
            addresses.into_iter().for_each(|address| self.forget(address));
            self.signal(removed(&gone.path(), &[ADAPTER]));
        }
    }

    /// The adapter with the radio is turned on or off.
    pub(crate) fn power(&mut self, path: &str, powered: bool) {
        let Some(adapter) = self.adapters.iter_mut().find(|adapter| adapter.path() == path) else { return };
        adapter.powered = powered;
        if !powered {
            adapter.discovering.clear();
            self.link_lost();
            self.forget_strengths();
        }
        self.signal(changed(path, ADAPTER, &Properties::from([("Powered", Variant::Bool(powered))])));
    }

    /// A program has gone: its scans end, and what it waited for.
    pub(crate) fn leave(&mut self, who: u64) {
        self.adapters.iter_mut().for_each(|adapter| adapter.discovering.retain(|other| *other != who));
        self.connecting.retain(|attempt| attempt.who != who);
        self.forget_strengths();
    }
}

/// Interfaces whose properties can be asked for.
pub(crate) const KNOWN: [&str; 5] = [ADAPTER, DEVICE, SERVICE, CHARACTERISTIC, DESCRIPTOR];
