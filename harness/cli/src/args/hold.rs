//! `--hold`: the device stays, for somebody else's debug tool.

use std::fmt;
use std::io::BufRead as _;
use std::str::FromStr;

use gauntlet_bench::Protocol;
use gauntlet_runner::{Hold, Stopper};

use crate::output::tell;

/// A protocol of debug tools, and where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HoldChoice {
    protocol: Protocol,
    port: u16,
}

impl HoldChoice {
    /// The protocol, and where to listen; port 0 is any.
    pub(crate) fn server(self) -> (Protocol, u16) {
        (self.protocol, self.port)
    }

    /// Holds until a line, or the end, is read on stdin.
    pub(crate) fn hold(self) -> Hold {
        let release = Stopper::new();
        let pressed = release.clone();
        // The thread ends with the program at the latest.
        std::thread::spawn(move || {
            let mut line = Vec::new();
            // Whatever stdin has to say, the end of it included, releases the device.
            let _read = std::io::stdin().lock().read_until(b'\n', &mut line);
            pressed.stop();
        });
        Hold { protocol: self.protocol, port: self.port, announce, release }
    }
}

fn announce(selector: &str) {
    tell(&format!("  held      {selector}   Enter lets the device go\n"));
}

impl FromStr for HoldChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, port) = text.split_once(':').unwrap_or((text, "0"));
        let protocol = match name {
            "probe-rs" | "glasgow" => Some(Protocol::Glasgow),
            "pyocd" => Some(Protocol::PyOcd),
            _ => None,
        };
        match (protocol, port.parse()) {
            (Some(protocol), Ok(port)) => Ok(Self { protocol, port }),
            _ => {
                Err("write probe-rs (or glasgow, its protocol) or pyocd, and if you like a port: pyocd:5555"
                    .to_owned())
            }
        }
    }
}

impl fmt::Display for HoldChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.protocol {
            Protocol::Glasgow => "probe-rs",
            Protocol::PyOcd => "pyocd",
        };
        write!(f, "{name}:{}", self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_named_with_or_without_a_port() {
        assert_eq!("pyocd".parse::<HoldChoice>().map(|hold| hold.to_string()), Ok("pyocd:0".to_owned()));
        assert_eq!(
            "probe-rs:7800".parse::<HoldChoice>().map(|hold| hold.to_string()),
            Ok("probe-rs:7800".to_owned())
        );
        for wrong in ["", "gdb", "pyocd:", "pyocd:70000", "probe-rs:x"] {
            assert!(wrong.parse::<HoldChoice>().is_err(), "{wrong}");
        }
    }
}
