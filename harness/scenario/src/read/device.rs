//! Reads the device.

use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::mapping::mapping;
use super::scalars::{Ranged, range, ranged, read_words, scalar_schema};
use super::{Cx, Shape};
use crate::diagnostics::ProblemKind;
use crate::model::{
    AccessPort, Application, BankLayout, Bonds, Bootloader, Buttonless, Device, Downgrade, Generation, Habit,
    Key, PageState, Requests, SameVersion, SignaturePolicy, SoftDevice,
};
use crate::quantity::{Fwid, Period, Size, Witness};
use crate::yaml::{Node, NodeKind};

read_words!(AccessPort);
read_words!(PageState);

mapping! { Device, "a device", |node, cx| {
    optional "softdevice" => softdevice: SoftDevice, "The stand-in SoftDevice: its firmware id, `default` or `none`.";
    optional "bootloader" => bootloader: BootloaderShape, "How the bootloader is built.";
    optional "application" => application: ApplicationOrNone, "The application before the first step, or `none`.";
    optional "bootloader_version" => bootloader_version: u32, "The version of the bootloader on record. 1 by default.";
    optional "settings" => settings: PageState, "What is in the settings page. `good` by default.";
    optional "settings_backup" => settings_backup: PageState, "What is in the backup of the settings page. `good` by default.";
    optional "locked" => locked: bool, "Whether the access port is closed for debug probes (APPROTECT) when the first step begins. `false` by default.";
    optional "retained" => retained: Byte, "The value of GPREGRET with which the device starts for the first step. Nothing is written by default.";
    optional "retained-2" => retained_2: Byte, "The same for GPREGRET2.";
} => {
    let default = Device::default();
    Some(Device {
        locked: locked.unwrap_or(default.locked),
        softdevice: softdevice.unwrap_or(default.softdevice),
        bootloader: bootloader.map_or(default.bootloader, |shape| shape.over(&Bootloader::default())),
        application: application.map_or(default.application, |application| application.0),
        bootloader_version: bootloader_version.unwrap_or(default.bootloader_version),
        settings: settings.unwrap_or(default.settings),
        settings_backup: settings_backup.unwrap_or(default.settings_backup),
        retained: retained.map(|value| value.0),
        retained_2: retained_2.map(|value| value.0),
    })
}}

/// A bootloader as it is written: what it does not say is as in another one.
pub(crate) struct BootloaderShape {
    bank: Option<BankLayout>,
    signature: Option<SignaturePolicy>,
    hw_version: Option<u32>,
    key: Option<Key>,
    downgrade: Option<Downgrade>,
    same_version: Option<SameVersion>,
    save_progress: Option<bool>,
    external_application: Option<bool>,
    app_signature_check: Option<bool>,
    debug: Option<bool>,
    inactivity: Option<Timeout>,
    continuation: Option<Timeout>,
    bonds: Option<Bonds>,
    generation: Option<Generation>,
    debug_port: Option<AccessPort>,
    enter_by_pin_reset: Option<bool>,
    enter_by_flag: Option<bool>,
    enter_by_button: Option<bool>,
    enter_by_register: Option<bool>,
    skip_crc_after_off: Option<bool>,
    skip_crc_on_request: Option<bool>,
    requests: Option<Requests>,
    protocol_version_request: Option<bool>,
    firmware_version_request: Option<bool>,
    settings_compatibility: Option<bool>,
    update_from_app: Option<bool>,
    reset_delay: Option<Period>,
    copy_step: Option<CopyStep>,
}

