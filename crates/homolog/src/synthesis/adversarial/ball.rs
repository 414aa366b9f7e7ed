//! Distances between images, and the nearest image within a budget.

use ndarray::{Array3, Zip};

use crate::inside::image::narrow;
use crate::stimuli::generate::Random;

/// How a change of an image is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// The largest change of a pixel's channel.
    Linf,
    /// The square root of the sum of squared changes.
    L2,
}

impl Norm {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linf => "L∞",
            Self::L2 => "L2",
        }
    }

    /// How far `image` is from `centre`.
    pub fn distance(self, centre: &Array3<f32>, image: &Array3<f32>) -> f64 {
        let changes = centre.iter().zip(image).map(|(from, to)| f64::from(*to) - f64::from(*from));
        match self {
            Self::Linf => changes.map(f64::abs).fold(0.0, f64::max),
            Self::L2 => changes.map(|change| change * change).sum::<f64>().sqrt(),
        }
    }

    /// A step of this length up the gradient; none where the gradient is 0.
    pub(super) fn ascended(self, image: &Array3<f32>, gradient: &Array3<f32>, length: f64) -> Array3<f32> {
        let mut moved = image.clone();
        match self {
            Self::Linf => {
                let length = narrow(length);
                Zip::from(&mut moved).and(gradient).for_each(|pixel, slope| *pixel += length * sign(*slope));
            }
            Self::L2 => {
                let size = length_of(gradient);
                if size > 0.0 {
                    moved.scaled_add(narrow(length / size), gradient);
                }
            }
        }
        moved
    }

    /// The nearest image within `budget` of `centre`, in [0, 1].
    pub(super) fn projected(self, centre: &Array3<f32>, image: &Array3<f32>, budget: f64) -> Array3<f32> {
        let mut within = image.clone();
        let budget_narrow = narrow(budget);
        match self {
            Self::Linf => Zip::from(&mut within).and(centre).for_each(|pixel, centre| {
                *pixel = (*pixel - centre).clamp(-budget_narrow, budget_narrow) + centre;
            }),
            Self::L2 => {
                let distance = self.distance(centre, image);
                if distance > budget {
                    let share = narrow(budget / distance);
                    Zip::from(&mut within).and(centre).for_each(|pixel, centre| {
                        *pixel = (*pixel - centre) * share + centre;
                    });
                }
            }
        }
        within.mapv_inplace(|pixel| pixel.clamp(0.0, 1.0));
        within
    }

    /// A random image at the edge of the budget: uniform pixels whose largest change is the budget, or a random direction.
    pub(super) fn random_edge(self, centre: &Array3<f32>, budget: f64, random: &mut Random) -> Array3<f32> {
        let draw = |random: &mut Random| match self {
            Self::Linf => random.between(-1.0, 1.0),
            Self::L2 => random.normal(),
        };
        let change = Array3::from_shape_simple_fn(centre.dim(), || narrow(draw(random)));
        let size = match self {
            Self::Linf => change.iter().fold(0.0_f64, |largest, one| largest.max(f64::from(one.abs()))),
            Self::L2 => length_of(&change),
        };
        let mut image = centre.clone();
        image.scaled_add(narrow(budget / size.max(f64::MIN_POSITIVE)), &change);
        image.mapv_inplace(|pixel| pixel.clamp(0.0, 1.0));
        image
    }

    /// A random image within the budget: uniform pixels, or a random direction of uniform length.
    pub(super) fn random_inside(self, centre: &Array3<f32>, budget: f64, random: &mut Random) -> Array3<f32> {
        match self {
            Self::Linf => centre.mapv(|pixel| (pixel + narrow(random.between(-budget, budget))).clamp(0.0, 1.0)),
            Self::L2 => {
                let length = budget * random.uniform();
                self.random_edge(centre, length, random)
            }
        }
    }
}

/// -1, 0 or 1.
fn sign(slope: f32) -> f32 {
    if slope > 0.0 {
        1.0
    } else if slope < 0.0 {
        -1.0
    } else {
        0.0
    }
}

pub(super) fn length_of(image: &Array3<f32>) -> f64 {
    image.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}
