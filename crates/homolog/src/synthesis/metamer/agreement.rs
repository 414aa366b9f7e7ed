//! Whether a network gives an original and its metamer the same class.

use ndarray::Array3;

use super::{NullPlan, Observer};
use crate::inside::objective::{Readout, logits_of};
use crate::network::checked::Network;
use crate::progress::{Cancel, Progress};
use crate::synthesis::SynthesisError;
use crate::synthesis::classifier::{Classifier, largest};

/// The classes with the largest logit of an original and of its metamer.
///
/// # Reference
/// Feather et al. (2023): a metamer of a trained stage counts when the network still gives it the original's class, and how often
/// others do is what is asked of humans and further networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassAgreement {
    /// The original's class.
    pub original: usize,
    /// The metamer's class.
    pub metamer: usize,
}

impl ClassAgreement {
    /// Whether both are of one class.
    pub fn is_same(self) -> bool {
        self.original == self.metamer
    }
}

impl Observer<'_> {
    /// The network's class for each of two images (channel, height, width) in [0, 1]; `None` for a network that gives no classes.
    ///
    /// # Errors
    /// The engine's.
    pub fn agreement(
        &self,
        original: &Array3<f32>,
        metamer: &Array3<f32>,
    ) -> Result<Option<ClassAgreement>, SynthesisError> {
        let classifier = match Classifier::new(self.network, self.input.clone(), String::new(), self.burn.clone()) {
            Ok(classifier) => classifier,
            Err(SynthesisError::NotAClassifier { .. }) => return Ok(None),
            Err(problem) => return Err(problem),
        };
        let (original, metamer) = (classifier.class_of(original)?, classifier.class_of(metamer)?);
        Ok(Some(ClassAgreement { original, metamer }))
    }
}

impl NullPlan<'_> {
    /// The share of the pairs of images that a network gives the same class, from 0 to 1: what agreement is by chance, for these
    /// images. `None` for a network that gives no classes.
    ///
    /// # Errors
    /// As [`Self::distributions`].
    pub fn same_class(
        &self,
        network: &Network,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Option<f64>, SynthesisError> {
        let Readout::Classes { logits, .. } = logits_of(network)? else { return Ok(None) };
        let stage = network.stage(&logits)?.clone();
        progress.begin("classes of pairs", self.set.len() as u64);
        let (mut n_same, mut n_pairs) = (0_usize, 0_usize);
        self.for_each_group(network, &[stage], (progress, cancel), |_, responses| {
            let classes: Vec<usize> =
                responses.iter().flat_map(|rows| rows.rows()).map(|row| largest(&row.to_vec())).collect();
            for (place, class) in classes.iter().enumerate() {
                n_same += classes.iter().take(place).filter(|other| *other == class).count();
                n_pairs += place;
            }
            Ok(())
        })?;
        progress.end();
        Ok((n_pairs > 0).then(|| n_same as f64 / n_pairs as f64))
    }
}
