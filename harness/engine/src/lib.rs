//! The DFU client: one update over one Link.
