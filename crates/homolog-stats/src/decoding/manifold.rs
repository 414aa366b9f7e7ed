//! How well classes are separable at all: the capacity, radius and dimension of object manifolds.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::classifier::check_classes;
use crate::error::StatsError;
use crate::finite::{require_count, require_stimuli};
use crate::linear_algebra::symmetric_eigen;
use crate::mapping::product;
use crate::mapping::ridge::spectrum::kept;
use crate::non_negative::non_negative_least_squares;
use crate::random::Rng;

const OPERATION: &str = "the capacity of object manifolds";
/// Added to the products of a manifold's points as a share of their mean square, so that points that repeat can be told apart.
const LEAST_RIDGE: f64 = 1e-10;

/// The geometry of one class's responses, as a linear classifier sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ManifoldGeometry {
    /// α_M: how many such manifolds for each unit a linear classifier can divide at random; 2 for single points, falling with radius and dimension.
    pub capacity: f64,
    /// R_M: the size of the part that matters for the division, in units of the distance of the centre from the origin.
    pub radius: f64,
    /// D_M: how many dimensions of it matter.
    pub dimension: f64,
}

/// Capacity, radius and dimension of each class's manifold, by mean-field theory with independent centres.
///
/// Each class is the convex hull of its points s = ((x − c) / ‖c‖, 1), c its centre less the mean of all centres, in the span of its points. For
/// normal t: F(t) = min ‖v − t‖² over v with v · s ≥ 0 for all its points; 1 / α_M = ⟨F⟩. With s̃ = Σ λ_i s_i / Σ λ_i the anchor that the
/// points in contact make: R_M² = ⟨‖s̃‖²⟩ and D_M = ⟨(t · s̃ / ‖s̃‖)²⟩ over its first part, with t and s̃ taken without the centre's direction, over the t that touch the manifold
/// (F > 0).
/// Convention: margin 0; correlations between the centres of different classes are not taken out.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_units); `classes`: numbered from 0 without a gap, each with two stimuli or more.
/// - returns one geometry for each class.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`], [`StatsError::Missing`], [`StatsError::NotFinite`] as [`super::Decoder::fit`].
/// - [`StatsError::TooFew`] with fewer than two classes, no sample, or a class of one stimulus.
/// - [`StatsError::ConstantPattern`] when a class's centre is the mean of all.
///
/// # Accuracy and randomness
/// Sample k of class c draws from stream k of stream c of `rng`. The error falls with the root of `n_samples`: 3% at 1,000.
///
/// # Reference
/// Chung, Lee, Sompolinsky (2018). Classification and geometry of general perceptual manifolds. Phys Rev X 8:031003.
/// doi:10.1103/PhysRevX.8.031003. Equations (15), (22), (24) and (25).
/// Differs in: centres are taken as independent; the analysis of Cohen, Chung, Lee, Sompolinsky (2020) projects their correlations out first.
pub fn manifold_capacity(
    responses: ArrayView2<'_, f64>,
    classes: &[usize],
    n_samples: usize,
    rng: &Rng,
) -> Result<Vec<ManifoldGeometry>, StatsError> {
    let n_classes = check_classes(OPERATION, responses, classes)?;
    require_count(OPERATION, "samples", n_samples, 1)?;
    let members = |class: usize| (0..classes.len()).filter(|&at| classes[at] == class).collect::<Vec<usize>>();
    let points: Vec<Array2<f64>> = (0..n_classes).map(|class| responses.select(Axis(0), &members(class))).collect();
    let mut centres = Array2::zeros((n_classes, responses.ncols()));
    for (mut centre, points) in centres.outer_iter_mut().zip(&points) {
        require_stimuli("the capacity of a class's manifold", points.nrows(), 2)?;
        centre.assign(&points.mean_axis(Axis(0)).unwrap_or_default());
    }
    let grand = centres.mean_axis(Axis(0)).unwrap_or_default();
    let of_class = |class: usize| {
        let offset = &centres.row(class) - &grand;
        let distance = offset.dot(&offset).sqrt();
        if distance.is_nan() || distance <= 0.0 {
            return Err(StatsError::ConstantPattern {
                operation: OPERATION,
                what: "the centre of class",
                index: class,
            });
        }
        let shape = (&points[class] - &centres.row(class)) / distance;
        geometry(&coordinates(&shape)?, n_samples, &rng.stream(class as u64))
    };
    (0..n_classes).map(of_class).collect()
}

/// The points in the directions in which they differ, with 1 for the centre's direction last.
fn coordinates(shape: &Array2<f64>) -> Result<Array2<f64>, StatsError> {
    let products = product(shape.view(), shape.t());
    let (squares, vectors) = kept(symmetric_eigen(OPERATION, products.view())?, shape.nrows());
    let turned = vectors * &squares.mapv(f64::sqrt);
    let mut points = Array2::ones((shape.nrows(), turned.ncols() + 1));
    points.slice_mut(ndarray::s![.., ..turned.ncols()]).assign(&turned);
    Ok(points)
}

