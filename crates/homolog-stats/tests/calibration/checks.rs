//! What p-values and intervals have to do, with limits that say how many experiments there were.

/// The largest distance of the distribution of p from the uniform one (Kolmogorov and Smirnov).
pub(crate) fn distance_from_uniform(p: &[f64]) -> f64 {
    let mut sorted = p.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let gap = |(at, p): (usize, &f64)| (p - at as f64 / n).abs().max((p - (at as f64 + 1.0) / n).abs());
    sorted.iter().enumerate().map(gap).fold(0.0, f64::max)
}

/// Fails when p is further from uniform than chance makes it in 1 of 1,000 suites; `step` is the distance between values that p can take.
pub(crate) fn assert_uniform(name: &str, p: &[f64], step: f64) {
    let (distance, allowed) = (distance_from_uniform(p), 1.95 / (p.len() as f64).sqrt() + step);
    assert!(distance < allowed, "{name}: {distance} from uniform over {} experiments, allowed {allowed}", p.len());
}

/// The share of p at or below 0.05.
pub(crate) fn rejections(p: &[f64]) -> f64 {
    p.iter().filter(|p| **p <= 0.05).count() as f64 / p.len() as f64
}
