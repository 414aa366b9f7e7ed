//! The real program in temporary folders, offline: exit codes, words, files.

#![allow(clippy::unwrap_used, reason = "a test that cannot make its input has to fail")]

mod bad_input;
mod look;
mod program;
