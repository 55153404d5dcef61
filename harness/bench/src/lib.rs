//! A place to test: probe, links, power, and what it can do.
