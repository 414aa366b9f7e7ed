//! How much the activation vector that stands for each image adds to a class.

use ndarray::Array2;

use super::activations::Channels;
use super::{AtlasError, Sampled};
use crate::inside::InsideError;
use crate::inside::examples::Folder;
use crate::inside::optimise::backward_bytes;
use crate::network::checked::Network;
use crate::network::engine::burn::{Burn, Wrt};
use crate::progress::{Cancel, Progress};
use crate::recording::record::RecordError;
use crate::stimuli::{Limits, batches};

/// Images run together at most.
const AT_ONCE: u64 = 16;

impl Sampled {
    /// Adds the attribution of each class to the activation vectors: Σ over channels of the vector times the gradient of the class's
    /// output before the softmax, at the vector's position; with the gradient's sum over positions where the vector is their mean.
    ///
    /// Images are those that were recorded, in their order.
    ///
    /// # Errors
    /// [`AtlasError::NoClass`], [`AtlasError::NotBefore`] for a stage that the classes do not depend on, a budget too small for one
    /// image, images that cannot be read, the engine's, and what stops a recording.
    ///
    /// # Reference
    /// Carter et al. (2019), "Focusing on a single classification": a linear approximation of what an activation vector adds to a class,
    /// by which the vectors of a class are chosen.
    pub fn attribute(
        &mut self,
        network: &Network,
        classes: &[usize],
        images: &Folder<'_>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), AtlasError> {
        let name = || network.graph().name.clone();
        let n_classes = self.logits.as_ref().map_or(0, |logits| logits.ncols());
        if let Some(class) = classes.iter().copied().find(|class| *class >= n_classes) {
            return Err(AtlasError::NoClass { class, network: name(), n_classes });
        }
        let Some(logits) = super::activations::logits(network) else { return Ok(()) };
        let channels = Channels::of(&self.stage)?;
        let weights: u64 = network.graph().parameters.values().map(|one| 4 * one.n_elements() as u64).sum();
        let each = backward_bytes(network, std::slice::from_ref(&logits.value), 1)?;
        let budget = images.resources.memory_bytes;
        let n_at_once = (budget.saturating_sub(2 * weights + (64 << 20)) / each.max(1)).min(AT_ONCE);
        if n_at_once == 0 {
            let needed = each + 2 * weights + (64 << 20);
            return Err(AtlasError::TooLarge { budget, needed, n_images: 1 });
        }
        let batch_size = network.fixed_batch().unwrap_or(usize::try_from(n_at_once).unwrap_or(1));
        let mut engine = Burn::cpu().with_gradients(network);
        let wrt = [Wrt::Value(self.stage.value.clone())];
        let mut found: Vec<Vec<f64>> = vec![Vec::new(); classes.len()];
        let mut is_reached = false;
        progress.begin("attributing", images.set.len() as u64);
        let n_decoders = images.resources.n_threads;
        for batch in batches(images.set, images.preprocessing, Limits::default(), batch_size, n_decoders) {
            let batch = batch.map_err(InsideError::from)?;
            let n_images = batch.ids.len();
            for (class, found) in classes.iter().zip(&mut found) {
                if cancel.is_cancelled() {
                    return Err(AtlasError::Inside(InsideError::Record(RecordError::Cancelled)));
                }
                let mut cotangent = Array2::<f32>::zeros((n_images, n_classes));
                cotangent.column_mut(*class).fill(1.0);
                let objective = [(logits.value.clone(), cotangent.view().into_dyn())];
                let gradients = engine.gradient(batch.images.view(), &objective, &wrt).map_err(InsideError::from)?;
                let slopes: Vec<f32> = gradients.into_iter().flatten().collect();
                is_reached |= slopes.iter().any(|slope| *slope != 0.0);
                let of_images = slopes.chunks(self.stage.n_units().max(1)).enumerate();
                found.extend(of_images.map(|(place, slopes)| self.added(batch.first + place, slopes, channels)));
            }
            progress.advance(n_images as u64);
        }
        progress.end();
        if !is_reached && !classes.is_empty() {
            return Err(AtlasError::NotBefore { stage: self.stage.name.clone() });
        }
        self.attributions.extend(classes.iter().copied().zip(found));
        Ok(())
    }

    /// What the vector of an image adds, for the slopes of the class along the units of the stage.
    fn added(&self, image: usize, slopes: &[f32], channels: Channels) -> f64 {
        let slope = |channel: usize, place: usize| {
            slopes.get(channels.unit(channel, place)).copied().map_or(f64::NAN, f64::from)
        };
        let position = self.positions.get(image).copied().flatten();
        let along = |(channel, response): (usize, &f32)| {
            let slope = match position {
                Some([y, x]) => slope(channel, y * channels.width + x),
                None => (0..channels.n_places()).map(|place| slope(channel, place)).sum(),
            };
            f64::from(*response) * slope
        };
        let row = self.vectors.rows().into_iter().nth(image);
        row.map_or(f64::NAN, |row| row.iter().enumerate().map(along).sum())
    }
}
