//! The curve of distances in the plane, and the descent.

use super::graph::FuzzyGraph;
use crate::random::Rng;

/// Points that are pushed away for each neighbour that is drawn closer.
const PUSHED_EACH: f64 = 5.0;

/// Largest move along an axis before it is scaled by the rate.
const MOST: f64 = 4.0;

/// 1 / (1 + a d^2b): how strongly two points of the plane at distance d belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Curve {
    pub(super) a: f64,
    pub(super) b: f64,
}

impl Curve {
    /// The one nearest (least squares at 300 distances up to three spreads) to 1 below the minimum distance and
    /// exp(−(d − minimum) / spread) above, by Levenberg's and Marquardt's method from a = b = 1.
    pub(super) fn fitted(min_distance: f64, spread: f64) -> Self {
        let points: Vec<(f64, f64)> = (0..300)
            .map(|step| {
                let d = 3.0 * spread * f64::from(step) / 299.0;
                (d, if d < min_distance { 1.0 } else { (-(d - min_distance) / spread).exp() })
            })
            .collect();
        let loss = |curve: Self| points.iter().map(|(d, y)| (curve.at(*d) - y).powi(2)).sum::<f64>();
        let mut curve = Self { a: 1.0, b: 1.0 };
        let (mut damping, mut least) = (1e-3, loss(curve));
        for _ in 0..500 {
            let mut normal = [0.0; 3];
            let mut slope = [0.0; 2];
            for (d, y) in &points {
                let (by_a, by_b) = curve.derivatives(*d);
                let residual = y - curve.at(*d);
                normal[0] += by_a * by_a;
                normal[1] += by_a * by_b;
                normal[2] += by_b * by_b;
                slope[0] += by_a * residual;
                slope[1] += by_b * residual;
            }
            let (first, last) = (normal[0] * (1.0 + damping), normal[2] * (1.0 + damping));
            let determinant = first * last - normal[1] * normal[1];
            let step = [
                (last * slope[0] - normal[1] * slope[1]) / determinant,
                (first * slope[1] - normal[1] * slope[0]) / determinant,
            ];
            let next = Self { a: curve.a + step[0], b: curve.b + step[1] };
            let value = loss(next);
            if next.a > 0.0 && next.b > 0.0 && value <= least {
                let is_still = step[0].abs() < 1e-12 * next.a && step[1].abs() < 1e-12 * next.b;
                (curve, least, damping) = (next, value, damping / 10.0);
                if is_still {
                    break;
                }
            } else {
                damping *= 10.0;
                if damping > 1e12 {
                    break;
                }
            }
        }
        curve
    }

    fn at(self, distance: f64) -> f64 {
        1.0 / (1.0 + self.a * distance.powf(2.0 * self.b))
    }

    /// By a and by b.
    fn derivatives(self, distance: f64) -> (f64, f64) {
        if distance == 0.0 {
            return (0.0, 0.0);
        }
        let power = distance.powf(2.0 * self.b);
        let square = (1.0 + self.a * power).powi(2);
        (-power / square, -2.0 * self.a * power * distance.ln() / square)
    }
}

/// Stochastic descent, neighbour by neighbour, each as often as its weight says.
pub(super) struct Descent {
    pub(super) curve: Curve,
    pub(super) n_epochs: usize,
}

impl Descent {
    /// Moves `places`; one thread, in the order of the edges, so that the result follows from the generator alone.
    pub(super) fn run(&self, graph: &FuzzyGraph, places: &mut [[f64; 2]], rng: &mut Rng) {
        let Curve { a, b } = self.curve;
        let n_epochs = self.n_epochs as f64;
        let heaviest = graph.edges.iter().fold(0.0_f64, |most, edge| most.max(edge.2));
        // (from, to, epochs between draws, epoch of the next draw, epoch of the next push).
        let mut edges: Vec<(usize, usize, f64, f64, f64)> = graph
            .edges
            .iter()
            .filter(|edge| edge.2 >= heaviest / n_epochs)
            .map(|(from, to, weight)| {
                let every = heaviest / weight;
                (*from, *to, every, every, every / PUSHED_EACH)
            })
            .collect();
        for epoch in 0..self.n_epochs {
            let now = epoch as f64;
            let rate = 1.0 - now / n_epochs;
            for (from, to, every, next_draw, next_push) in &mut edges {
                if *next_draw > now {
                    continue;
                }
                let (difference, square) = apart(places[*from], places[*to]);
                if square > 0.0 {
                    let pull = -2.0 * a * b * square.powf(b - 1.0) / (a * square.powf(b) + 1.0);
                    for axis in 0..2 {
                        let step = rate * (pull * difference[axis]).clamp(-MOST, MOST);
                        places[*from][axis] += step;
                        places[*to][axis] -= step;
                    }
                }
                *next_draw += *every;
                let push_every = *every / PUSHED_EACH;
                let n_pushes = ((now - *next_push) / push_every).max(0.0).floor();
                for _ in 0..n_pushes as usize {
                    let other = rng.below(graph.n_points);
                    let (difference, square) = apart(places[*from], places[other]);
                    if other == *from || square == 0.0 {
                        continue;
                    }
                    let push = 2.0 * b / ((0.001 + square) * (a * square.powf(b) + 1.0));
                    for axis in 0..2 {
                        places[*from][axis] += rate * (push * difference[axis]).clamp(-MOST, MOST);
                    }
                }
                *next_push += n_pushes * push_every;
            }
        }
    }
}

fn apart(one: [f64; 2], other: [f64; 2]) -> ([f64; 2], f64) {
    let difference = [one[0] - other[0], one[1] - other[1]];
    (difference, difference[0] * difference[0] + difference[1] * difference[1])
}
