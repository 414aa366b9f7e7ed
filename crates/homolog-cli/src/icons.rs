//! Small images of units and directions, optimised at their own size.

use homolog::inside::image::{Colour, InputMap, Parameterisation};
use homolog::inside::optimise::{Look, Settings};
use homolog::inside::transform::Regularizer;
use homolog::inside::trimmed;
use homolog::network::checked::Network;
use homolog::stimuli::Preprocessing;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::model::Model;

/// Side of an icon in pixels, where the network can take it.
const DEFAULT_PX: usize = 96;

/// How icons are made.
pub(crate) struct Icons<'a> {
    pub(crate) model: &'a Model,
    pub(crate) preprocessing: Option<&'a Preprocessing>,
    /// Pixels, where they were asked for.
    pub(crate) size: Option<[usize; 2]>,
    pub(crate) n_steps: usize,
    pub(crate) seed: u64,
}

/// The part of the network that icons are made with.
pub(crate) struct IconNetwork {
    pub(crate) network: Network,
    pub(crate) size: [usize; 2],
}

impl Icons<'_> {
    /// The network up to `values` at the icons' size: the one asked for, or the usual one, or the network's own where that is the
    /// only one that it takes.
    pub(crate) fn network(&self, values: &[String]) -> Result<IconNetwork, Failure> {
        let shape = self.model.network.stimulus_shape();
        let [_, height, width] = <[usize; 3]>::try_from(shape.clone()).map_err(|_| {
            Failure::wrong_input(format!(
                "cannot optimise images for \"{}\": its stimuli have the shape {shape:?}",
                self.model.name
            ))
        })?;
        if let Some(size) = self.size {
            let network = trimmed(&self.model.network, values, size).map_err(|problem| {
                let [h, w] = size;
                Failure::wrong_input(format!(
                    "cannot make images of {h} x {w} pixels: {}. Choose another --size; the network's own is {height}x{width}",
                    crate::exit::chain(&problem)
                ))
            })?;
            return Ok(IconNetwork { network, size });
        }
        let usual = [height.min(DEFAULT_PX), width.min(DEFAULT_PX)];
        Ok(match trimmed(&self.model.network, values, usual) {
            Ok(network) => IconNetwork { network, size: usual },
            Err(_) => IconNetwork { network: self.model.network.clone(), size: [height, width] },
        })
    }

    pub(crate) fn look<'n>(&self, trimmed: &'n IconNetwork) -> Look<'n> {
        let n_channels = trimmed.network.stimulus_shape().first().copied().unwrap_or(0);
        let input =
            self.preprocessing.filter(|_| n_channels == 3).map_or(InputMap::unchanged(n_channels), InputMap::of);
        let parameterisation = Parameterisation::Fourier;
        let settings = Settings {
            parameterisation,
            colour: Colour::Decorrelated,
            recipe: Regularizer::Robust.recipe(),
            size: trimmed.size,
            n_images: 1,
            n_steps: self.n_steps,
            learning_rate: parameterisation.learning_rate(),
            seed: self.seed,
            magnitudes: None,
            start: None,
        };
        let identity = format!(
            "{} {:?} cut at {:?}",
            self.model.name,
            self.model.weights_sha256,
            trimmed.network.stimulus_shape()
        );
        let burn = self.model.burn.clone();
        Look { network: &trimmed.network, input, settings, prior: None, identity, burn }
    }

    /// All that has to be known to make the icons again.
    pub(crate) fn provenance(&self, size: [usize; 2]) -> Value {
        json!({ "size_px": size, "steps": self.n_steps, "seed": self.seed, "param": Parameterisation::Fourier.name(),
            "regularizer": Regularizer::Robust.recipe().name, "learning_rate": Parameterisation::Fourier.learning_rate() })
    }
}
