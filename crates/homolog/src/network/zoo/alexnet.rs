//! AlexNet, as torchvision builds it: the single-column network of "One weird trick", without local normalization.

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Rounding, Value};

/// AlexNet; layers are also known under Caffe's names `conv1` … `pool5`, `fc6` … `fc8`.
pub(super) fn build(name: &str, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = convolution(&mut b, 0, 1, &image, &Conv2d::new(64, 11).stride(4).padding(2));
    let x = pool(&mut b, 2, 1, &x);
    let x = convolution(&mut b, 3, 2, &x, &Conv2d::new(192, 5).padding(2));
    let x = pool(&mut b, 5, 2, &x);
    let x = convolution(&mut b, 6, 3, &x, &Conv2d::new(384, 3).padding(1));
    let x = convolution(&mut b, 8, 4, &x, &Conv2d::new(256, 3).padding(1));
    let x = convolution(&mut b, 10, 5, &x, &Conv2d::new(256, 3).padding(1));
    let x = pool(&mut b, 12, 5, &x);
    b.stage("features", &x);
    let x = b.adaptive_avg_pool2d("avgpool", &x, 6);
    let x = b.flatten("flatten", &x);
    let x = b.dropout("classifier.0", &x);
    let x = connected(&mut b, 1, 6, &x);
    let x = b.dropout("classifier.3", &x);
    let x = connected(&mut b, 4, 7, &x);
    let logits = b.linear("classifier.6", &x, 1000);
    b.stage("classifier", &logits);
    b.stage("fc8", &logits);
    b.finish(&logits)
}

fn convolution(b: &mut Builder, index: usize, number: usize, x: &Value, conv: &Conv2d) -> Value {
    let x = b.conv2d(&format!("features.{index}"), x, conv);
    b.stage(&format!("conv{number}"), &x);
    let x = b.relu(&format!("features.{}", index + 1), &x);
    b.stage(&format!("relu{number}"), &x);
    x
}

fn pool(b: &mut Builder, index: usize, number: usize, x: &Value) -> Value {
    let x = b.max_pool2d(&format!("features.{index}"), x, 3, 2, 0, Rounding::Floor);
    b.stage(&format!("pool{number}"), &x);
    x
}

fn connected(b: &mut Builder, index: usize, number: usize, x: &Value) -> Value {
    let x = b.linear(&format!("classifier.{index}"), x, 4096);
    b.stage(&format!("fc{number}"), &x);
    let x = b.relu(&format!("classifier.{}", index + 1), &x);
    b.stage(&format!("relu{number}"), &x);
    x
}
