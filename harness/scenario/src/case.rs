//! Cases: what a scenario becomes when its matrix is expanded. A case is what is run, judged and reported.

use std::sync::Arc;

use gauntlet_record::CaseId;

use crate::model::{
    Capability, Chip, Device, Entry, Expect, Link, Package, ProbeAction, ResetKind, Step, StepKind,
};
use crate::quantity::{FailureId, PackageName, RequirementId, ScenarioId, Tag};

/// Makes the id of a case: the scenario's id, and the values of the matrix when there is one.
///
/// `stream/disconnect-mid-object[at=2048]`. It stays the same as long as the scenario and its matrix value do.
pub(crate) fn case_id(scenario: &ScenarioId, values: &[(String, String)]) -> CaseId {
    let text = if values.is_empty() {
        scenario.to_string()
    } else {
        let values: Vec<String> =
            values.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect();
        format!("{scenario}[{}]", values.join(","))
    };
    // A scenario id is a path without empty parts, and `plain` leaves nothing that an id refuses.
    CaseId::new(text).expect("the parts of a case id are checked")
}

/// A matrix value without anything that a shell or a file name could trip over: `20 KiB` becomes `20KiB`.
pub(crate) fn plain(value: &str) -> String {
    value
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c.is_ascii_alphanumeric() || "._+-".contains(c) { c } else { '-' })
        .collect()
}

/// One case: a scenario with one combination of its matrix put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The id.
    pub id: CaseId,
    /// The id of the scenario.
    pub scenario: ScenarioId,
    /// The file that the scenario comes from, as it was named when it was loaded.
    pub file: Arc<str>,
    /// The title, with the matrix values put in.
    pub title: String,
    /// Requirements that the case checks.
    pub requirements: Vec<RequirementId>,
    /// Field failures behind the scenario.
    pub from: Vec<FailureId>,
    /// Tags of the scenario.
    pub tags: Vec<Tag>,
    /// What the scenario says that it needs. See [`Case::capabilities`].
    pub needs: Vec<Capability>,
    /// The chip.
    pub chip: Chip,
    /// The matrix values of this case, in the order of the id; with `chip` among them when the scenario has several.
    pub values: Vec<(String, String)>,
    /// The device before the first step.
    pub device: Device,
    /// The packages, in the order of the file.
    pub packages: Vec<(PackageName, Package)>,
    /// What is done; never empty.
    pub steps: Vec<Step>,
    /// Where the device must be in the end.
    pub expect: Expect,
}

impl Case {
    /// The package with this name. Names in a case's own steps and expectations always have one.
    #[must_use]
    pub fn package(&self, name: &PackageName) -> Option<&Package> {
        self.packages.iter().find(|(have, _)| have == name).map(|(_, package)| package)
    }

    /// Whether the first thing that is done to a device with a closed access port is to erase and make it anew.
    #[must_use]
    pub fn is_recovered_first(&self) -> bool {
        let Some(StepKind::Probe(items)) = self.steps.first().map(|step| &step.kind) else { return false };
        let recovers = |action: &ProbeAction| matches!(action, ProbeAction::Recover(_));
        items.iter().map(|item| &item.action).take_while(|action| action.is_about_port()).any(recovers)
    }

    /// Everything a bench must be able to do for this case: what the scenario says, and what its steps and faults
    /// imply. Sorted, without repetitions.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        let mut all = self.needs.clone();
        if self.device.locked {
            // What the UICR says of the access port counts from the next start of the supply on.
            all.push(Capability::PowerCut);
            // And only the pin can ask a bootloader for DFU mode that no probe gets at.
            all.extend(self.device.bootloader.enter_by_pin_reset.then_some(Capability::Reset));
        }
        // What does not look at the register is asked by the pin.
        all.extend((!self.device.bootloader.enter_by_register).then_some(Capability::Reset));
        for step in &self.steps {
            match &step.kind {
                StepKind::Update(update) => {
                    all.push(link(update.link));
                    if update.entry == Entry::Buttonless {
                        all.push(Capability::Buttonless);
                    }
                    all.extend(update.faults.iter().flat_map(|fault| fault.needs()));
                }
                StepKind::Exchange(exchange) => all.push(link(exchange.link)),
                StepKind::Walk(walk) => all.push(link(walk.link)),
                StepKind::Starts(starts) => all.push(link(starts.link)),
                StepKind::Gatt(_) => all.extend([Capability::Ble, Capability::Gatt]),
                StepKind::Reset(ResetKind::Pin) => all.push(Capability::Reset),
                StepKind::Reset(ResetKind::Button) => all.extend([Capability::Reset, Capability::Button]),
                StepKind::Reset(ResetKind::Wake) => all.push(Capability::SystemOff),
                // A probe can do that on any bench.
                StepKind::Reset(ResetKind::Soft) => {}
                StepKind::Cable(_) => all.extend([Capability::Serial, Capability::Cable]),
                StepKind::PowerCut(_) => all.push(Capability::PowerCut),
                StepKind::Wait(_) | StepKind::Mode(_) | StepKind::Probe(_) => {}
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

const fn link(link: Link) -> Capability {
    match link {
        Link::Ble => Capability::Ble,
        Link::Serial | Link::Usb => Capability::Serial,
    }
}
