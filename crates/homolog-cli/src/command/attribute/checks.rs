//! Checks of maps: deletion and insertion curves, and random weights.

use homolog::inside::attribution::randomisation::{Randomisation, layers_from_the_top, randomised};
use homolog::inside::attribution::similarity::Similarity;
use homolog::inside::attribution::{Attributor, Baseline, CurveKind, Method, PixelCurve};
use homolog::inside::objective::{Aim, Objective, Quantity};
use homolog::network::checked::Network;
use homolog::network::engine::Engine;
use homolog::network::engine::burn::Burn;
use homolog::progress::{Cancel, Progress as _};
use homolog::recording::record::Resources;

use super::Attributed;
use super::input::Photograph;
use crate::exit::Failure;
use crate::progress::Bars;

/// What was attributed.
#[derive(Clone, Copy)]
pub(super) struct Done<'a> {
    pub(super) images: &'a [Photograph],
    pub(super) methods: &'a [Method],
    pub(super) attributed: &'a [Attributed],
}

/// What checks maps.
pub(super) struct Checks<'a> {
    pub(super) network: &'a Network,
    pub(super) engine: &'a dyn Engine,
    pub(super) burn: &'a Burn,
    pub(super) resources: Resources,
    pub(super) progress: &'a Bars,
    pub(super) cancel: &'a Cancel,
    pub(super) baseline: Option<&'a Baseline>,
    pub(super) done: Done<'a>,
}

/// Both curves of one map.
pub(super) struct Curves {
    /// The place of the objective and image in the list of what was attributed.
    pub(super) place: usize,
    /// The place of the method in theirs.
    pub(super) method: usize,
    /// What the curves are of.
    pub(super) measured: String,
    pub(super) deletion: PixelCurve,
    pub(super) insertion: PixelCurve,
}

/// How a map changes as layers are randomised from the top.
pub(super) struct Cascade {
    /// The place of the objective and image in the list of what was attributed.
    pub(super) place: usize,
    /// The place of the method in theirs.
    pub(super) method: usize,
    /// The layer that was randomised last, and the similarity with the map of the trained network.
    pub(super) steps: Vec<(String, Similarity)>,
}

impl Checks<'_> {
    /// The curves of every map. A logit's are of the class's probability, as the paper has them.
    pub(super) fn curves(&self, n_steps: usize) -> Result<Vec<Curves>, Failure> {
        let Done { images, methods, attributed } = self.done;
        let mut attributor = self.attributor(self.network)?;
        self.progress.begin("curves", (attributed.len() * methods.len()) as u64);
        let mut curves = Vec::new();
        for (place, one) in attributed.iter().enumerate() {
            let Some(image) = images.get(one.image) else { continue };
            let aim = self.measured(&one.aim)?;
            for (method, map) in one.maps.iter().enumerate() {
                let plane = map.plane();
                let mut curve = |kind| {
                    attributor
                        .curve(&aim, &image.input, &plane, kind, n_steps)
                        .map_err(|problem| Failure::from_error(&problem))
                };
                let (deletion, insertion) = (curve(CurveKind::Deletion)?, curve(CurveKind::Insertion)?);
                let measured = aim.name().to_owned();
                curves.push(Curves { place, method, measured, deletion, insertion });
                self.progress.advance(1);
            }
        }
        self.progress.end();
        Ok(curves)
    }

    /// With the baseline that was chosen.
    fn attributor<'n>(&'n self, network: &'n Network) -> Result<Attributor<'n>, Failure> {
        let attributor = Attributor::new(network, self.engine, self.burn, self.resources, self.cancel)
            .map_err(|problem| Failure::from_error(&problem))?;
        Ok(match self.baseline {
            Some(baseline) => attributor.with_baseline(baseline.clone()),
            None => attributor,
        })
    }

    /// The probability of a logit; any other objective as it is.
    fn measured(&self, aim: &Aim) -> Result<Aim, Failure> {
        let objective: Option<Objective> = aim.name().parse().ok();
        let class = objective.as_ref().and_then(|objective| match objective.terms.as_slice() {
            [term] if (term.weight - 1.0).abs() < f64::EPSILON => match term.quantity {
                Quantity::Logit { class } => Some(class),
                _ => None,
            },
            _ => None,
        });
        let Some(class) = class else { return Ok(aim.clone()) };
        Aim::new(&Objective::of(Quantity::Probability { class }), self.network, None)
            .map_err(|problem| Failure::from_error(&problem))
    }

    /// Every map again with one more layer randomised each time.
    pub(super) fn cascades(&self, randomisation: Randomisation, seed: u64) -> Result<Vec<Cascade>, Failure> {
        let Done { images, methods, attributed } = self.done;
        let mut cascades: Vec<Cascade> = Vec::new();
        let layers_of: Vec<Vec<String>> =
            attributed.iter().map(|one| layers_from_the_top(self.network, &one.aim)).collect();
        if let Some((one, _)) = attributed.iter().zip(&layers_of).find(|(_, layers)| layers.is_empty()) {
            return Err(Failure::wrong_input(format!(
                "cannot randomise weights: there are none between the image and \"{}\"",
                one.aim.name()
            )));
        }
        let n_maps: usize = layers_of.iter().map(Vec::len).sum::<usize>() * methods.len();
        self.progress.begin("randomising", n_maps as u64);
        for (place, (one, layers)) in attributed.iter().zip(&layers_of).enumerate() {
            let Some(image) = images.get(one.image) else { continue };
            let mut own: Vec<Cascade> =
                (0..methods.len()).map(|method| Cascade { place, method, steps: Vec::new() }).collect();
            for (number, layer) in layers.iter().enumerate() {
                let so_far = layers.get(..=number).unwrap_or(layers);
                let network = randomised(self.network, so_far, randomisation, seed)
                    .map_err(|problem| Failure::from_error(&problem))?;
                let mut attributor = self.attributor(&network)?;
                for (cascade, (method, map)) in own.iter_mut().zip(methods.iter().zip(&one.maps)) {
                    let changed = attributor
                        .attribute(&one.aim, &image.input, method)
                        .map_err(|problem| Failure::from_error(&problem))?;
                    let similarity = Similarity::of(&map.plane(), &changed.plane())
                        .map_err(|problem| Failure::from_error(&problem))?;
                    cascade.steps.push((layer.clone(), similarity));
                    self.progress.advance(1);
                }
            }
            cascades.append(&mut own);
        }
        self.progress.end();
        Ok(cascades)
    }
}