impl BootloaderShape {
    /// The bootloader, as `other` where nothing is said.
    pub(crate) fn over(&self, other: &Bootloader) -> Bootloader {
        Bootloader {
            bank: self.bank.unwrap_or(other.bank),
            signature: self.signature.unwrap_or(other.signature),
            hw_version: self.hw_version.unwrap_or(other.hw_version),
            key: self.key.unwrap_or(other.key),
            downgrade: self.downgrade.unwrap_or(other.downgrade),
            same_version: self.same_version.unwrap_or(other.same_version),
            save_progress: self.save_progress.unwrap_or(other.save_progress),
            external_application: self.external_application.unwrap_or(other.external_application),
            app_signature_check: self.app_signature_check.unwrap_or(other.app_signature_check),
            debug: self.debug.unwrap_or(other.debug),
            inactivity: self.inactivity.map_or(other.inactivity, |timeout| timeout.0),
            continuation: self.continuation.map_or(other.continuation, |timeout| timeout.0),
            bonds: self.bonds.unwrap_or(other.bonds),
            generation: self.generation.unwrap_or(other.generation),
            debug_port: self.debug_port.unwrap_or(other.debug_port),
            enter_by_pin_reset: self.enter_by_pin_reset.unwrap_or(other.enter_by_pin_reset),
            enter_by_flag: self.enter_by_flag.unwrap_or(other.enter_by_flag),
            enter_by_button: self.enter_by_button.unwrap_or(other.enter_by_button),
            enter_by_register: self.enter_by_register.unwrap_or(other.enter_by_register),
            skip_crc_after_off: self.skip_crc_after_off.unwrap_or(other.skip_crc_after_off),
            skip_crc_on_request: self.skip_crc_on_request.unwrap_or(other.skip_crc_on_request),
            requests: self.requests.unwrap_or(other.requests),
            protocol_version_request: self.protocol_version_request.unwrap_or(other.protocol_version_request),
            firmware_version_request: self.firmware_version_request.unwrap_or(other.firmware_version_request),
            settings_compatibility: self.settings_compatibility.unwrap_or(other.settings_compatibility),
            update_from_app: self.update_from_app.unwrap_or(other.update_from_app),
            reset_delay: self.reset_delay.map_or(other.reset_delay, Period::duration),
            copy_step: self.copy_step.as_ref().map_or(other.copy_step, |pages| pages.0),
        }
    }
}

mapping! { BootloaderShape, "a bootloader", |node, cx| {
    optional "bank" => bank: BankLayout, "How an update is stored while it arrives.";
    optional "signature" => signature: SignaturePolicy, "What is asked of an update's signature.";
    optional "hw_version" => hw_version: u32, "The hardware version that init packets must name. 52 by default.";
    optional "key" => key: Key, "The key pair whose public half the bootloader holds.";
    optional "downgrade" => downgrade: Downgrade, "What happens to an update that is older than the application.";
    optional "same_version" => same_version: SameVersion, "What happens to an update of the application's own version.";
    optional "save_progress" => save_progress: bool, "Whether the progress of a transfer survives a reset.";
    optional "external_application" => external_application: bool, "Whether updates are taken that are stored and not started.";
    optional "app_signature_check" => app_signature_check: bool, "Whether an application must bring a signature for every start.";
    optional "debug" => debug: bool, "Whether it is a debug build.";
    optional "inactivity" => inactivity: Timeout, "Time without progress after which DFU mode ends, or `never`. 120 s by default.";
    optional "continuation" => continuation: Timeout, "The same while the next image is waited for. 10 s by default.";
    optional "bonds" => bonds: Bonds, "What is asked of who connects over BLE.";
    optional "generation" => generation: Generation, "The SDK that it comes from, where SDKs differ. `sdk17` by default.";
    optional "debug_port" => debug_port: AccessPort, "What it makes of the access port when it starts: `closed` writes that into the UICR, which counts from the next reset by pin or supply on. `open` by default.";
    optional "enter_by_pin_reset" => enter_by_pin_reset: bool, "Whether a reset by the reset pin leads to DFU mode.";
    optional "enter_by_flag" => enter_by_flag: bool, "Whether a word of the settings leads to DFU mode, once.";
    optional "enter_by_button" => enter_by_button: bool, "Whether a button that is held at a reset leads to DFU mode. `true` by default.";
    optional "enter_by_register" => enter_by_register: bool, "Whether the retained register GPREGRET leads to DFU mode. `true` by default; without it the probe gets there by the reset pin (`enter_by_pin_reset`).";
    optional "skip_crc_after_off" => skip_crc_after_off: bool, "Whether CRCs go unchecked at a wake-up from System OFF. `true` by default.";
    optional "skip_crc_on_request" => skip_crc_on_request: bool, "Whether CRCs go unchecked once when the application asked for it in GPREGRET2. `true` by default.";
    optional "requests" => requests: Requests, "Which requests it knows. `usual` by default.";
    optional "protocol_version_request" => protocol_version_request: bool, "Whether request 00, for the protocol's version, is among the whole set. `true` by default.";
    optional "firmware_version_request" => firmware_version_request: bool, "Whether request 0B, for the version of an image, is among the whole set. `true` by default.";
    optional "settings_compatibility" => settings_compatibility: bool, "Whether settings of version 1 are brought up to version 2. `true` by default.";
    optional "update_from_app" => update_from_app: bool, "Whether the application may prepare updates, so that fewer fields of the settings come from the backup.";
    optional "reset_delay" => reset_delay: Period, "Time between the last flash write and a reset. None by default.";
    optional "copy_step" => copy_step: CopyStep, "Pages that are copied between two commits of the progress. 8 by default.";
} => Some(BootloaderShape {
    bank, signature, hw_version, key, downgrade, same_version, save_progress, external_application, app_signature_check,
    debug, inactivity, continuation, bonds, generation, debug_port, enter_by_pin_reset, enter_by_flag, enter_by_button,
    enter_by_register, skip_crc_after_off, skip_crc_on_request, requests, protocol_version_request,
    firmware_version_request, settings_compatibility, update_from_app, reset_delay, copy_step,
}) }

