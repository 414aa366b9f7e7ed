//! The outlines that labelled scenes are made of, in a frame of their own.

use std::f64::consts::PI;

/// An outline in a frame from -1 to 1 along both axes, y up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// All within 1 of the middle.
    Disc,
    /// Within 1 of the middle, and not within 0.55.
    Ring,
    /// The whole frame.
    Box,
    /// From the bottom side to the middle of the top side.
    Triangle,
    /// Five points, one up; the inner corners at 0.42.
    Star,
    /// Two crossed bars, each a third as wide as long.
    Cross,
}

/// Radius of a star's inner corners.
const STAR_INNER: f64 = 0.42;

impl Figure {
    /// Whether a point of the frame lies inside.
    pub(super) fn contains(self, u: f64, v: f64) -> bool {
        match self {
            Self::Disc => u * u + v * v <= 1.0,
            Self::Ring => (0.55 * 0.55..=1.0).contains(&(u * u + v * v)),
            Self::Box => u.abs() <= 1.0 && v.abs() <= 1.0,
            Self::Triangle => (-1.0..=1.0).contains(&v) && u.abs() <= (1.0 - v) / 2.0,
            Self::Star => is_in_star(u, v),
            Self::Cross => {
                let is_in_bar = |along: f64, across: f64| along.abs() <= 1.0 && across.abs() <= 1.0 / 3.0;
                is_in_bar(u, v) || is_in_bar(v, u)
            }
        }
    }
}

/// Each tenth of a star is a triangle of the middle, a point and the inner corner beside it.
fn is_in_star(u: f64, v: f64) -> bool {
    let tenth = PI / 5.0;
    let from_point = (u.atan2(v).rem_euclid(2.0 * tenth) - tenth).abs();
    let angle = tenth - from_point;
    let (x, y) = (u.hypot(v) * angle.cos(), u.hypot(v) * angle.sin());
    let (corner_x, corner_y) = (STAR_INNER * tenth.cos(), STAR_INNER * tenth.sin());
    // On the middle's side of the line from the point (1, 0) to the corner.
    (corner_x - 1.0) * y - corner_y * (x - 1.0) >= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(figure: Figure) -> f64 {
        let n = 400;
        let place = |step: usize| (step as f64 + 0.5) / f64::from(n) * 2.0 - 1.0;
        let inside = (0..400).flat_map(|y| (0..400).map(move |x| (x, y)));
        inside.filter(|(x, y)| figure.contains(place(*x), place(*y))).count() as f64 * 4.0 / f64::from(n * n)
    }

    #[test]
    fn outlines_have_the_areas_of_their_geometry() {
        let star = 10.0 * 0.5 * STAR_INNER * (PI / 5.0).sin();
        for (figure, expected) in [
            (Figure::Disc, PI),
            (Figure::Ring, PI * (1.0 - 0.55 * 0.55)),
            (Figure::Box, 4.0),
            (Figure::Triangle, 2.0),
            (Figure::Star, star),
            (Figure::Cross, 2.0 * 4.0 / 3.0 - 4.0 / 9.0),
        ] {
            assert!((area(figure) - expected).abs() < 0.02, "{figure:?}: {} is not {expected}", area(figure));
        }
    }

    #[test]
    fn a_star_has_a_point_up_and_none_down() {
        assert!(Figure::Star.contains(0.0, 0.99) && !Figure::Star.contains(0.0, -0.6));
        assert!(Figure::Star.contains(0.0, -0.4));
    }
}
