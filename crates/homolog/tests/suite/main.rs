//! The offline tests of the library, in one program.

mod golden;
mod state_dicts;
mod zoo;
