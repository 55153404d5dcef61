//! What is asked for has to be possible: sizes that a witness and a chip can have, one transport, one cut in a step.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{
    Action, Application, Behind, Cable, Chip, Generation, Link, Outcome, Package, PackageSoftDevice,
    Position, SoftDevice, StepKind, Update,
};
use crate::quantity::Size;
use crate::read::Cx;
use crate::yaml::{Node, Step};

impl Application {
    /// The smallest witness: its vectors and its few instructions.
    pub const SMALLEST: u32 = 128;
}

impl PackageSoftDevice {
    /// The smallest stand-in: the page with its information structure is the third one.
    pub const SMALLEST: u32 = 12 * 1024;
}

impl Chip {
    /// The most bytes of application that the chip's usual layout has room for (MEM-006, MEM-007).
    #[must_use]
    pub const fn room(self, softdevice: bool) -> u32 {
        let (start, end) = match self {
            Self::Nrf52832 => (0x2_6000, 0x7_5000),
            Self::Nrf52833 => (0x2_7000, 0x7_5000),
            Self::Nrf52840 => (0x2_7000, 0xF_5000),
        };
        if softdevice { end - start } else { end - 0x1000 }
    }
}

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    if let Some(application) = &case.device.application {
        let at = root.find(&[Step::Key("device"), Step::Key("application"), Step::Key("size")]);
        witness(application.size, at, cx);
        let room = case.chip.room(case.device.softdevice != SoftDevice::None);
        if application.size.bytes() > room {
            let message = format!("an application of {} does not fit on the {}", application.size, case.chip);
            let problem = cx.problem(ProblemKind::OutOfRange, at, message);
            cx.report(problem.label(format!("there is room for {} KiB", room / 1024)));
        }
    }
    for (name, package) in &case.packages {
        if let Package::Built(built) = package {
            let path = |part| ["packages", name.as_str(), part, "size"].map(Step::Key);
            if let Some(application) = &built.application {
                witness(application.size, root.find(&path("application")), cx);
            }
            if let Some(softdevice) = &built.softdevice {
                information(softdevice.size, root.find(&path("softdevice")), cx);
            }
        }
    }
    room(case, root, cx);
    let mut first = None;
    for (index, step) in case.steps.iter().enumerate() {
        let at = root.find(&[Step::Key("steps"), Step::Item(index)]);
        let used = match &step.kind {
            StepKind::Update(update) => {
                cuts(update, at, cx);
                update.link
            }
            StepKind::Exchange(exchange) => exchange.link,
            StepKind::Walk(walk) => walk.link,
            StepKind::Starts(starts) => {
                version_1(case, root, at, cx);
                starts.link
            }
            StepKind::Gatt(_) => Link::Ble,
            // Only a USB port knows of its cable, and only a UART of its line.
            StepKind::Cable(Cable::Pulled) => Link::Usb,
            StepKind::Cable(Cable::Break) => Link::Serial,
            StepKind::Reset(_)
            | StepKind::PowerCut(_)
            | StepKind::Wait(_)
            | StepKind::Mode(_)
            | StepKind::Probe(_) => continue,
        };
        one_link(*first.get_or_insert(used), used, at, cx);
    }
}

/// An application that is larger than all that a chip has for it can't be the end of an update that completes.
fn room(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    for step in &case.steps {
        let StepKind::Update(update) = &step.kind else { continue };
        let Some(Package::Built(built)) = case.package(&update.package) else { continue };
        let Some(application) = built.application.as_ref() else { continue };
        let softdevice = case.device.softdevice != SoftDevice::None && application.behind != Behind::None;
        let room = case.chip.room(softdevice);
        if update.expect.outcome == Outcome::Completed && application.size.bytes() > room {
            let path = ["packages", update.package.as_str(), "application", "size"].map(Step::Key);
            let message = format!("an application of {} does not fit on the {}", application.size, case.chip);
            let problem = cx.problem(ProblemKind::OutOfRange, root.find(&path), message);
            let problem = problem.label(format!("there is room for {} KiB", room / 1024));
            cx.report(
                problem.help("the update of such a package is refused: `expect: { outcome: refused }`"),
            );
        }
    }
}

fn witness(size: Size, at: &Node, cx: &mut Cx<'_>) {
    if size.bytes() < Application::SMALLEST {
        let problem =
            cx.problem(ProblemKind::OutOfRange, at, format!("an application of {size} is too small"));
        cx.report(problem.label(format!("the smallest witness has {} bytes", Application::SMALLEST)));
    }
}

fn information(size: Size, at: &Node, cx: &mut Cx<'_>) {
    if size.bytes() < PackageSoftDevice::SMALLEST {
        let problem = cx.problem(ProblemKind::OutOfRange, at, format!("a SoftDevice of {size} is too small"));
        let smallest = Size::from_kib(PackageSoftDevice::SMALLEST / 1024);
        cx.report(problem.label(format!("its information structure ends at {smallest}")));
    }
}

fn one_link(first: Link, used: Link, step: &Node, cx: &mut Cx<'_>) {
    if first != used {
        let at = step.get("link").unwrap_or(step);
        let problem = cx.problem(ProblemKind::Contradiction, at, format!("`{used}` beside `{first}`"));
        cx.report(
            problem.label(format!("an earlier step uses `{first}`")).help(
                "a bootloader is built for one transport, so every step of a scenario uses the same link"
                    .to_owned(),
            ),
        );
    }
}

fn cuts(update: &Update, step: &Node, cx: &mut Cx<'_>) {
    let cut = |fault: &crate::model::Fault| {
        matches!((fault.at, fault.action), (Position::FlashOp(_), Action::PowerCut { .. }))
    };
    let second = update.faults.iter().enumerate().filter(|(_, fault)| cut(fault)).nth(1);
    if let Some((index, _)) = second {
        let at = step.find(&[Step::Key("faults"), Step::Item(index)]);
        let problem = cx.problem(ProblemKind::Contradiction, at, "a second power cut in one step".to_owned());
        cx.report(
            problem.label("the step has one already").help("put each one into a step of its own".to_owned()),
        );
    }
}

/// What a start makes of settings of version 1 is another table.
fn version_1(case: &Case, root: &Node, step: &Node, cx: &mut Cx<'_>) {
    if case.device.bootloader.generation != Generation::Sdk14 {
        return;
    }
    let device = root.find(&[Step::Key("device"), Step::Key("bootloader"), Step::Key("generation")]);
    let problem = cx
        .problem(
            ProblemKind::Contradiction,
            step.get("starts").unwrap_or(step),
            "`starts` is about settings of version 2",
        )
        .label("their fields are chosen here")
        .also(cx.shown(device), "its settings are of version 1")
        .help(
            "leave `generation` out, or write the pages by `probe` and look at what the device makes of them",
        );
    cx.report(problem);
}
