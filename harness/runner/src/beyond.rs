//! What a case asks of a central beyond the ordinary, which not every Bluetooth stack lets a program do.

use gauntlet_bench::{Bench, Capability};
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{Characteristic, Firmware, GattAction, StepKind, WriteKind, WriteResult};

/// Bytes of a value in the smallest ATT_MTU.
const SHORT: usize = 20;

/// Why `case` can't be done on `bench`, if its central can't.
pub(crate) fn missing(bench: &dyn Bench, case: &Case) -> Option<String> {
    let need = needs(case).into_iter().find(|need| !bench.capabilities().contains(need))?;
    Some(format!("the link `{}` {}", bench.backend(), words(need)))
}

fn words(need: Capability) -> &'static str {
    match need {
        Capability::AnyAttribute => "writes to no attribute that the device does not have",
        Capability::AnyConfiguration => "writes no configuration but those of a subscription and of its end",
        Capability::LongWrite => "begins no long write of a short value",
        Capability::MtuExchange => "exchanges the ATT MTU by itself, when it connects",
        Capability::LongRequest => "sends no request that is longer than the ATT_MTU allows",
        Capability::Confirmation => "confirms every indication by itself",
        Capability::ServicesUnconfirmed => "confirms by itself that services have changed",
        Capability::Reading => "reads no values",
        Capability::LookingAround => "looks for nobody while it is connected or connecting",
        Capability::Pairing => "asks for no pairing",
        Capability::Overtaking => "sends when it comes to that, which is no time that a case can count on",
        _ => "lacks something",
    }
}

fn needs(case: &Case) -> Vec<Capability> {
    let mut needs = Vec::new();
    for step in &case.steps {
        let StepKind::Gatt(step) = &step.kind else { continue };
        let mut linked = None;
        // No ATT_MTU has been exchanged.
        let mut smallest = true;
        // A request of the buttonless service has been accepted, and its answer is not confirmed.
        let mut open = false;
        // The device has been asked for something that nobody has heard of yet.
        let mut asked = false;
        for item in &step.items {
            match &item.action {
                GattAction::Connect { firmware, confirm, accepted, mtu } => {
                    smallest = mtu.is_none();
                    needs.extend((!confirm).then_some(Capability::ServicesUnconfirmed));
                    needs.extend((!accepted).then_some(Capability::LookingAround));
                    linked = Some(*firmware);
                    (open, asked) = (false, false);
                }
                GattAction::Subscribe { characteristic, value, .. } => {
                    needs.extend(elsewhere(linked, *characteristic));
                    let value = value.as_ref().map(|value| value.as_slice());
                    let usual: &[u8] =
                        if *characteristic == Characteristic::Buttonless { &[2, 0] } else { &[1, 0] };
                    if value.is_some_and(|value| value != usual && value != [0, 0]) {
                        needs.push(Capability::AnyConfiguration);
                    }
                }
                GattAction::Write { characteristic, value, kind, result } => {
                    needs.extend(elsewhere(linked, *characteristic));
                    needs.extend(asked.then_some(Capability::Overtaking));
                    asked |= *characteristic != Characteristic::Packet && *result == WriteResult::Ok;
                    if smallest && *characteristic == Characteristic::Packet {
                        needs.extend((value.as_slice().len() > SHORT).then_some(Capability::LongRequest));
                    }
                    if *kind == WriteKind::Prepare {
                        needs.push(Capability::LongWrite);
                    }
                    if *characteristic == Characteristic::Buttonless {
                        // Applications stay with the smallest ATT_MTU.
                        needs.extend((value.as_slice().len() > SHORT).then_some(Capability::LongRequest));
                        // By then a service that confirms at once has confirmed.
                        needs.extend(open.then_some(Capability::Confirmation));
                        open = *result == WriteResult::Ok;
                    }
                }
                GattAction::Hear { confirm: false, .. } => {
                    asked = false;
                    needs.push(Capability::Confirmation);
                }
                GattAction::Mtu { .. } => {
                    smallest = false;
                    needs.push(Capability::MtuExchange);
                }
                GattAction::FindNobody => needs.push(Capability::LookingAround),
                GattAction::Read { .. } => needs.push(Capability::Reading),
                GattAction::Pair(_) | GattAction::Encrypt(_) => needs.push(Capability::Pairing),
                GattAction::Hear { .. } => (open, asked) = (false, false),
                GattAction::Find { .. } | GattAction::Wait(_) | GattAction::Disconnect(_) => {}
            }
        }
    }
    needs
}

/// The characteristic is one of the other firmware.
fn elsewhere(linked: Option<Firmware>, characteristic: Characteristic) -> Option<Capability> {
    let of_application = characteristic == Characteristic::Buttonless;
    let wrong = match linked? {
        Firmware::Application => !of_application,
        Firmware::Bootloader => of_application,
    };
    wrong.then_some(Capability::AnyAttribute)
}
