//! The bootloader against its specification: requests and answers byte by byte, flash and resets.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod activation;
mod any_sequence;
mod boot;
mod common;
mod configuration;
mod control_point;
mod debug_build;
mod flash_queue;
mod known_update;
mod limits;
mod link_loss;
mod made_up_settings;
mod objects;
mod placement;
mod sequences;
mod serial;
mod stored;
mod system;
mod usb;
