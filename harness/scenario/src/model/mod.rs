//! What a scenario says, typed: one file per part of the language.
//!
//! Values of these types have passed every check of this crate: ranges hold, packages that are named exist, and a
//! fault's action fits its position. Nothing in here remembers how it was written, apart from [`Place`]s, which let a
//! report point at a line of the scenario.

mod bench;
mod device;
mod exchange;
mod expect;
mod fault;
mod gatt;
mod head;
mod package;
mod probe;
mod starts;
mod step;
mod target;
mod walk;

pub use bench::{
    BenchBle, BenchCommand, BenchDongle, BenchFile, BenchLink, BenchPower, BenchProbe, BenchSerial,
    BenchTarget, LockedChip,
};
pub use device::{
    AccessPort, Application, BankLayout, Bonds, Bootloader, Buttonless, Chip, Device, Downgrade, Generation,
    Habit, Key, PageState, Requests, SameVersion, SignaturePolicy, SoftDevice,
};
pub use exchange::{Answer, DataSource, Exchange, ExchangeItem};
pub use expect::{
    BankOne, BankZero, ClosingUpdate, Expect, ExpectedApplication, ExpectedBootloader, ExpectedSettings,
    ExpectedSoftDevice, Mode, Region,
};
pub use fault::{Action, Fault, ImageByte, PacketPosition, Position, RequestKind, RequestPosition, Tear};
pub use gatt::{
    AirAddress, Characteristic, Encryption, Firmware, Gatt, GattAction, GattItem, Pairing, ReadEnd, Readable,
    Side, WriteKind, WriteResult,
};
pub use head::{Capability, Place};
pub use package::{
    Behind, BootValidation, BuiltPackage, Mutation, Package, PackageApplication, PackageFile,
    PackageSoftDevice, Sign, Tamper,
};
pub use probe::{ProbeAction, ProbeItem, Recovered, Register, Retained};
pub use starts::Starts;
pub use step::{
    Cable, Entry, ExtendedCode, Link, Outcome, Peer, Phase, Rejection, ResetKind, ResultCode, Stage, Step,
    StepKind, Update, UpdateExpect,
};
pub use target::{Difference, FlowControl, Target, TargetImage, TargetKey, TargetLayout, Uart};
pub use walk::Walk;
