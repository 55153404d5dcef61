//! An event as one line for people.

use gauntlet_record::Event;

/// What an event says in the account of a case; nothing for events that say too little or too much for it.
///
/// Left out are the frame of run and case, each executed object, raw exchanges and read-back digests: they stand in
/// the journal. Checks that held are left out too.
pub fn story_line(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunStarted { .. }
        | Event::RunFinished { .. }
        | Event::CaseStarted { .. }
        | Event::CaseFinished { .. }
        | Event::ObjectExecuted { .. }
        | Event::DataStarted
        | Event::DataEnded
        | Event::Exchange { .. }
        | Event::ReadBack { .. }
        | Event::Judged { ok: true, .. } => return None,
        Event::DevicePrepared { flashed_bytes, regions, .. } => {
            let names: Vec<&str> = regions.iter().map(|region| region.name.as_str()).collect();
            format!("device prepared: {flashed_bytes} bytes ({})", names.join(", "))
        }
        Event::StepStarted { step, of, what } => format!("step {step} of {of}: {what}"),
        Event::StepFinished { step, outcome, .. } => format!("step {step} ended: {outcome}"),
        Event::LinkConnected { link, att_mtu: Some(mtu), max_data } => {
            format!("{link} connected, MTU {mtu}, {max_data} data bytes a packet")
        }
        Event::LinkConnected { link, att_mtu: None, max_data } => {
            format!("{link} connected, {max_data} data bytes a frame")
        }
        Event::LinkLost { reason } => format!("link lost: {reason}"),
        Event::LinkReconnected { count } => format!("link up again ({count})"),
        Event::UpdateStarted { package, init_bytes, firmware_bytes } => {
            format!("update {package}: init packet {init_bytes} bytes, firmware {firmware_bytes} bytes")
        }
        Event::UpdateResumed { object, offset, crc32 } => {
            format!("resumed {object} at byte {offset} (CRC {crc32})")
        }
        Event::InitAccepted { bytes, .. } => format!("init packet accepted ({bytes} bytes)"),
        Event::FaultFired { fault, position } => format!("fault fired: {fault} at {position}"),
        Event::FaultMissed { fault, position } => format!("fault did not fire: {fault} at {position}"),
        Event::UpdateFinished { outcome, words, bytes, resent, reconnects, .. } => {
            let words = words.as_ref().map_or(String::new(), |words| format!(" ({words})"));
            format!(
                "update {outcome}{words}: {bytes} bytes sent, {resent} of them again, {reconnects} reconnects"
            )
        }
        Event::PowerCut { flash_op, address, tear } => {
            let op = flash_op.map_or(String::new(), |op| format!(" at flash operation {op}"));
            let address = address.map_or(String::new(), |address| format!(" on {address}"));
            let tear = tear.as_ref().map_or(String::new(), |tear| format!(", {tear}"));
            format!("power cut{op}{address}{tear}")
        }
        Event::PowerRestored => "power restored".to_owned(),
        Event::DeviceReset { kind } => format!("device reset ({kind})"),
        Event::WitnessRead { word: Some(word) } => format!("witness word {word}"),
        Event::WitnessRead { word: None } => "witness word could not be read".to_owned(),
        Event::Judged { check, ok: false, expected, found } => {
            format!("does not hold: {check}: expected {expected}, found {found}")
        }
        Event::ClosingUpdate { ok, outcome } => {
            format!("closing update {}: {outcome}", if *ok { "good" } else { "not good" })
        }
        Event::CaseRetried { attempt, error } => {
            format!(
                "attempt {attempt} ended with an error and is repeated: {}: {}",
                error.class, error.message
            )
        }
    })
}
