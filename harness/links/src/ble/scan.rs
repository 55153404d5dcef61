//! Who is on the air.

use std::time::Duration;

use btleplug::Error;
use btleplug::api::bleuuid::uuid_from_u16;
use btleplug::api::{AddressType, Central as _, Peripheral as _, PeripheralProperties, ScanFilter};
use btleplug::platform::{Peripheral, PeripheralId};
use gauntlet_engine::PeerAddress;
use tokio::time::{Instant, sleep};

use super::radio::{Failed, Peer, Radio, answered, asked, within};
use super::symptom::{self, Symptom};
use super::wanted::{Choice, Sighting};
use super::{BleError, BleOptions};

/// Assigned number of the DFU service (section 4.1).
pub(super) const DFU_SERVICE: u16 = 0xFE59;
/// How long starting and stopping a scan may take.
const SWITCH: Duration = Duration::from_secs(5);
/// Most devices that a message lists.
const LISTED: usize = 8;

impl Radio {
    /// Scans until `choose` has chosen somebody, no longer than the patience of `options`.
    ///
    /// The scan is not filtered by services: hosts mix the filters of all programs, and show what they remember all the same.
    /// Who is remembered and was not heard is tried when nobody else came.
    pub(super) async fn look(
        &self,
        wanted: &str,
        options: &BleOptions,
        choose: &dyn Fn(&[Sighting]) -> Choice,
    ) -> Result<Peer, BleError> {
        let known = asked("listing devices", self.adapter.peripherals()).await?;
        let known: Vec<PeripheralId> = known.iter().map(Peripheral::id).collect();
        self.start_scan().await?;
        let found = self.watch(wanted, options, &known, choose).await;
        // Many adapters can't connect while they scan.
        self.stop_scan().await;
        found
    }

    /// The same, when it is only asked what advertises.
    pub(super) async fn sight(
        &self,
        wanted: &str,
        options: &BleOptions,
        choose: &dyn Fn(&[Sighting]) -> Choice,
    ) -> Result<Sighting, BleError> {
        let peer = self.look(wanted, options, choose).await?;
        match answered("asking for a device", peer.peripheral.properties()).await? {
            Ok(Some(properties)) => Ok(sighting(&properties)),
            Ok(None) => Err(BleError::Lost { device: peer.label, detail: "the service knows it no more" }),
            Err(error) => Err(self.blame("scanning", &Failed::With(error)).await),
        }
    }

    async fn start_scan(&self) -> Result<(), BleError> {
        self.scanning.set(true);
        match within(SWITCH, self.adapter.start_scan(ScanFilter::default())).await {
            Ok(()) => Ok(()),
            Err(failed) if failed.symptom() == Symptom::Busy => Ok(()),
            Err(failed) => {
                self.scanning.set(false);
                Err(self.blame("starting a scan", &failed).await)
            }
        }
    }

    /// Ends a scan, if there is one. That it can't be ended harms nobody.
    pub(super) async fn stop_scan(&self) {
        if self.scanning.replace(false) {
            let _ended = within(SWITCH, self.adapter.stop_scan()).await;
        }
    }

    async fn watch(
        &self,
        wanted: &str,
        options: &BleOptions,
        known: &[PeripheralId],
        choose: &dyn Fn(&[Sighting]) -> Choice,
    ) -> Result<Peer, BleError> {
        let end = Instant::now() + options.patience;
        let mut doubted_since = None;
        loop {
            let (peripherals, seen) = self.sightings(known, choose).await?;
            let peer = |at: usize| Peer { peripheral: peripherals[at].clone(), label: seen[at].to_string() };
            let now = Instant::now();
            let choice = choose(&seen);
            let doubtful = matches!(choice, Choice::Likely(_) | Choice::Several(_) | Choice::Application(_));
            doubted_since = if doubtful { doubted_since.or(Some(now)) } else { None };
            let decided = now >= end || doubted_since.is_some_and(|since| now >= since + options.doubt);
            match choice {
                Choice::This(at) => return Ok(peer(at)),
                Choice::Likely(at) | Choice::Remembered(at) if decided => return Ok(peer(at)),
                Choice::Several(found) if decided => {
                    let found = found.into_iter().map(|at| seen[at].to_string()).collect();
                    return Err(BleError::Ambiguous { wanted: wanted.to_owned(), found });
                }
                Choice::Application(at) if decided => {
                    return Err(BleError::RunsApplication { device: seen[at].to_string() });
                }
                _ if now >= end => {
                    let heard = seen.iter().filter(|one| one.heard).map(Sighting::to_string);
                    let heard = heard.take(LISTED).collect();
                    return Err(BleError::NotHeard {
                        wanted: wanted.to_owned(),
                        waited: options.patience,
                        heard,
                    });
                }
                _ => sleep(options.look).await,
            }
        }
    }

    /// Everybody whom the host shows, in the order of their addresses.
    async fn sightings(
        &self,
        known: &[PeripheralId],
        choose: &dyn Fn(&[Sighting]) -> Choice,
    ) -> Result<(Vec<Peripheral>, Vec<Sighting>), BleError> {
        let peripherals = match answered("listing devices", self.adapter.peripherals()).await? {
            Ok(peripherals) => peripherals,
            Err(error) => return Err(self.blame("scanning", &Failed::With(error)).await),
        };
        let mut list = Vec::new();
        for peripheral in peripherals {
            let properties = match answered("asking for a device", peripheral.properties()).await? {
                Ok(Some(properties)) => properties,
                // It went while it was looked at.
                Ok(None) => continue,
                Err(error) if vanished(&error) => continue,
                Err(error) => {
                    return Err(self.blame("scanning", &Failed::With(error)).await);
                }
            };
            let mut sighting = sighting(&properties);
            sighting.heard = properties.rssi.is_some() || !known.contains(&peripheral.id());
            // A device that somebody left connected does not advertise.
            let candidate = choose(&[Sighting { heard: true, ..sighting.clone() }]) != Choice::Nobody;
            if !sighting.heard && candidate {
                let connected = answered("asking for a device", peripheral.is_connected()).await?;
                sighting.heard = connected.unwrap_or(false);
            }
            list.push((peripheral, sighting));
        }
        list.sort_by_key(|(_, one)| (one.address.map(|address| address.bytes), one.names.first().cloned()));
        if list.is_empty() {
            // An adapter that has gone takes its devices with it.
            self.health("scanning").await?;
        }
        Ok(list.into_iter().unzip())
    }
}

fn vanished(error: &Error) -> bool {
    symptom::of(error) == Symptom::Gone
}

/// What the host says of a device. Whether it was heard is not in it.
pub(super) fn sighting(properties: &PeripheralProperties) -> Sighting {
    let bytes = properties.address.into_inner();
    let address = (bytes != [0; 6])
        .then(|| PeerAddress { bytes, random: properties.address_type == Some(AddressType::Random) });
    let names = [&properties.advertisement_name, &properties.local_name];
    let mut names: Vec<String> = names.into_iter().flatten().cloned().collect();
    names.dedup();
    let dfu_service = properties.services.contains(&uuid_from_u16(DFU_SERVICE));
    Sighting { address, names, dfu_service, heard: false }
}
