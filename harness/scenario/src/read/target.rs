//! Reads a target.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::device::BootloaderShape;
use super::mapping::mapping;
use super::scalars::{Text, read_words};
use super::{Cx, OneOrMore, Shape};
use crate::diagnostics::ProblemKind;
use crate::model::{
    Bootloader, Chip, Difference, FlowControl, Key, SoftDevice, Target, TargetImage, TargetKey, TargetLayout,
    Uart,
};
use crate::word::Word as _;
use crate::yaml::{Node, NodeKind};

/// Bytes of a flash page.
const PAGE: u32 = 0x1000;

mapping! { Target, "a target", |node, cx| {
    optional "about" => about: Text, "One sentence about the device.";
    required "chip" => chip: Chip, "The chip.";
    optional "images" => images: OneOrMore<TargetImage>, "Firmware files, relative to this one: `.hex`, or `{ file: NAME.bin, at: ADDRESS }`.";
    optional "key" => key: TargetKey, "What signs packages that its bootloader accepts: `release` or `other` (the test keys), a private key in a PEM file, or `unknown`. `unknown` by default.";
    optional "softdevice" => softdevice: SoftDevice, "The SoftDevice in the images: its firmware id, or `none`. `none` by default.";
    optional "bootloader" => bootloader: BootloaderShape, "How its bootloader is built.";
    optional "differs" => differs: OneOrMore<Difference>, "What it does otherwise than the specified bootloader, and means to: cases about that are Skipped.";
    optional "uart" => uart: Uart, "Its serial port.";
    optional "layout" => layout: TargetLayout, "Where things stand, where the images do not say it.";
} => {
    if let Some(at) = node.get("bootloader").and_then(|bootloader| bootloader.get("key")) {
        let problem = cx
            .problem(ProblemKind::Contradiction, at, "the key of a target stands beside its bootloader, not inside")
            .label("move it one level up");
        cx.report(problem);
    }
    Some(Target {
        about: about.map(|text| text.0),
        chip: chip?,
        images: images.map_or_else(Vec::new, |images| images.0),
        key: key.unwrap_or(TargetKey::Unknown),
        softdevice: softdevice.unwrap_or(SoftDevice::None),
        bootloader: bootloader.map_or_else(Bootloader::default, |shape| shape.over(&Bootloader::default())),
        differs: differs.map_or_else(Vec::new, |differs| differs.0),
        uart: uart.unwrap_or_default(),
        layout: layout.unwrap_or_default(),
    })
}}

mapping! { Uart, "a serial port", |node, cx| {
    optional "baud" => baud: u32, "Bits a second. 115200 by default.";
    optional "flow_control" => flow_control: FlowControl, "Whether the host waits for the device's RTS. `automatic` by default.";
    optional "port" => port: u32, "Number of the chip's port. By default the one on which the firmware listens.";
} => {
    let default = Self::default();
    Some(Self {
        baud: baud.unwrap_or(default.baud),
        flow_control: flow_control.unwrap_or(default.flow_control),
        port,
    })
}}

mapping! { TargetLayout, "a layout", |node, cx| {
    optional "bootloader" => bootloader: Page, "First byte of the bootloader. The images and their UICR words say it.";
    optional "settings" => settings: Page, "The settings page. By default the last page of flash.";
    optional "backup" => backup: Page, "Its backup. By default the MBR's params page, the last but one.";
    optional "app_data" => app_data: u32, "Bytes below the bootloader that no update touches. 0x3000 by default.";
} => Some(Self {
    bootloader: bootloader.map(|page| page.0),
    settings: settings.map(|page| page.0),
    backup: backup.map(|page| page.0),
    app_data,
})}

read_words!(FlowControl, Difference);

/// The address of a page.
struct Page(u32);

impl Shape for Page {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let address = u32::read(node, cx)?;
        if address % PAGE != 0 {
            let problem = cx
                .problem(ProblemKind::OutOfRange, node, format!("{address:#x} is not the address of a page"))
                .label("pages begin at multiples of 0x1000");
            cx.report(problem);
            return None;
        }
        Some(Self(address))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        u32::schema(generator)
    }
}