type Byte = Ranged<u8, { range::BYTE }>;
type CopyStep = Ranged<u32, { range::PAGES }>;

/// A time, or `never`, which is zero.
#[derive(Clone, Copy)]
struct Timeout(Duration);

impl Shape for Timeout {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        if node.scalar().is_some_and(|scalar| scalar.text == "never") {
            return Some(Self(Duration::ZERO));
        }
        Period::read(node, cx).map(|period| Self(period.duration()))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [scalar_schema(&json!({ "const": "never" })), Period::schema(generator)] })
    }
}

mapping! { Application, "the device's application", |node, cx| {
    required "witness" => witness: Witness, "The number by which the running application is recognised.";
    optional "size" => size: Size, "The size of the image. 20 KiB by default.";
    optional "version" => version: u32, "The version in the settings page. 1 by default.";
    optional "buttonless" => buttonless: Buttonless, "Its buttonless service. None by default.";
    optional "habit" => habit: Habit, "What is odd about that service.";
} => {
    if let Some(at) = node.get("habit").filter(|_| buttonless.is_none()) {
        let problem = cx
            .problem(ProblemKind::Contradiction, at, "an application without the buttonless service has no habits")
            .label("only with `buttonless`");
        cx.report(problem);
    }
    let default = Application::default();
    Some(Application {
        witness: witness?,
        size: size.unwrap_or(default.size),
        version: version.unwrap_or(default.version),
        buttonless,
        habit,
    })
}}

/// `{ witness: 1 }` or `none`.
struct ApplicationOrNone(Option<Application>);

impl Shape for ApplicationOrNone {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar(scalar) if scalar.text == "none" => Some(Self(None)),
            NodeKind::Scalar(scalar) if scalar.kind() != "nothing" => {
                cx.unknown_word(node, "an application", ["{ witness: 1 }", "none"].into_iter());
                None
            }
            _ => Application::read(node, cx).map(|application| Self(Some(application))),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let none = scalar_schema(&json!({ "const": "none" }));
        json_schema!({ "anyOf": [Application::schema(generator), none] })
    }
}

impl Shape for SoftDevice {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match node.scalar().map(|scalar| (scalar.text.as_str(), scalar.kind())) {
            Some(("default", _)) => Some(Self::Default),
            Some(("none", _)) => Some(Self::None),
            Some((_, "text")) => {
                let forms = ["0x0101", "default", "none"].into_iter();
                cx.unknown_word(node, "a SoftDevice", forms);
                None
            }
            _ => {
                let fwid = ranged(node, "a SoftDevice's firmware id", 0..=0xFFFF, cx)?;
                u16::try_from(fwid).ok().map(|fwid| Self::Fwid(Fwid::new(fwid)))
            }
        }
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        scalar_schema(&json!({ "anyOf": [
            { "enum": ["default", "none"] },
            { "type": "integer", "minimum": 0, "maximum": 0xFFFF },
        ] }))
    }
}
