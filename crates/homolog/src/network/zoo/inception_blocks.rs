//! What GoogLeNet and Inception version 3 share in torchvision.

use crate::network::builder::{Builder, Conv2d, Value};

/// Convolution without biases, batch normalization (epsilon 0.001) and ReLU, listed as one stage.
pub(super) fn basic_conv(b: &mut Builder, path: &str, x: &Value, conv: Conv2d) -> Value {
    let x = b.conv2d(&format!("{path}.conv"), x, &conv.without_bias());
    let x = b.batch_norm2d(&format!("{path}.bn"), &x, 1e-3);
    let x = b.relu(&format!("{path}.relu"), &x);
    b.block(path, &x);
    x
}

/// An image that was normalized by ImageNet's means and deviations, as these networks' weights want it: in -1 .. 1.
///
/// torchvision does this inside the network (`transform_input`) whenever it loads its published weights; here it is always done.
pub(super) fn transform_input(b: &mut Builder, image: &Value) -> Value {
    const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
    const DEVIATION: [f64; 3] = [0.229, 0.224, 0.225];
    let scale = DEVIATION.map(|deviation| (deviation / 0.5) as f32);
    let shift = MEAN.map(|mean| ((mean - 0.5) / 0.5) as f32);
    b.rescale_channels("transform_input", image, scale.to_vec(), shift.to_vec())
}
