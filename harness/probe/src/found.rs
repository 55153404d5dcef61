//! The probes of this machine.

use probe_rs::probe::list::Lister;

/// A debug probe that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoundProbe {
    /// How it is selected: `VID:PID:SERIAL`, without the last part when it has no serial number.
    pub selector: String,
    /// What it is.
    pub name: String,
}

/// The probes that are plugged in, in the order of their selectors. Those behind a network are not known to anyone.
pub fn probes() -> Vec<FoundProbe> {
    let listed = Lister::new().list_all();
    let mut found: Vec<FoundProbe> = listed
        .iter()
        .map(|info| {
            let serial = info.serial_number.as_ref().map(|serial| format!(":{serial}")).unwrap_or_default();
            FoundProbe {
                selector: format!("{:04x}:{:04x}{serial}", info.vendor_id, info.product_id),
                name: info.identifier.clone(),
            }
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
