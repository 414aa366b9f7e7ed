//! The offline tests of the library, in one program.

mod golden;
mod recording;
mod state_dicts;
mod stimuli;
mod zoo;
