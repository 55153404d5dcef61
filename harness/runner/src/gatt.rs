//! One gatt step: what a central does with single attributes, and what it must find (sections 4 and 11).

use std::time::Duration;

use gauntlet_bench::{Board, Debugger, Mode, ProbeError};
use gauntlet_engine::{LinkError, PeerAddress};
use gauntlet_links::gatt::{
    Characteristic, Firmware, Gatt, LinkEnd, Paired, Part, Readable, WriteHow, Written,
};
use gauntlet_record::Finding;
use gauntlet_scenario::model::{
    self, AirAddress, Answer, Encryption, GattAction, Pairing, ReadEnd, Side, WriteResult,
};

use crate::entry::request_dfu;
use crate::judge::Check;
use crate::trouble::Trouble;
use crate::update::{self, Way};

/// What must come has come by then: a reset and a start lie between.
const PATIENCE: Duration = Duration::from_secs(10);
/// The end of a link may be that of an ATT transaction, which comes after 30 s (BLE-027).
const LINK_END: Duration = Duration::from_secs(35);
/// Device time in which a device that must stay silent could have answered.
const SILENCE: Duration = Duration::from_secs(1);
const SETTLE: Duration = Duration::from_secs(10);
/// The device's own address in the factory information: its kind, and its two words.
const DEVICE_ADDRESS_TYPE: u32 = 0x1000_00A0;
const DEVICE_ADDRESS: u32 = 0x1000_00A4;

/// Does everything of `step`; what was otherwise is found. What needs a link that is gone ends the step.
pub(crate) async fn run(way: &Way<'_>, step: &model::Gatt) -> Result<Vec<Finding>, Trouble> {
    let board = &**way.board;
    if begins_in_dfu(step) && board.settle(SETTLE).await != Mode::Dfu {
        request_dfu(board, way.device)?;
        board.settle(SETTLE).await;
    }
    let own = if wants_address(step) { Some(own_address(board)?) } else { None };
    let mut central = board.gatt(update::peer(step.central))?;
    let mut findings = Vec::new();
    for item in &step.items {
        if let GattAction::Wait(time) = item.action {
            board.idle(time).await;
            continue;
        }
        let check = match act(&mut *central, &item.action, own.as_ref()).await {
            Ok(check) => check,
            Err(LinkError::Host { detail }) => return Err(Trouble::Link(detail)),
            Err(error) => {
                let check = Check::new(&what(&item.action), "a link", error, false);
                way.teller.tell(board, check.event());
                findings.extend(check.finding());
                break;
            }
        };
        way.teller.tell(board, check.event());
        findings.extend(check.finding());
    }
    central.disconnect().await;
    Ok(findings)
}

/// A step that is about the bootloader at once finds the device in DFU mode.
fn begins_in_dfu(step: &model::Gatt) -> bool {
    let first = step.items.first().map(|item| &item.action);
    matches!(
        first,
        Some(
            GattAction::Find { firmware: model::Firmware::Bootloader, .. }
                | GattAction::Connect { firmware: model::Firmware::Bootloader, .. }
        )
    )
}

fn wants_address(step: &model::Gatt) -> bool {
    step.items.iter().any(|item| matches!(item.action, GattAction::Find { address: Some(_), .. }))
}

