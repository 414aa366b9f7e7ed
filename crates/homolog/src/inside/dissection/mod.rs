//! Network dissection: which concepts the units of a stage detect, by how well the places where a unit responds most overlap
//! with the places where a concept is seen.
//!
//! | file | what is in it |
//! |---|---|
//! | `threshold` | the response that a unit exceeds at a share of all positions of all images |
//! | `upsample` | a unit's map at the size of a mask |
//! | `bits` | pixels, one bit each |
//! | `tally` | how many pixels unit and concept have, apart and together |
//! | `run` | the images through the network: [`Dissector`] |
//! | `result` | [`Dissection`]: overlaps, detectors, unique concepts |
//! | `shown` | the images that drive a unit, dark where it is below its threshold |
//! | `ablation` | what a classifier loses with the detectors of a concept |
//! | `write` | a labelled set as a folder |
//!
//! For unit k with map A_k, T_k the threshold that A_k exceeds at a share q (0.005) of all positions of all images, S_k the map
//! upsampled bilinearly to the size of the masks, M_k = (S_k > T_k), and L_c the mask of concept c,
//!
//! ```text
//! IoU(k, c) = Σ |M_k ∧ L_c| / Σ |M_k ∨ L_c|
//! ```
//!
//! with both sums over the images that show any concept of c's category. A unit detects the concept with its largest IoU if that is
//! above 0.04.
//!
//! Masks are compared at the size of the network's input. Since a unit's mask covers about a share q of all pixels, its IoU with a
//! concept that covers a share s > q cannot be much above q / s: with q = 0.005, a concept on more than an eighth of
//! all pixels has no detectors. Choose q with the labels in mind.
//!
//! # Reference
//! Bau D, Zhou B, Khosla A, Oliva A, Torralba A (2017). Network dissection: quantifying interpretability of deep visual
//! representations. CVPR. arXiv 1704.05796, section 2.2 and equation (1).
//! Differs in: thresholds are exact where the published code estimates them from a sketch; M_k has `>` as the published code has, where the
//! paper writes `≥` (a silent unit, whose threshold is 0, would be on everywhere).

mod ablation;
mod bits;
mod error;
mod result;
mod run;
mod shown;
mod tally;
mod threshold;
mod upsample;
mod write;

pub use ablation::{AblationEffect, ClassEffect, Classes, Performance};
pub use error::DissectionError;
pub use result::{Detector, Dissection, UnitExample};
pub use run::{Criteria, Dissector};
pub use shown::ShownExample;
pub use upsample::Upsampling;
pub use write::write_labelled;
