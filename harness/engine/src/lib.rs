//! The DFU client: one update over one [`Link`].
//!
//! ```text
//!    Connect ──► Prepare ──► InitPacket ──► Data ──► Finish
//!       ▲     ping, PRN,   select, create,  the same    the last Execute
//!       │     MTU          write, CRC,      for every
//!       │                  execute          object
//!       └───── link lost or device silent: connect again, ask what the device holds, go on from there
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`Link`], [`DfuEntry`] | what the engine needs from the outside |
//! | [`Buttonless`], [`ApplicationLink`] | from a running application into DFU mode |
//! | [`update`], [`update_with_entry`] | one image |
//! | [`update_images`] | all images of a package, with the restarts between them |
//! | [`UpdateImage`], [`UpdateOptions`], [`CrcExchange`], [`Pace`], [`Cancel`] | what to send, and how |
//! | [`UpdateEvent`], [`Observer`] | what happens, while it happens |
//! | [`UpdateReport`], [`PackageReport`], [`Outcome`], [`UpdateError`] | how it ended, and who is to blame |
//!
//! The engine never says that a device was updated: [`Outcome::Completed`] means that the device said so, and
//! [`Outcome::CompletionUnconfirmed`] that it did not get to say it. Whoever needs to know looks at the device (H-1).
//!
//! ```
//! use gauntlet_engine::{Link, Silent, UpdateError, UpdateImage, UpdateOptions, update};
//!
//! async fn flash(link: &mut dyn Link, dat: &[u8], bin: &[u8]) -> Result<(), UpdateError> {
//!     let image = UpdateImage { init_packet: dat, firmware: bin };
//!     let options = UpdateOptions { prn: 12, ..UpdateOptions::default() };
//!     let report = update(link, &image, &options, &mut Silent).await?;
//!     assert!(report.bytes_sent > 0);
//!     Ok(())
//! }
//! ```
//!
//! `examples/update.rs` shows a whole program.

mod buttonless;
mod cancel;
mod engine;
mod error;
mod event;
mod image;
mod images;
mod link;
mod object;
mod options;
mod pace;
mod package_report;
mod prefix;
mod report;
mod resume;
mod session;
mod stream;
mod talk;
mod transfer;
mod update;

pub use buttonless::{
    ApplicationLink, Buttonless, ButtonlessService, JumpNote, JumpOptions, NAME_MAX, PeerAddress,
    RunningApplication, Target,
};
pub use cancel::Cancel;
pub use error::{Awaited, Unsendable, UpdateError, Violation};
pub use event::{Checkpoint, Object, Observer, Phase, Silent, UpdateEvent};
pub use image::UpdateImage;
pub use images::update_images;
pub use link::{Connected, DfuEntry, Link, LinkError, Shape};
pub use options::{CrcExchange, UpdateOptions};
pub use pace::Pace;
pub use package_report::{ImageReport, PackageError, PackageReport};
pub use report::{Outcome, UpdateReport};
pub use update::{update, update_with_entry};
