//! `--image` and `--cut`: firmware of somebody's own, and what becomes of its supply.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use gauntlet_bench::{Cut, Tear};

use super::words;

/// How long the supply is off.
const OFF: Duration = Duration::from_millis(500);

/// A firmware file, and where it belongs if it does not say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageChoice {
    pub(crate) path: PathBuf,
    /// Only of a plain binary.
    pub(crate) address: Option<u32>,
}

impl FromStr for ImageChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = match text.rsplit_once('@') {
            Some((name, address)) => {
                let address = words::version(address)
                    .map_err(|_| format!("`{address}` is no address; write FILE.bin@0x1000"))?;
                (name, Some(address))
            }
            None => (text, None),
        };
        let path = PathBuf::from(name);
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match (ending.as_deref(), address) {
            (Some("hex" | "ihex" | "ihx"), None) | (Some("bin"), Some(_)) => Ok(Self { path, address }),
            (Some("hex" | "ihex" | "ihx"), Some(_)) => {
                Err("an Intel HEX file says itself where it belongs; leave out the @".to_owned())
            }
            (Some("bin"), None) => {
                Err(format!("a plain binary needs the address where it belongs: {name}@0x1000"))
            }
            _ => Err("firmware is a .hex file, or a .bin file with its address: FILE.bin@0x1000".to_owned()),
        }
    }
}

/// A power cut at a flash operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CutChoice(pub(crate) Cut);

impl FromStr for CutChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (op, tear) = text.split_once(':').unwrap_or((text, "before"));
        let tear = match tear {
            "before" => Some(Tear::Before),
            "torn" => Some(Tear::Torn),
            "after" => Some(Tear::After),
            _ => None,
        };
        match (op.parse(), tear) {
            (Ok(flash_op), Some(tear)) => Ok(Self(Cut { flash_op, tear, off: OFF })),
            _ => Err("write the number of a flash operation, and if you like how far it gets: 460:torn \
                      (before, torn or after)"
                .to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_has_an_address_and_a_hex_file_has_none() {
        let read = |text: &str| text.parse::<ImageChoice>();
        assert_eq!(read("a/b.bin@0x1000"), Ok(ImageChoice { path: "a/b.bin".into(), address: Some(0x1000) }));
        assert_eq!(read("b.HEX"), Ok(ImageChoice { path: "b.HEX".into(), address: None }));
        for (text, said) in [
            ("b.bin", "b.bin@0x1000"),
            ("b.bin@here", "`here`"),
            ("b.hex@0", "leave out"),
            ("b.elf", ".hex file"),
            ("", ".hex file"),
        ] {
            assert!(read(text).unwrap_err().contains(said), "{text}");
        }
    }

    #[test]
    fn a_cut_has_an_operation_and_maybe_a_tear() {
        let read = |text: &str| text.parse::<CutChoice>().map(|cut| (cut.0.flash_op, cut.0.tear));
        assert_eq!(read("7"), Ok((7, Tear::Before)));
        assert_eq!(read("460:torn"), Ok((460, Tear::Torn)));
        assert!(read("x").is_err() && read("7:late").is_err() && read("-1").is_err());
    }
}
