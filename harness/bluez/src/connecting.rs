//! From a call of Connect to a link whose attributes are known, and back.

use std::mem;
use std::time::{Duration, Instant};

use gauntlet_reference::att::Attribute;
use gauntlet_reference::gap::Address;
use zbus::Message;

use crate::air::NoLink;
use crate::answer::{Refusal, added};
use crate::bluez::{Bluez, Link};
use crate::fault::{Counted, What};
use crate::table::STALE;

/// How long a connection attempt waits for the device.
const CONNECTING: Duration = Duration::from_secs(30);

/// How the services of a connection come to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolving {
    Well,
    Never,
    Early,
}

/// An attempt to connect that has not ended.
pub(crate) struct Connecting {
    pub(crate) who: u64,
    pub(crate) call: Message,
    pub(crate) address: Address,
    pub(crate) until: Instant,
    pub(crate) resolving: Resolving,
    /// It leads nowhere, and has to be given up.
    pub(crate) stuck: bool,
}

impl Bluez {
    /// Ends the attempts that can be ended.
    pub(crate) fn connect_whoever_is_there(&mut self) {
        for attempt in mem::take(&mut self.connecting) {
            if attempt.stuck || !self.is_there(attempt.address) {
                if attempt.stuck || Instant::now() < attempt.until {
                    self.connecting.push(attempt);
                } else {
                    self.refuse(attempt.who, &attempt.call, Refusal::UNREACHABLE);
                }
                continue;
            }
            let host = self.host();
            let (database, att_mtu) = match self.air.connect(attempt.address, &host) {
                Ok(link) => link,
                Err(NoLink::NotThere) => {
                    self.connecting.push(attempt);
                    continue;
                }
                Err(NoLink::Broken) => {
                    self.refuse(attempt.who, &attempt.call, Refusal::ABORTED);
                    continue;
                }
            };
            let address = attempt.address;
            self.link = Some(Link { address, att_mtu, listening: Vec::new() });
            let bonded = host.central.bond.is_some();
            if let Some(device) = self.device(address) {
                device.paired = bonded;
            }
            self.set(address, |device| device.connected = true, "Connected", true);
            if let Ok(answer) = Message::method_return(&attempt.call.header()).build(&()) {
                self.answer(attempt.who, answer);
            }
            let database = if self.options.stale_table { STALE.to_vec() } else { database };
            match attempt.resolving {
                Resolving::Well => self.resolve(address, database),
                Resolving::Never => {}
                Resolving::Early => {
                    if let Some(device) = self.device(address) {
                        device.database.clear();
                    }
                    self.set(address, |device| device.resolved = true, "ServicesResolved", true);
                    self.late = Some((address, database));
                }
            }
        }
    }

    fn is_there(&self, address: Address) -> bool {
        self.air.advertisement().is_some_and(|found| found.address == address)
    }

    /// The attributes are known: their objects first, then the word that they are complete.
    pub(crate) fn resolve(&mut self, address: Address, database: Vec<Attribute>) {
        let att_mtu = self.told_mtu();
        let Some(device) = self.device(address) else { return };
        device.dfu_service = true;
        device.database = database;
        for (path, interfaces) in device.attributes(att_mtu, &[]) {
            self.signal(added(&path, &interfaces));
        }
        self.set(address, |device| device.resolved = true, "ServicesResolved", true);
    }

    /// An attempt to connect begins.
    pub(crate) fn connect(&mut self, who: u64, call: &Message, address: Address) {
        if self.link.as_ref().is_some_and(|link| link.address == address) {
            if let Ok(answer) = Message::method_return(&call.header()).build(&()) {
                self.answer(who, answer);
            }
            return;
        }
        if self.connecting.iter().any(|attempt| attempt.address == address) {
            return self.refuse(who, call, Refusal::STUCK);
        }
        let fired = self.armed.count(Counted::Connects);
        if fired.contains(&What::Vanished) {
            self.forget(address);
            return self.refuse(who, call, Refusal::NO_OBJECT);
        }
        if fired.contains(&What::ConnectAborted) {
            return self.refuse(who, call, Refusal::ABORTED);
        }
        let resolving = match fired[..] {
            [What::Unresolved, ..] => Resolving::Never,
            [What::ResolvedEarly, ..] => Resolving::Early,
            _ => Resolving::Well,
        };
        let (call, until) = (call.clone(), Instant::now() + CONNECTING);
        let stuck = fired.contains(&What::ConnectStuck);
        self.connecting.push(Connecting { who, call, address, until, resolving, stuck });
        self.connect_whoever_is_there();
    }

    /// A link, or an attempt at one, is given up.
    pub(crate) fn disconnect(&mut self, address: Address) {
        for attempt in mem::take(&mut self.connecting) {
            if attempt.address == address {
                self.refuse(attempt.who, &attempt.call, Refusal::ABORTED);
            } else {
                self.connecting.push(attempt);
            }
        }
        if self.link.as_ref().is_some_and(|link| link.address == address) {
            self.link_lost();
        }
    }
}
