//! What the firmware has closed against writing and erasing until the next reset (MEM-018, MEM-019, SET-025).

use gauntlet_bench::{Debugger, ProbeError, Variant};

const PAGE: u32 = 0x1000;
/// Block protection of the nRF52832: one bit for each page.
const BPROT_CONFIG: [u32; 4] = [0x4000_0600, 0x4000_0604, 0x4000_0610, 0x4000_0614];
/// Access control lists of the other chips, for the debug port too: start, size and permissions of 8 regions.
const ACL: u32 = 0x4001_E800;
const ACL_STRIDE: u32 = 16;
const ACL_REGIONS: u32 = 8;
const ACL_NO_WRITE: u32 = 1 << 1;

/// Whether the page at `address` is closed for the firmware that runs.
pub(crate) fn is_closed(probe: &mut Debugger, variant: Variant, address: u32) -> Result<bool, ProbeError> {
    let page = address / PAGE;
    if variant == Variant::Nrf52832 {
        let Some(register) = BPROT_CONFIG.get((page / 32) as usize) else { return Ok(false) };
        return Ok(probe.read_word(*register)? >> (page % 32) & 1 == 1);
    }
    for list in lists() {
        let (start, size) = (probe.read_word(list)?, probe.read_word(list + 4)?);
        let inside = address.checked_sub(start).is_some_and(|behind| behind < size);
        if inside && probe.read_word(list + 8)? & ACL_NO_WRITE != 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// For each page of flash whether it is closed for the firmware that runs.
pub(crate) fn pages(probe: &mut Debugger, variant: Variant, pages: u32) -> Result<Vec<bool>, ProbeError> {
    let mut closed = vec![false; pages as usize];
    if variant == Variant::Nrf52832 {
        for (bits, register) in closed.chunks_mut(32).zip(BPROT_CONFIG) {
            let word = probe.read_word(register)?;
            bits.iter_mut().enumerate().for_each(|(page, closed)| *closed = word >> page & 1 == 1);
        }
        return Ok(closed);
    }
    for list in lists() {
        let (start, size) = (probe.read_word(list)?, probe.read_word(list + 4)?);
        if probe.read_word(list + 8)? & ACL_NO_WRITE != 0 {
            let range = (start / PAGE) as usize..(start.saturating_add(size) / PAGE) as usize;
            closed
                .iter_mut()
                .enumerate()
                .filter(|(page, _)| range.contains(page))
                .for_each(|(_, page)| *page = true);
        }
    }
    Ok(closed)
}

/// Whether anything is closed for the probe. On the nRF52832 the debug port is not bound by what the firmware is.
pub(crate) fn is_closed_to_probe(probe: &mut Debugger, variant: Variant) -> Result<bool, ProbeError> {
    if variant == Variant::Nrf52832 {
        return Ok(false);
    }
    for list in lists() {
        if probe.read_word(list + 8)? & ACL_NO_WRITE != 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn lists() -> impl Iterator<Item = u32> {
    (0..ACL_REGIONS).map(|region| ACL + ACL_STRIDE * region)
}
