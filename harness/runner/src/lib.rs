//! Plan, lease, run, inject, judge; emits record events.
