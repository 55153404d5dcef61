//! What holds for every init packet, every stream of frames, every request and every answer.

use gauntlet_protocol::init_packet::{
    BootValidation, FwType, HASH_LEN, Hash, InitCommand, MAX_BOOT_VALIDATION, MAX_SD_REQ, SIGNATURE_LEN,
    Signature, decode, encode_init_command, remarks, wrap_signed, wrap_unsigned,
};
use gauntlet_protocol::slip::{Decoder, END, HOST_LIMIT, UART_LIMIT, USB_LIMIT, encode};
use gauntlet_protocol::{
    CrcAnswer, FirmwareVersionAnswer, HardwareVersionAnswer, MtuAnswer, Request, Response, SelectAnswer,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}

fn command() -> impl Strategy<Value = InitCommand> {
    let number = || option::of(any::<u32>());
    let hash = (any::<u8>(), bytes(HASH_LEN)).prop_map(|(kind, bytes)| Hash { kind: kind.into(), bytes });
    let record = (any::<u8>(), bytes(SIGNATURE_LEN))
        .prop_map(|(kind, bytes)| BootValidation { kind: kind.into(), bytes });
    let lists = (vec(any::<u32>(), 0..=MAX_SD_REQ), vec(record, 0..=MAX_BOOT_VALIDATION));
    let numbers = (number(), number(), number(), number(), number());
    (numbers, lists, option::of(any::<u8>()), option::of(hash), any::<bool>()).prop_map(
        |(
            (fw_version, hw_version, sd_size, bl_size, app_size),
            (sd_req, boot_validation),
            kind,
            hash,
            is_debug,
        )| {
            let fw_type = kind.map(FwType::from);
            InitCommand {
                fw_version,
                hw_version,
                sd_req,
                fw_type,
                sd_size,
                bl_size,
                app_size,
                hash,
                is_debug,
                boot_validation,
            }
        },
    )
}

proptest! {
    #[test]
    fn an_unsigned_packet_is_read_as_it_was_written(init in command()) {
        let packet = wrap_unsigned(&encode_init_command(&init));
        let read = decode(&packet).unwrap();
        prop_assert!(remarks(&packet).is_empty());
        prop_assert_eq!(read.signed_bytes(&packet), encode_init_command(&init));
        prop_assert_eq!((read.init, read.signature), (init, None));
    }

    #[test]
    fn a_signed_packet_is_read_as_it_was_written(init in command(), kind in any::<u8>(), sig in bytes(SIGNATURE_LEN)) {
        let signature = Signature { kind: kind.into(), bytes: sig };
        let packet = wrap_signed(&encode_init_command(&init), signature.kind, &signature.bytes);
        let read = decode(&packet).unwrap();
        prop_assert!(remarks(&packet).is_empty());
        prop_assert_eq!(read.signed_bytes(&packet), encode_init_command(&init));
        prop_assert_eq!((read.init, read.signature), (init, Some(signature)));
    }

    /// A packet that breaks off is never taken for another one with the same signed bytes.
    #[test]
    fn a_packet_that_breaks_off_is_not_the_whole_one(init in command(), keep in any::<prop::sample::Index>()) {
        let packet = wrap_signed(&encode_init_command(&init), 0.into(), &[7; SIGNATURE_LEN]);
        let cut = &packet[..keep.index(packet.len())];
        if let Ok(read) = decode(cut) {
            prop_assert!(read.signature.is_none_or(|signature| signature.bytes.len() < SIGNATURE_LEN));
        }
    }

    /// Damage is refused or read; what is read lies in the packet, is within the limits, and can be written again.
    #[test]
    fn damaged_packets_stay_within_limits(init in command(), damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut packet = wrap_signed(&encode_init_command(&init), 0.into(), &[7; SIGNATURE_LEN]);
        for (at, byte) in damage {
            let at = at.index(packet.len());
            packet[at] = byte;
        }
        let _ = remarks(&packet);
        if let Ok(read) = decode(&packet) {
            prop_assert!(read.signed_range.end <= packet.len() && read.signed_range.start <= read.signed_range.end);
            prop_assert!(read.init.sd_req.len() <= MAX_SD_REQ && read.init.boot_validation.len() <= MAX_BOOT_VALIDATION);
            let again = wrap_unsigned(&encode_init_command(&read.init));
            prop_assert_eq!(decode(&again).unwrap().init, read.init);
        }
    }

    #[test]
    fn noise_is_no_packet_that_panics(noise in bytes(600)) {
        let _ = remarks(&noise);
        if let Ok(read) = decode(&noise) {
            prop_assert!(read.signed_bytes(&noise).len() <= noise.len());
        }
    }
}

/// One decoder of each kind.
fn decoders() -> [Decoder; 4] {
    [
        Decoder::unlimited(),
        Decoder::with_limit(UART_LIMIT),
        Decoder::with_limit(USB_LIMIT),
        Decoder::for_host(),
    ]
}