fn geometry(points: &Array2<f64>, n_samples: usize, rng: &Rng) -> Result<ManifoldGeometry, StatsError> {
    let mut among = points.dot(&points.t());
    let lift = LEAST_RIDGE * among.diag().mean().unwrap_or(1.0);
    among.diag_mut().iter_mut().for_each(|x| *x += lift);
    let sample = |at: usize| {
        let mut rng = rng.stream(at as u64);
        let t = Array1::from_shape_simple_fn(points.ncols(), || rng.normal());
        touch(points, &among, &t)
    };
    let samples: Vec<Option<Touch>> = (0..n_samples).into_par_iter().map(sample).collect();
    let touching: Vec<&Touch> = samples.iter().flatten().collect();
    require_count(OPERATION, "samples that touch a manifold", touching.len(), 1)?;
    let mean = |of: fn(&Touch) -> f64| touching.iter().map(|touch| of(touch)).sum::<f64>() / touching.len() as f64;
    let cost = touching.iter().map(|touch| touch.cost).sum::<f64>() / n_samples as f64;
    Ok(ManifoldGeometry {
        capacity: 1.0 / cost,
        radius: mean(|touch| touch.radius_square).sqrt(),
        dimension: mean(|touch| touch.along * touch.along),
    })
}

/// Where a random direction touches the manifold.
struct Touch {
    /// F(t).
    cost: f64,
    radius_square: f64,
    /// t along the anchor's direction within the manifold.
    along: f64,
}

/// v = t + Σ λ_i s_i with λ ≥ 0 of least length makes the least ‖v − t‖ under v · s_i ≥ 0; `None` when t meets every condition already.
fn touch(points: &Array2<f64>, among: &Array2<f64>, t: &Array1<f64>) -> Option<Touch> {
    let with = -points.dot(t);
    let pushes = non_negative_least_squares(among, &with);
    let total = pushes.sum();
    if total.is_nan() || total <= 0.0 {
        return None;
    }
    let pushed = points.t().dot(&pushes);
    let n_within = points.ncols() - 1;
    let anchor = pushed.slice(ndarray::s![..n_within]).mapv(|x| x / total);
    let radius_square = anchor.dot(&anchor);
    let along = match radius_square > 0.0 {
        true => t.slice(ndarray::s![..n_within]).dot(&anchor) / radius_square.sqrt(),
        false => 0.0,
    };
    Some(Touch { cost: pushed.dot(&pushed), radius_square, along })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes at ±1 on unit 0, each with points of size `radius` in `n_within` other units.
    fn spheres(radius: f64, n_within: usize, n_points: usize) -> (Array2<f64>, Vec<usize>) {
        let mut rng = Rng::new(4);
        let classes: Vec<usize> = (0..2 * n_points).map(|at| at / n_points).collect();
        let responses = Array2::from_shape_fn((2 * n_points, n_within + 1), |(at, unit)| match unit {
            0 => 2.0 * classes[at] as f64 - 1.0,
            _ => rng.normal(),
        });
        let mut responses = responses;
        for mut row in responses.outer_iter_mut() {
            let within = row.slice(ndarray::s![1..]);
            let length = within.dot(&within).sqrt();
            row.slice_mut(ndarray::s![1..]).mapv_inplace(|x| x * radius / length);
        }
        (responses, classes)
    }

    #[test]
    fn points_have_the_capacity_of_points() {
        let (responses, classes) = spheres(1e-4, 3, 20);
        for found in manifold_capacity(responses.view(), &classes, 40_000, &Rng::new(1)).unwrap() {
            // F is max(0, −t)² for one normal t: mean ½, standard deviation 1.12, so 1 / ⟨F⟩ has a standard error of 0.022.
            assert!((found.capacity - 2.0).abs() < 0.07 && found.radius < 1e-3, "{found:?}");
        }
    }

    #[test]
    fn segment_has_the_capacity_of_a_segment() {
        // Two points ±R beside the centre: s = (±R, 1), F(t) is the squared distance of t from the cone |v₁| R ≤ v₀.
        let (r, n) = (1.0_f64, 20_000);
        let points = ndarray::array![[r, 1.0], [-r, 1.0]];
        let found = geometry(&points, n, &Rng::new(3)).unwrap();
        // With R = 1 the cone is a quadrant: F is the squared distance from it, by two independent normals 2 · ⟨max(0, −t)²⟩ = 1.
        assert!((found.capacity - 1.0).abs() < 0.04, "{found:?}");
    }

    #[test]
    fn larger_manifolds_have_less_capacity() {
        let capacity = |radius| {
            let (responses, classes) = spheres(radius, 4, 30);
            manifold_capacity(responses.view(), &classes, 500, &Rng::new(1)).unwrap()[0]
        };
        let (small, large) = (capacity(0.3), capacity(2.0));
        assert!(small.capacity > 1.5 * large.capacity && small.radius < large.radius, "{small:?} {large:?}");
        // Many points all around in four dimensions: the dimension that matters is at most 4, and the radius at most that of the points.
        assert!(large.dimension > 1.5 && large.dimension < 4.5 && large.radius < 2.2, "{large:?}");
    }

    #[test]
    fn class_at_the_centre_of_all_and_class_of_one_are_refused() {
        let responses = ndarray::array![[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0]];
        let refused = manifold_capacity(responses.view(), &[0, 0, 1, 1], 10, &Rng::new(0));
        assert!(matches!(refused, Err(StatsError::ConstantPattern { .. })), "{refused:?}");
        let refused = manifold_capacity(responses.view(), &[0, 0, 0, 1], 10, &Rng::new(0));
        assert!(matches!(refused, Err(StatsError::TooFewStimuli { found: 1, .. })), "{refused:?}");
    }
}
