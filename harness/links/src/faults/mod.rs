//! Faults on a link: positions, actions, and the link that lets them happen.
//!
//! | file | what |
//! |---|---|
//! | `position` | where: the n-th request, byte or packet of an object, notification |
//! | `action/` | what: one file for each fault |
//! | `fault` | a position and an action that fits it |
//! | `board` | what resets and power cuts need from the owner of the board |
//! | `host` | [`HostHand`]: what stops and ends the client itself |
//! | `tracker` | knows at any time where in the update host and device are |
//! | `inject` | [`Injector`]: what they make of the traffic |
//! | `link` | [`FaultLink`], a link with them |
//! | `meter` | [`TrafficMeter`]: what a client sends, counted by somebody else |
//! | `report` | which faults fired, and where |

mod action;
mod board;
mod fault;
mod host;
mod inject;
mod link;
mod meter;
mod position;
mod report;
mod tracker;

pub use action::Action;
pub use board::{BoardAction, BoardError, BoardReset};
pub use fault::{Fault, UnfitFault};
pub use host::{HostAct, HostEnd, HostHand};
pub use inject::{Break, Due, Injector, OnMessage, OnPacket, OnRequest};
pub use link::FaultLink;
pub use meter::{Traffic, TrafficMeter};
pub use position::{Moment, Position, RequestKind};
pub use report::{FaultReport, FaultWatch, Firing};
