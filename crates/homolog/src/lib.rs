//! Deep networks as models of sensory systems.
//!
//! homolog takes a network, the stimuli of an experiment and the recordings made with them, and answers: which stage of
//! the network corresponds to which stage of the brain, how well, and why. The modules stand in the order of the data's
//! path, and each uses only those above it:
//!
//! | module | what it guarantees |
//! |---|---|
//! | [`stimuli`] | unique stimulus ids, a table of properties, a decoder; size in visual degrees |
//! | [`network`] | every node has a name, a shape and a type; an unchecked graph cannot be run |
//! | [`recording`] | presentation × unit (× time bin) with coordinates; joins are by id, never by position |

pub mod demo;
pub mod naming;
pub mod network;
pub mod stimuli;
