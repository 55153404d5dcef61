//! DFU mode: the main loop, its timer, and what a lost link does.

use gauntlet_nrf52::{Chip, cycles_from_ms};
use gauntlet_package::settings::{INIT_COMMAND_LEN, Progress};
use gauntlet_protocol::init_packet::{self, InitPacket};

use super::boot::{Device, load_settings};
use super::flash::Then;
use super::inbox::{Inbox, Work};
use super::objects::Buffer;
use super::transport::{Received, Transport};
use super::{Halt, space, watchdog};
use crate::bugs::PlantedBug;
use crate::build::Profile;
use crate::layout::PAGE;
use crate::wire::{Closed, Presence, SharedWire};

/// Busy wait between ending the link and the reset (TMR-011).
const CLOSE_MS: u64 = 200;

/// Milliseconds of work during which nothing is expected to arrive.
const BUSY_MS: u64 = 1;

/// Bytes of a Write over a UART that hosts send (section 5.1); a planted bug takes no more.
const NOMINAL_WRITE: usize = 64;

/// What a planted bug answers to Abort.
const ABORT_ANSWER: [u8; 3] = [0x60, 0x0C, 0x01];

/// Why DFU mode is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By a reset: completion, Abort or inactivity.
    Reset,
}

/// The object that requests refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selected {
    Invalid,
    Command,
    Data,
}

/// What an Execute leaves to be done when its answer is on the way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Afterwards {
    #[default]
    Nothing,
    /// The progress is saved (OBJ-040).
    Commit,
    /// The update has ended: it is committed, then the transport closes and the device resets (OBJ-030, SER-018).
    CommitAndReset,
}

/// DFU mode.
#[derive(Debug)]
pub(super) struct Dfu {
    pub(super) device: Device,
    pub(super) selected: Selected,
    pub(super) init_ok: bool,
    pub(super) init: Option<InitPacket>,
    pub(super) fw_addr: u32,
    pub(super) fw_size: u32,
    pub(super) inbox: Inbox,
    /// CRC without the last byte; a planted bug answers it.
    pub(super) short_crc: u32,
    /// CRC of the open object alone; a planted bug answers it.
    pub(super) object_crc: u32,
    transport: Transport,
    /// The last request took so long that others arrived meanwhile.
    busy: bool,
    deadline: Option<u64>,
    pub(super) afterwards: Afterwards,
}

impl Dfu {
    /// Enters DFU mode for `limit_ms` without progress; a persisted init packet is in force again without another check (OBJ-036).
    pub(super) fn start(chip: &mut Chip, mut device: Device, limit_ms: u32) -> Result<Self, Halt> {
        if device.build.profile == Profile::Ble {
            device.flash.queue_from_now_on();
        }
        let mut dfu = Self {
            transport: Transport::new(chip, &device)?,
            // What a Get CRC refers to when nothing has been selected yet (CP-019).
            selected: Selected::Command,
            init_ok: false,
            init: None,
            fw_addr: 0,
            fw_size: 0,
            inbox: Inbox::for_build(&device.build),
            busy: false,
            short_crc: 0,
            object_crc: 0,
            deadline: None,
            afterwards: Afterwards::Nothing,
            device,
        };
        dfu.start_timer(chip, limit_ms);
        if dfu.device.build.has(PlantedBug::WatchdogStarted) {
            watchdog::start(chip)?;
        }
        dfu.restore_init(chip)?;
        Ok(dfu)
    }

    /// TMR-001..003: progress was made; nothing else restarts the timer (TMR-004). Until then a session has what is left of the time since DFU mode began (TMR-005).
    pub(super) fn restart_timer(&mut self, chip: &Chip) {
        self.start_timer(chip, self.device.build.inactivity_ms);
    }

    /// Zero is never (TMR-012).
    fn start_timer(&mut self, chip: &Chip, limit_ms: u32) {
        let half = self.device.build.has(PlantedBug::InactivityTooShort);
        let limit_ms = if half { limit_ms / 2 } else { limit_ms };
        let ends = limit_ms > 0 && !self.device.build.has(PlantedBug::InactivityIgnored);
        self.deadline = ends.then(|| chip.now() + cycles_from_ms(limit_ms.into()));
    }

    /// The command that an accepted Execute left in flash: a host goes on without sending it again, whether the application
    /// was kept (PWR-004) or had to go (PWR-005).
    fn restore_init(&mut self, chip: &mut Chip) -> Result<(), Halt> {
        let settings = &self.device.settings;
        let size = settings.progress.cmd_size;
        if size == 0 || size != settings.progress.cmd_offset || size as usize > INIT_COMMAND_LEN {
            return Ok(());
        }
        if self.device.build.has(PlantedBug::InitNotRestored) {
            return Ok(());
        }
        let Ok(packet) = init_packet::decode(&settings.init_command[..size as usize]) else {
            return Ok(());
        };
        self.fw_size = packet.init.image_size();
        // A stored packet that no longer fits is an error in initialisation (ACT-028).
        let place = space::place(chip, &self.device, &packet.init, self.fw_size)?.ok_or(Halt::Reset)?;
        self.take_place(chip, place)?;
        if self.device.build.has(PlantedBug::ProgressLostAtReset) {
            let Progress { cmd_size, cmd_offset, cmd_crc, .. } = self.device.settings.progress;
            self.device.settings.progress = Progress { cmd_size, cmd_offset, cmd_crc, ..Progress::default() };
        }
        self.init = Some(packet);
        Ok(())
    }

