//! Requests and answers: what a device could say never makes a host stumble, and what is read can be written again.

use crate::{Outcome, Target};
use gauntlet_protocol::{
    CrcAnswer, FirmwareVersionAnswer, HardwareVersionAnswer, MtuAnswer, Request, Response, SelectAnswer,
};

/// The target.
pub const TARGET: Target = Target { name: "messages", run, seeds, words: &[b"\x60"], max_len: 80 };

fn run(input: &[u8]) -> Outcome {
    let request = Request::parse(input);
    if let Ok(request) = &request {
        let bytes = request.encode();
        assert!(input.starts_with(&bytes), "bytes behind a request are ignored");
        assert_eq!(Request::parse(&bytes).as_ref(), Ok(request));
    }
    let response = Response::parse(input);
    if let Ok(response) = &response {
        assert_eq!(response.encode(), input, "an answer holds every byte");
        typed(response);
    }
    Outcome::of(&(
        request.map(|request| request.opcode()),
        response.map(|r| (r.opcode, r.result, r.extended)),
    ))
}

/// A typed answer is the start of the message it was read from.
fn typed(response: &Response) {
    let bytes = response.encode();
    let starts = |typed: Response| assert!(bytes.starts_with(&typed.encode()), "{typed:?}");
    let _ = response.select_answer().map(|answer: SelectAnswer| starts(Response::select(answer)));
    let _ = response.crc_answer().map(|answer: CrcAnswer| starts(Response::crc(answer)));
    let _ = response
        .hardware_version_answer()
        .map(|a: HardwareVersionAnswer| starts(Response::hardware_version(a)));
    let _ = response
        .firmware_version_answer()
        .map(|a: FirmwareVersionAnswer| starts(Response::firmware_version(a)));
    let _ = response.mtu_answer().map(|answer: MtuAnswer| {
        assert!(2 * answer.max_data() < usize::from(answer.mtu).max(1), "a Write fits into the MTU");
        starts(Response::mtu(answer));
    });
    let _ = (response.ping_answer(), response.protocol_version_answer());
    let _ = response.accepted().map_err(|refusal| refusal.to_string());
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![]];
    for opcode in 0..=0x0D {
        seeds.push(vec![opcode, 2, 0, 0x10, 0, 0]);
        for result in 0..=0x0B {
            seeds.push([&[0x60, opcode, result][..], &[3; 20]].concat());
        }
    }
    seeds
}
