//! What is known of the state of a device (section 0.3). What is not known is `None`, until an answer tells it.

use super::marks::{Mark, Marks};

/// The object that requests are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selected {
    /// None: an unknown type was named (CP-017).
    Invalid,
    Command,
    Data,
}

/// What a device is known to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) selected: Option<Selected>,
    /// An init packet is in force.
    pub(super) init_ok: Option<bool>,
    /// Bytes of the image that the init packet announced.
    pub(super) fw_size: Option<u32>,
    pub(super) command: Command,
    pub(super) data: Data,
    /// What flash may hold in the settings; `None` is anything.
    pub(super) stored: Option<Vec<Stored>>,
}

/// The command object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) size: Option<u32>,
    pub(super) at: Marks,
    /// Its bytes so far.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Command {
    /// One of this size, without a byte.
    pub(super) fn empty(size: u32) -> Self {
        Self { size: Some(size), at: Marks::sure(Mark::default()), bytes: Some(Vec::new()) }
    }
}

/// The image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Data {
    /// Bytes of the open object; 0 is none.
    pub(super) size: Option<u32>,
    pub(super) at: Marks,
    /// What was executed of it.
    pub(super) executed: Option<Mark>,
}

impl Data {
    /// Nothing of it.
    pub(super) fn empty() -> Self {
        Self::executed(Mark::default())
    }

    /// So much of it, and no object open.
    pub(super) fn executed(mark: Mark) -> Self {
        Self { size: Some(0), at: Marks::sure(mark), executed: Some(mark) }
    }
}

/// What is in the settings pages, and comes back with a reset or a lost link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) command: Command,
    pub(super) data: Data,
    /// Bytes of the image that its init packet announces.
    pub(super) fw_size: Option<u32>,
}

impl Stored {
    /// No init packet, and nothing of an image.
    pub(super) fn nothing() -> Self {
        Self { command: Command::empty(0), data: Data::empty(), fw_size: Some(0) }
    }
}

impl State {
    /// Right after a reset with `stored` in flash, `None` when that is not known (OBJ-036, OBJ-037, CP-019).
    pub(super) fn started(stored: Option<Vec<Stored>>) -> Self {
        let mut state = Self { selected: Some(Selected::Command), ..Self::reloaded(stored) };
        if let Some([only]) = state.stored.as_deref() {
            state.init_ok = only.command.size.map(|size| size > 0);
            state.fw_size = if state.init_ok == Some(false) { Some(0) } else { only.fw_size };
        }
        state
    }

    /// What both a reset and a lost link leave of the objects: what flash holds (OBJ-038).
    pub(super) fn reloaded(stored: Option<Vec<Stored>>) -> Self {
        let mut state = Self { stored: stored.clone(), ..Self::default() };
        let Some(stored) = stored else { return state };
        state.command.at = Marks::one_of(stored.iter().map(|stored| stored.command.at.clone()));
        state.data.at = Marks::one_of(stored.iter().map(|stored| stored.data.at.clone()));
        if let [only] = stored.as_slice() {
            state.command = only.command.clone();
            state.data = only.data.clone();
        }
        state
    }
}
