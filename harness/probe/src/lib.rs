//! probe-rs: select, erase, flash, verify, read back, reset; and the virtual debug probe as a plugin.
