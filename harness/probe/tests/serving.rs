//! The same board, reached by an unmodified probe-rs over TCP.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod board;

use std::{
    net::TcpStream,
    sync::{Arc, mpsc},
    time::Duration,
};

use board::{BOTH, Board, pattern};
use gauntlet_nrf52::Variant;
use gauntlet_probe::{
    BoardSelector, Debugger, Image, ProbeError,
    serve::{Protocol, Server},
};

/// Runs a test that talks over a socket, and fails it if the talk never ends.
fn in_time(test: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    assert_ne!(wait.recv_timeout(Duration::from_secs(60)), Err(mpsc::RecvTimeoutError::Timeout), "it hangs");
    thread.join().unwrap();
}

#[test]
fn probe_rs_flashes_and_reads_back_over_tcp() {
    in_time(|| {
        for variant in BOTH {
            let board = Board::new("tcp", variant);
            let server = Server::start(Protocol::Glasgow, Arc::clone(&board.machine), 0).unwrap();
            let mut debugger =
                Debugger::attach(&BoardSelector::new(server.selector(), board.target)).unwrap();
            let image = Image::new().with(0x2000, pattern(20_000, 4)).with(0x1000_1014, [0, 0x80, 7, 0]);
            debugger.flash(&image, true, &mut |_| {}).unwrap();
            let back = debugger.read_back(&[0..0x8000, 0x1000_1014..0x1000_1018]).unwrap();
            assert!(back[0].bytes == board.flash()[..0x8000]);
            assert_eq!(back[0].bytes[0x2000..0x2000 + 20_000], pattern(20_000, 4));
            assert!(matches!(debugger.read_word(0x3000_0000), Err(ProbeError::AccessRefused { .. })));
            assert_eq!(
                debugger.read_word(0x1000_0100).unwrap(),
                variant.profile().part,
                "a FAULT does no harm"
            );
            debugger.detach().unwrap();
        }
    });
}

#[test]
fn a_locked_chip_is_locked_over_tcp_too() {
    in_time(|| {
        let board = Board::new("tcp-locked", Variant::Nrf52832);
        board.chip(|chip| {
            chip.put_image(0x1000_1208, &[0; 4]);
            chip.reset(gauntlet_nrf52::Reset::Pin);
        });
        let server = Server::start(Protocol::Glasgow, Arc::clone(&board.machine), 0).unwrap();
        let selector = BoardSelector::new(server.selector(), board.target);
        assert!(matches!(Debugger::attach(&selector), Err(ProbeError::Locked { .. })));
        Debugger::attach(&selector.allow_erase_all()).unwrap();
    });
}

#[test]
fn a_server_ends_with_its_owner() {
    in_time(|| {
        let board = Board::new("tcp-end", Variant::Nrf52832);
        for protocol in [Protocol::Glasgow, Protocol::PyOcd] {
            let server = Server::start(protocol, Arc::clone(&board.machine), 0).unwrap();
            let address = server.address();
            assert!(address.ip().is_loopback());
            let _client = TcpStream::connect(address).unwrap();
            drop(server);
            assert!(TcpStream::connect(address).is_err());
        }
    });
}
