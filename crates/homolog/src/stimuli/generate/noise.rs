//! Backgrounds.

use super::random::Random;

/// Noise whose amplitude falls with spatial frequency as in natural images: octaves of smooth noise, each of half the size and
/// half the amplitude of the one before. (size_px, size_px) row by row, mean near 0, within [-1, 1].
pub fn pink_noise(size_px: usize, random: &mut Random) -> Vec<f64> {
    let mut sum = vec![0.0; size_px * size_px];
    let (mut n_cells, mut amplitude) = (2, 0.5);
    while n_cells < size_px {
        let lattice: Vec<f64> = (0..(n_cells + 1) * (n_cells + 1)).map(|_| random.between(-1.0, 1.0)).collect();
        let value_at = |row: usize, column: usize| lattice.get(row * (n_cells + 1) + column).copied().unwrap_or(0.0);
        for (place, value) in sum.iter_mut().enumerate() {
            let (row, down) = cell(place / size_px, size_px, n_cells);
            let (column, across) = cell(place % size_px, size_px, n_cells);
            let mix = |a: f64, b: f64, weight: f64| a + (b - a) * weight;
            let above = mix(value_at(row, column), value_at(row, column + 1), across);
            let below = mix(value_at(row + 1, column), value_at(row + 1, column + 1), across);
            *value += amplitude * mix(above, below, down);
        }
        n_cells *= 2;
        amplitude /= 2.0;
    }
    sum
}

/// The lattice cell that a pixel falls in, and how far into it, smoothed.
fn cell(pixel: usize, size_px: usize, n_cells: usize) -> (usize, f64) {
    let place = (pixel as f64 + 0.5) / size_px as f64 * n_cells as f64;
    let within = place.fract();
    (place as usize, within * within * (3.0 - 2.0 * within))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_pixels_are_more_alike_than_far_ones() {
        let noise = pink_noise(64, &mut Random::new(3));
        let difference = |step: usize| noise.iter().zip(&noise[step..]).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        assert!(difference(1) < difference(4) && difference(4) < difference(20));
        assert!(noise.iter().all(|value| value.abs() <= 1.0));
    }
}
