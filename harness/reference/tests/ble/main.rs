//! A device on the air: what a central sees of the bootloader and of an application with the buttonless service.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../device/common.rs"]
#[allow(dead_code, reason = "shared with the tests of the protocol")]
mod common;

mod advertising;
mod attributes;
mod bonds;
mod buttonless;
mod central;