    /// Whether the progress is stored behind the object that has just been executed (OBJ-040).
    pub(super) fn saves_progress(&self) -> bool {
        let build = &self.device.build;
        let executed = self.device.settings.progress.fw_offset_last;
        let skipped = build.has(PlantedBug::ProgressNotSaved)
            || build.has(PlantedBug::EveryOtherObjectSaved) && !executed.is_multiple_of(2 * PAGE);
        (build.save_progress || build.has(PlantedBug::ProgressSavedUnasked)) && !skipped
    }

    /// Opens the transport.
    pub(super) fn listen(&mut self, wire: &SharedWire) {
        self.transport.listen(wire);
    }

    /// Works until cycle `until`.
    pub(super) fn run(
        &mut self,
        chip: &mut Chip,
        wire: &SharedWire,
        until: u64,
    ) -> Result<Option<Ended>, Halt> {
        while chip.now() < until {
            watchdog::feed(chip)?;
            let held = self.device.flash.held_buffers();
            let received = self.transport.receive(chip, wire, &mut self.inbox, held, self.busy);
            self.busy = false;
            match received {
                Received::Requests => {}
                Received::LineError if self.device.build.has(PlantedBug::LineErrorIgnored) => {}
                Received::Unplugged if self.device.build.has(PlantedBug::CableIgnored) => {
                    self.transport.listen(wire);
                }
                Received::Disconnected | Received::Unplugged => {
                    self.on_disconnect(chip, wire)?;
                    continue;
                }
                // The error handler; the settings are what they were (SER-013, FLT-032).
                Received::LineError | Received::Failed => return Err(Halt::Reset),
            }
            if let Some(ended) = self.work(chip, wire)? {
                return Ok(Some(ended));
            }
            if !self.inbox.fifo.is_empty() || !self.device.flash.is_idle() {
                continue;
            }
            if self.deadline.is_some_and(|deadline| chip.now() >= deadline) {
                // TMR-006: the host is told nothing.
                self.sync_backup(chip)?;
                self.device.delay_reset(chip);
                return Err(Halt::Reset);
            }
            let arrival = self.transport.next_arrival(chip.now(), wire);
            let next = [arrival, self.deadline].into_iter().flatten().fold(until, u64::min);
            let next = next.max(chip.now() + 1);
            watchdog::pass_time(chip, next)?;
        }
        Ok(None)
    }

    /// One entry of the FIFO, or one piece of flash work.
    fn work(&mut self, chip: &mut Chip, wire: &SharedWire) -> Result<Option<Ended>, Halt> {
        let only_waiting = self.inbox.fifo.iter().all(|work| matches!(work, Work::WaitingExecute));
        if !only_waiting || !self.inbox.fifo.is_empty() && self.device.flash.is_idle() {
            return match self.inbox.fifo.pop_front() {
                Some(work) => self.process(chip, wire, work),
                None => Ok(None),
            };
        }
        match self.device.flash.step(chip)? {
            Some(Then::CloseAndReset) => {
                self.close(chip, wire)?;
                self.device.delay_reset(chip);
                Ok(Some(Ended::Reset))
            }
            None => Ok(None),
        }
    }

    fn process(&mut self, chip: &mut Chip, wire: &SharedWire, work: Work) -> Result<Option<Ended>, Halt> {
        let began = chip.now();
        let answer = match work {
            Work::Request(request) if request.first() == Some(&super::requests::ABORT) => {
                if self.device.build.has(PlantedBug::AbortAnswered) {
                    self.transport.send(chip, wire, &ABORT_ANSWER);
                }
                if self.device.build.has(PlantedBug::AbortForgetsInit) {
                    self.device.settings.reset_progress();
                    self.device.commit(chip)?;
                }
                // The host is not answered: it sees the link end, then the reset (SER-019).
                self.close(chip, wire)?;
                self.sync_backup(chip)?;
                self.device.delay_reset(chip);
                return Ok(Some(Ended::Reset));
            }
            Work::Request(request) => self.request(chip, &request)?,
            Work::Write(mut bytes) => {
                if self.device.build.has(PlantedBug::LongFrameCut)
                    && self.device.build.profile == Profile::Uart
                {
                    bytes.truncate(NOMINAL_WRITE);
                }
                self.write_and_count(chip, &bytes, Buffer::Held)?
            }
            Work::WaitingExecute => self.finish_execute(chip)?,
        };
        self.busy = chip.now() - began > cycles_from_ms(BUSY_MS);
        if let Some(mut answer) = answer {
            if self.device.build.has(PlantedBug::ExtendedCodeMissing) && answer.get(2) == Some(&0x0B) {
                answer.truncate(3);
            }
            self.transport.send(chip, wire, &answer);
        }
        // Until this is in flash, a cut loses an update that was answered with success (PWR-009).
        let afterwards = std::mem::take(&mut self.afterwards);
        if afterwards == Afterwards::CommitAndReset && self.device.build.has(PlantedBug::CommitLost) {
            return Err(Halt::Reset);
        }
        if afterwards != Afterwards::Nothing {
            self.device.commit(chip)?;
        }
        if afterwards == Afterwards::CommitAndReset && !self.device.build.has(PlantedBug::ResetLost) {
            if self.device.build.profile.is_serial() {
                // Written by now: nothing else is executed any more (SER-018).
                self.close(chip, wire)?;
                self.device.delay_reset(chip);
                return Ok(Some(Ended::Reset));
            }
            // What arrives meanwhile may be executed, but a second Execute waits for the flash and so for ever (FLT-012, FLT-013).
            self.device.flash.finish(Then::CloseAndReset);
        }
        Ok(None)
    }

