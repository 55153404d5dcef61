//! What a scenario says of a device, as a device that can be flashed.

use std::time::Duration;

use gauntlet_bench::{
    Application, Build, Buttonless, Device, Entry, Generation, Habit, PlantedBug, Profile, Service, SkipCrc,
    Variant,
};
use gauntlet_package::keys::{SigningKey, TestKey};
use gauntlet_scenario::Case;
use gauntlet_scenario::model::{
    self, BankLayout, Bonds, Bootloader, Cable, Chip, Downgrade, Key, Link, Requests, SameVersion,
    SignaturePolicy, SoftDevice, StepKind,
};

/// The device of `case`, with `bug` planted in its bootloader.
pub(crate) fn of(case: &Case, bug: Option<PlantedBug>) -> Device {
    let profile = match link(case) {
        Link::Ble => Profile::Ble,
        Link::Serial => Profile::Uart,
        Link::Usb => Profile::Usb,
    };
    let mut device = flashable(&case.device, variant(case.chip), profile);
    device.build.planted_bug = bug;
    device
}

/// What the language says of a device, as one that can be flashed on this chip, with a bootloader for this transport.
pub fn flashable(model: &model::Device, variant: Variant, profile: Profile) -> Device {
    let layout = gauntlet_bench::Layout::of(variant);
    let build = build(&model.bootloader, profile, None);
    Device {
        variant,
        softdevice: match model.softdevice {
            SoftDevice::Default => Some(layout.softdevice_fwid),
            SoftDevice::None => None,
            SoftDevice::Fwid(fwid) => Some(fwid.get()),
        },
        build,
        application: model.application.map(|app| Application {
            witness: u32::from(app.witness.get()),
            size: app.size.bytes(),
            version: app.version,
            buttonless: app.buttonless.map(|service| buttonless(service, app.habit)),
        }),
        firmware: None,
    }
}

/// The buttonless service of an application, and what is odd about it.
pub(crate) fn buttonless(service: model::Buttonless, habit: Option<model::Habit>) -> Buttonless {
    Buttonless {
        service: match service {
            model::Buttonless::Unbonded => Service::Unbonded,
            model::Buttonless::Bonded => Service::Bonded,
        },
        habit: match habit {
            None => Habit::None,
            Some(model::Habit::WritesFail) => Habit::WritesFail,
            Some(model::Habit::WritesForbidden) => Habit::WritesForbidden,
            Some(model::Habit::NameCrashes) => Habit::NameCrashes,
            Some(model::Habit::RequestForgotten) => Habit::RequestForgotten,
        },
    }
}

/// How a bootloader of a scenario is built: the one that is flashed, or one of a package.
pub(crate) fn build(bootloader: &Bootloader, profile: Profile, bug: Option<PlantedBug>) -> Build {
    let millis = |span: Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
    let generation = match bootloader.generation {
        model::Generation::Sdk14 => Generation::Sdk14,
        model::Generation::Sdk15To17 => Generation::Sdk15To17,
        model::Generation::Sdk17 => Generation::Sdk17,
    };
    let key = test_key(bootloader.key).signing_key().public_key_le();
    let built = Build::of_generation(generation, profile, key);
    Build {
        hw_version: bootloader.hw_version,
        require_signature: bootloader.signature == SignaturePolicy::Required,
        downgrade_prevention: bootloader.downgrade == Downgrade::Refused,
        accept_same_version: bootloader.same_version == SameVersion::Accepted,
        single_bank: bootloader.bank == BankLayout::Single,
        force_dual_bank: bootloader.bank == BankLayout::ForcedDual,
        save_progress: bootloader.save_progress,
        external_application: bootloader.external_application,
        app_signature_check: bootloader.app_signature_check,
        debug: bootloader.debug,
        inactivity_ms: millis(bootloader.inactivity),
        continuation_ms: millis(bootloader.continuation),
        requires_bonds: bootloader.bonds == Bonds::Required,
        entry: Entry {
            pin_reset: bootloader.enter_by_pin_reset,
            settings_flag: bootloader.enter_by_flag,
            button: bootloader.enter_by_button,
            gpregret: bootloader.enter_by_register,
        },
        skip_crc: SkipCrc {
            system_off: bootloader.skip_crc_after_off,
            gpregret2: bootloader.skip_crc_on_request,
        },
        reduced_protocol: match bootloader.requests {
            Requests::Usual => built.reduced_protocol,
            Requests::Whole => false,
            Requests::Reduced => true,
        },
        protocol_version_message: bootloader.protocol_version_request,
        firmware_version_message: bootloader.firmware_version_request,
        settings_compatibility: bootloader.settings_compatibility,
        update_from_app: bootloader.update_from_app,
        debug_port_disable: bootloader.debug_port == model::AccessPort::Closed,
        reset_delay_ms: millis(bootloader.reset_delay),
        copy_step_pages: bootloader.copy_step,
        planted_bug: bug,
        ..built
    }
}

/// The link that the first step with one uses: a bootloader is built for one transport.
pub(crate) fn link(case: &Case) -> Link {
    let of_step = |kind: &StepKind| match kind {
        StepKind::Update(update) => Some(update.link),
        StepKind::Exchange(exchange) => Some(exchange.link),
        StepKind::Walk(walk) => Some(walk.link),
        StepKind::Starts(starts) => Some(starts.link),
        StepKind::Gatt(_) => Some(Link::Ble),
        StepKind::Cable(Cable::Pulled) => Some(Link::Usb),
        StepKind::Cable(Cable::Break) => Some(Link::Serial),
        StepKind::Reset(_)
        | StepKind::PowerCut(_)
        | StepKind::Wait(_)
        | StepKind::Mode(_)
        | StepKind::Probe(_) => None,
    };
    case.steps.iter().find_map(|step| of_step(&step.kind)).unwrap_or(Link::Ble)
}

/// What signs packages of the release: the key of a target, where it has one of its own.
pub(crate) fn release_key(device: &Device) -> SigningKey {
    let own = device.firmware.as_ref().and_then(|firmware| firmware.key.clone());
    own.unwrap_or_else(|| TestKey::Release.signing_key())
}

pub(crate) fn test_key(key: Key) -> TestKey {
    match key {
        Key::Release => TestKey::Release,
        Key::Other => TestKey::Other,
    }
}

pub(crate) fn variant(chip: Chip) -> Variant {
    match chip {
        Chip::Nrf52832 => Variant::Nrf52832,
        Chip::Nrf52833 => Variant::Nrf52833,
        Chip::Nrf52840 => Variant::Nrf52840,
    }
}

#[cfg(test)]
mod agreement {
    use gauntlet_bench::Layout;
    use gauntlet_reference::images::WITNESS_MIN_SIZE;
    use gauntlet_scenario::Word as _;
    use gauntlet_scenario::model;

    use super::*;

    #[test]
    fn the_language_knows_how_much_fits() {
        for &chip in Chip::ALL {
            let layout = Layout::of(variant(chip));
            for softdevice in [false, true] {
                assert_eq!(
                    chip.room(softdevice),
                    layout.image_area_end() - layout.application(softdevice),
                    "{chip}"
                );
            }
        }
        assert_eq!(model::Application::SMALLEST as usize, WITNESS_MIN_SIZE);
    }
}
