//! The virtual nRF52: memories, NVMC, peripherals, debug port, power cuts, snapshots.
