//! Bytes and objects that are counted have to be there, as far as a package's size is known.

use crate::case::Case;
use crate::diagnostics::ProblemKind;
use crate::model::{
    BuiltPackage, DataSource, ExchangeItem, ImageByte, Package, PacketPosition, Position, RequestKind,
    RequestPosition, StepKind, Update,
};
use crate::quantity::PackageName;
use crate::read::Cx;
use crate::yaml::{Node, Step};

/// Bytes of object data in the smallest packet, that of an ATT MTU of 23.
const SMALLEST_PACKET: u32 = 20;

/// The most bytes of a built init packet without its list of SoftDevices: two hashes and two signatures with their fields.
const LARGEST_INIT: usize = 240;

pub(super) fn check(case: &Case, root: &Node, cx: &mut Cx<'_>) {
    let size = |name: &PackageName| case.package(name).and_then(Package::firmware_size);
    for (index, step) in case.steps.iter().enumerate() {
        let at = root.find(&[Step::Key("steps"), Step::Item(index)]);
        match &step.kind {
            StepKind::Update(update) => {
                if let Some(size) = size(&update.package) {
                    faults(update, size, at, cx);
                    counts(update, size, at, cx);
                }
                if let Some(Package::Built(built)) = case.package(&update.package) {
                    init_bytes(update, built, at, cx);
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
            StepKind::Walk(_)
            | StepKind::Starts(_)
            | StepKind::Gatt(_)
            | StepKind::Reset(_)
            | StepKind::Cable(_)
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

/// Where nothing else goes wrong in a step nothing is sent twice, and what is counted has an end.
fn counts(update: &Update, size: u32, step: &Node, cx: &mut Cx<'_>) {
    let package = &update.package;
    let objects = size.div_ceil(ImageByte::OBJECT_SIZE);
    let alone = update.faults.len() == 1;
    for (index, fault) in update.faults.iter().enumerate() {
        let at = step.find(&[Step::Key("faults"), Step::Item(index), Step::Key("at")]);
        match fault.at {
            Position::Packet(PacketPosition { packet, object }) => {
                let bytes = if object.is_some() { ImageByte::OBJECT_SIZE.min(size) } else { size };
                let most = bytes.div_ceil(SMALLEST_PACKET) + objects;
                if packet > most && (alone || object.is_some()) {
                    let at = at.get("packet").unwrap_or(at);
                    beyond(at, format!("`{package}` makes {most} packets at most"), cx);
                }
            }
            // The init packet has one object of its own.
            Position::Request(RequestPosition { kind: RequestKind::Create | RequestKind::Execute, n })
                if alone && n > objects + 1 =>
            {
                let at = at.get("n").unwrap_or(at);
                beyond(at, format!("`{package}` needs {} of them", objects + 1), cx);
            }
            // A client asks a few times for each object, and gets a receipt for every so many packets.
            Position::Notification(n) if alone && n > most_messages(update, size) => {
                let at = at.get("notification").unwrap_or(at);
                beyond(at, format!("an update with `{package}` brings fewer messages"), cx);
            }
            Position::FlashOp(n) if n > most_operations(size) => {
                let at = at.get("flash-op").unwrap_or(at);
                beyond(at, format!("an update with `{package}` needs fewer flash operations"), cx);
            }
            _ => {}
        }
    }
}

/// Answers and receipts of an update in which nothing else goes wrong, with room for a client that asks often.
fn most_messages(update: &Update, size: u32) -> u32 {
    let objects = size.div_ceil(ImageByte::OBJECT_SIZE);
    let packets = size.div_ceil(SMALLEST_PACKET) + objects + 30;
    let receipts = packets.checked_div(u32::from(update.prn)).unwrap_or(0);
    20 * (objects + 4) + receipts
}

/// Words are written into bank 1 and into bank 0, and settings pages in between, copies of copies included.
fn most_operations(size: u32) -> u64 {
    16 * u64::from(size) + 1_000_000
}

/// An init packet that is built for a scenario has a known length at most.
fn init_bytes(update: &Update, built: &BuiltPackage, step: &Node, cx: &mut Cx<'_>) {
    let listed = built.sd_req.as_ref().map_or(1, Vec::len);
    let most = u32::try_from(LARGEST_INIT + 5 * listed).unwrap_or(u32::MAX);
    for (index, fault) in update.faults.iter().enumerate() {
        if let Position::InitByte(byte) = fault.at
            && byte > most
            && built.mutate.is_none()
        {
            let path = [Step::Key("faults"), Step::Item(index), Step::Key("at"), Step::Key("init-byte")];
            beyond(step.find(&path), format!("the init packet of `{}` is shorter", update.package), cx);
        }
    }
}

fn beyond(at: &Node, label: String, cx: &mut Cx<'_>) {
    let text = at.scalar().map_or("this", |scalar| &scalar.text);
    let problem = cx.problem(ProblemKind::OutOfRange, at, format!("{text} is beyond the end of the package"));
    cx.report(problem.label(label));
}
