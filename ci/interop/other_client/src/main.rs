//! `other-client PORT PACKAGE [BYTES]`: updates the device on the port with the crate `nrf_dfu`. With a number, the line breaks
//! after so many bytes have gone out.

use nrf_dfu::archive::FirmwareArchive;
use nrf_dfu::slip::SlipCodec;
use nrf_dfu::updater::{NordicDevice, ResetMode, Updater};
use serialport::{ClearBuffer, SerialPort};
use std::io::{Error, Read, Result, Write};
use std::process::ExitCode;
use std::time::Duration;

/// A port whose line may break.
struct Port {
    line: Box<dyn SerialPort>,
    left: Option<usize>,
}

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.left == Some(0) { Err(Error::other("the line is broken")) } else { self.line.read(buffer) }
    }
}

impl Write for Port {
    /// All of it: the client counts on that.
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let sent = self.left.map_or(bytes.len(), |left| left.min(bytes.len()));
        self.line.write_all(&bytes[..sent])?;
        if let Some(left) = &mut self.left {
            *left -= sent;
        }
        if sent < bytes.len() { Err(Error::other("the line is broken")) } else { Ok(sent) }
    }

    fn flush(&mut self) -> Result<()> {
        self.line.flush()
    }
}

impl NordicDevice for Port {
    type Codec = SlipCodec;

    /// The device resets itself.
    fn reset(&mut self, _mode: ResetMode) {}
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(port), Some(package)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("usage: other-client PORT PACKAGE [BYTES]");
        return ExitCode::from(2);
    };
    let left = arguments.get(2).and_then(|number| number.parse().ok());
    let line = match serialport::new(port, 115_200).timeout(Duration::from_secs(20)).open() {
        Ok(line) => line,
        Err(error) => {
            eprintln!("{port}: {error}");
            return ExitCode::from(2);
        }
    };
    // A pseudo-terminal keeps what the program before did not read; a real port drops it when it is closed.
    if let Err(error) = line.clear(ClearBuffer::Input) {
        eprintln!("{port}: {error}");
        return ExitCode::from(2);
    }
    let mut port = Port { line, left };
    match Updater::new(&mut port, false).update(&FirmwareArchive::new(package)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
