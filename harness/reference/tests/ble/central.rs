//! A central that does one thing at a time and says what came back.

use gauntlet_nrf52::Variant;
use gauntlet_reference::att::{AttError, Attribute, WriteKind};
use gauntlet_reference::gap::{Address, Advertisement, Central};
use gauntlet_reference::images::{self, Buttonless, Habit, Service};
use gauntlet_reference::wire::{FromHost, ToHost};
use gauntlet_reference::{Layout, Profile};

use super::common::{Device, Setup};

/// Size of the application with the service.
pub(crate) const SIZE: usize = 6000;

/// A device with an application that offers the service, running.
pub(crate) fn with_service(service: Service, habit: Habit, bonded_bootloader: bool) -> Device {
    let mut setup = Setup::new(Profile::Ble);
    setup.build.requires_bonds = bonded_bootloader;
    let base = Layout::of(Variant::Nrf52840).application(true);
    let image = images::buttonless(base, 0xB0, SIZE, Buttonless { service, habit });
    setup.application = Some((image, 1));
    setup.start()
}

pub(crate) trait Air {
    fn advertisement(&self) -> Option<Advertisement>;
    fn own_address(&mut self) -> Address;
    fn connect_as(&mut self, central: Central) -> bool;
    /// The next thing that comes within a second.
    fn heard(&mut self) -> Option<ToHost>;
    /// A Write Request and its response.
    fn put(&mut self, attribute: Attribute, value: &[u8]) -> Result<(), AttError>;
    fn wrote(&mut self) -> Option<Result<(), AttError>>;
    fn encrypt(&mut self, central: Central) -> bool;
    /// The next indication, not confirmed.
    fn indicated(&mut self) -> Option<Vec<u8>>;
}

impl Air for Device {
    fn advertisement(&self) -> Option<Advertisement> {
        self.wire.lock().advertisement().cloned()
    }

    fn own_address(&mut self) -> Address {
        Address::of_chip(&mut self.machine.chip).unwrap()
    }

    fn connect_as(&mut self, central: Central) -> bool {
        let connected = self.wire.lock().connect_as(&central);
        self.run(20);
        connected
    }

    fn heard(&mut self) -> Option<ToHost> {
        for _ in 0..200 {
            self.run(5);
            let now = self.machine.now();
            let heard = self.wire.lock().receive(now);
            if heard.is_some() {
                return heard;
            }
        }
        None
    }

    fn put(&mut self, attribute: Attribute, value: &[u8]) -> Result<(), AttError> {
        self.send(FromHost::Write { attribute, kind: WriteKind::Request, value: value.to_vec() });
        self.wrote().expect("a response")
    }

    fn wrote(&mut self) -> Option<Result<(), AttError>> {
        loop {
            if let ToHost::Written(result) = self.heard()? {
                return Some(result);
            }
        }
    }

    fn encrypt(&mut self, central: Central) -> bool {
        self.send(FromHost::Encrypt(central.bond.unwrap()));
        loop {
            if let ToHost::Encrypted(encrypted) = self.heard().expect("a response") {
                return encrypted;
            }
        }
    }

    fn indicated(&mut self) -> Option<Vec<u8>> {
        loop {
            if let ToHost::Indication { value, .. } = self.heard()? {
                return Some(value);
            }
        }
    }
}
