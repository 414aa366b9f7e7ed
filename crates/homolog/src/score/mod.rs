//! Scoring a network on a benchmark.

pub mod result;
