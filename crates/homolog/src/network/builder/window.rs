//! Windows that slide over an image: pooling, with PyTorch's rounding.

use std::sync::Arc;

use super::{BuildError, Builder, Padding, Rounding, Value};
use crate::network::op::pooling::{AveragePool, GlobalPool, MaxPool, PaddingInMean};

/// Extent, stride and padding of a window, along (height, width).
pub(super) struct Window<'a> {
    pub(super) size: [usize; 2],
    pub(super) stride: usize,
    pub(super) padding: &'a Padding,
    pub(super) rounding: Rounding,
}

impl Builder {
    /// The largest value in square windows.
    pub fn max_pool2d(
        &mut self,
        path: &str,
        x: &Value,
        kernel: usize,
        stride: usize,
        padding: usize,
        rounding: Rounding,
    ) -> Value {
        let op = MaxPool::square(kernel, stride, padding, rounding);
        let window = Window { size: [kernel; 2], stride, padding: &op.padding, rounding };
        let [height, width] = self.window_positions(path, x, &window);
        self.layer(path, Arc::new(op), &[&x.name], vec![x.n_channels(), height, width])
    }

    /// The mean of square windows; zeros of the padding count, as in PyTorch's default.
    pub fn avg_pool2d(&mut self, path: &str, x: &Value, kernel: usize, stride: usize, padding: usize) -> Value {
        let op = AveragePool::square(kernel, stride, padding, PaddingInMean::Included);
        let window = Window { size: [kernel; 2], stride, padding: &op.padding, rounding: Rounding::Floor };
        let [height, width] = self.window_positions(path, x, &window);
        self.layer(path, Arc::new(op), &[&x.name], vec![x.n_channels(), height, width])
    }

    /// The mean over as many even windows as leave `n_out` × `n_out` positions.
    pub fn adaptive_avg_pool2d(&mut self, path: &str, x: &Value, n_out: usize) -> Value {
        let found = self.space_of(path, x);
        if found == [n_out; 2] {
            self.stage(path, x);
            return x.clone();
        }
        if n_out == 1 {
            return self.layer(path, Arc::new(GlobalPool::Average), &[&x.name], vec![x.n_channels(), 1, 1]);
        }
        if found[0] != found[1] || !found[0].is_multiple_of(n_out) {
            self.refuse_image(path, found, format!("the same multiple of {n_out} both ways"));
            return x.clone();
        }
        let kernel = found[0] / n_out;
        self.avg_pool2d(path, x, kernel, kernel, 0)
    }

    /// Every `stride`-th row and column, from the first; no stage of its own.
    pub fn subsample(&mut self, path: &str, x: &Value, stride: usize) -> Value {
        // A window of one position: the value itself, and the receptive field follows.
        let op = MaxPool::square(1, stride, 0, Rounding::Floor);
        let window = Window { size: [1, 1], stride, padding: &op.padding, rounding: Rounding::Floor };
        let [height, width] = self.window_positions(path, x, &window);
        self.node(path, Arc::new(op), &[&x.name], vec![x.n_channels(), height, width])
    }

    /// Height and width of what a window sliding over `x` leaves.
    pub(super) fn window_positions(&mut self, at: &str, x: &Value, window: &Window<'_>) -> [usize; 2] {
        let space = self.space_of(at, x);
        let sides = |axis: usize| match window.padding {
            Padding::Explicit(sides) => sides.get(axis).copied().unwrap_or([0, 0]),
            _ => [0, 0],
        };
        let stride = window.stride.max(1);
        let mut positions = [1, 1];
        let mut left = [0, 0];
        for axis in 0..2 {
            if matches!(window.padding, Padding::SameUpper | Padding::SameLower) {
                positions[axis] = space[axis].div_ceil(stride);
                left[axis] = space[axis].max(window.size[axis]);
                continue;
            }
            let [before, after] = sides(axis);
            left[axis] = space[axis] + before + after;
            let steps = left[axis].saturating_sub(window.size[axis]);
            positions[axis] = 1 + match window.rounding {
                Rounding::Floor => steps / stride,
                // A window that would start in the padding behind the image is dropped, as PyTorch does.
                Rounding::Ceil if steps.div_ceil(stride) * stride >= space[axis] + before => steps / stride,
                Rounding::Ceil => steps.div_ceil(stride),
            };
        }
        if left[0] < window.size[0] || left[1] < window.size[1] || space.contains(&0) {
            self.refuse(BuildError::ImageTooSmall {
                architecture: self.graph.name.clone(),
                image_px: self.image_px,
                at: at.to_owned(),
                left,
                window: window.size,
            });
        }
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::builder::Conv2d;

    fn pooled(n: usize, kernel: usize, stride: usize, padding: usize, rounding: Rounding) -> Vec<usize> {
        let (mut b, image) = Builder::new("net", [n, n]);
        b.max_pool2d("pool", &image, kernel, stride, padding, rounding).shape().to_vec()
    }

    #[test]
    fn pooling_rounds_as_pytorch_does() {
        // torch.nn.MaxPool2d(3, 2)(torch.zeros(1, 3, 112, 112)): 55; with ceil_mode=True: 56.
        assert_eq!(pooled(112, 3, 2, 0, Rounding::Floor), [3, 55, 55]);
        assert_eq!(pooled(112, 3, 2, 0, Rounding::Ceil), [3, 56, 56]);
        // MaxPool2d(2, 2, padding=1, ceil_mode=True) of 5: windows start at -1, 1, 3; one at 5 would lie in the padding.
        assert_eq!(pooled(5, 2, 2, 1, Rounding::Ceil), [3, 3, 3]);
    }

    #[test]
    fn same_padding_keeps_the_ratio() {
        let (mut b, image) = Builder::new("net", [225, 224]);
        let x = b.conv2d("conv", &image, &Conv2d::new(4, 5).stride(2).padded(Padding::SameUpper));
        assert_eq!(x.shape(), [4, 113, 112]);
    }

    #[test]
    fn an_even_adaptive_pool_is_a_pool_and_an_uneven_one_is_refused() {
        let (mut b, image) = Builder::new("net", [12, 12]);
        let x = b.adaptive_avg_pool2d("avgpool", &image, 6);
        assert_eq!(x.shape(), [3, 6, 6]);
        let x = b.adaptive_avg_pool2d("again", &x, 4);
        assert!(matches!(b.finish(&x), Err(BuildError::ImageSize { found: [6, 6], .. })));
    }
}
