//! A Bluetooth service without a radio: `org.bluez` as BlueZ offers it on D-Bus, in front of a virtual board.
//!
//! Programs that use BlueZ work with it unmodified: [`FakeBluez`] listens on a Unix socket, and whoever is started with
//! `DBUS_SYSTEM_BUS_ADDRESS` set to [`FakeBluez::address`] finds an adapter, and on the air what the board's firmware
//! advertises. There is no bus daemon; the names and habits of errors are BlueZ's own.
//!
//! | module | what |
//! |---|---|
//! | `server` | the socket, the connections, and the thread that serves them |
//! | `bluez` | what the service knows, and what its methods do |
//! | `connecting` | from a call of Connect to a link, and back |
//! | `objects` | adapters, devices, services and characteristics with their properties |
//! | `table` | attributes of a device as objects |
//! | `air` | the board, and how its time and the wall's go together |
//! | `answer` | answers, errors with BlueZ's names, signals |
//! | [`Fault`] | what can go wrong, by name |
//!
//! Whatever the board has to do takes no wall time.

#![cfg(unix)]

mod air;
mod answer;
mod bluez;
mod connecting;
mod fault;
mod methods;
mod objects;
mod server;
mod table;

pub use fault::{Fault, Options, What};
pub use server::{FakeBluez, Host};
