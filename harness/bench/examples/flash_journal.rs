//! First boot and a serial update of the firmware in hex files, on the virtual chip, for `ci/interop/second_chip.py`.
//!
//!     flash_journal CHIP HEX...
//!
//! Lines on standard output, in order: `send BYTES` and `answer BYTES` as they are on the wire; `started ADDRESS VALUE` when
//! the application has put that value there; `op erase ADDRESS`, `op program ADDRESS VALUE` for every flash operation; `final
//! CRC CRC` of flash and UICR. Numbers are hexadecimal.

use std::error::Error;
use std::io::{self, Write};

use gauntlet_nrf52::{Chip, FlashAction, Reset, Variant, cycles_from_ms};
use gauntlet_package::build::AppPackage;
use gauntlet_package::image::read_hex;
use gauntlet_package::keys::TestKey;
use gauntlet_protocol::{crc32, slip};
use gauntlet_reference::images::{WITNESS_ADDRESS, WITNESS_MAGIC, witness};

const END: u8 = 0xC0;
/// Virtual time that the firmware has for an answer, and for activation.
const PATIENCE_MS: u64 = 10_000;
/// Bytes of a Write request.
const PAYLOAD: usize = 64;

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Session<W> {
    chip: Chip,
    out: W,
    received: Vec<u8>,
}

impl<W: Write> Session<W> {
    fn run_until(&mut self, what: &str, done: impl Fn(&mut Self) -> bool) -> Result<(), Box<dyn Error>> {
        let limit = self.chip.now() + cycles_from_ms(PATIENCE_MS);
        while !done(self) {
            if self.chip.now() >= limit {
                return Err(format!("no {what}, at {:#x}", self.chip.core().reg(15)).into());
            }
            self.chip.run_until(self.chip.now() + cycles_from_ms(1));
        }
        Ok(())
    }

    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        let frame = slip::encode(request);
        self.chip.uart_send(0, &frame);
        writeln!(self.out, "send {}", hexadecimal(&frame))
    }

    fn ask(&mut self, request: &[u8]) -> Result<(), Box<dyn Error>> {
        self.send(request)?;
        self.run_until("answer", |session| {
            session.received.extend(session.chip.uart_take(0).iter().map(|byte| byte.value));
            session.received.contains(&END)
        })?;
        let size = self.received.iter().position(|&byte| byte == END).map_or(0, |at| at + 1);
        let answer: Vec<u8> = self.received.drain(..size).collect();
        writeln!(self.out, "answer {}", hexadecimal(&answer))?;
        // Response code, request, result: everything here is to succeed.
        if answer.get(2) != Some(&1) {
            return Err(format!("{} refused: {}", hexadecimal(request), hexadecimal(&answer)).into());
        }
        Ok(())
    }

    fn object(&mut self, kind: u8, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
        self.ask(&[&[1, kind][..], &(bytes.len() as u32).to_le_bytes()].concat())?;
        for payload in bytes.chunks(PAYLOAD) {
            self.send(&[&[8], payload].concat())?;
        }
        self.ask(&[3])?;
        self.ask(&[4])
    }

    fn report(&mut self) -> io::Result<()> {
        for op in self.chip.journal() {
            match op.action {
                FlashAction::Program { address, value } => {
                    writeln!(self.out, "op program {address:x} {value:x}")?;
                }
                FlashAction::ErasePage { address } => writeln!(self.out, "op erase {address:x}")?,
                other => writeln!(self.out, "op {other:?}")?,
            }
        }
        let mut uicr = self.chip.uicr();
        uicr.resize(0x1000, 0xFF);
        writeln!(self.out, "final {:08x} {:08x}", crc32(&self.chip.flash()), crc32(&uicr))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let variant = match arguments.next().as_deref() {
        Some("nrf52832") => Variant::Nrf52832,
        Some("nrf52833") => Variant::Nrf52833,
        Some("nrf52840") => Variant::Nrf52840,
        _ => return Err("usage: flash_journal nrf52832|nrf52833|nrf52840 HEX...".into()),
    };
    let mut chip = Chip::new(variant, 1);
    for path in arguments {
        for segment in read_hex(&std::fs::read(&path)?)? {
            if !chip.put_image(segment.address, &segment.data) {
                return Err(
                    format!("{path} has bytes outside the memories, at {:#x}", segment.address).into()
                );
            }
        }
    }
    chip.set_recording(true);
    chip.reset(Reset::Pin);
    let mut session = Session { chip, out: io::stdout().lock(), received: Vec::new() };
    session.run_until("DFU mode", |session| session.chip.uart_listens(0))?;
    let package = AppPackage::new(witness(0x1000, 7, 10_000))
        .sign(TestKey::Release.signing_key())
        .version(7)
        .build()?;
    session.ask(&[2, 0, 0])?;
    session.ask(&[7])?;
    session.ask(&[6, 1])?;
    session.object(1, &package.init_packet)?;
    session.ask(&[6, 2])?;
    for object in package.firmware.chunks(4096) {
        session.object(2, object)?;
    }
    session.run_until("application", |session| {
        let at = (WITNESS_ADDRESS - 0x2000_0000) as usize;
        session.chip.ram()[at..at + 4] == WITNESS_MAGIC.to_le_bytes()
    })?;
    writeln!(session.out, "started {WITNESS_ADDRESS:x} {WITNESS_MAGIC:x}")?;
    session.report()?;
    Ok(())
}
