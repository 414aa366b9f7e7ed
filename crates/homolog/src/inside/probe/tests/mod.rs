//! Probes of planted networks, whose every tuning is known.

mod bad_input;
mod fields;
mod folders;
mod gratings;
mod planted;
