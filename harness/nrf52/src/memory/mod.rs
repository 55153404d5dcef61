//! Flash, UICR, FICR and RAM: bytes and their content versions.

pub(crate) mod ficr;
mod non_volatile;
mod pages;
mod ram;

use std::sync::atomic::{AtomicU64, Ordering};

pub use non_volatile::NonVolatile;
pub(crate) use non_volatile::{Digests, UICR, Undo};
pub(crate) use pages::Pages;
pub(crate) use ram::Ram;

/// One 4 KiB page.
pub(crate) type PageBytes = [u8; PAGE];
/// Bytes in a page.
pub(crate) const PAGE: usize = 4096;

/// A number no other page content of this process has had. Decoded code may be shared between snapshots of one chip
/// that went different ways, so a count per chip would not do. Only ever compared for equality.
pub(crate) fn fresh_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
