//! Which application is on the device, and which one runs.

use gauntlet_bench::Mode;
use gauntlet_package::settings::BankCode;
use gauntlet_scenario::model::{self, Expect, ExpectedApplication};

use super::{Check, Evidence, record};

const PAGE: usize = 0x1000;

pub(super) fn expected(evidence: &Evidence<'_>, expect: &Expect) -> Vec<Check> {
    let mut checks = Vec::new();
    match &expect.application {
        None => {}
        Some(ExpectedApplication::Previous) => {
            checks.push(flash_holds(evidence, "the previous application", evidence.flashed));
            checks.extend(record::of_application(evidence, evidence.flashed));
            checks.push(witness_runs(evidence, evidence.device.application.map(|app| app.witness)));
        }
        Some(ExpectedApplication::Witness(witness)) => {
            let id = u32::from(witness.get());
            if let Some(firmware) = firmware_of(evidence, id) {
                checks.push(flash_holds(
                    evidence,
                    &format!("the application of witness {witness}"),
                    firmware,
                ));
                checks.extend(record::of_application(evidence, firmware));
            }
            checks.push(witness_runs(evidence, Some(id)));
        }
        Some(ExpectedApplication::Package(name)) => {
            let package = evidence.packages.iter().find(|package| package.name == name.as_str());
            if let Some(image) = package.and_then(|package| package.application()) {
                checks.push(flash_holds(
                    evidence,
                    &format!("the firmware of package {name}"),
                    &image.firmware,
                ));
                checks.extend(record::of_application(evidence, &image.firmware));
                checks.push(bank_0_is(evidence, true));
                if image.witness.is_some() {
                    checks.push(witness_runs(evidence, image.witness));
                }
            }
        }
        Some(ExpectedApplication::NotStarted) => checks.push(witness_runs(evidence, None)),
        Some(ExpectedApplication::None) => checks.push(bank_0_is(evidence, false)),
    }
    checks.extend(match expect.mode {
        Some(wanted) => Some(mode(wanted, evidence.after.mode)),
        None => started(expect, evidence.after.mode),
    });
    checks
}

/// Bank 0 holds `firmware`, and nothing is left behind it up to the end of its last page (ACT-007).
pub(super) fn flash_holds(evidence: &Evidence<'_>, what: &str, firmware: &[u8]) -> Check {
    let bank = evidence.after.region("application");
    let held = &bank[..firmware.len().min(bank.len())];
    let differing = held.iter().zip(firmware).filter(|(a, b)| a != b).count() + (firmware.len() - held.len());
    let tail_end = firmware.len().next_multiple_of(PAGE).min(bank.len());
    // A page of the freshly flashed application is erased behind it as well.
    let dirty =
        bank.get(firmware.len()..tail_end).unwrap_or_default().iter().filter(|byte| **byte != 0xFF).count();
    let found = match (differing, dirty) {
        (0, 0) => what.to_owned(),
        (0, dirty) => format!("{what}, with {dirty} bytes of something else behind it in its last page"),
        (differing, _) => format!("{differing} of {} bytes differ", firmware.len()),
    };
    let first = held.iter().zip(firmware).position(|(a, b)| a != b);
    let detail = first
        .map(|at| format!("first at offset {at:#x}: {:#04x} instead of {:#04x}", held[at], firmware[at]));
    Check::new("application in flash", what, found, differing == 0 && dirty == 0).detail(detail)
}

/// The proof that an application runs: the word it leaves in RAM.
pub(super) fn witness_runs(evidence: &Evidence<'_>, wanted: Option<u32>) -> Check {
    let words =
        |witness: Option<u32>| witness.map_or_else(|| "no witness".to_owned(), |id| format!("witness {id}"));
    let found = evidence.after.witness;
    Check::new("running application", words(wanted), words(found), wanted == found)
}

fn bank_0_is(evidence: &Evidence<'_>, application: bool) -> Check {
    let code = evidence.after.settings().0.map(|settings| settings.bank_0.code);
    let wanted = if application { BankCode::Application } else { BankCode::Invalid };
    let found = code.map_or_else(|| "no valid settings".to_owned(), |code| code.to_string());
    Check::new("bank 0", wanted, found, code == Some(wanted))
}

fn firmware_of<'a>(evidence: &'a Evidence<'_>, id: u32) -> Option<&'a [u8]> {
    let mut images = evidence.packages.iter().flat_map(|package| &package.images);
    let sent = images.find(|image| image.witness == Some(id));
    let flashed = evidence.device.application.filter(|app| app.witness == id);
    match sent {
        Some(image) => Some(&image.firmware),
        None => flashed.map(|_| evidence.flashed),
    }
}

/// An application that is expected is one that was started. Somebody's program leaves no witness, and may do nothing that a
/// bench knows; but the device does not wait in DFU mode.
fn started(expect: &Expect, found: Mode) -> Option<Check> {
    let of_package = matches!(expect.application, Some(ExpectedApplication::Package(_)));
    of_package.then(|| Check::new("mode", words(Mode::Application), words(found), found != Mode::Dfu))
}

/// What the device does.
pub(crate) fn mode(wanted: model::Mode, found: Mode) -> Check {
    let wanted = match wanted {
        model::Mode::Application => Mode::Application,
        model::Mode::Dfu => Mode::Dfu,
    };
    Check::new("mode", words(wanted), words(found), found == wanted)
}

fn words(mode: Mode) -> &'static str {
    match mode {
        Mode::Application => "application",
        Mode::Dfu => "DFU mode",
        Mode::Unsettled => "neither application nor DFU mode",
    }
}
