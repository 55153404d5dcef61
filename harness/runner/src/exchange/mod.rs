//! One exchange step: raw requests over one connection, and the answers they must get.

mod raw;

use std::collections::BTreeMap;
use std::time::Duration;

use gauntlet_bench::Mode;
use gauntlet_engine::{Connected, Link, LinkError, Shape};
use gauntlet_record::{Event, Finding, HexBytes};
use gauntlet_scenario::model::{Answer, DataSource, Exchange, ExchangeItem};

use crate::captures;
use crate::entry::request_dfu;
use crate::packages::{Parcel, Sendable};
use crate::trouble::Trouble;
use crate::update::{self, Way};

/// An answer that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Device time in which a device that must stay silent could have answered.
const SILENCE: Duration = Duration::from_secs(1);
const SETTLE: Duration = Duration::from_secs(10);
/// Abort, which is not answered: over BLE the device ends the link before it resets (CP-024).
const ABORT: u8 = 0x0C;
/// Creates a data object.
const CREATE_DATA: &[u8] = &[0x01, 0x02];
/// Until the page of a new object is erased. What a central sends meanwhile may be lost (OBJ-021), and how much of that is sent
/// meanwhile depends on the link.
const ERASE: Duration = Duration::from_millis(100);

/// Says and hears everything of `exchange`; what was answered otherwise is found.
pub(crate) async fn run(
    way: &Way<'_>,
    exchange: &Exchange,
    packages: &BTreeMap<String, Parcel>,
) -> Result<Vec<Finding>, Trouble> {
    if way.board.settle(SETTLE).await != Mode::Dfu {
        request_dfu(&**way.board, way.device)?;
        way.board.settle(SETTLE).await;
    }
    let link = way.board.link(update::link(exchange.link, None), way.device)?;
    let link = way.watched(link, packages.values().filter_map(|parcel| parcel.sendable.as_ref()), false);
    let (mut link, tape) = captures::on_board(way.captures, link, way.board);
    let connected = match link.connect().await {
        Ok(connected) => connected,
        Err(error) => return Ok(vec![finding("connection", "a device in DFU mode", &error.to_string())]),
    };
    let mut findings = Vec::new();
    for item in &exchange.items {
        let answered = match item {
            ExchangeItem::Send { request, answer, .. } => {
                let bytes = request.as_slice();
                let aborts = bytes.first() == Some(&ABORT);
                let must_end = aborts && link.shape() == Shape::Ble;
                let answered = match link.send_request(bytes).await {
                    Ok(()) => hear(&mut *link, way, bytes, Some(answer), must_end).await,
                    // The device may be quicker than the response to the write.
                    Err(LinkError::Lost { .. }) if aborts => Ok(None),
                    Err(error) => Err(error),
                };
                if bytes.starts_with(CREATE_DATA) && link.shape() == Shape::Ble {
                    way.board.idle(ERASE).await;
                }
                answered
            }
            ExchangeItem::Raw { bytes, times, answer, .. } => {
                let bytes = bytes.as_slice().repeat(*times as usize);
                match link.send_raw(&bytes).await {
                    Ok(()) => raw::hear(&mut *link, way, &bytes, answer.as_ref()).await,
                    // A link that has nothing but messages is a matter of the bench.
                    Err(LinkError::Host { detail }) => return Err(Trouble::Link(detail)),
                    Err(error) => Err(error),
                }
            }
            ExchangeItem::Data { source, package, from, to, flip, answer, .. } => {
                let parcel = packages
                    .get(package.as_str())
                    .ok_or_else(|| Trouble::Internal(format!("no package `{package}`")))?;
                let mut bytes = slice(parcel.contents(package.as_str())?, *source, *from, *to).to_vec();
                if let Some(flip) = flip {
                    let at = flip.saturating_sub(*from) as usize;
                    let byte = bytes.get_mut(at).ok_or_else(|| {
                        Trouble::Internal(format!("byte {flip} of `{package}` is behind its end"))
                    })?;
                    *byte ^= 1;
                }
                match send_data(&mut *link, &connected, way, &bytes).await {
                    Ok(()) => hear(&mut *link, way, &bytes, answer.as_ref(), false).await,
                    Err(error) => Err(error),
                }
            }
        };
        match answered {
            Ok(None) => {}
            Ok(Some(finding)) => findings.push(finding),
            Err(error) => {
                findings.push(finding("link", "up until the end of the exchange", &error.to_string()));
                break;
            }
        }
    }
    // The device may have closed the link itself.
    let _closed_already = link.disconnect().await;
    way.captured(tape.as_ref())?;
    Ok(findings)
}

