//! A jump of the application into its bootloader, and whether that was found where it has to be.

use gauntlet_bench::{Board, BoardError};
use gauntlet_engine::{ApplicationLink, Buttonless, DfuEntry as _, JumpNote, UpdateEvent};
use gauntlet_record::Finding;

use super::Manner;

/// The way in over the buttonless service.
pub(super) struct Jump {
    pub(super) entry: Buttonless<Box<dyn ApplicationLink>>,
}

/// Where the engine found its first device behind a jump.
#[derive(Debug, Default)]
pub(super) struct FoundAt {
    jumped: bool,
    peer: Option<String>,
}

impl FoundAt {
    pub(super) fn see(&mut self, event: &UpdateEvent) {
        match event {
            UpdateEvent::EnteringDfu => self.jumped = true,
            UpdateEvent::Connected(connected) if self.jumped && self.peer.is_none() => {
                self.peer.clone_from(&connected.peer);
            }
            _ => {}
        }
    }
}

impl Jump {
    pub(super) fn new(board: &dyn Board, manner: &Manner) -> Result<Self, BoardError> {
        let mut entry =
            Buttonless::with_options(board.application_link(manner.peer)?, board.patience().of_jump());
        if let Some(name) = &manner.rename {
            entry = entry.with_name(name);
        }
        Ok(Self { entry })
    }

    /// A client may look at every address that a device may have. A device has the one that its service stands for
    /// (BLE-003, BLE-004), and the name that it accepted (BLE-002).
    pub(super) fn wrong_place(&self, found: &FoundAt) -> Option<Finding> {
        let (target, peer) = (self.entry.target()?, found.peer.as_ref()?);
        let name = match &target.name {
            Some(name) if self.entry.notes().contains(&JumpNote::NameSet) => name,
            _ => "DfuTarg",
        };
        let expected = format!("{} `{name}`", target.addresses.first()?);
        (expected != *peer).then(|| Finding {
            check: "bootloader found at".to_owned(),
            expected,
            found: peer.clone(),
            detail: None,
        })
    }
}
