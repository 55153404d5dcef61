//! Who advertises, put together from the reports of a scan.

use gauntlet_connectivity::gap::Address;

/// Bit of a report.
const SCAN_RESPONSE: u8 = 1;

/// An advertiser.
#[derive(Debug, Clone)]
pub(in super::super) struct Advertiser {
    pub(in super::super) address: Address,
    /// Structures of advertising data, those of a scan response behind them.
    pub(in super::super) data: Vec<u8>,
}

/// Who was heard in a scan: a name may come in the answer to a scan request, apart from the services.
#[derive(Default)]
pub(super) struct Heard(Vec<(Address, [Vec<u8>; 2])>);

impl Heard {
    /// What is known of an advertiser after one more report.
    pub(super) fn take(&mut self, peer: Address, flags: u8, data: &[u8]) -> Option<Advertiser> {
        let known = self.0.iter().position(|(address, _)| *address == peer);
        let known = known.unwrap_or_else(|| {
            self.0.push((peer, Default::default()));
            self.0.len() - 1
        });
        let (_, parts) = self.0.get_mut(known)?;
        parts[usize::from(flags & SCAN_RESPONSE)] = data.to_vec();
        Some(Advertiser { address: peer, data: parts.concat() })
    }
}
