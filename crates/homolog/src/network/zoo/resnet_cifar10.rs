//! Residual networks for CIFAR-10 (He et al. 2015, section 4.2), with the names of akamaster/pytorch_resnet_cifar10.

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Value};

const EPSILON: f32 = 1e-5;

/// The residual network of 6 `n` + 2 layers: three groups of `n` blocks, shortcuts without parameters ("option A").
pub(super) fn build(name: &str, image_px: [usize; 2], n: usize) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = b.conv2d("conv1", &image, &Conv2d::new(16, 3).padding(1).without_bias());
    let x = b.batch_norm2d("bn1", &x, EPSILON);
    let mut x = b.relu("relu", &x);
    for (layer, width) in [(1, 16), (2, 32), (3, 64)] {
        for index in 0..n {
            let stride = if layer > 1 && index == 0 { 2 } else { 1 };
            x = block(&mut b, &format!("layer{layer}.{index}"), &x, width, stride);
        }
        b.stage(&format!("layer{layer}"), &x);
    }
    let x = b.adaptive_avg_pool2d("avgpool", &x, 1);
    let x = b.flatten("flatten", &x);
    let logits = b.linear("linear", &x, 10);
    b.finish(&logits)
}

fn block(b: &mut Builder, path: &str, x: &Value, width: usize, stride: usize) -> Value {
    let y = b.conv2d(&format!("{path}.conv1"), x, &Conv2d::new(width, 3).stride(stride).padding(1).without_bias());
    let y = b.batch_norm2d(&format!("{path}.bn1"), &y, EPSILON);
    let y = b.relu(&format!("{path}.relu1"), &y);
    let y = b.conv2d(&format!("{path}.conv2"), &y, &Conv2d::new(width, 3).padding(1).without_bias());
    let y = b.batch_norm2d(&format!("{path}.bn2"), &y, EPSILON);
    let mut shortcut = x.clone();
    if stride != 1 {
        let every_second = b.subsample(&format!("{path}.shortcut.subsample"), x, stride);
        shortcut = b.pad_channels(&format!("{path}.shortcut.pad"), &every_second, width / 4);
    }
    b.stage(&format!("{path}.shortcut"), &shortcut);
    let sum = b.add(&format!("{path}.sum"), &y, &shortcut);
    let y = b.relu(&format!("{path}.relu2"), &sum);
    b.block(path, &y);
    y
}
