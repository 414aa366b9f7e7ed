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
//! | [`benchmark`] | stimuli, a brain recording, a protocol and a ceiling, with a version that moves only when its numbers do |
//! | [`score`] | value, error, ceiling, ceiled value, per unit and per split, and provenance |
//! | [`inside`] | what a unit wants: objectives checked against the network, images made by its gradient |
//! | [`synthesis`] | stimuli that tell networks apart: adversarial, metamers, controversial, driving a recorded neuron |
//! | [`store`] | pieces of a run by what determines them, so that a run can be resumed |
//! | [`report`] | figures, pages, JSON |
//!
//! [`progress`] and [`naming`] are used by all.

pub mod benchmark;
pub mod demo;
pub mod inside;
pub mod naming;
pub mod network;
pub mod progress;
pub mod recording;
pub mod report;
pub mod score;
pub mod stimuli;
pub mod store;
pub mod synthesis;