    /// OBJ-038: on the next connection everything in the settings is what flash holds. The host may have gone in the middle of
    /// anything (FLT-025): what is queued, requests and flash operations alike, still runs to its end. Writes among them find no
    /// object open (OBJ-047), and a commit that is under way may not be what is loaded (OBJ-046, PWR-019). The selected object
    /// stays selected (CP-025), and the device can be found again at once (BLE-025).
    fn on_disconnect(&mut self, chip: &mut Chip, wire: &SharedWire) -> Result<(), Halt> {
        let before = self.device.settings.clone();
        self.device.settings = load_settings(chip, &self.device.layout, &self.device.build)?;
        if self.device.build.has(PlantedBug::OffsetKeptAfterDisconnect) {
            let kept = before.progress;
            self.device.settings.progress.fw_offset = kept.fw_offset;
            self.device.settings.progress.fw_crc = kept.fw_crc;
        }
        if self.device.build.has(PlantedBug::CrcKeptAfterDisconnect) {
            self.device.settings.progress.fw_crc = before.progress.fw_crc;
        }
        if self.device.build.has(PlantedBug::PartialInitKept) {
            self.device.settings.progress.cmd_size = before.progress.cmd_size;
            self.device.settings.progress.cmd_offset = before.progress.cmd_offset;
            self.device.settings.progress.cmd_crc = before.progress.cmd_crc;
            self.device.settings.init_command = before.init_command;
        }
        if self.device.build.has(PlantedBug::ExecutedSurvivesLink) {
            let Progress { fw_offset_last, fw_crc_last, .. } = before.progress;
            let progress = &mut self.device.settings.progress;
            (progress.fw_offset, progress.fw_offset_last) = (fw_offset_last, fw_offset_last);
            (progress.fw_crc, progress.fw_crc_last) = (fw_crc_last, fw_crc_last);
        }
        if self.device.build.has(PlantedBug::ReceiptsLostWithLink) {
            self.inbox.receipts.target = 0;
        }
        if self.device.build.has(PlantedBug::LinkSelectsInit) {
            self.selected = Selected::Command;
        }
        if self.device.build.has(PlantedBug::LinkRestartsReceipts) {
            self.inbox.receipts.count = self.inbox.receipts.target;
        }
        if self.device.build.has(PlantedBug::DisconnectIsProgress) {
            self.restart_timer(chip);
        }
        self.init_ok &= !self.device.build.has(PlantedBug::InitLostWithLink);
        self.transport.listen(wire);
        Ok(())
    }

    /// SET-019: the main page is copied to the backup if it differs.
    fn sync_backup(&mut self, chip: &mut Chip) -> Result<(), Halt> {
        while !self.device.flash.is_idle() {
            self.device.flash.step(chip)?;
        }
        // The queue is empty, so there is room.
        let _queued = self.device.sync_backup(chip)?;
        while !self.device.flash.is_idle() {
            self.device.flash.step(chip)?;
        }
        Ok(())
    }

    /// Ends the link from this side. Nothing is advertised any more before the reset that follows (BLE-026).
    ///
    /// The SoftDevice goes on with queued flash operations during the wait.
    fn close(&mut self, chip: &mut Chip, wire: &SharedWire) -> Result<(), Halt> {
        if self.device.build.profile.is_serial() {
            wire.lock().set_presence(Presence::Silent);
            return Ok(());
        }
        let ended = self.transport.next_slot(chip.now());
        wire.lock().close(ended, Closed::ByDevice);
        let wait = if self.device.build.has(PlantedBug::CloseNotAwaited) { 0 } else { CLOSE_MS };
        let closed = chip.now() + cycles_from_ms(wait);
        while chip.now() < closed && !self.device.flash.is_idle() {
            self.device.flash.step(chip)?;
        }
        Ok(watchdog::pass_time(chip, closed)?)
    }
}