impl Shape for TargetKey {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let text = Text::read(node, cx)?.0;
        if text == "unknown" {
            return Some(Self::Unknown);
        }
        if let Some(key) = Key::from_word(&text) {
            return Some(Self::Test(key));
        }
        if !text.contains(['.', '/']) {
            let words = Key::ALL.iter().map(|key| key.word()).chain(["unknown", "my-key.pem"]);
            cx.unknown_word(node, "a key", words);
            return None;
        }
        Some(Self::File(text, cx.place(&node.span)))
    }

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["release", "my-key.pem", "unknown"] })
    }
}

/// An image with its address.
struct Binary {
    file: String,
    at: u32,
}

mapping! { Binary, "an image", |node, cx| {
    required "file" => file: Text, "The file.";
    required "at" => at: u32, "Address of its first byte.";
} => Some(Self { file: file?.0, at: at? }) }

impl Shape for TargetImage {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let place = cx.place(&node.span);
        if let NodeKind::Map(_) = &node.kind {
            let Binary { file, at } = Binary::read(node, cx)?;
            return Some(Self { file, at: Some(at), place });
        }
        let file = Text::read(node, cx)?.0;
        if file.ends_with(".bin") {
            let problem = cx
                .problem(ProblemKind::BadForm, node, "a plain binary does not say where it belongs")
                .label("write `{ file: NAME.bin, at: ADDRESS }`");
            cx.report(problem);
            return None;
        }
        Some(Self { file, at: None, place })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, Binary::schema(generator)] })
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Difference, TargetImage, TargetKey};
    use crate::{Source, read_target};

    fn wrong(text: &str) -> String {
        read_target(&Source::new("pump.yaml", text)).unwrap_err().render(100, false)
    }

    #[test]
    fn a_target_says_everything_that_a_bootloader_has_of_its_own() {
        let text = "chip: nrf52840\nimages: [a.hex, { file: b.bin, at: 0x70000 }]\nkey: keys/mine.pem\n\
                    softdevice: 0x0123\ndiffers: stores-last-bytes\nbootloader: { hw_version: 59, downgrade: allowed }\n\
                    uart: { baud: 1000000, flow_control: rts-cts, port: 1 }\n\
                    layout: { bootloader: 0xF4000, settings: 0xFF000 }\n";
        let target = read_target(&Source::new("pump.yaml", text)).unwrap();
        let at: Vec<Option<u32>> = target.images.iter().map(|TargetImage { at, .. }| *at).collect();
        assert_eq!(at, [None, Some(0x7_0000)]);
        assert!(
            matches!(&target.key, TargetKey::File(path, place) if path == "keys/mine.pem" && place.line == 3)
        );
        assert_eq!(target.differs, [Difference::StoresLastBytes]);
        assert_eq!((target.bootloader.hw_version, target.uart.port), (59, Some(1)));
        assert_eq!((target.layout.bootloader, target.layout.backup), (Some(0xF_4000), None));
        let least = read_target(&Source::new("pump.yaml", "chip: nrf52832\n")).unwrap();
        assert_eq!((least.key, least.uart.baud, least.images.len()), (TargetKey::Unknown, 115_200, 0));
    }

    #[test]
    fn mistakes_have_their_place_and_the_right_word() {
        assert!(wrong("chp: nrf52832\n").contains("did you mean `chip`?"));
        assert!(wrong("chip: nrf52382\n").contains("did you mean `nrf52832`?"));
        let chip = "chip: nrf52832\n";
        assert!(wrong(&format!("{chip}images: boot.bin\n")).contains("at: ADDRESS"));
        assert!(wrong(&format!("{chip}layout: {{ bootloader: 0x78010 }}\n")).contains("pump.yaml:2:23"));
        assert!(wrong(&format!("{chip}key: relaese\n")).contains("did you mean `release`?"));
        assert!(wrong(&format!("{chip}bootloader: {{ key: other }}\n")).contains("move it one level up"));
        assert!(
            wrong(&format!("{chip}differs: [stores-last-byte]\n"))
                .contains("did you mean `stores-last-bytes`?")
        );
        assert!(wrong(&format!("{chip}uart: {{ flow_control: rts }}\n")).contains("rts-cts"));
    }
}
