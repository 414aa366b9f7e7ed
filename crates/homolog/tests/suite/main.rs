//! The offline tests of the library, in one program.

mod stimuli;