/// Waits for what must come; `Some` when it is something else, or when the device stays although it `must_end` the link.
async fn hear(
    link: &mut dyn Link,
    way: &Way<'_>,
    sent: &[u8],
    expected: Option<&Answer>,
    must_end: bool,
) -> Result<Option<Finding>, LinkError> {
    let Some(expected) = expected else { return Ok(None) };
    let patience = if *expected == Answer::Silence { SILENCE } else { PATIENCE };
    let heard = match tokio::time::timeout(patience, link.receive()).await {
        Ok(Ok(message)) => Some(message),
        // A device that ends the link instead of answering has been silent, too (CP-024).
        Ok(Err(LinkError::Lost { .. })) if *expected == Answer::Silence => None,
        Ok(Err(error)) => return Err(error),
        // A device that resets without ending the link is missed only after the supervision timeout, seconds later.
        Err(_elapsed) if must_end => {
            return Ok(Some(finding("link behind Abort", "ended by the device", "not ended")));
        }
        Err(_elapsed) => None,
    };
    Ok(compare(way, sent, expected, heard))
}

/// Tells what was sent and heard; `Some` when it is something else than it must be.
fn compare(way: &Way<'_>, sent: &[u8], expected: &Answer, heard: Option<Vec<u8>>) -> Option<Finding> {
    let shown = sent[..sent.len().min(32)].to_vec();
    let answer = heard.clone().map(HexBytes::from);
    way.teller.tell(&**way.board, Event::Exchange { sent: HexBytes::from(shown), answer });
    let (holds, wanted) = match (expected, &heard) {
        (Answer::Silence, heard) => (heard.is_none(), "no answer".to_owned()),
        (Answer::Bytes(pattern), Some(message)) => (pattern.matches(message), pattern.to_string()),
        (Answer::Bytes(pattern), None) => (false, pattern.to_string()),
    };
    let found = heard.as_deref().map_or_else(|| "no answer".to_owned(), spaced);
    (!holds).then(|| {
        let what = format!("answer to {}", spaced(&sent[..sent.len().min(6)]));
        finding(&what, &wanted, &found)
    })
}

async fn send_data(
    link: &mut dyn Link,
    connected: &Connected,
    way: &Way<'_>,
    bytes: &[u8],
) -> Result<(), LinkError> {
    // A port takes more than the device behind it, which was not asked for its MTU here.
    let max_data = connected.max_data.min(way.device.build.profile.write_payload());
    let size = (max_data / 4 * 4).max(4);
    for packet in bytes.chunks(size) {
        link.send_data(packet).await?;
    }
    Ok(())
}

fn slice(package: &Sendable, source: DataSource, from: u32, to: Option<u32>) -> &[u8] {
    let bytes: &[u8] = match (package.images.first(), source) {
        (None, _) => &[],
        (Some(image), DataSource::Init) => &image.init_packet,
        (Some(image), DataSource::Firmware) => &image.firmware,
    };
    let end = to.map_or(bytes.len(), |to| bytes.len().min(to as usize));
    bytes.get(from as usize..end).unwrap_or_default()
}

fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

fn finding(check: &str, expected: &str, found: &str) -> Finding {
    Finding { check: check.to_owned(), expected: expected.to_owned(), found: found.to_owned(), detail: None }
}
