//! Mappings from one set of responses to another: how well a layer's features predict recorded units.
//!
//! [`Predictors`] hold a layer once, in its smaller form; [`pls::PreparedPls`] and [`ridge::PreparedRidge`] add the targets and predict
//! the test part of any split. [`crate::encoding::encode`] runs them over all splits and scores them.

mod dominant;
pub mod pls;
mod predictors;
mod products;
pub mod ridge;

pub use predictors::Predictors;
pub(crate) use products::product;

use pls::PlsOptions;
use ridge::RidgeOptions;

/// A mapping from predictors to targets.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapping {
    /// Partial least squares: [`pls::PreparedPls`].
    Pls(PlsOptions),
    /// Ridge regression: [`ridge::PreparedRidge`].
    Ridge(RidgeOptions),
}
