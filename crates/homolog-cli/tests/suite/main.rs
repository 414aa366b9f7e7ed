//! The real program in temporary folders, offline: exit codes, words, files.

#![allow(clippy::unwrap_used, reason = "a test that cannot make its input has to fail")]

mod bad_network;
mod bad_recording;
mod bad_stimuli;
mod data;
mod demo;
mod disk;
mod input;
mod layers;
mod look;
mod program;
mod record;
mod score;
mod statistics;
mod stopping;
mod synthesize;
