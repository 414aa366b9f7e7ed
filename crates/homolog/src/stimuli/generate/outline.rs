//! The outlines of the object categories: how far from the middle the edge is in each direction.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use super::object::Category;
use super::random::Random;

/// An exemplar of a category: its outline, with the proportions that differ from one exemplar to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    category: Category,
    /// Proportions of this exemplar, each in [-1, 1].
    proportions: [f64; 2],
}

impl Outline {
    /// An exemplar.
    pub(super) fn new(category: Category, random: &mut Random) -> Self {
        Self { category, proportions: [random.between(-1.0, 1.0), random.between(-1.0, 1.0)] }
    }

    /// Distance of the edge from the middle in a direction (radians), in units of the object's radius: about 0.2 to 1.
    pub(super) fn radius(&self, angle: f64) -> f64 {
        let [a, b] = self.proportions;
        match self.category {
            Category::Starfish => 0.62 + (0.3 + 0.05 * a) * (5.0 * angle).cos() + 0.04 * b * angle.sin(),
            Category::Spider => {
                0.42 + 0.5 * (0.5 + 0.5 * (8.0 * angle + 0.3 * a).cos()).powi(3) + 0.05 * b * (2.0 * angle).cos()
            }
            Category::Fish => {
                let body = 0.5 / (0.35 * angle.cos().powi(2) + (1.1 + 0.15 * a) * angle.sin().powi(2)).sqrt() * 0.75;
                let tail = 0.42 * (-((wrapped(angle - PI)) / (0.35 + 0.05 * b)).powi(2)).exp();
                body + tail - 0.25 * (-((wrapped(angle - PI)) / 0.12).powi(2)).exp()
            }
            Category::Bean => 0.66 + (0.16 + 0.04 * a) * (2.0 * angle).cos() - (0.16 + 0.04 * b) * angle.sin(),
            Category::Block => rectangle(angle, 0.8, 0.55 + 0.12 * a),
            Category::Wedge => regular_polygon(angle, 3) * (1.0 + 0.1 * a * angle.cos()),
            Category::Cross => rectangle(angle, 0.9, 0.24 + 0.05 * a).max(rectangle(angle, 0.24 + 0.05 * b, 0.9)),
            Category::Gear => {
                let is_tooth = (angle + PI).rem_euclid(TAU / 7.0) < TAU / 14.0;
                if is_tooth { 0.88 } else { 0.6 + 0.06 * a }
            }
        }
    }
}

/// The edge of a rectangle of half sides `across` and `down`.
fn rectangle(angle: f64, across: f64, down: f64) -> f64 {
    (across / angle.cos().abs().max(1e-9)).min(down / angle.sin().abs().max(1e-9))
}

/// The edge of a regular polygon in the unit circle, one corner up.
fn regular_polygon(angle: f64, n_sides: usize) -> f64 {
    let sector = TAU / n_sides as f64;
    let within = (angle + FRAC_PI_2).rem_euclid(sector) - sector / 2.0;
    (sector / 2.0).cos() / within.cos()
}

/// An angle in [-π, π).
fn wrapped(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_stay_within_the_square_of_the_object() {
        let mut random = Random::new(5);
        for category in Category::ALL {
            for _ in 0..50 {
                let outline = Outline::new(category, &mut random);
                for step in 0..720 {
                    let radius = outline.radius(f64::from(step) * TAU / 720.0);
                    assert!((0.15..1.25).contains(&radius), "{category:?}: {radius}");
                }
            }
        }
    }

    #[test]
    fn a_square_block_has_its_sides_where_they_are_said_to_be() {
        assert!((rectangle(0.0, 0.8, 0.5) - 0.8).abs() < 1e-12);
        assert!((rectangle(FRAC_PI_2, 0.8, 0.5) - 0.5).abs() < 1e-12);
        assert!((regular_polygon(-FRAC_PI_2, 4) - 1.0).abs() < 1e-12, "a corner is at the unit circle");
    }
}
