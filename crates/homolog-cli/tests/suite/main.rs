//! The real program in temporary folders, offline: exit codes, words, files.

#![allow(clippy::unwrap_used, reason = "a test that cannot make its input has to fail")]

mod atlas;
mod attribute;
mod bad_network;
mod bad_recording;
mod bad_stimuli;
mod circuit;
mod data;
mod demo;
mod device;
mod disk;
mod dissect;
mod driving;
mod input;
mod inside_bad_input;
mod layers;
mod look;
mod probe;
mod program;
mod record;
mod score;
mod statistics;
mod statistics_behave;
mod statistics_input;
mod statistics_refused;
mod statistics_several;
mod statistics_spectrum;
mod statistics_time;
mod stopping;
mod synthesize;
