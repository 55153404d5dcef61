//! Values of options that are more than a number or a name.

use std::fmt;
use std::str::FromStr;

use gauntlet_scenario::quantity::Size;

/// A seed: any number of 64 bits, decimal or hexadecimal.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    number(text).ok_or_else(|| {
        format!("a seed is a number from 0 to {}, decimal or hexadecimal like 0xC0FFEE", u64::MAX)
    })
}

/// A version: any number of 32 bits, decimal or hexadecimal.
pub(super) fn version(text: &str) -> Result<u32, String> {
    number(text)
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| format!("a version is a number from 0 to {}", u32::MAX))
}

/// A size as scenarios write it.
pub(super) fn size(text: &str) -> Result<Size, String> {
    text.parse::<Size>().map_err(|refusal| refusal.to_string())
}

/// A device address, most significant byte first.
pub(super) fn address(text: &str) -> Result<[u8; 6], String> {
    let wrong = || "a device address is six bytes like C0:FF:EE:00:00:01".to_owned();
    let byte = |pair: &str| {
        let two = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        two.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
    };
    let bytes: Option<Vec<u8>> = text.trim().split([':', '-']).map(byte).collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)
}

/// Keys and values of a bootloader, as a YAML mapping. `key=value` is what a command line has; a mapping is taken as it is.
pub(super) fn bootloader(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with('{') {
        return Ok(text.to_owned());
    }
    let pairs: Option<Vec<String>> = text
        .split(',')
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            let (key, value) = (key.trim(), value.trim());
            (!key.is_empty() && !value.is_empty()).then(|| format!("{key}: {value}"))
        })
        .collect();
    match pairs {
        Some(pairs) => Ok(format!("{{ {} }}", pairs.join(", "))),
        None => Err("keys and values, with commas between them: bank=single,downgrade=allowed".to_owned()),
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = |text: &str, radix| {
        let plain = text.starts_with(|c: char| c.is_digit(radix));
        plain.then(|| u64::from_str_radix(text, radix).ok()).flatten()
    };
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => digits(hex, 16),
        None => digits(text, 10),
    }
}

/// One of several parts of a run, for several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    /// Which one, counted from 1.
    pub(crate) number: usize,
    /// How many there are.
    pub(crate) of: usize,
}

impl Shard {
    /// Its share of some things: dealt out one after the other, so that no machine gets all the slow ones.
    pub(crate) fn share<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.number - 1).step_by(self.of).collect()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let part = |text: &str| number(text).and_then(|number| usize::try_from(number).ok());
        let parts = text.split_once('/').and_then(|(number, of)| Some((part(number)?, part(of)?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err("a shard is its number and how many there are, from 1/3 to 3/3 for three".to_owned()),
        }
    }
}

/// The SoftDevice of a device, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SoftDeviceChoice {
    /// None.
    Without,
    /// One with this firmware id.
    Fwid(u16),
}

impl FromStr for SoftDeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::Without);
        }
        let fwid = number(text).and_then(|number| u16::try_from(number).ok());
        fwid.map(Self::Fwid).ok_or_else(|| "a firmware id like 0x0101, or `none`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_any_number_of_64_bits() {
        assert_eq!(seed("0"), Ok(0));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(seed("0xffffffffffffffff"), Ok(u64::MAX));
        assert_eq!(seed("0XC0ffee"), Ok(0xC0_FFEE));
        for bad in ["", "-1", "+1", "0x", "0x+1", "1.5", "18446744073709551616", "c0ffee", "é"] {
            assert!(seed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_shards_of_a_run_hold_every_case_once() {
        for of in 1..=7 {
            let mut all: Vec<u32> =
                (1..=of).flat_map(|number| Shard { number, of }.share((0..20).collect())).collect();
            all.sort_unstable();
            assert_eq!(all, (0..20).collect::<Vec<_>>(), "{of}");
        }
        assert_eq!("2/3".parse(), Ok(Shard { number: 2, of: 3 }));
        for bad in ["", "1", "0/1", "2/1", "1/0", "/", "1/2/3", "-1/2", "a/b"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bootloader_is_keys_and_values() {
        assert_eq!(
            bootloader("bank=single, downgrade=allowed"),
            Ok("{ bank: single, downgrade: allowed }".to_owned())
        );
        assert_eq!(bootloader("{ bank: single }"), Ok("{ bank: single }".to_owned()));
        for wrong in ["", "bank", "bank=", "=single", "bank=single,"] {
            assert!(bootloader(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_six_bytes() {
        let bytes = [0xC0, 0xFF, 0xEE, 0, 0, 1];
        assert_eq!(address("C0:FF:EE:00:00:01"), Ok(bytes));
        assert_eq!(address("c0-ff-ee-00-00-01"), Ok(bytes));
        for wrong in [
            "",
            "C0FFEE000001",
            "C0:FF:EE:00:00",
            "C0:FF:EE:00:00:01:02",
            "C0:FF:EE:0:0:1",
            "+0:FF:EE:00:00:01",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_softdevice_is_named_by_its_id() {
        assert_eq!("none".parse(), Ok(SoftDeviceChoice::Without));
        assert_eq!("0x0101".parse(), Ok(SoftDeviceChoice::Fwid(0x0101)));
        assert_eq!("257".parse(), Ok(SoftDeviceChoice::Fwid(257)));
        assert!("0x10000".parse::<SoftDeviceChoice>().is_err());
    }
}
