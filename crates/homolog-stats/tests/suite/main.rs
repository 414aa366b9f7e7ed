//! Tests across modules: golden numbers from other programs. Everything here runs without any data but what is in the repository.

mod classifiers;
mod golden;
mod himalaya;
mod identities;
mod rsatoolbox;
mod scikit_learn;
mod several;
mod similarity;
