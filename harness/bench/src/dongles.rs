//! The dongles of a virtual bench: one for each of its centrals, because a dongle has one address.

use std::cell::RefCell;

use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::dongle::{Bond, DongleHost, DongleOptions};
use gauntlet_links::virtual_dongle::{DonglePace, VirtualDongle, VirtualPort};
use gauntlet_reference::gap::Central;

use crate::board::Peer;

/// Dongles within reach of a board, plugged in when they are needed first.
pub(crate) struct Dongles {
    board: VirtualBoard,
    plugged: RefCell<Vec<(Peer, DongleHost)>>,
}

impl Dongles {
    pub(crate) fn new(board: VirtualBoard) -> Self {
        Self { board, plugged: RefCell::default() }
    }

    /// The dongle of one central. The host behind it has the keys of the central's bonds.
    pub(crate) fn host(&self, peer: Peer, who: Central) -> DongleHost {
        let mut plugged = self.plugged.borrow_mut();
        if let Some((_, host)) = plugged.iter().find(|(known, _)| *known == peer) {
            return host.clone();
        }
        let dongle = VirtualDongle::new(self.board.clone(), DonglePace::REAL, &[]).known_as(who);
        let port = VirtualPort::new("virtual dongle", dongle, self.board.clone());
        let bond = who.bond.map(|bond| Bond { ltk: bond.ltk, ediv: bond.ediv, rand: bond.rand });
        let host = DongleHost::new(port, DongleOptions { bond, ..DongleOptions::default() });
        plugged.push((peer, host.clone()));
        host
    }
}
