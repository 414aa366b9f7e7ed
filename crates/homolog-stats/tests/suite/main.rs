//! Tests across modules: golden numbers from other programs. Everything here runs without any data but what is in the repository.

mod golden;
mod mds;
mod rsatoolbox;
mod scikit_learn;
mod several;
mod similarity;
