//! DFU packages: read, judge, build, sign; keys; settings pages.
