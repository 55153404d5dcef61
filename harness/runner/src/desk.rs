//! What a case asks of the host's radio that not every bench has, beside what its steps imply.

use gauntlet_bench::{Bench, Capability};
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{
    AccessPort, Bonds, Bootloader, Buttonless, Peer, ProbeAction, ProbeItem, StepKind,
};

/// Why `bench` can't do the case, if it can't.
pub(crate) fn missing(bench: &dyn Bench, case: &Case) -> Option<String> {
    let has = |what: Capability| bench.capabilities().contains(&what);
    let lacks = |what: &str| Some(format!("the bench `{}` has no {what}", bench.name()));
    if asks_for_bonds(case) && !has(Capability::Centrals) {
        return lacks("centrals with and without bonds");
    }
    if asks_for_mtu(case) && !has(Capability::ChosenMtu) {
        return lacks("choice of the ATT MTU");
    }
    if recovers(case) && !has(Capability::OpensLocked) {
        return lacks("permission to erase a chip whose access port is closed (`locked: erase` in its file)");
    }
    if closes(case) && !has(Capability::ReadsLocked) {
        return lacks("way to look into a chip whose access port is closed");
    }
    None
}

fn recovers(case: &Case) -> bool {
    let recovers = |item: &ProbeItem| matches!(item.action, ProbeAction::Recover(_));
    case.steps.iter().any(|step| matches!(&step.kind, StepKind::Probe(items) if items.iter().any(recovers)))
}

/// The access port is, or may come to be, closed while steps are done and when everything is read back.
fn closes(case: &Case) -> bool {
    let closing = |bootloader: &Bootloader| bootloader.debug_port == AccessPort::Closed;
    let packages = case.packages.iter().filter_map(|(_, package)| package.bootloader());
    case.device.locked && !case.is_recovered_first()
        || closing(&case.device.bootloader)
        || packages.into_iter().any(closing)
}

fn asks_for_bonds(case: &Case) -> bool {
    let bonded = |buttonless: Option<Buttonless>| buttonless == Some(Buttonless::Bonded);
    let update = case
        .steps
        .iter()
        .any(|step| matches!(&step.kind, StepKind::Update(update) if update.central != Peer::Known));
    let packages = case.packages.iter().filter_map(|(_, package)| package.bootloader());
    let required = |bonds: Bonds| bonds == Bonds::Required;
    update
        || required(case.device.bootloader.bonds)
        || packages.map(|bootloader| bootloader.bonds).any(required)
        || case.device.application.is_some_and(|app| bonded(app.buttonless))
}

fn asks_for_mtu(case: &Case) -> bool {
    let values = case.values.iter().any(|(key, _)| key == "mtu");
    values
        || case
            .steps
            .iter()
            .any(|step| matches!(&step.kind, StepKind::Update(update) if update.mtu.is_some()))
}
