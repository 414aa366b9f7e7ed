//! MobileNet version 2, as torchvision builds it.

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Value};

const EPSILON: f32 = 1e-5;

/// Expansion, channels, repetitions and first stride of each group of blocks (table 2 of the paper).
const GROUPS: [[usize; 4]; 7] =
    [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]];

/// MobileNet version 2 of width 1.
pub(super) fn build(name: &str, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let mut x = normalized(&mut b, "features.0", &image, Conv2d::new(32, 3).stride(2).padding(1));
    let mut index = 0;
    for [expansion, n_out, n_blocks, first_stride] in GROUPS {
        for block in 0..n_blocks {
            index += 1;
            let stride = if block == 0 { first_stride } else { 1 };
            x = inverted_residual(&mut b, &format!("features.{index}"), &x, expansion, n_out, stride);
        }
    }
    let x = normalized(&mut b, "features.18", &x, Conv2d::new(1280, 1));
    b.stage("features", &x);
    let x = b.adaptive_avg_pool2d("avgpool", &x, 1);
    let x = b.flatten("flatten", &x);
    let x = b.dropout("classifier.0", &x);
    let logits = b.linear("classifier.1", &x, 1000);
    b.stage("classifier", &logits);
    b.finish(&logits)
}

/// Convolution, batch normalization and ReLU6 as elements 0, 1 and 2 of `path`.
fn normalized(b: &mut Builder, path: &str, x: &Value, conv: Conv2d) -> Value {
    let x = b.conv2d(&format!("{path}.0"), x, &conv.without_bias());
    let x = b.batch_norm2d(&format!("{path}.1"), &x, EPSILON);
    let x = b.relu6(&format!("{path}.2"), &x);
    b.block(path, &x);
    x
}

fn inverted_residual(b: &mut Builder, path: &str, x: &Value, expansion: usize, n_out: usize, stride: usize) -> Value {
    let width = x.n_channels() * expansion;
    let mut index = 0;
    let mut y = x.clone();
    if expansion != 1 {
        y = normalized(b, &format!("{path}.conv.0"), &y, Conv2d::new(width, 1));
        index = 1;
    }
    let depthwise = Conv2d::new(width, 3).stride(stride).padding(1).groups(width);
    y = normalized(b, &format!("{path}.conv.{index}"), &y, depthwise);
    y = b.conv2d(&format!("{path}.conv.{}", index + 1), &y, &Conv2d::new(n_out, 1).without_bias());
    y = b.batch_norm2d(&format!("{path}.conv.{}", index + 2), &y, EPSILON);
    b.stage(&format!("{path}.conv"), &y);
    if stride == 1 && x.n_channels() == n_out {
        y = b.add(&format!("{path}.sum"), &y, x);
    }
    b.block(path, &y);
    y
}
