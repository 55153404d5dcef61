//! Expectations that contradict each other, or that nothing in the scenario can make true.

use crate::case::Case;
use crate::diagnostics::{Problem, ProblemKind, words};
use crate::model::{self, BankZero, ExchangeItem, ExpectedApplication, Outcome, Package, Region, StepKind};
use crate::quantity::PackageName;
use crate::read::Cx;
use crate::yaml::{Node, NodeKind, Step};

/// The opcode with which a serial host writes object data.
const WRITE: u8 = 0x08;

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let expect = |key| root.find(&[Step::Key("expect"), Step::Key(key)]);
    let setting = |key| root.find(&[Step::Key("expect"), Step::Key("settings"), Step::Key(key)]);
    let application = expect("application");
    match (&case.expect.application, case.expect.settings.bank_0) {
        (Some(ExpectedApplication::None), Some(BankZero::Application)) => {
            let problem =
                contradiction(setting("bank_0"), "bank 0 holds an application, and there is none", cx);
            report(problem.label("a valid application here"), application, "and none here", cx);
        }
        (
            Some(ExpectedApplication::Witness(_) | ExpectedApplication::Package(_)),
            Some(BankZero::Invalid),
        ) => {
            let problem = contradiction(setting("bank_0"), "an application that is not valid can't run", cx);
            report(problem.label("nothing valid here"), application, "and an application here", cx);
        }
        _ => {}
    }
    if let Some(region) = unchanged(case, Region::Application)
        && let Some(ExpectedApplication::Witness(_) | ExpectedApplication::Package(_)) =
            &case.expect.application
        && is_new(case)
    {
        let at = root.find(&[Step::Key("expect"), Step::Key("unchanged"), Step::Item(region)]);
        let problem = contradiction(at, "the application is another one and can't be unchanged", cx);
        report(problem.label("as before"), application, "and a new one", cx);
    }
    pages(case, root, cx);
    // A package with a mistake could have been anything.
    let written = root.get("packages").map_or(0, |packages| match &packages.kind {
        NodeKind::Map(entries) => entries.len(),
        _ => usize::MAX,
    });
    if case.packages.len() == written {
        versions(case, setting("app_version"), cx);
        refused(case, root, application, cx);
    }
}

/// A settings page in which another version is on record is not as it was.
fn pages(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let before = case.device.application.map_or(0, |application| application.version);
    let settings = &case.expect.settings;
    let changed = [
        ("app_version", settings.app_version.filter(|version| *version != before)),
        (
            "bootloader_version",
            settings.bootloader_version.filter(|version| *version != case.device.bootloader_version),
        ),
    ];
    for page in [Region::Settings, Region::SettingsBackup] {
        let Some(number) = unchanged(case, page) else { continue };
        let Some((key, _)) = changed.iter().find(|(_, version)| version.is_some()) else { return };
        let at = root.find(&[Step::Key("expect"), Step::Key("unchanged"), Step::Item(number)]);
        let second = root.find(&[Step::Key("expect"), Step::Key("settings"), Step::Key(key)]);
        let problem = contradiction(at, "a page with another version on record has changed", cx);
        report(problem.label("as before"), second, "and another version than before", cx);
    }
}

fn contradiction(at: &Node, message: &str, cx: &Cx<'_>) -> Problem {
    cx.problem(ProblemKind::Contradiction, at, message)
}

fn report(problem: Problem, second: &Node, text: &str, cx: &mut Cx<'_>) {
    let span = cx.shown(second);
    cx.report(problem.also(span, text));
}

fn unchanged(case: &Case, region: Region) -> Option<usize> {
    case.expect.unchanged.iter().position(|named| *named == region)
}

/// The expected application is not the one from before the first step.
fn is_new(case: &Case) -> bool {
    let before = case.device.application.map(|application| application.witness);
    match &case.expect.application {
        Some(ExpectedApplication::Witness(witness)) => before != Some(*witness),
        Some(ExpectedApplication::Package(name)) => {
            case.package(name).and_then(Package::witness).is_some_and(|witness| before != Some(witness))
        }
        _ => false,
    }
}