/// A stream rich in the bytes that matter.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0xC0u8), Just(0xDB), Just(0xDC), Just(0xDD), any::<u8>()];
    vec(byte, 0..500)
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_frames(stream in stream(), sizes in vec(1usize..40, 1..50)) {
        for (mut whole, mut pieces) in decoders().into_iter().zip(decoders()) {
            let expected = whole.feed(&stream);
            let (mut found, mut rest) = (Vec::new(), stream.as_slice());
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, behind) = rest.split_at(rest.len().min(*size));
                found.extend(pieces.feed(piece));
                rest = behind;
            }
            prop_assert_eq!(found, expected);
            prop_assert_eq!(format!("{pieces:?}"), format!("{whole:?}"));
        }
    }

    #[test]
    fn frames_survive_and_hold_one_end(data in bytes(3000)) {
        let frame = encode(&data);
        prop_assert!(frame.len() <= 2 * data.len() + 1);
        prop_assert_eq!(frame.iter().position(|&byte| byte == END), Some(frame.len() - 1));
        prop_assert_eq!(Decoder::for_host().feed(&frame), vec![data]);
    }

    /// A stale piece of a frame costs the frame behind it, and no other one.
    #[test]
    fn behind_a_stale_piece_one_frame_is_lost_at_most(stale in stream(), data in vec(bytes(60), 3)) {
        let wire: Vec<u8> = data.iter().flat_map(|frame| encode(frame)).collect();
        for mut decoder in [Decoder::unlimited(), Decoder::for_host()] {
            decoder.feed(&stale);
            let found = decoder.feed(&wire);
            // An escape right in front of the first END makes it lose its meaning, so the second frame goes as well.
            let kept = if stale.ends_with(&[0xDB]) && data[0].is_empty() { 1 } else { 2 };
            prop_assert!(found.ends_with(&data[3 - kept..]), "{:?}", found);
        }
    }

    #[test]
    fn no_decoder_holds_more_than_its_limit(stream in stream(), noise in any::<u8>()) {
        let endless = vec![if noise == END { 0 } else { noise }; 5000];
        for (mut decoder, limit) in decoders().into_iter().zip([None, Some(UART_LIMIT), Some(USB_LIMIT), Some(HOST_LIMIT)]) {
            decoder.feed(&stream);
            decoder.feed(&endless);
            prop_assert!(limit.is_none_or(|limit| decoder.pending() <= limit));
        }
    }
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        Just(Request::ProtocolVersion),
        (any::<u8>(), any::<u32>())
            .prop_map(|(object, size)| Request::Create { object: object.into(), size }),
        any::<u16>().prop_map(|packets| Request::SetPrn { packets }),
        Just(Request::GetCrc),
        Just(Request::Execute),
        any::<u8>().prop_map(|object| Request::Select { object: object.into() }),
        Just(Request::GetMtu),
        bytes(100).prop_map(|data| Request::Write { data }),
        any::<u8>().prop_map(|id| Request::Ping { id }),
        Just(Request::HardwareVersion),
        any::<u8>().prop_map(|image| Request::FirmwareVersion { image }),
        Just(Request::Abort),
        (0x0Du8.., bytes(20)).prop_map(|(opcode, parameters)| Request::Unknown { opcode, parameters }),
    ]
}

proptest! {
    #[test]
    fn every_request_is_read_as_it_was_written(request in request(), tail in bytes(5)) {
        prop_assert_eq!(Request::parse(&request.encode()), Ok(request.clone()));
        let open = matches!(request, Request::Write { .. } | Request::Unknown { .. });
        if !open {
            prop_assert_eq!(Request::parse(&[request.encode(), tail].concat()), Ok(request), "CP-028");
        }
    }

    #[test]
    fn every_typed_answer_is_read_as_it_was_written(w in any::<[u32; 5]>(), image_type in any::<u8>(), mtu in any::<u16>()) {
        let read = |response: Response| Response::parse(&response.encode()).unwrap();
        let answer = SelectAnswer { max_size: w[0], offset: w[1], crc: w[2] };
        prop_assert_eq!(read(Response::select(answer)).select_answer(), Ok(answer));
        let answer = CrcAnswer { offset: w[0], crc: w[1] };
        prop_assert_eq!(read(Response::crc(answer)).crc_answer(), Ok(answer));
        let answer = MtuAnswer { mtu };
        prop_assert_eq!(read(Response::mtu(answer)).mtu_answer(), Ok(answer));
        let frame = encode(&vec![END; answer.max_data() + 1]);
        prop_assert!(answer.max_data() == 0 || frame.len() <= usize::from(mtu), "the worst Write fits into the MTU");
        let answer = HardwareVersionAnswer { part: w[0], variant: w[1], rom_size: w[2], ram_size: w[3], rom_page_size: w[4] };
        prop_assert_eq!(read(Response::hardware_version(answer)).hardware_version_answer(), Ok(answer));
        let answer = FirmwareVersionAnswer { image_type, version: w[0], address: w[1], length: w[2] };
        prop_assert_eq!(read(Response::firmware_version(answer)).firmware_version_answer(), Ok(answer));
    }

    /// Whatever a device says: read or refused, with words for it, and every byte kept.
    #[test]
    fn nothing_a_device_says_makes_the_host_stumble(mut message in bytes(40), like_an_answer in any::<bool>()) {
        if let (true, Some(first)) = (like_an_answer, message.first_mut()) {
            *first = 0x60;
        }
        match Response::parse(&message) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(response) => {
                prop_assert_eq!(response.encode(), message);
                let typed = [
                    response.select_answer().is_ok(),
                    response.crc_answer().is_ok(),
                    response.mtu_answer().is_ok(),
                    response.ping_answer().is_ok(),
                    response.protocol_version_answer().is_ok(),
                    response.hardware_version_answer().is_ok(),
                    response.firmware_version_answer().is_ok(),
                ];
                prop_assert!(typed.iter().filter(|&&ok| ok).count() <= 1, "an answer answers one request");
            }
        }
    }
}
