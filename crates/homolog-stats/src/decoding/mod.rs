//! Reading categories and variables out of responses: what a linear observer of a stage or a region could know.
//!
//! [`decode`] cross-validates a classifier ([`logistic`](LogisticRegression), [`discriminant`](Discriminant), [`support vectors`](SupportVectors)) over splits;
//! [`decode_over_time`] and [`generalise_across_time`] do so for each time bin; [`decode_variables`] reads continuous variables; [`manifold_capacity`] tells how
//! well classes are separable at all.

mod basis;
mod classifier;
mod cross_validated;
mod discriminant;
mod logistic;
mod manifold;
mod over_time;
mod support_vectors;
mod variables;

pub use classifier::{Decoder, FeatureScaling, LinearClassifier};
pub use cross_validated::{Decoding, DecodingProtocol, PermutationNull, decode};
pub use discriminant::{Discriminant, Shrinkage};
pub use logistic::LogisticRegression;
pub use manifold::{ManifoldGeometry, manifold_capacity};
pub use over_time::{decode_over_time, generalise_across_time};
pub use support_vectors::SupportVectors;
pub use variables::{VariableProtocol, decode_variables};
