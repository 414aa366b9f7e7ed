//! Bilinear resampling: pixel centres aligned at half pixels, the edge held beyond it.

use ndarray::Array2;

use super::image::narrow;

/// The two positions between which one of `to` lies among `from`, and how far it is from the first.
pub(crate) fn between(place: usize, from: usize, to: usize) -> (usize, usize, f64) {
    let last = from.saturating_sub(1);
    let position = ((place as f64 + 0.5) * from as f64 / to as f64 - 0.5).clamp(0.0, last as f64);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to positions")]
    let first = position.floor() as usize;
    (first, (first + 1).min(last), position - first as f64)
}

/// From `from` positions to `to`, as the elements, row by row, of a matrix (from, to) to be multiplied from the right.
pub(crate) fn bilinear_numbers(from: usize, to: usize) -> Vec<f32> {
    let mut matrix = vec![0.0_f32; from * to];
    for place in 0..to {
        let (first, second, share) = between(place, from, to);
        for (row, weight) in [(first, 1.0 - share), (second, share)] {
            if let Some(entry) = matrix.get_mut(row * to + place) {
                *entry += narrow(weight);
            }
        }
    }
    matrix
}

/// A plane at another size.
pub(crate) fn enlarged(plane: &Array2<f64>, [height, width]: [usize; 2]) -> Array2<f64> {
    let (from_height, from_width) = plane.dim();
    let down: Vec<_> = (0..height).map(|place| between(place, from_height, height)).collect();
    let across: Vec<_> = (0..width).map(|place| between(place, from_width, width)).collect();
    Array2::from_shape_fn((height, width), |(y, x)| {
        let ((top, bottom, low), (left, right, near)) = (down[y], across[x]);
        let row = |y: usize| plane[[y, left]] * (1.0 - near) + plane[[y, right]] * near;
        row(top) * (1.0 - low) + row(bottom) * low
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lie_between_the_centres_of_pixels_and_the_edge_is_held() {
        // From 2 to 4: the new centres are at −.25, .25, .75 and 1.25 of the old ones.
        let places: Vec<_> = (0..4).map(|place| between(place, 2, 4)).collect();
        assert_eq!(places, [(0, 1, 0.0), (0, 1, 0.25), (0, 1, 0.75), (1, 1, 0.0)]);
        assert_eq!(bilinear_numbers(2, 4), [1.0, 0.75, 0.25, 0.0, 0.0, 0.25, 0.75, 1.0]);
        let plane = ndarray::array![[0.0, 4.0]];
        assert_eq!(enlarged(&plane, [2, 4]), ndarray::array![[0.0, 1.0, 3.0, 4.0], [0.0, 1.0, 3.0, 4.0]]);
    }
}
