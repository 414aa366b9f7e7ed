//! Tuning of single units: what the electrophysiology of sensory cortex reports of a response curve.
//!
//! | file | numbers |
//! |---|---|
//! | `orientation` | preferred orientation, circular variance, selectivity index, half-width at half-height |
//! | `frequency` | preferred spatial frequency, cut-offs, bandwidth in octaves |
//! | `modulation` | F0, F1 and phase over a drifting grating's cycle |
//! | `size` | preferred size, surround suppression index |
//! | `contrast` | the hyperbolic ratio of Naka and Rushton |
//! | `sparseness` | Treves and Rolls, Vinje and Gallant |
//! | `selectivity` | d′, selectivity index, area under the ROC curve with permutation and rank-sum p-values |
//! | `invariance` | rank correlation and response retained over transformations |

mod contrast;
mod curve;
mod frequency;
mod invariance;
mod modulation;
mod orientation;
mod selectivity;
mod size;
mod sparseness;

pub use contrast::{NakaRushton, fit_naka_rushton};
pub use frequency::{FrequencyTuning, frequency_tuning};
pub use invariance::{Invariance, invariance};
pub use modulation::{Modulation, modulation};
pub use orientation::{OrientationTuning, orientation_tuning};
pub use selectivity::{PermutedAuc, RankSum, d_prime, permuted_auc, rank_sum_test, selectivity_index};
pub use size::{SizeTuning, size_tuning};
pub use sparseness::{treves_rolls_activity_ratio, vinje_gallant_sparseness};