async fn act(
    central: &mut dyn Gatt,
    action: &GattAction,
    own: Option<&PeerAddress>,
) -> Result<Check, LinkError> {
    let what = what(action);
    Ok(match action {
        GattAction::Find { firmware: wanted, name, address } => {
            let address = address.zip(own).map(|(address, own)| expected_address(address, own));
            let found = central.find(firmware(*wanted), PATIENCE).await;
            let ok = found.as_ref().is_some_and(|found| {
                name.as_ref().is_none_or(|name| found.name.as_ref() == Some(name))
                    && address.as_ref().is_none_or(|address| found.address == *address)
            });
            let found = found.map_or("nothing".to_owned(), |found| {
                shown(Some(&found.address), Some(found.name.as_deref().unwrap_or("")))
            });
            Check::new(&what, shown(address.as_ref(), name.as_deref()), found, ok)
        }
        GattAction::FindNobody => nobody(central, &what).await,
        GattAction::Connect { firmware: wanted, mtu, confirm, accepted } => {
            if !confirm {
                central.leave_services_unconfirmed()?;
            }
            if !accepted {
                return not_accepted(central, &what, firmware(*wanted)).await;
            }
            central.connect(firmware(*wanted), *mtu).await?;
            Check::new(&what, "connected", "connected", true)
        }
        GattAction::Mtu { asked, granted } => {
            let found = central.exchange_mtu(*asked).await?;
            Check::new(&what, granted, found, *granted == found)
        }
        GattAction::Subscribe { characteristic: of, value, result } => {
            let usual: &[u8] =
                if *of == model::Characteristic::Buttonless { &[0x02, 0x00] } else { &[0x01, 0x00] };
            let value = value.as_ref().map_or(usual, |value| value.as_slice());
            let written =
                central.write(characteristic(*of), Part::Configuration, WriteHow::Request, value).await?;
            result_of(&what, *result, written)
        }
        GattAction::Write { characteristic: to, value, kind, result } => {
            let how = match kind {
                model::WriteKind::Request => WriteHow::Request,
                model::WriteKind::Command => WriteHow::Command,
                model::WriteKind::Prepare => WriteHow::Prepare,
            };
            let written = central.write(characteristic(*to), Part::Value, how, value.as_slice()).await?;
            result_of(&what, *result, written)
        }
        GattAction::Read { what: wanted, end } => {
            let found = central.read(readable(*wanted)).await?;
            let ok = match (end, &found) {
                (ReadEnd::Value(value), Ok(found)) => value.as_slice() == &found[..],
                (ReadEnd::Error(code), Err(found)) => code == found,
                _ => false,
            };
            let expected = match end {
                ReadEnd::Value(value) => read_words(Ok(value.as_slice())),
                ReadEnd::Error(code) => read_words(Err(*code)),
            };
            Check::new(&what, expected, read_words(found.as_deref().map_err(|code| *code)), ok)
        }
        GattAction::Wait(_) => Check::new(&what, "a pause", "a pause", true),
        GattAction::Hear { message, confirm } => hear(central, &what, message, *confirm).await?,
        GattAction::Pair(wanted) => {
            let found = match central.pair().await? {
                Paired::Done => Pairing::Done,
                Paired::Refused => Pairing::Refused,
                Paired::LinkLost => Pairing::Reset,
            };
            Check::new(&what, wanted, found, *wanted == found)
        }
        GattAction::Encrypt(wanted) => {
            let found = if central.encrypt().await? { Encryption::Done } else { Encryption::Refused };
            Check::new(&what, wanted, found, *wanted == found)
        }
        GattAction::Disconnect(Side::Host) => {
            central.disconnect().await;
            Check::new(&what, "ended", "ended", true)
        }
        GattAction::Disconnect(side) => ends(central, &what, *side).await?,
    })
}

/// No firmware may advertise.
async fn nobody(central: &mut dyn Gatt, what: &str) -> Check {
    let mut found = "nobody".to_owned();
    for firmware in [Firmware::Bootloader, Firmware::Application] {
        if let Some(heard) = central.find(firmware, SILENCE).await {
            found = shown(Some(&heard.address), Some(heard.name.as_deref().unwrap_or("")));
        }
    }
    Check::new(what, "nobody", &found, found == "nobody")
}

/// A device that advertises must not let this central in.
async fn not_accepted(central: &mut dyn Gatt, what: &str, firmware: Firmware) -> Result<Check, LinkError> {
    let found = match central.connect(firmware, None).await {
        Err(LinkError::TimedOut { .. }) => "not accepted",
        Err(error) => return Err(error),
        Ok(()) => "connected",
    };
    central.disconnect().await;
    Ok(Check::new(what, "not accepted", found, found == "not accepted"))
}

async fn hear(
    central: &mut dyn Gatt,
    what: &str,
    expected: &Answer,
    confirm: bool,
) -> Result<Check, LinkError> {
    let patience = if *expected == Answer::Silence { SILENCE } else { PATIENCE };
    let heard = match tokio::time::timeout(patience, central.hear(confirm)).await {
        Ok(heard) => Some(heard?),
        Err(_elapsed) => None,
    };
    let found = heard.as_deref().map_or_else(|| "nothing".to_owned(), spaced);
    Ok(match expected {
        Answer::Silence => Check::new(what, "nothing", found, heard.is_none()),
        Answer::Bytes(pattern) => {
            let ok = heard.is_some_and(|message| pattern.matches(&message));
            Check::new(what, pattern, found, ok)
        }
    })
}

/// The device must end the link, and say nothing before.
async fn ends(central: &mut dyn Gatt, what: &str, side: Side) -> Result<Check, LinkError> {
    let wanted = match side {
        Side::Ended => Some(LinkEnd::ByDevice),
        Side::Lost => Some(LinkEnd::Silence),
        Side::Host | Side::Device => None,
    };
    let words = |end: Option<LinkEnd>| match end {
        Some(LinkEnd::ByDevice) => "ended by the device",
        Some(LinkEnd::Silence) => "lost in silence",
        None => "ended",
    };
    let found = match tokio::time::timeout(LINK_END, central.hear(false)).await {
        Ok(Err(LinkError::Lost { .. })) => {
            // What a central isn't told can't be judged.
            let found = wanted.and_then(|_| central.link_end());
            let ok = found.is_none() || found == wanted;
            return Ok(Check::new(what, words(wanted), words(found), ok));
        }
        Ok(Err(error)) => return Err(error),
        Ok(Ok(message)) => format!("the message {}", spaced(&message)),
        Err(_elapsed) => "a link that is up".to_owned(),
    };
    central.disconnect().await;
    Ok(Check::new(what, words(wanted), found, false))
}

