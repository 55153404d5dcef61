//! A chip that runs the demonstration bootloader, and a host at the other end of its serial port.

use gauntlet_nrf52::{Chip, ChipStop, Reset, Variant, cycles_from_ms};
use gauntlet_package::image::read_hex;
use gauntlet_package::settings::Settings;
use gauntlet_protocol::{crc32, slip};
use gauntlet_reference::Layout;
use gauntlet_reference::images::{WITNESS_ADDRESS, WITNESS_MAGIC};

/// Bytes of a Write.
const PAYLOAD: usize = 64;
/// Virtual milliseconds that an answer may take; the longest are a signature check and a settings commit.
const PATIENCE_MS: u64 = 3_000;

/// The hex file of this name.
pub(crate) fn hex(name: &str) -> Vec<gauntlet_package::image::Segment> {
    let path = format!("{}/../../targets/firmware/hex/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    read_hex(&std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

/// A chip and its host.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) chip: Chip,
    pub(crate) layout: Layout,
    decoder: slip::Decoder,
}

impl Rig {
    /// A fresh chip with the start-up code and a bootloader.
    pub(crate) fn new(variant: Variant) -> Self {
        let chip = match variant {
            Variant::Nrf52840 => "nrf52840",
            Variant::Nrf52832 | Variant::Nrf52833 => "nrf52832",
        };
        Self::with_bootloader(variant, &format!("demo-uart-{chip}"))
    }

    /// The same with a bootloader of another name.
    pub(crate) fn with_bootloader(variant: Variant, bootloader: &str) -> Self {
        let mut chip = Chip::new(variant, 1);
        for segment in hex("start-up").into_iter().chain(hex(bootloader)) {
            assert!(chip.put_image(segment.address, &segment.data));
        }
        chip.set_recording(true);
        chip.reset(Reset::Pin);
        Self { chip, layout: Layout::of(variant), decoder: slip::Decoder::for_host() }
    }

    /// Runs until the bootloader's receiver is open, and throws away what the host had sent or received.
    pub(crate) fn enter_dfu(&mut self) {
        let limit = self.chip.now() + cycles_from_ms(10_000);
        while !self.chip.uart_listens(0) {
            assert!(
                self.chip.now() < limit,
                "no DFU mode at {:08X}: {}",
                self.chip.core().reg(15),
                self.doing()
            );
            self.run_ms(1);
        }
        self.chip.uart_clear(0);
        self.chip.uart_take(0);
        self.decoder = slip::Decoder::for_host();
    }

    /// What an application does that wants to be updated: GPREGRET and a reset.
    pub(crate) fn ask_for_dfu(&mut self) {
        self.chip.store_word(0x4000_051C, 0xB1).unwrap();
        self.chip.reset(Reset::Soft);
        self.enter_dfu();
    }

    /// So that a witness that comes later is not one of before.
    pub(crate) fn forget_witness(&mut self) {
        self.chip.store_word(WITNESS_ADDRESS, 0).unwrap();
    }

    /// What the chip said last about itself.
    pub(crate) fn doing(&self) -> String {
        let core = self.chip.core();
        format!(
            "pc {:08X} lr {:08X} ipsr {}, {} starts, {:?}, refused {:?}, touched {:?}",
            core.reg(15),
            core.reg(14),
            core.xpsr() & 0x1FF,
            self.chip.starts(),
            self.chip.last_reset(),
            self.chip.refusals(),
            self.chip.touches().collect::<Vec<_>>()
        )
    }

    pub(crate) fn run_ms(&mut self, ms: u64) -> ChipStop {
        self.chip.run_until(self.chip.now() + cycles_from_ms(ms))
    }

    /// Sends a frame.
    pub(crate) fn send(&mut self, frame: &[u8]) {
        self.chip.uart_send(0, &slip::encode(frame));
    }

    /// The next frame that the chip sends; `None` when it stays silent.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        let limit = self.chip.now() + cycles_from_ms(PATIENCE_MS);
        while self.chip.now() < limit {
            self.run_ms(1);
            for byte in self.chip.uart_take(0) {
                if let Some(frame) = self.decoder.push(byte.value) {
                    return Some(frame);
                }
            }
        }
        None
    }

    /// Sends a request and takes its answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        self.send(request);
        self.receive().unwrap_or_else(|| panic!("no answer to {request:02X?}: {}", self.doing()))
    }

    /// Sends an object of type `kind` whose bytes are the last of `so_far`; the answer to its Execute.
    pub(crate) fn object(&mut self, kind: u8, so_far: &[u8], size: usize) -> Vec<u8> {
        self.object_bytes(kind, so_far, size);
        self.ask(&[4])
    }

    /// The same but for the Execute.
    pub(crate) fn object_bytes(&mut self, kind: u8, so_far: &[u8], size: usize) {
        let create = [&[1, kind][..], &(size as u32).to_le_bytes()].concat();
        assert_eq!(self.ask(&create), [0x60, 1, 1]);
        for payload in so_far[so_far.len() - size..].chunks(PAYLOAD) {
            self.send(&[&[8], payload].concat());
        }
        let expected =
            [&[0x60, 3, 1][..], &(so_far.len() as u32).to_le_bytes(), &crc32(so_far).to_le_bytes()];
        assert_eq!(self.ask(&[3]), expected.concat());
    }

    /// Sends an init packet; the answer to its Execute.
    pub(crate) fn init(&mut self, packet: &[u8]) -> Vec<u8> {
        self.object(1, packet, packet.len())
    }

    /// Sends an image; the answer to the Execute of the last object.
    pub(crate) fn image(&mut self, image: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        for start in (0..image.len()).step_by(4096) {
            let end = image.len().min(start + 4096);
            answer = self.object(2, &image[..end], end - start);
            if end < image.len() {
                assert_eq!(answer, [0x60, 4, 1], "the object at {start}");
            }
        }
        answer
    }

    /// The bytes in flash.
    pub(crate) fn flash(&self, address: u32, size: usize) -> Vec<u8> {
        self.chip.flash()[address as usize..][..size].to_vec()
    }

    /// The settings in the settings page, or the backup page.
    pub(crate) fn settings(&self, page: u32) -> Settings {
        Settings::parse(&self.flash(page, 896)).unwrap()
    }

    /// The id of the witness that runs, if one does.
    pub(crate) fn witness(&self) -> Option<u32> {
        let at = (WITNESS_ADDRESS - 0x2000_0000) as usize;
        let word = |at: usize| u32::from_le_bytes(self.chip.ram()[at..at + 4].try_into().unwrap());
        (word(at) == WITNESS_MAGIC).then(|| word(at + 4))
    }
}
