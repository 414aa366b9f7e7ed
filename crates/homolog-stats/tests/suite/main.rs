//! Tests across modules: golden numbers from other programs. Everything here runs without any data but what is in the repository.

#![allow(clippy::unwrap_used, reason = "a test that cannot make its input has to fail")]

mod calibration;
mod classifiers;
mod formulas;
mod golden;
mod himalaya;
mod identities;
mod mapping_identities;
mod mappings;
mod mds;
mod mne;
mod models;
mod over_time;
mod rsatoolbox;
mod scikit_learn;
mod scipy;
mod several;
mod similarity;
