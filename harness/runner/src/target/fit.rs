//! Which cases a target can be the device of, and what has to be put otherwise for it.
//!
//! A case says what its device is. Firmware that somebody brings is what it is, so a case either fits it or is Skipped
//! with the difference. What a case leaves open is the target's: how it is reached, which hardware version it has, where
//! nothing depends on it.

use gauntlet_bench::{Build, Device, Profile, Target};
use gauntlet_scenario::model::{
    self, Action, Bootloader, BuiltPackage, DataSource, Entry, Exchange, ExchangeItem, Link, Package, Peer,
    Position, SoftDevice, Step, StepKind, Update,
};
use gauntlet_scenario::{Case, Word as _};

use crate::device;

/// The case as it is run on the target; or why it can't be.
pub(crate) fn fitted(case: &Case, target: &Target) -> Result<Case, String> {
    match target.build.profile {
        Profile::Ble => over_ble(case)?,
        Profile::Uart | Profile::Usb => link(case)?,
    }
    chip(case, target)?;
    bootloader(&case.device.bootloader, &target.build)?;
    softdevice(case, target)?;
    for (name, package) in &case.packages {
        let needs = |what: &str| format!("package `{name}` needs {what}");
        if package.bootloader().is_some() {
            return Err(needs("another build of the bootloader"));
        }
        if package.softdevice().is_some() {
            return Err(needs("a SoftDevice that can be replaced"));
        }
        match package {
            Package::Built(_) if target.firmware.key.is_none() => {
                return Err(
                    "the key that signs packages for this target is unknown (state `key` in its file)".into(),
                );
            }
            Package::Built(package) => built(package, case, target).map_err(|what| needs(&what))?,
            Package::File(_) if is_made_for(case, target) => {}
            Package::File(_) => return Err(needs("the device that it was made for")),
        }
    }
    if target.firmware.key.is_none() {
        return Err("the key that signs packages for this target is unknown (state `key` in its file)".into());
    }
    Ok(adapted(case, target))
}

/// Nothing in the case is about serial lines, or about services that only our own applications have.
fn over_ble(case: &Case) -> Result<(), String> {
    let needs = |what: &str| Err(format!("needs {what}, and this target is updated over BLE"));
    if case.device.application.is_some_and(|app| app.buttonless.is_some()) {
        return needs(
            "an application of our own with the buttonless service, which runs on virtual boards only",
        );
    }
    if case.capabilities().contains(&model::Capability::Serial) {
        return needs("a serial line");
    }
    Ok(())
}

/// The case on this chip, for a bench that has no other one. What is chosen by the case stays.
pub(crate) fn on_chip(case: &Case, variant: gauntlet_bench::Variant) -> Result<Case, String> {
    if device::variant(case.chip) == variant {
        return Ok(case.clone());
    }
    let other =
        || format!("is for the {}, and the board of this bench is an {}", case.chip, variant.target_name());
    let of_several = case.values.iter().any(|(key, _)| key == "chip");
    let finished = case.packages.iter().any(|(_, package)| matches!(package, Package::File(_)));
    // The usual chip may also be one that nobody has chosen; finished packages are made for one.
    if of_several || finished || case.chip != model::Chip::Nrf52832 {
        return Err(other());
    }
    let chip = model::Chip::ALL.iter().find(|chip| device::variant(**chip) == variant);
    let chip = *chip.ok_or_else(other)?;
    Ok(Case { chip, ..case.clone() })
}

/// Nothing in the case is about BLE or USB, so that any link will do.
fn link(case: &Case) -> Result<(), String> {
    let needs = |what: &str| Err(format!("needs {what}, and this target is updated over a UART"));
    if case.values.iter().any(|(key, value)| key == "link" && value != Link::Serial.word()) {
        return needs("another link");
    }
    if case.device.application.is_some_and(|app| app.buttonless.is_some()) {
        return needs("ble: the application has the buttonless service");
    }
    if case.needs.contains(&model::Capability::Ble) {
        return needs("ble: it is about a build for that");
    }
    for step in &case.steps {
        match &step.kind {
            StepKind::Gatt(_) => return needs("ble: a central does single things"),
            StepKind::Update(update) if update.link == Link::Usb => return needs("usb"),
            StepKind::Update(update) if about_ble(update) => return needs("ble: the step says how"),
            StepKind::Update(update) if update.link == Link::Ble && counts_ble(update) => {
                return needs("ble: it counts what is said or lost there");
            }
            StepKind::Exchange(exchange) if exchange.link == Link::Ble && is_reduced(exchange) => {
                return needs("ble: some requests exist on serial links only");
            }
            StepKind::Exchange(exchange) if exchange.link == Link::Usb => return needs("usb"),
            StepKind::Walk(walk) if walk.link == Link::Usb => return needs("usb"),
            StepKind::Starts(starts) if starts.link == Link::Usb => return needs("usb"),
            _ => {}
        }
    }
    let over_ble = |step: &Step| match &step.kind {
        StepKind::Update(update) => update.link == Link::Ble,
        StepKind::Exchange(exchange) => exchange.link == Link::Ble,
        StepKind::Walk(walk) => walk.link == Link::Ble,
        StepKind::Starts(starts) => starts.link == Link::Ble,
        _ => false,
    };
    let about = case.requirements.iter().find(|id| id.as_str().starts_with("BLE-"));
    match about {
        Some(id) if case.steps.iter().any(over_ble) => needs(&format!("ble: it checks {}", id.as_str())),
        _ => Ok(()),
    }
}

