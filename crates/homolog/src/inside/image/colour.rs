//! Colours that natural images do not correlate.

use burn::tensor::{Tensor, activation};
use ndarray::{Array3, ArrayView3};

use super::painted::painted;
use crate::network::op::host::is_here;
use crate::network::value::Ranked;

/// A square root of the covariance of red, green and blue over ImageNet (rows red, green, blue), as lucid has it
/// (`lucid/optvis/param/color.py`).
const ROOT: [[f64; 3]; 3] = [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]];

/// A start is kept this far from black and white, where the sigmoid is flat.
const MARGIN: f64 = 0.01;

/// What the channels of the parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Directions that natural images do not correlate: roughly lightness, red against blue, green against both.
    Decorrelated,
    /// The image's own channels.
    Plain,
}

/// From decorrelated to red, green, blue: [`ROOT`] divided by the length of its longest column, as in lucid.
fn matrix() -> [[f64; 3]; 3] {
    let length = |column: usize| ROOT.iter().map(|row| row[column] * row[column]).sum::<f64>().sqrt();
    let longest = length(0).max(length(1)).max(length(2));
    ROOT.map(|row| row.map(|entry| entry / longest))
}

/// The inverse by Cramer's rule.
fn inverse(m: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let minor = |row: usize, column: usize| {
        let (r, s, c, d) = ((row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3);
        m[r][c] * m[s][d] - m[r][d] * m[s][c]
    };
    let determinant: f64 = (0..3).map(|column| m[0][column] * minor(0, column)).sum();
    std::array::from_fn(|row| std::array::from_fn(|column| minor(column, row) / determinant))
}

impl Colour {
    /// The images, in (0, 1), from those in the parameters' colours: mixed, then through a sigmoid.
    pub(super) fn painted(self, raw: Tensor<4>) -> Tensor<4> {
        let raw = Ranked::R4(raw);
        if is_here(&raw) {
            let matrix = (self == Self::Decorrelated).then(|| matrix().map(|row| row.map(super::narrow)));
            return painted(raw, matrix);
        }
        activation::sigmoid(self.mixed(raw.into_rank()))
    }

    /// The images before the sigmoid.
    fn mixed(self, raw: Tensor<4>) -> Tensor<4> {
        if self == Self::Plain {
            return raw;
        }
        let [n_images, n_channels, height, width] = raw.dims();
        let elements = matrix().iter().flatten().map(|entry| super::narrow(*entry)).collect();
        let matrix: Tensor<3> = Ranked::from_elements(&[1, 3, 3], elements, &raw.device().inner()).into_rank();
        let matrix = if n_images > 1 { matrix.expand([n_images, 3, 3]) } else { matrix };
        matrix
            .matmul(raw.reshape([n_images, n_channels, height * width]))
            .reshape([n_images, n_channels, height, width])
    }

    /// The parameters' colours for an image in [0, 1]: the inverse of the sigmoid, then of the mixing.
    pub(super) fn before_sigmoid(self, image: ArrayView3<'_, f32>) -> Array3<f64> {
        let logits = image.mapv(|value| {
            let value = f64::from(value).clamp(MARGIN, 1.0 - MARGIN);
            (value / (1.0 - value)).ln()
        });
        self.unmixed(logits)
    }

    /// The parameters' colours for an image in its own.
    pub(super) fn unmixed(self, image: Array3<f64>) -> Array3<f64> {
        if self == Self::Plain || image.dim().0 != 3 {
            return image;
        }
        let inverse = inverse(matrix());
        Array3::from_shape_fn(image.dim(), |(channel, y, x)| {
            (0..3).map(|from| inverse[channel][from] * image[[from, y, x]]).sum()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::host_check::assert_same;

    #[test]
    fn painting_in_one_pass_is_mixing_and_then_the_sigmoid() {
        for (colour, n_channels) in [(Colour::Decorrelated, 3), (Colour::Plain, 3), (Colour::Plain, 2)] {
            // More pixels than are painted at once.
            let ours = |raw| colour.painted(raw);
            assert_same([2, n_channels, 70, 61], &ours, &|raw| activation::sigmoid(colour.mixed(raw)));
        }
    }

    #[test]
    fn the_inverse_undoes_the_mixing() {
        let (m, i) = (matrix(), inverse(matrix()));
        for (at, row) in m.iter().enumerate() {
            for column in 0..3 {
                let product: f64 = row.iter().zip(&i).map(|(left, right)| left * right[column]).sum();
                assert!((product - f64::from(u8::from(at == column))).abs() < 1e-12, "{at} {column} {product}");
            }
        }
        // The first column of lucid's root is its longest: sqrt(.26² + .27² + .27²) = .46195.
        assert!((m[0][0] - 0.26 / 0.461_952).abs() < 1e-6);
    }
}
