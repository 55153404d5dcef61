//! What a target says of itself, held against what its file says: a wrong file would make every verdict a riddle.

use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use gauntlet_bench::{Bench, Board, Device, LinkKind, Target};
use gauntlet_engine::{Link, LinkError};
use gauntlet_protocol::{Request, Response};
use gauntlet_record::CaseId;

use super::fit::installed;
use crate::attempt::runtime;
use crate::factory::Factory;
use crate::prepare::prepare;
use crate::told::Teller;
use crate::trouble::Trouble;

/// An answer that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an image says that is a bootloader (CP-009).
const BOOTLOADER: u8 = 2;

/// Something that the device says otherwise than its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lie {
    /// What it is about.
    pub what: &'static str,
    /// What the target file says, or what follows from its images.
    pub stated: String,
    /// What the device says.
    pub answered: String,
}

impl std::fmt::Display for Lie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: the target says {}, the device says {}", self.what, self.stated, self.answered)
    }
}

/// Starts the target of `bench` without an application, and asks it over its link what it is. What a device does not want
/// to say is no lie.
///
/// # Errors
/// [`Trouble`] when the device does not come up in DFU mode, or nobody answers there.
pub fn ask(bench: &dyn Bench, target: &Target, seed: u64) -> Result<Vec<Lie>, Trouble> {
    let runtime = runtime(bench).map_err(|error| Trouble::Internal(error.to_string()))?;
    runtime.block_on(asked(bench, target, seed))
}

async fn asked(bench: &dyn Bench, target: &Target, seed: u64) -> Result<Vec<Lie>, Trouble> {
    let device = installed(
        Device {
            variant: target.variant,
            softdevice: target.softdevice,
            build: target.build.clone(),
            application: None,
            firmware: None,
        },
        target,
    );
    let board: Rc<dyn Board> = Rc::from(bench.open(target.variant, seed)?);
    let (sender, _) = mpsc::channel();
    let name = CaseId::new("ask").map_err(|error| Trouble::Internal(error.to_string()))?;
    prepare(&*board, &device, &Factory::default(), &Teller::new(name, sender)).await?;
    let mut link = board.link(LinkKind::Serial, &device)?;
    let no_link = |error: LinkError| Trouble::Link(error.to_string());
    link.connect().await.map_err(no_link)?;
    let mut lies = Vec::new();
    if let Some(Ok(hardware)) = answer(&mut *link, &Request::HardwareVersion)
        .await
        .map_err(no_link)?
        .map(|r| r.hardware_version_answer())
    {
        let part = match target.variant {
            gauntlet_bench::Variant::Nrf52832 => 0x5_2832,
            gauntlet_bench::Variant::Nrf52833 => 0x5_2833,
            gauntlet_bench::Variant::Nrf52840 => 0x5_2840,
        };
        lie(&mut lies, "chip", part, hardware.part);
    }
    let image = Request::FirmwareVersion { image: 0 };
    let told = answer(&mut *link, &image).await.map_err(no_link)?;
    match told.map(|response| response.firmware_version_answer()) {
        Some(Ok(bootloader)) if bootloader.image_type == BOOTLOADER => {
            lie(&mut lies, "start of the bootloader", device.layout().bootloader, bootloader.address);
        }
        _ => {}
    }
    link.disconnect().await.map_err(no_link)?;
    Ok(lies)
}

fn lie(lies: &mut Vec<Lie>, what: &'static str, stated: u32, answered: u32) {
    if stated != answered {
        lies.push(Lie { what, stated: format!("{stated:#x}"), answered: format!("{answered:#x}") });
    }
}

async fn answer(link: &mut dyn Link, request: &Request) -> Result<Option<Response>, LinkError> {
    link.send_request(&request.encode()).await?;
    match tokio::time::timeout(PATIENCE, link.receive()).await {
        Ok(message) => Ok(Response::parse(&message?).ok().filter(|answer| answer.accepted().is_ok())),
        Err(_elapsed) => Ok(None),
    }
}
