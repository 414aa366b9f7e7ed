//! Whether an image whose shape and texture disagree is named by its shape.

use crate::error::StatsError;

const OPERATION: &str = "shape bias";

/// One answer to an image with the shape of one category and the texture of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CueConflictTrial<'a> {
    /// Category of the shape.
    pub shape: &'a str,
    /// Category of the texture.
    pub texture: &'a str,
    /// What was answered.
    pub answer: &'a str,
}

/// Shape bias, with what it was counted from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapeBias {
    /// shape / (shape + texture), from 0 to 1.
    pub value: f64,
    /// Trials answered by shape.
    pub n_shape: usize,
    /// Trials answered by texture.
    pub n_texture: usize,
    /// Trials whose shape and texture disagree.
    pub n_conflicts: usize,
}

/// The share of shape among the answers that follow either cue: shape / (shape + texture).
///
/// Convention: trials whose shape and texture are of one category are dropped first; answers that follow neither cue do not count.
///
/// # Errors
/// - [`StatsError::TooFew`] when no answer follows either cue.
///
/// # Example
/// ```
/// use homolog_stats::behaviour::{CueConflictTrial, shape_bias};
/// let trial = |shape, texture, answer| CueConflictTrial { shape, texture, answer };
/// let trials = [trial("cat", "clock", "cat"), trial("cat", "dog", "dog"), trial("cat", "cat", "cat"), trial("car", "dog", "car")];
/// assert_eq!(shape_bias(&trials)?.value, 2.0 / 3.0);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Geirhos et al. (2019). ImageNet-trained CNNs are biased towards texture. arXiv:1811.12231.
pub fn shape_bias(trials: &[CueConflictTrial<'_>]) -> Result<ShapeBias, StatsError> {
    let conflicts = || trials.iter().filter(|trial| trial.shape != trial.texture);
    let n_shape = conflicts().filter(|trial| trial.answer == trial.shape).count();
    let n_texture = conflicts().filter(|trial| trial.answer == trial.texture).count();
    let found = n_shape + n_texture;
    crate::finite::require_count(OPERATION, "answers that follow shape or texture", found, 1)?;
    Ok(ShapeBias { value: n_shape as f64 / found as f64, n_shape, n_texture, n_conflicts: conflicts().count() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_by_neither_cue_do_not_count() {
        let trial = |answer| CueConflictTrial { shape: "cat", texture: "clock", answer };
        let found = shape_bias(&[trial("cat"), trial("boat"), trial("clock"), trial("boat")]).unwrap();
        assert_eq!((found.value, found.n_conflicts), (0.5, 4));
        assert!(shape_bias(&[trial("boat")]).is_err());
    }
}
