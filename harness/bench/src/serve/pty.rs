//! A pseudo-terminal: what other programs take for a serial port.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Bytes that are taken from the port at a time; the kernel holds about as many.
const CHUNK: usize = 4096;

/// Our end of a pseudo-terminal.
#[derive(Debug)]
pub(crate) struct Pty {
    ours: OwnedFd,
    /// Held open, so that programs can come and go without the port being hung up.
    theirs: OwnedFd,
    path: PathBuf,
}

impl Pty {
    /// A new port that hands on every byte as it is.
    pub(crate) fn open() -> io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let path = PathBuf::from(OsStr::from_bytes(ptsname(&ours, Vec::new())?.as_bytes()));
        let theirs = open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut raw = tcgetattr(&theirs)?;
        raw.make_raw();
        tcsetattr(&theirs, OptionalActions::Now, &raw)?;
        fcntl_setfl(&ours, fcntl_getfl(&ours)? | OFlags::NONBLOCK)?;
        Ok(Self { ours, theirs, path })
    }

    /// The name under which programs open it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes that have arrived; empty when there are none.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; CHUNK];
        match rustix::io::read(&self.ours, &mut bytes) {
            Ok(count) => {
                bytes.truncate(count);
                Ok(bytes)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes that were sent before, also those that are still between the two ends: a poll moves them on.
    pub(crate) fn read_now(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            self.wait(true, false, Duration::ZERO)?;
            let read = self.read()?;
            if read.is_empty() {
                return Ok(bytes);
            }
            bytes.extend(read);
        }
    }

    /// Sends as many of the bytes as there is room for, and says how many.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::io::write(&self.ours, bytes) {
            Ok(count) => Ok(count),
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether there are bytes among those that were sent which no program has read. Asked with a poll, because that first
    /// moves on what is still between the two ends, and the count of unread bytes does not know of it.
    pub(crate) fn is_unread(&self) -> io::Result<bool> {
        let mut ends = [PollFd::new(&self.theirs, PollFlags::IN)];
        match poll(&mut ends, Some(&Timespec::default())) {
            Ok(_) | Err(Errno::INTR) => Ok(ends[0].revents().contains(PollFlags::IN)),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until bytes have arrived, or there is room for more, but no longer than `limit`.
    pub(super) fn wait(&self, for_bytes: bool, for_room: bool, limit: Duration) -> io::Result<()> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, for_bytes);
        flags.set(PollFlags::OUT, for_room);
        // A program that was killed may have left the port to itself alone; a port that is closed is free again, but we hold
        // this one open. Where that can't be asked for, nobody has.
        let _free = rustix::termios::ioctl_tiocnxcl(&self.theirs);
        let limit = Timespec::try_from(limit).ok();
        match poll(&mut [PollFd::new(&self.ours, flags)], limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_just_sent_is_unread_until_somebody_reads_it() {
        let pty = Pty::open().unwrap();
        for _ in 0..500 {
            assert!(!pty.is_unread().unwrap());
            assert_eq!(pty.write(b"answer").unwrap(), 6);
            // At once, whether it has got to the other end or not.
            assert!(pty.is_unread().unwrap());
            let mut read = [0; 16];
            assert_eq!(rustix::io::read(&pty.theirs, &mut read).unwrap(), 6);
        }
    }
}