fn about_ble(update: &Update) -> bool {
    update.mtu.is_some()
        || update.entry != Entry::Probe
        || update.rename.is_some()
        || update.central != Peer::Known
}

/// Positions and figures that differ between the links: a serial client greets first, and a UART shows no loss to the
/// device (OBJ-045).
fn counts_ble(update: &Update) -> bool {
    let counted = update.faults.iter().any(|fault| matches!(fault.at, Position::Notification(_)));
    let gone = |action| matches!(action, Action::Disconnect | Action::Restart { .. } | Action::Reopen);
    let lost = update.faults.iter().any(|fault| gone(fault.action));
    let figures = update.expect.resent.is_some() || update.expect.init_resumed.is_some();
    counted || lost && figures
}

/// A request that a BLE bootloader does not know (CP-003) is asked for.
fn is_reduced(exchange: &Exchange) -> bool {
    exchange.items.iter().any(|item| match item {
        ExchangeItem::Send { request, .. } => {
            matches!(request.as_slice().first(), Some(0x00 | 0x07 | 0x09 | 0x0A | 0x0B | 0x0D..))
        }
        ExchangeItem::Data { .. } | ExchangeItem::Raw { .. } => false,
    })
}

fn chip(case: &Case, target: &Target) -> Result<(), String> {
    // The usual chip may also be one that nobody has chosen.
    let of_several = case.values.iter().any(|(key, _)| key == "chip");
    let chosen = of_several || case.chip != model::Chip::Nrf52832;
    if chosen && device::variant(case.chip) != target.variant {
        return Err(format!(
            "is for the {}, and this target is an {}",
            case.chip,
            target.variant.target_name()
        ));
    }
    Ok(())
}

/// The policies of the bootloader are those of the case. Times and steps matter only where a case chooses them.
fn bootloader(wanted: &Bootloader, is: &Build) -> Result<(), String> {
    let usual = device::build(&Bootloader::default(), is.profile, None);
    let want = device::build(wanted, is.profile, None);
    let differs = |key: &str| Err(format!("needs a bootloader with another `{key}`"));
    let strict = [
        ("bank", (want.single_bank, want.force_dual_bank) == (is.single_bank, is.force_dual_bank)),
        ("signature", want.require_signature == is.require_signature),
        ("downgrade", want.downgrade_prevention == is.downgrade_prevention),
        ("same_version", want.accept_same_version == is.accept_same_version),
        ("save_progress", want.save_progress == is.save_progress),
        ("app_signature_check", want.app_signature_check == is.app_signature_check),
        ("debug", want.debug == is.debug),
        ("debug_port", want.debug_port_disable == is.debug_port_disable),
        ("bonds", want.requires_bonds == is.requires_bonds),
        ("generation", want.generation == is.generation),
        (
            "requests",
            wanted.requests == model::Requests::Usual || want.reduced_protocol == is.reduced_protocol,
        ),
        ("protocol_version_request", want.protocol_version_message == is.protocol_version_message),
        ("firmware_version_request", want.firmware_version_message == is.firmware_version_message),
        ("settings_compatibility", want.settings_compatibility == is.settings_compatibility),
        ("update_from_app", want.update_from_app == is.update_from_app),
        ("enter_by_button", wanted.enter_by_button || want.entry.button == is.entry.button),
        ("enter_by_register", wanted.enter_by_register || want.entry.gpregret == is.entry.gpregret),
        (
            "skip_crc_after_off",
            wanted.skip_crc_after_off || want.skip_crc.system_off == is.skip_crc.system_off,
        ),
        (
            "skip_crc_on_request",
            wanted.skip_crc_on_request || want.skip_crc.gpregret2 == is.skip_crc.gpregret2,
        ),
        ("key", wanted.key == Bootloader::default().key),
    ];
    let chosen = |wanted: u32, usual: u32, is: u32| wanted == usual || wanted == is;
    let where_chosen = [
        ("hw_version", chosen(want.hw_version, usual.hw_version, is.hw_version)),
        ("inactivity", chosen(want.inactivity_ms, usual.inactivity_ms, is.inactivity_ms)),
        ("continuation", chosen(want.continuation_ms, usual.continuation_ms, is.continuation_ms)),
        ("reset_delay", chosen(want.reset_delay_ms, usual.reset_delay_ms, is.reset_delay_ms)),
        ("copy_step", chosen(want.copy_step_pages, usual.copy_step_pages, is.copy_step_pages)),
        ("external_application", !want.external_application || is.external_application),
        ("enter_by_pin_reset", !want.entry.pin_reset || is.entry.pin_reset),
        ("enter_by_flag", !want.entry.settings_flag || is.entry.settings_flag),
    ];
    let wrong = strict.into_iter().chain(where_chosen).find(|(_, fits)| !fits);
    wrong.map_or(Ok(()), |(key, _)| differs(key))
}

