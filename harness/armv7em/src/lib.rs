//! Cortex-M4 interpreter; knows no chip.
