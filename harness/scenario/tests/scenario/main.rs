//! The scenario language from outside: what is read, what is refused and how, and that nothing makes it panic.

mod common;
mod files;
mod hostile;
mod language;
mod mistakes;
mod requirements;
mod schema;
mod selection;
mod several;

mod slips;
mod stranger;