fn result_of(what: &str, wanted: WriteResult, written: Written) -> Check {
    let found = match written {
        Written::Ok => WriteResult::Ok,
        Written::Error(code) => WriteResult::Error(code),
        Written::Nothing => WriteResult::None,
    };
    let ok = wanted == found || wanted == WriteResult::Refused && matches!(found, WriteResult::Error(_));
    Check::new(what, result_words(wanted), result_words(found), ok)
}

fn result_words(result: WriteResult) -> String {
    match result {
        WriteResult::Ok => "a write response".to_owned(),
        WriteResult::Error(code) => format!("ATT error 0x{code:02X}"),
        WriteResult::Refused => "an ATT error".to_owned(),
        WriteResult::None => "no response".to_owned(),
    }
}

/// The action in words, for reports.
fn what(action: &GattAction) -> String {
    match action {
        GattAction::Find { firmware, .. } => format!("advertising of the {firmware}"),
        GattAction::FindNobody => "advertising".to_owned(),
        GattAction::Connect { firmware, .. } => format!("connection to the {firmware}"),
        GattAction::Mtu { asked, .. } => format!("ATT MTU after {asked} was asked for"),
        GattAction::Subscribe { characteristic, value: None, .. } => {
            format!("subscription to {characteristic}")
        }
        GattAction::Subscribe { characteristic, value: Some(value), .. } => {
            format!("configuration {value} of {characteristic}")
        }
        GattAction::Write { characteristic, value, kind, .. } => {
            let bytes = value.as_slice();
            let begin = spaced(&bytes[..bytes.len().min(6)]);
            format!("write {kind} of {begin} ({} bytes) to {characteristic}", bytes.len())
        }
        GattAction::Read { what, .. } => format!("value of {what}"),
        GattAction::Wait(time) => format!("pause of {time:?}"),
        GattAction::Hear { .. } => "message of the device".to_owned(),
        GattAction::Pair(_) => "pairing".to_owned(),
        GattAction::Encrypt(_) => "encryption with the key of a bond".to_owned(),
        GattAction::Disconnect(side @ (Side::Host | Side::Device)) => {
            format!("end of the link by the {side}")
        }
        GattAction::Disconnect(_) => "end of the link".to_owned(),
    }
}

fn shown(address: Option<&PeerAddress>, name: Option<&str>) -> String {
    let address = address.map_or("any address".to_owned(), ToString::to_string);
    let name = name.map_or("any name".to_owned(), |name| format!("`{name}`"));
    format!("{address}, {name}")
}

/// BLE-003, BLE-004.
fn expected_address(which: AirAddress, own: &PeerAddress) -> PeerAddress {
    let mut address = *own;
    if which == AirAddress::PlusOne {
        let least = &mut address.bytes[5];
        *least = least.wrapping_add(1);
    }
    address
}

fn own_address(board: &dyn Board) -> Result<PeerAddress, ProbeError> {
    let mut debugger = board.attach()?;
    let address = factory_address(&mut debugger)?;
    debugger.detach()?;
    Ok(address)
}

/// The address that a SoftDevice takes from the factory information.
pub(crate) fn factory_address(debugger: &mut Debugger) -> Result<PeerAddress, ProbeError> {
    let random = debugger.read_word(DEVICE_ADDRESS_TYPE)? & 1 == 1;
    let low = debugger.read_word(DEVICE_ADDRESS)?.to_be_bytes();
    let high = debugger.read_word(DEVICE_ADDRESS + 4)?.to_be_bytes();
    let mut bytes = [high[2], high[3], low[0], low[1], low[2], low[3]];
    if random {
        // A random static address has its two highest bits set.
        bytes[0] |= 0xC0;
    }
    Ok(PeerAddress { bytes, random })
}

fn firmware(firmware: model::Firmware) -> Firmware {
    match firmware {
        model::Firmware::Application => Firmware::Application,
        model::Firmware::Bootloader => Firmware::Bootloader,
    }
}

fn characteristic(characteristic: model::Characteristic) -> Characteristic {
    match characteristic {
        model::Characteristic::ControlPoint => Characteristic::ControlPoint,
        model::Characteristic::Packet => Characteristic::Packet,
        model::Characteristic::Buttonless => Characteristic::Buttonless,
    }
}

fn readable(what: model::Readable) -> Readable {
    use model::Readable as Wanted;
    match what {
        Wanted::Name => Readable::Name,
        Wanted::ControlPoint => Readable::Of(Characteristic::ControlPoint, Part::Value),
        Wanted::ControlPointConfiguration => Readable::Of(Characteristic::ControlPoint, Part::Configuration),
        Wanted::Packet => Readable::Of(Characteristic::Packet, Part::Value),
        Wanted::Buttonless => Readable::Of(Characteristic::Buttonless, Part::Value),
        Wanted::ButtonlessConfiguration => Readable::Of(Characteristic::Buttonless, Part::Configuration),
    }
}

fn read_words(end: Result<&[u8], u8>) -> String {
    match end {
        Ok(value) => format!("the value {}", spaced(value)),
        Err(code) => format!("ATT error 0x{code:02X}"),
    }
}

fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}
