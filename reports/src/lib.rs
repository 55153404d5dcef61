//! Record events in; JUnit out.
