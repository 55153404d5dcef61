//! What a real client and a device said to each other on a serial line, played to our device and to our engine.
#![expect(clippy::unwrap_used, reason = "helpers of the tests")]

mod device;
mod engine;
mod transcript;

use transcript::Transcript;

/// Public key of the recorded packets. It was worked out from their signature, which two keys fit; this is one of them.
const KEY: &str = "e5a860f380aadb2c8f87dbf671c4adac2d45ba99bd07430b63c444840ba44ac2\
                   25f738c2cd84fe52f7a1d799781a305e0d4b2d0e7bc7e42b048eee9f71eaa434";

const ALL: [&str; 7] = ["plain", "receipts", "usb", "ping_retries", "ping_refused", "silent", "small_mtu"];

/// The recordings tell one story: the same packet and the same image, and frames that our codec gives back as they were.
#[test]
fn recordings_are_whole_and_our_frames_are_theirs() {
    let plain = Transcript::load("plain");
    assert_eq!((plain.init_packet().len(), plain.firmware().len()), (140, 600));
    for name in ALL {
        let transcript = Transcript::load(name);
        assert_eq!(transcript.reframed(), transcript.frames(), "{name}");
        if name != "silent" {
            assert_eq!(transcript.init_packet(), plain.init_packet(), "{name}");
            assert_eq!(transcript.firmware(), plain.firmware(), "{name}");
        }
    }
}
