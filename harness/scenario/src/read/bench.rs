//! Reads a bench file. Texts may name variables of the environment: `${NAME}`.

use std::time::Duration;

use schemars::{Schema, SchemaGenerator};

use super::bench_text::{Address, EnvText, Selector, Speed};
use super::list::ShortOrLong;
use super::mapping::mapping;
use super::scalars::{Text, read_words};
use super::{Cx, OneOrMore, Shape};
use crate::diagnostics::ProblemKind;
use crate::model::{
    BenchBle, BenchCommand, BenchDongle, BenchFile, BenchLink, BenchPower, BenchProbe, BenchSerial,
    BenchTarget, Chip, FlowControl, LockedChip,
};
use crate::quantity::Period;
use crate::yaml::Node;

/// How long a command may take that says nothing about it.
const WITHIN: Duration = Duration::from_secs(10);
const BAUD: u32 = 115_200;

mapping! { BenchFile, "a bench", |node, cx| {
    optional "about" => about: Text, "One sentence about the bench.";
    required "probe" => probe: BenchProbe, "The debug probe: `VID:PID:SERIAL`, or `any` when there is only one.";
    required "chip" => chip: Chip, "The chip of the board. Another one is refused before anything is erased.";
    optional "locked" => locked: LockedChip, "What is done when the chip is read-protected. `refuse` by default.";
    required "link" => link: BenchLink, "How the device is updated: over `ble`, `serial` or `dongle`.";
    optional "power" => power: BenchPower, "How the supply is switched. Without it no power is cut.";
    optional "reset" => reset: BenchCommand, "A command that pulls the reset pin. Without it only the probe resets the device.";
    optional "target" => target: EnvText, "The device: `reference`, the name of a target, or a target file. `reference` by default.";
    optional "images" => images: OneOrMore<EnvText>, "Firmware in place of the target's own: `.hex` files, or `NAME.bin@ADDRESS`.";
    optional "key" => key: EnvText, "What signs packages that the device accepts: `release`, `other`, or a private key in a PEM file.";
} => {
    Some(Self {
        about: about.map(|text| text.0),
        probe: probe?,
        chip: chip?,
        locked: locked.unwrap_or(LockedChip::Refuse),
        link: link?,
        power,
        reset,
        target: BenchTarget {
            name: target.map(|text| text.0),
            images: images.map_or_else(Vec::new, |images| images.0.into_iter().map(|image| image.0).collect()),
            key: key.map(|text| text.0),
        },
    })
}}

read_words!(LockedChip);

/// A probe with more than its name.
struct ProbeKeys {
    selector: Selector,
    speed: Option<u32>,
}

mapping! { ProbeKeys, "a probe", |node, cx| {
    required "selector" => selector: Selector, "`VID:PID:SERIAL`, or `any` when there is only one.";
    optional "speed" => speed: Speed, "Speed of the debug wires in kHz. The probe's own choice by default.";
} => Some(Self { selector: selector?, speed: speed.map(|speed| speed.0) }) }

impl Shape for BenchProbe {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let (selector, speed) = match ShortOrLong::read(node, cx)? {
            ShortOrLong::Short(selector) => (selector, None),
            ShortOrLong::Long(ProbeKeys { selector, speed }) => (selector, speed),
        };
        Some(Self { selector: selector.0, speed, place: cx.place(&node.span) })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        ShortOrLong::<Selector, ProbeKeys>::schema(generator)
    }
}

/// What to write in place of no link, or of several.
const ONE_LINK: &str = "name one: `ble`, `serial` or `dongle`";

/// Reports keys that do not make a whole together.
fn unfit<T>(node: &Node, message: &str, label: &str, cx: &mut Cx<'_>) -> Option<T> {
    cx.report(cx.problem(ProblemKind::Contradiction, node, message).label(label));
    None
}

/// Links, of which a bench has one.
struct Links {
    ble: Option<BenchBle>,
    serial: Option<BenchSerial>,
    dongle: Option<BenchDongle>,
}

