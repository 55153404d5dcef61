//! What a run leaves behind: ids, events, verdicts, the journal.
