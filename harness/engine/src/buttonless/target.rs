//! Which advertiser is the device that left its application.

use std::fmt;

/// A device address as a scan reports it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddress {
    /// Most significant byte first, as it is written.
    pub bytes: [u8; 6],
    /// A random address, not a public one. A host that guesses wrong connects to nobody (FF-024).
    pub random: bool,
}

impl PeerAddress {
    /// The address of an unbonded bootloader: the last byte plus one, modulo 256, without a carry (BTN-021, FF-023).
    #[must_use]
    pub fn next(mut self) -> Self {
        self.bytes[5] = self.bytes[5].wrapping_add(1);
        self
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.bytes;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

impl fmt::Debug for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", if self.random { "random" } else { "public" })
    }
}

/// Where to look for a bootloader. Everything in it is the device itself; a neighbour is none of it (FF-023).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Addresses that it may have, the likeliest first. Both, because some firmware keeps its address whatever is usual.
    pub addresses: Vec<PeerAddress>,
    /// The name that was given to it for this.
    pub name: Option<String>,
}

impl Target {
    /// Whether an advertiser of the DFU service with this address and name is the device. A system that hides addresses
    /// can only tell by the name.
    #[must_use]
    pub fn is(&self, address: Option<&PeerAddress>, name: Option<&str>) -> bool {
        let by_address = address.is_some_and(|address| self.addresses.contains(address));
        let by_name = self.name.is_some() && self.name.as_deref() == name;
        by_address || by_name
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.addresses.iter().map(PeerAddress::to_string).collect();
        words.extend(self.name.as_ref().map(|name| format!("`{name}`")));
        f.write_str(&words.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_is_not_the_device() {
        let own = PeerAddress { bytes: [0xC6, 5, 4, 3, 2, 0xFF], random: true };
        assert_eq!(own.next().to_string(), "C6:05:04:03:02:00", "no carry");
        let target = Target { addresses: vec![own.next(), own], name: Some("Dfu71".to_owned()) };
        assert!(target.is(Some(&own), None) && target.is(Some(&own.next()), Some("DfuTarg")));
        let carried = PeerAddress { bytes: [0xC6, 5, 4, 3, 3, 0], random: true };
        assert!(!target.is(Some(&carried), Some("DfuTarg")));
        assert!(!target.is(Some(&PeerAddress { random: false, ..own }), None), "FF-024");
        assert!(target.is(Some(&carried), Some("Dfu71")) && target.is(None, Some("Dfu71")));
        assert!(!Target::default().is(Some(&own), None) && !Target::default().is(None, None));
    }
}