mapping! { Links, "a link", |node, cx| {
    optional "ble" => ble: BenchBle, "Over the Bluetooth of this machine.";
    optional "serial" => serial: BenchSerial, "Over a serial port of this machine.";
    optional "dongle" => dongle: BenchDongle, "Over BLE by way of an nRF connectivity dongle.";
} => Some(Self { ble, serial, dongle }) }

impl Shape for BenchLink {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let said = ["ble", "serial", "dongle"].into_iter().filter(|key| node.get(key).is_some()).count();
        let Links { ble, serial, dongle } = Links::read(node, cx)?;
        match said {
            // A link under a misspelt name has been reported.
            0 if !cx.has_problem_in(node) => unfit(node, "a bench without a link", ONE_LINK, cx),
            0 | 1 => ble.map(Self::Ble).or(serial.map(Self::Serial)).or(dongle.map(Self::Dongle)),
            _ => unfit(node, "a bench with several links", ONE_LINK, cx),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Links::schema(generator)
    }
}

mapping! { BenchBle, "a BLE link", |node, cx| {
    optional "name" => name: EnvText, "The name that the device advertises.";
    optional "address" => address: Address, "Its address. The bootloader may have the next one.";
    optional "adapter" => adapter: EnvText, "Name (`hci0`) or address of the adapter. The first one by default.";
} => Some(Self {
    name: name.map(|text| text.0),
    address: address.map(|address| address.0),
    adapter: adapter.map(|text| text.0),
})}

mapping! { BenchSerial, "a serial link", |node, cx| {
    required "port" => port: EnvText, "The port. Names below /dev/serial/by-id stay the same.";
    optional "baud" => baud: u32, "Bits a second. 115200 by default.";
    optional "flow_control" => flow_control: FlowControl, "`rts-cts` by default; `none` where the wires are missing.";
} => Some(Self {
    port: port?.0,
    baud: baud.unwrap_or(BAUD),
    flow_control: flow_control.unwrap_or(FlowControl::RtsCts),
})}

mapping! { BenchDongle, "a dongle", |node, cx| {
    required "port" => port: EnvText, "The dongle's port.";
    optional "name" => name: EnvText, "The name that the device advertises.";
    optional "address" => address: Address, "Its address.";
} => Some(Self {
    port: port?.0,
    name: name.map(|text| text.0),
    address: address.map(|address| address.0),
})}

/// A command with its bound.
struct Bounded {
    run: EnvText,
    within: Option<Period>,
}

mapping! { Bounded, "a command", |node, cx| {
    required "run" => run: EnvText, "The command, for the shell.";
    optional "within" => within: Period, "After this time it is ended and has failed. 10 s by default.";
} => Some(Self { run: run?, within }) }

impl Shape for BenchCommand {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let (run, within) = match ShortOrLong::read(node, cx)? {
            ShortOrLong::Short(run) => (run, None),
            ShortOrLong::Long(Bounded { run, within }) => (run, within),
        };
        Some(Self { run: run.0, within: within.map_or(WITHIN, Period::duration) })
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        ShortOrLong::<EnvText, Bounded>::schema(generator)
    }
}

/// Commands for the supply.
struct Switches {
    off: Option<BenchCommand>,
    on: Option<BenchCommand>,
    cycle: Option<BenchCommand>,
}

mapping! { Switches, "a switched supply", |node, cx| {
    optional "off" => off: BenchCommand, "Takes the supply away.";
    optional "on" => on: BenchCommand, "Gives it back.";
    optional "cycle" => cycle: BenchCommand, "One command that does both; `{ms}` in it is how long the supply shall be off.";
} => Some(Self { off, on, cycle }) }

