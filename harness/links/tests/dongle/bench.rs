//! A board, a virtual dongle, and a pipe in place of a port.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use gauntlet_engine::{UpdateError, UpdateImage, UpdateOptions, UpdateReport, update};
use gauntlet_links::direct::VirtualBoard;
use gauntlet_links::dongle::{DongleError, DongleLink, DongleOptions, Port, Stream};
use gauntlet_links::virtual_dongle::{DonglePace, PlannedFault, VirtualDongle};
use gauntlet_nrf52::{Chip, Fill, Machine, Variant};
use gauntlet_package::build::AppPackage;
use gauntlet_package::keys::TestKey;
use gauntlet_reference::{Build, Layout, Profile, ReferenceDevice, SharedWire, images};
use tokio::io::{AsyncRead as _, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex};
use tokio::time::Instant;

/// Bytes that a pipe holds.
const PIPE: usize = 4096;
/// How long the board runs between two looks at the pipe.
const LOOK: Duration = Duration::from_millis(1);

/// The dongle's end of the pipe that is open now.
type End = Rc<RefCell<Option<DuplexStream>>>;

struct Pipe {
    end: End,
    unplugged: Rc<Cell<bool>>,
}

impl Port for Pipe {
    fn open(&mut self) -> Result<Box<dyn Stream>, DongleError> {
        if self.unplugged.get() {
            return Err(DongleError::PortMissing("pipe: there is none".to_owned()));
        }
        let (ours, theirs) = duplex(PIPE);
        *self.end.borrow_mut() = Some(theirs);
        Ok(Box::new(ours))
    }

    fn name(&self) -> String {
        "pipe".to_owned()
    }
}

pub(crate) struct Bench {
    board: VirtualBoard,
    layout: Layout,
    dongle: RefCell<VirtualDongle>,
    end: End,
    unplugged: Rc<Cell<bool>>,
    began: Instant,
}

/// How an update ended.
pub(crate) struct Run {
    pub(crate) result: Result<UpdateReport, UpdateError>,
    /// Flash holds the image.
    pub(crate) landed: bool,
    pub(crate) took: Duration,
    /// How often each planned fault has happened.
    pub(crate) faults: Vec<u32>,
}

impl Bench {
    /// A board in DFU mode, without an application, within reach of a dongle.
    pub(crate) fn new(pace: DonglePace, faults: &[PlannedFault]) -> Self {
        let layout = Layout::of(Variant::Nrf52840);
        let build = Build::release(Profile::Ble, TestKey::Release.signing_key().public_key_le());
        let mut chip = Chip::new(Variant::Nrf52840, 7);
        chip.fill_flash(Fill::Byte(0xFF));
        let mut segments = vec![images::start_up(), images::bootloader(&layout, &build)];
        segments.extend(images::softdevice(&layout, layout.softdevice_fwid));
        for segment in segments {
            assert!(chip.put_image(segment.address, &segment.bytes));
        }
        assert!(chip.put_image(0x1000_1014, &layout.bootloader.to_le_bytes()));
        assert!(chip.put_image(0x1000_1018, &layout.backup_page.to_le_bytes()));
        let wire = SharedWire::default();
        let guest = ReferenceDevice::new(layout, wire.clone());
        let machine = Arc::new(Mutex::new(Machine::with_guest(chip, Box::new(guest))));
        let board = VirtualBoard::new(machine, wire);
        let dongle = RefCell::new(VirtualDongle::new(board.clone(), pace, faults));
        let end = End::default();
        Self { board, layout, dongle, end, unplugged: Rc::default(), began: Instant::now() }
    }

    /// A link through the dongle.
    pub(crate) fn link(&self, options: DongleOptions) -> DongleLink {
        let pipe = Pipe { end: self.end.clone(), unplugged: self.unplugged.clone() };
        DongleLink::new(pipe, options)
    }

    /// There is no port any more.
    pub(crate) fn unplug(&self) {
        self.unplugged.set(true);
        self.end.borrow_mut().take();
    }

    /// It is there again.
    pub(crate) fn plug_in(&self) {
        self.unplugged.set(false);
    }

    /// Does `work` while dongle and board run beside it.
    pub(crate) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = work => done,
            () = self.serve() => unreachable!("it serves for ever"),
        }
    }

    async fn serve(&self) {
        loop {
            let mut end = self.end.borrow_mut().take();
            if let Some(bytes) = read(&mut end).await {
                self.dongle.borrow_mut().host_sent(self.began.elapsed(), &bytes);
            }
            let until = self.board.machine().now();
            let (bytes, hung_up) = {
                let mut dongle = self.dongle.borrow_mut();
                dongle.poll(self.began.elapsed(), until);
                (dongle.to_host(self.began.elapsed()), dongle.has_hung_up())
            };
            if let Some(open) = &mut end
                && !bytes.is_empty()
            {
                // A host that has gone does not matter.
                let _gone = open.write_all(&bytes).await;
            }
            // A port that was opened meanwhile is the one that counts.
            if !hung_up && !self.unplugged.get() && self.end.borrow().is_none() {
                *self.end.borrow_mut() = end;
            }
            self.board.run_for(LOOK).await;
        }
    }

    /// A whole update with a fresh application of `size` bytes.
    pub(crate) async fn update(&self, size: usize, options: DongleOptions) -> Run {
        let firmware: Vec<u8> = (0..size).map(|i| (i * 31 + i / 251) as u8).collect();
        let package = AppPackage::new(firmware)
            .version(2)
            .sd_req([u32::from(self.layout.softdevice_fwid)])
            .sign(TestKey::Release.signing_key())
            .build()
            .unwrap();
        let image = UpdateImage { init_packet: &package.init_packet, firmware: &package.firmware };
        let mut link = self.link(options);
        let began = Instant::now();
        let how = UpdateOptions::default();
        let result = self.beside(update(&mut link, &image, &how, &mut gauntlet_engine::Silent)).await;
        let took = began.elapsed();
        let at = self.layout.softdevice_end as usize;
        let landed = self.board.machine().chip.flash()[at..].starts_with(&package.firmware);
        let faults = self.dongle.borrow().faults().iter().map(|(_, count)| *count).collect();
        Run { result, landed, took, faults }
    }
}

/// What has come, if anything has.
async fn read(end: &mut Option<DuplexStream>) -> Option<Vec<u8>> {
    let open = end.as_mut()?;
    let mut bytes = [0; PIPE];
    let mut room = ReadBuf::new(&mut bytes);
    let read = std::future::poll_fn(|context| {
        Poll::Ready(match Pin::new(&mut *open).poll_read(context, &mut room) {
            Poll::Ready(Ok(())) => Some(()),
            _ => None,
        })
    });
    read.await?;
    Some(room.filled().to_vec())
}