fn softdevice(case: &Case, target: &Target) -> Result<(), String> {
    let fits = match case.device.softdevice {
        SoftDevice::Default => true,
        SoftDevice::None => target.softdevice.is_none(),
        SoftDevice::Fwid(fwid) => target.softdevice == Some(fwid.get()),
    };
    // What is written down in numbers is that of the device it was written for.
    let replaced = case.device.softdevice == SoftDevice::Default && target.softdevice.is_none();
    if replaced && case.steps.iter().any(states_sizes) {
        return Err("states sizes or versions of a device with SoftDevice".into());
    }
    match target.softdevice {
        _ if fits => Ok(()),
        None => Err("needs a SoftDevice, and this target has none".into()),
        Some(fwid) => Err(format!("needs another SoftDevice than {fwid:#06x}")),
    }
}

fn states_sizes(step: &Step) -> bool {
    let StepKind::Exchange(exchange) = &step.kind else { return false };
    exchange.items.iter().any(|item| match item {
        ExchangeItem::Send { request, .. } => request.as_slice().first() == Some(&0x0B),
        ExchangeItem::Data { source, to, .. } => *source == DataSource::Init && to.is_none(),
        ExchangeItem::Raw { .. } => false,
    })
}

fn built(package: &BuiltPackage, case: &Case, target: &Target) -> Result<(), String> {
    let replaced = case.device.softdevice == SoftDevice::Default && target.softdevice.is_none();
    // Without a SoftDevice the list and the version decide together (table 7.3).
    let about_list = package.sd_req.is_some()
        || package.tamper.contains(&model::Tamper::NoVersion)
        || package
            .mutate
            .is_some_and(|how| how.name().contains("sd_req") || how.name() == "dat_fw_version_absent");
    let unaligned = package.mutate.is_some_and(|how| how.name() == "bin_unaligned_4097");
    if unaligned && target.stores_last_bytes {
        return Err(
            "a bootloader that leaves out the last bytes (FLT-021), and this target differs there".into()
        );
    }
    if replaced && about_list {
        return Err("a SoftDevice to be named".into());
    }
    let size = package.application.as_ref().map_or(0, |app| app.size.bytes());
    if replaced && size > case.chip.room(true) {
        return Err("the room that is left behind a SoftDevice".into());
    }
    if package.external && !target.build.external_application {
        return Err("a bootloader with `external_application`".into());
    }
    let other = package.application.as_ref().is_some_and(|app| app.buttonless.is_some());
    if other { Err("ble for its buttonless service".into()) } else { Ok(()) }
}

/// A finished package names a hardware version, a SoftDevice and a key.
fn is_made_for(case: &Case, target: &Target) -> bool {
    let usual = gauntlet_bench::Layout::of(device::variant(case.chip)).softdevice_fwid;
    let wanted = match case.device.softdevice {
        SoftDevice::Default => Some(usual),
        SoftDevice::None => None,
        SoftDevice::Fwid(fwid) => Some(fwid.get()),
    };
    let release = device::test_key(case.device.bootloader.key).signing_key().public_key_le();
    let key = target.firmware.key.as_ref().is_some_and(|key| key.public_key_le() == release);
    wanted == target.softdevice && case.device.bootloader.hw_version == target.build.hw_version && key
}

/// The case with what it leaves open put in.
fn adapted(case: &Case, target: &Target) -> Case {
    let mut case = case.clone();
    let (old, new) = (case.device.bootloader.hw_version, target.build.hw_version);
    case.device.bootloader.hw_version = new;
    case.device.softdevice = match target.softdevice {
        None => SoftDevice::None,
        Some(fwid) => SoftDevice::Fwid(gauntlet_scenario::quantity::Fwid::new(fwid)),
    };
    for (_, package) in &mut case.packages {
        match package {
            Package::Built(package) if package.hw_version == old => package.hw_version = new,
            // Another one than the device's stays another one.
            Package::Built(package) if package.hw_version == new => package.hw_version = old,
            Package::Built(_) | Package::File(_) => {}
        }
    }
    if target.build.profile != Profile::Ble {
        for step in &mut case.steps {
            match &mut step.kind {
                StepKind::Update(update) => update.link = Link::Serial,
                StepKind::Exchange(exchange) => exchange.link = Link::Serial,
                StepKind::Walk(walk) => walk.link = Link::Serial,
                StepKind::Starts(starts) => starts.link = Link::Serial,
                _ => {}
            }
        }
        case.needs.retain(|need| *need != model::Capability::Ble);
    }
    if let Some(chip) = model::Chip::ALL.iter().find(|chip| device::variant(**chip) == target.variant) {
        case.chip = *chip;
    }
    case
}

/// Makes the device of a fitted case the target.
pub(crate) fn installed(device: Device, target: &Target) -> Device {
    Device {
        variant: target.variant,
        softdevice: target.softdevice,
        build: target.build.clone(),
        firmware: Some(target.firmware.clone()),
        ..device
    }
}