impl Shape for BenchPower {
    fn read(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let there = ["off", "on", "cycle"].map(|key| node.get(key).is_some());
        let found = Switches::read(node, cx)?;
        match there {
            [true, true, false] => Some(Self::Switch { off: found.off?, on: found.on? }),
            [false, false, true] => Some(Self::Cycle(found.cycle?)),
            _ => unfit(
                node,
                "the supply can't be switched like this",
                "write `off` and `on`, or `cycle` alone",
                cx,
            ),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Switches::schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::model::{BenchCommand, BenchLink, BenchPower, LockedChip};
    use crate::{Source, read_bench};

    fn variable(name: &str) -> Option<String> {
        (name == "PROBE").then(|| "1366:1051:7".to_owned())
    }

    fn wrong(text: &str) -> String {
        read_bench(&Source::new("desk.yaml", text), &variable).unwrap_err().render(100, false)
    }

    const LEAST: &str = "probe: any\nchip: nrf52832\nlink: { ble: {} }\n";

    #[test]
    fn a_bench_says_which_board_and_what_can_be_done_to_it() {
        let text = "about: desk\nprobe: { selector: \"${PROBE}\", speed: 4000 }\nchip: nrf52840\nlocked: erase\n\
                    link: { ble: { address: \"C0:FF:EE:00:00:01\", adapter: hci1 } }\n\
                    power: { off: relay off, on: { run: relay on, within: 2 s } }\nreset: relay pulse\n\
                    target: my.yaml\nimages: [a.hex, b.bin@0x1000]\n";
        let bench = read_bench(&Source::new("desk.yaml", text), &variable).unwrap();
        assert_eq!((bench.probe.selector.as_deref(), bench.probe.speed), (Some("1366:1051:7"), Some(4000)));
        assert_eq!(bench.locked, LockedChip::Erase);
        let BenchLink::Ble(ble) = &bench.link else { panic!("{:?}", bench.link) };
        assert_eq!((ble.address, ble.adapter.as_deref()), (Some([0xC0, 0xFF, 0xEE, 0, 0, 1]), Some("hci1")));
        let Some(BenchPower::Switch { on, .. }) = &bench.power else { panic!("{:?}", bench.power) };
        assert_eq!(*on, BenchCommand { run: "relay on".to_owned(), within: Duration::from_secs(2) });
        assert_eq!(bench.target.images.len(), 2);
        let least = read_bench(&Source::new("desk.yaml", LEAST), &variable).unwrap();
        assert_eq!((least.probe.selector, least.locked), (None, LockedChip::Refuse));
        let tcp = LEAST.replace("any", "20b7:9db1:tcp:127.0.0.1:7800");
        assert!(read_bench(&Source::new("desk.yaml", tcp), &variable).is_ok());
    }

    #[test]
    fn mistakes_have_their_place_and_the_right_word() {
        assert!(wrong(&LEAST.replace("probe", "prob")).contains("did you mean `probe`?"));
        assert!(wrong(&LEAST.replace("any", "J-Link")).contains("desk.yaml:1:8"));
        assert!(wrong(&LEAST.replace("nrf52832", "nrf52382")).contains("did you mean `nrf52832`?"));
        assert!(wrong(&LEAST.replace("ble: {}", "")).contains("name one"));
        let misspelt = wrong(&LEAST.replace("ble: {}", "seriel: { port: a }"));
        assert!(misspelt.contains("did you mean `serial`?") && !misspelt.contains("name one"), "{misspelt}");
        assert!(wrong(&LEAST.replace("ble: {}", "ble: {}, serial: { port: a }")).contains("several links"));
        assert!(wrong(&LEAST.replace("ble: {}", "serial: {}")).contains("needs the key `port`"));
        assert!(wrong(&LEAST.replace("ble: {}", "ble: { address: \"C0:FF\" }")).contains("six bytes"));
        assert!(wrong(&format!("{LEAST}power: {{ off: a }}\n")).contains("`off` and `on`, or `cycle` alone"));
        assert!(wrong(&format!("{LEAST}locked: eras\n")).contains("did you mean `erase`?"));
        assert!(wrong(&LEAST.replace("any", "\"${PROB}\"")).contains("no variable `PROB`"));
        assert!(wrong(&LEAST.replace("any", "{ selector: any, speed: 4 }")).contains("4000 is a good one"));
    }
}