/// A version on record comes from the device or from a package. What is in a file is not known here.
fn versions(case: &Case, at: &Node, cx: &mut Cx<'_>) {
    let Some(expected) = case.expect.settings.app_version else { return };
    // 0 is on record without an application, and behind one whose packet has no version.
    let mut known = vec![0];
    known.extend(case.device.application.map(|application| application.version));
    for (_, package) in &case.packages {
        match package {
            Package::File(_) => return,
            Package::Built(built) => known.extend(built.version),
        }
    }
    if known.contains(&expected) {
        return;
    }
    known.sort_unstable();
    known.dedup();
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let message = format!("no application of this scenario has version {expected}");
    let problem = cx.problem(ProblemKind::Undefined, at, message).label("nothing can put this on record");
    cx.report(problem.help(format!("there is {}", words(known.iter().map(String::as_str)))));
}

/// An application that only a package has, and every update with it is refused.
fn refused(case: &Case, root: &Node, at: &Node, cx: &mut Cx<'_>) {
    let sources: Vec<&PackageName> = match &case.expect.application {
        Some(ExpectedApplication::Package(name)) => vec![name],
        Some(ExpectedApplication::Witness(witness)) => {
            let of = |package: &Package| package.witness() == Some(*witness);
            case.packages.iter().filter(|(_, package)| of(package)).map(|(name, _)| name).collect()
        }
        _ => return,
    };
    let unknown = case.packages.iter().any(|(_, package)| matches!(package, Package::File(_)));
    if sources.is_empty() || unknown || !is_new(case) {
        return;
    }
    let mut said_no = None;
    for (number, step) in case.steps.iter().enumerate() {
        match &step.kind {
            StepKind::Update(update) if sources.contains(&&update.package) => {
                if !matches!(update.expect.outcome, Outcome::Refused | Outcome::Rejected) {
                    return;
                }
                said_no = Some((number, update.expect.outcome));
            }
            // Raw requests may well bring it there.
            StepKind::Exchange(exchange) => {
                let sends = |item: &ExchangeItem| matches!(item, ExchangeItem::Data { package, .. } if sources.contains(&package));
                if exchange.items.iter().any(sends) {
                    return;
                }
            }
            StepKind::Walk(walk) if sources.contains(&&walk.package) => return,
            _ => {}
        }
    }
    let Some((number, outcome)) = said_no else {
        // Written byte by byte, a package can also be raw requests.
        let raw = |item: &ExchangeItem| match item {
            ExchangeItem::Raw { .. } => true,
            ExchangeItem::Send { request, .. } => request.as_slice().first() == Some(&WRITE),
            ExchangeItem::Data { .. } => false,
        };
        let by_hand = |step: &model::Step| match &step.kind {
            StepKind::Exchange(exchange) => exchange.items.iter().any(raw),
            StepKind::Gatt(_) => true,
            _ => false,
        };
        // A step with a mistake may be the one that was to send it.
        if !case.steps.iter().any(by_hand) && !cx.has_problem_in(root.find(&[Step::Key("steps")])) {
            let names = words(sources.iter().map(|name| name.as_str()));
            let problem = contradiction(at, "no step brings this application into the device", cx)
                .label("it is in a package only")
                .help(format!("no step sends {names}: add `- update: NAME`"));
            cx.report(problem);
        }
        return;
    };
    let path = [Step::Key("steps"), Step::Item(number), Step::Key("expect"), Step::Key("outcome")];
    let problem = contradiction(at, "no step brings this application into the device", cx)
        .label("it is in a package only")
        .help("an update that is refused changes nothing: expect `previous`, or the witness of the device");
    let second = root.find(&path);
    report(problem, second, &format!("and its update is `{outcome}`"), cx);
}
