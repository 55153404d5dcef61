//! DFU packages: read, judge, build, sign, break on purpose; keys; firmware files; settings pages.

pub mod settings;
