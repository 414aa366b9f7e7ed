//! Behaviour: what was answered on each trial, by people and by networks, and how alike the answers are.

mod category_decision;
mod confusion;
mod error_consistency;
mod shape_bias;

pub use category_decision::most_probable_category;
pub use confusion::{Confusion, confusion, mean_accuracy};
pub use error_consistency::{
    ConditionKappa, ScoredTrial, error_consistency, error_consistency_between, error_consistency_ceiling,
};
pub use shape_bias::{CueConflictTrial, ShapeBias, shape_bias};
