//! Bytes and objects that are counted have to be there, as far as a package's size is known.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{
    DataSource, ExchangeItem, ImageByte, Package, PacketPosition, Position, StepKind, Update,
};
use crate::quantity::PackageName;
use crate::read::Cx;
use crate::yaml::{Node, Step};

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let size = |name: &PackageName| case.package(name).and_then(Package::firmware_size);
    for (index, step) in case.steps.iter().enumerate() {
        let at = root.find(&[Step::Key("steps"), Step::Item(index)]);
        match &step.kind {
            StepKind::Update(update) => {
                if let Some(size) = size(&update.package) {
                    faults(update, size, at, cx);
                }
            }
            StepKind::Exchange(exchange) => {
                for (item, sent) in exchange.items.iter().enumerate() {
                    let ExchangeItem::Data { source: DataSource::Firmware, package, from, to, .. } = sent
                    else {
                        continue;
                    };
                    let Some(size) = size(package) else { continue };
                    let key = if to.is_some_and(|to| to > size) { "to" } else { "from" };
                    if to.unwrap_or(size) > size || *from >= size {
                        let at = at.find(&[Step::Key("exchange"), Step::Item(item), Step::Key(key)]);
                        beyond(at, format!("the firmware of `{package}` has {size} bytes"), cx);
                    }
                }
            }
            StepKind::Gatt(_)
            | StepKind::Reset(_)
            | StepKind::PowerCut(_)
            | StepKind::Wait(_)
            | StepKind::Mode(_)
            | StepKind::Probe(_) => {}
        }
    }
}

fn faults(update: &Update, size: u32, step: &Node, cx: &mut Cx<'_>) {
    let objects = size.div_ceil(ImageByte::OBJECT_SIZE);
    let package = &update.package;
    for (index, fault) in update.faults.iter().enumerate() {
        let at = step.find(&[Step::Key("faults"), Step::Item(index), Step::Key("at")]);
        let key = |key: &'static str| at.get(key).unwrap_or(at);
        match fault.at {
            Position::ImageByte(ImageByte { object, .. })
            | Position::Packet(PacketPosition { object: Some(object), .. })
                if object > objects =>
            {
                let count =
                    if objects == 1 { "1 data object".to_owned() } else { format!("{objects} data objects") };
                beyond(key("object"), format!("`{package}` has {count} ({size} bytes)"), cx);
            }
            Position::ImageByte(image_byte) if image_byte.offset_after() > u64::from(size) => {
                let last = size - (objects - 1) * ImageByte::OBJECT_SIZE;
                beyond(
                    key("byte"),
                    format!("object {} of `{package}` has {last} bytes", image_byte.object),
                    cx,
                );
            }
            _ => {}
        }
    }
}

fn beyond(at: &Node, label: String, cx: &mut Cx<'_>) {
    let text = at.scalar().map_or("this", |scalar| &scalar.text);
    let problem = cx.problem(ProblemKind::OutOfRange, at, format!("{text} is beyond the end of the package"));
    cx.report(problem.label(label));
}
