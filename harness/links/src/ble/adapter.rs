//! Which adapter: the library lists them in any order.

use btleplug::api::{Central as _, Manager as _};
use btleplug::platform::{Adapter, Manager};

use super::BleError;
use super::radio::{Radio, answered, asked};

/// An adapter as a user may name it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    /// `hci0`, where there are such names.
    name: String,
    /// Its address, where the system tells.
    address: Option<String>,
}

impl Label {
    /// The library says `hci0 (usb:v1D6B...)` on Linux, and something of its own elsewhere.
    fn new(info: &str, address: Option<String>) -> Self {
        let name = info.split(" (").next().unwrap_or(info).trim();
        let name = name.rsplit('/').next().unwrap_or(name);
        Self { name: name.to_owned(), address }
    }

    fn is(&self, wanted: &str) -> bool {
        self.name == wanted || self.address.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(wanted))
    }

    fn words(&self) -> String {
        match &self.address {
            Some(address) => format!("{} ({address})", self.name),
            None => self.name.clone(),
        }
    }
}

/// The place of the wanted adapter; without a wish, of the first by name.
fn pick(labels: &[Label], wanted: Option<&str>) -> Option<usize> {
    match wanted {
        Some(wanted) => labels.iter().position(|label| label.is(wanted)),
        None => (0..labels.len()).min_by_key(|at| (labels[*at].name.len(), labels[*at].name.clone())),
    }
}

/// The adapter that the user wants.
pub(super) async fn open(wanted: Option<&str>) -> Result<Radio, BleError> {
    let manager = asked("connecting to it", Manager::new()).await?;
    let adapters = asked("listing adapters", manager.adapters()).await?;
    let mut labels = Vec::new();
    for adapter in &adapters {
        labels.push(label(adapter).await?);
    }
    let at = pick(&labels, wanted).ok_or_else(|| {
        let mut present: Vec<String> = labels.iter().map(Label::words).collect();
        present.sort();
        BleError::NoAdapter { wanted: wanted.map(ToOwned::to_owned), present }
    })?;
    Ok(Radio::new(manager, adapters[at].clone(), labels[at].name.clone()))
}

async fn label(adapter: &Adapter) -> Result<Label, BleError> {
    let info = asked("asking for an adapter", adapter.adapter_info()).await?;
    let address = asked("asking for an adapter", adapter.adapter_address()).await?;
    Ok(Label::new(&info, address.map(|address| address.to_string())))
}

impl Radio {
    /// Whether the adapter is still there.
    pub(super) async fn is_there(&self) -> Result<bool, BleError> {
        for adapter in asked("listing adapters", self.manager.adapters()).await? {
            let info = answered("asking for an adapter", adapter.adapter_info()).await?;
            // One that goes while it is asked is not there.
            if info.is_ok_and(|info| Label::new(&info, None).name == self.name) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<Label> {
        let address = |text: &str| Some(text.to_owned());
        vec![
            Label::new("hci10 (usb:v1D6Bp0246d0542)", address("00:1A:7D:DA:71:13")),
            Label::new("hci1 (usb:v1D6Bp0246d0542)", address("00:1A:7D:DA:71:14")),
            Label::new("/org/bluez/hci0 (usb:v0A12p0001)", None),
        ]
    }

    #[test]
    fn an_adapter_is_chosen_by_name_or_address_whatever_the_order() {
        assert_eq!(pick(&labels(), Some("hci1")), Some(1), "hci10 is another one");
        assert_eq!(pick(&labels(), Some("00:1a:7d:da:71:13")), Some(0));
        assert_eq!(pick(&labels(), Some("hci2")), None);
        assert_eq!(pick(&labels(), None), Some(2), "the first by name");
        assert_eq!(pick(&[], None), None);
    }
}
