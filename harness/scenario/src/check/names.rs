//! Packages and witnesses that are named have to be there.

use crate::case::Case;
use crate::diagnostics::{ProblemKind, nearest, quote, words};
use crate::model::{
    Behind, ExchangeItem, ExpectedApplication, ExpectedBootloader, ExpectedSoftDevice, Mode, Package,
    StepKind,
};
use crate::quantity::PackageName;
use crate::read::Cx;
use crate::yaml::{Node, NodeKind, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    for (index, step) in case.steps.iter().enumerate() {
        let step_at =
            |path: &[Step<'_>]| root.find(&[&[Step::Key("steps"), Step::Item(index)], path].concat()).clone();
        match &step.kind {
            StepKind::Update(update) => {
                package(&update.package, root, &step_at(&[Step::Key("update")]), cx);
            }
            StepKind::Exchange(exchange) => {
                for (item, sent) in exchange.items.iter().enumerate() {
                    if let ExchangeItem::Data { package: name, .. } = sent {
                        let path = [Step::Key("exchange"), Step::Item(item), Step::Key("package")];
                        package(name, root, &step_at(&path), cx);
                    }
                }
            }
            StepKind::Walk(walk) => package(&walk.package, root, &step_at(&[Step::Key("walk")]), cx),
            StepKind::Gatt(_)
            | StepKind::Starts(_)
            | StepKind::Reset(_)
            | StepKind::Cable(_)
            | StepKind::PowerCut(_)
            | StepKind::Wait(_)
            | StepKind::Mode(_)
            | StepKind::Probe(_) => {}
        }
    }
    application(case, root, cx);
    parts(case, root, cx);
}

/// The packages that a tree names, where its mistakes leave no case to be checked.
pub(crate) fn written(root: &Node, cx: &mut Cx<'_>) {
    let mut named = Vec::new();
    for step in root.find(&[Step::Key("steps")]).items() {
        named.extend(step.get("update"));
        let sent = step.get("exchange").map(Node::items).unwrap_or_default();
        named.extend(
            sent.iter().filter(|item| item.get("data").is_some()).filter_map(|item| item.get("package")),
        );
    }
    for part in ["application", "softdevice", "bootloader"] {
        named.extend(root.get("expect").and_then(|expect| expect.get(part)?.get("package")));
    }
    for at in named {
        let Some(scalar) = at.scalar().filter(|scalar| !scalar.broken) else { continue };
        if let Ok(name) = PackageName::parse(&scalar.text) {
            package(&name, root, at, cx);
        }
    }
}

/// Packages that a SoftDevice or a bootloader is to come from have to have one.
fn parts(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let expect = |key| root.find(&[Step::Key("expect"), Step::Key(key), Step::Key("package")]);
    if let Some(ExpectedSoftDevice::Package(name)) = &case.expect.softdevice {
        part(case, name, "softdevice", root, expect("softdevice"), cx);
    }
    if let Some(ExpectedBootloader::Package(name)) = &case.expect.bootloader {
        part(case, name, "bootloader", root, expect("bootloader"), cx);
    }
    for (name, package) in &case.packages {
        let Package::Built(built) = package else { continue };
        if let Some(Behind::Package(of)) = built.application.as_ref().map(|application| &application.behind) {
            let path = ["packages", name.as_str(), "application", "behind", "package"].map(Step::Key);
            part(case, of, "softdevice", root, root.find(&path), cx);
        }
    }
}

fn part(case: &Case, name: &PackageName, key: &str, root: &Node, at: &Node, cx: &mut Cx<'_>) {
    package(name, root, at, cx);
    let missing = case.package(name).is_some_and(|package| match key {
        "softdevice" => package.softdevice().is_none(),
        _ => package.bootloader().is_none(),
    });
    if missing {
        let message = format!("the package `{name}` has no {key}");
        let there = root.find(&[Step::Key("packages"), Step::Key(name.as_str())]);
        let problem = cx.problem(ProblemKind::Undefined, at, message).label("nothing can come from there");
        cx.report(problem.also(cx.shown(there), "this is the package"));
    }
}

fn package(name: &PackageName, root: &Node, at: &Node, cx: &mut Cx<'_>) {
    // The tree and not the case is asked: a package with mistakes is there too.
    let have = || root.find(&[Step::Key("packages")]).entries().iter().map(|entry| entry.key.as_str());
    // Packages that are no mapping have been reported, and so is every name in vain.
    if root.get("packages").is_some_and(|packages| !matches!(packages.kind, NodeKind::Map(_))) {
        return;
    }
    let packages = root.get("packages").is_some();
    if packages && have().any(|known| known == name.as_str()) {
        return;
    }
    let problem = cx.problem(ProblemKind::Undefined, at, format!("there is no package `{name}`"));
    let problem = match nearest(name.as_str(), have().filter(|_| packages)) {
        Some(near) => problem.label(format!("did you mean {}?", quote(near))),
        None => problem.label("not in `packages`"),
    };
    let help = if packages {
        match have().count() {
            1 => format!("the only package is {}", words(have())),
            _ => format!("the packages are {}", words(have())),
        }
    } else {
        "the scenario has no `packages`".to_owned()
    };
    cx.report(problem.help(help));
}

fn application(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let path = [Step::Key("expect"), Step::Key("application")];
    let at = root.find(&path);
    match &case.expect.application {
        Some(ExpectedApplication::Package(name)) => {
            package(name, root, at.get("package").unwrap_or(at), cx);
        }
        Some(ExpectedApplication::Witness(witness)) => {
            // What is inside of a file is not known here, nor what a package with a mistake would have been.
            let written = root.get("packages").map_or(0, |packages| match &packages.kind {
                NodeKind::Map(entries) => entries.len(),
                _ => usize::MAX,
            });
            if case.packages.len() < written {
                return;
            }
            if case.packages.iter().any(|(_, package)| matches!(package, Package::File(_))) {
                return;
            }
            let device = case.device.application.map(|application| application.witness);
            let known = case.packages.iter().filter_map(|(_, package)| package.witness());
            let known: Vec<String> = device.into_iter().chain(known).map(|known| known.to_string()).collect();
            if !known.contains(&witness.to_string()) {
                let message = format!("no application of this scenario is witness {witness}");
                let at = at.get("witness").unwrap_or(at);
                let problem =
                    cx.problem(ProblemKind::Undefined, at, message).label("nothing can become this");
                cx.report(problem.help(format!("there is {}", words(known.iter().map(String::as_str)))));
            }
        }
        Some(ExpectedApplication::Previous) if case.device.application.is_none() => {
            let problem = cx
                .problem(
                    ProblemKind::Contradiction,
                    at,
                    "the device has no application before the first step",
                )
                .label("there is no previous one")
                .also(
                    cx.shown(root.find(&[Step::Key("device"), Step::Key("application")])),
                    "because of this",
                );
            cx.report(problem);
        }
        Some(ExpectedApplication::None | ExpectedApplication::NotStarted)
            if case.expect.mode == Some(Mode::Application) =>
        {
            let problem = cx
                .problem(ProblemKind::Contradiction, at, "without an application none can run")
                .label("no application is expected")
                .also(
                    cx.shown(root.find(&[Step::Key("expect"), Step::Key("mode")])),
                    "and here one that runs",
                );
            cx.report(problem);
        }
        _ => {}
    }
}
