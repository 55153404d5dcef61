//! Pieces of the language outside a scenario: a device or a fault, as a person writes it for a single update.
//!
//! They are read by the same declarations as in a scenario, so that every word, and every message about a wrong one, is
//! the same. A piece has no matrix.

use crate::diagnostics::{Diagnostics, Severity};
use crate::model::{BenchFile, Bootloader, Device, Fault, Target};
use crate::read::{BootloaderShape, Cx, Shape};
use crate::suite::NoFiles;
use crate::yaml::{self, Source};

/// Reads what stands under `device:` in a scenario.
///
/// # Errors
/// Every mistake in it, with its place.
pub fn read_device(source: &Source) -> Result<Device, Diagnostics> {
    read(source)
}

/// Reads a target: a device with firmware of its own.
///
/// ```
/// use gauntlet_scenario::{Source, read_target};
///
/// let text = "chip: nrf52832\nimages: [mbr.hex, bootloader.hex]\nkey: my-key.pem\n";
/// assert_eq!(read_target(&Source::new("mine.yaml", text)).unwrap().images.len(), 2);
/// let wrong = read_target(&Source::new("mine.yaml", "chip: nrf52833x\n")).unwrap_err();
/// assert!(wrong.render(100, false).contains("mine.yaml:1:7"));
/// ```
///
/// # Errors
/// Every mistake in it, with its place.
pub fn read_target(source: &Source) -> Result<Target, Diagnostics> {
    read(source)
}

/// Reads a bench file. `variables` has the environment, of which texts may name variables: `${NAME}`.
///
/// # Errors
/// Every mistake in it, with its place.
pub fn read_bench(
    source: &Source,
    variables: &dyn Fn(&str) -> Option<String>,
) -> Result<BenchFile, Diagnostics> {
    read_in(source, Cx::new(source, &NoFiles).with_variables(variables))
}

/// Reads what stands under `bootloader:` in a device.
///
/// # Errors
/// Every mistake in it, with its place.
pub fn read_bootloader(source: &Source) -> Result<Bootloader, Diagnostics> {
    read::<BootloaderShape>(source).map(|shape| shape.over(&Bootloader::default()))
}

/// Reads one fault, as it stands in the list `faults:` of a step.
///
/// ```
/// use gauntlet_scenario::{Source, read_fault};
///
/// let source = Source::new("--fault", "{ at: { object: 2, byte: 100 }, do: disconnect }");
/// assert!(read_fault(&source).is_ok());
/// ```
///
/// # Errors
/// Every mistake in it, with its place.
pub fn read_fault(source: &Source) -> Result<Fault, Diagnostics> {
    read(source)
}

/// The keys of a bootloader, and a sentence about each, in the order of the documentation.
#[must_use]
pub fn bootloader_keys() -> Vec<(&'static str, &'static str)> {
    BootloaderShape::keys().into_iter().map(|key| (key.name, key.about.trim())).collect()
}

fn read<T: Shape>(source: &Source) -> Result<T, Diagnostics> {
    read_in(source, Cx::new(source, &NoFiles))
}

fn read_in<T: Shape>(source: &Source, mut cx: Cx<'_>) -> Result<T, Diagnostics> {
    let mut syntax = Vec::new();
    let root = yaml::parse(source, &mut syntax);
    syntax.into_iter().for_each(|problem| cx.report(problem));
    let value = match root {
        Ok(root) => T::read(&root, &mut cx),
        Err(problem) => {
            cx.report(*problem);
            None
        }
    };
    cx.problems.sort_by_key(|problem| (problem.place(), problem.kind()));
    let failed = cx.problems.iter().any(|problem| problem.severity() == Severity::Error);
    match value {
        Some(value) if !failed => Ok(value),
        _ => Err(cx.problems.into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, BankLayout, ImageByte, Position, SoftDevice};

    #[test]
    fn a_device_has_the_words_and_defaults_of_a_scenario() {
        let text = "softdevice: none\nbootloader: { bank: single }\n";
        let device = read_device(&Source::new("device.yaml", text)).unwrap();
        assert_eq!(device.softdevice, SoftDevice::None);
        assert_eq!(device.bootloader.bank, BankLayout::Single);
        assert_eq!(device.application, Device::default().application);
    }

    #[test]
    fn a_fault_is_read_like_one_of_a_step() {
        let fault =
            read_fault(&Source::new("--fault", "{ at: { object: 2, byte: 100 }, do: disconnect }")).unwrap();
        assert_eq!(fault.at, Position::ImageByte(ImageByte { object: 2, byte: 100 }));
        assert_eq!(fault.action, Action::Disconnect);
    }

    #[test]
    fn mistakes_have_their_place_and_the_right_word() {
        let wrong = read_fault(&Source::new("--fault", "{ at: { packet: 3 }, do: dorp }")).unwrap_err();
        assert_eq!(wrong.errors(), 1);
        assert_eq!(wrong.problems()[0].place().column, 26);
        assert!(wrong.render(100, false).contains("did you mean `drop`?"), "{}", wrong.render(100, false));
        // What goes across the parts of a fault is looked at, too.
        assert!(read_fault(&Source::new("--fault", "{ at: { notification: 3 }, do: drop }")).is_err());
        assert!(read_bootloader(&Source::new("--bootloader", "{ banc: dual, hw_version: -1 }")).is_err());
        assert!(read_device(&Source::new("empty", "")).is_err());
    }

    #[test]
    fn every_key_of_a_bootloader_is_explained() {
        let keys = bootloader_keys();
        assert!(keys.iter().any(|(key, _)| *key == "bank") && keys.len() >= 7);
        assert!(keys.iter().all(|(_, about)| about.ends_with('.')));
    }
}
