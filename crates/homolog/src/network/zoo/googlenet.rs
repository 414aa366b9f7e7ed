//! GoogLeNet with batch normalization, as torchvision builds it for its published weights.

use super::inception_blocks::{basic_conv, transform_input};
use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Rounding, Value};

/// Filters of the four branches: 1 × 1; reduction and 3 × 3; reduction and (5 × 5, in torchvision) 3 × 3; after the pool.
const FIRST: [(&str, [usize; 6]); 2] =
    [("inception3a", [64, 96, 128, 16, 32, 32]), ("inception3b", [128, 128, 192, 32, 96, 64])];
const SECOND: [(&str, [usize; 6]); 5] = [
    ("inception4a", [192, 96, 208, 16, 48, 64]),
    ("inception4b", [160, 112, 224, 24, 64, 64]),
    ("inception4c", [128, 128, 256, 24, 64, 64]),
    ("inception4d", [112, 144, 288, 32, 64, 64]),
    ("inception4e", [256, 160, 320, 32, 128, 128]),
];
const THIRD: [(&str, [usize; 6]); 2] =
    [("inception5a", [256, 160, 320, 32, 128, 128]), ("inception5b", [384, 192, 384, 48, 128, 128])];

/// GoogLeNet without its auxiliary classifiers, which only training uses.
pub(super) fn build(name: &str, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = transform_input(&mut b, &image);
    let x = basic_conv(&mut b, "conv1", &x, Conv2d::new(64, 7).stride(2).padding(3));
    let x = b.max_pool2d("maxpool1", &x, 3, 2, 0, Rounding::Ceil);
    let x = basic_conv(&mut b, "conv2", &x, Conv2d::new(64, 1));
    let x = basic_conv(&mut b, "conv3", &x, Conv2d::new(192, 3).padding(1));
    let mut x = b.max_pool2d("maxpool2", &x, 3, 2, 0, Rounding::Ceil);
    for (path, widths) in FIRST {
        x = inception(&mut b, path, &x, widths);
    }
    x = b.max_pool2d("maxpool3", &x, 3, 2, 0, Rounding::Ceil);
    for (path, widths) in SECOND {
        x = inception(&mut b, path, &x, widths);
    }
    x = b.max_pool2d("maxpool4", &x, 2, 2, 0, Rounding::Ceil);
    for (path, widths) in THIRD {
        x = inception(&mut b, path, &x, widths);
    }
    x = b.adaptive_avg_pool2d("avgpool", &x, 1);
    x = b.flatten("flatten", &x);
    x = b.dropout("dropout", &x);
    let logits = b.linear("fc", &x, 1000);
    b.finish(&logits)
}

fn inception(b: &mut Builder, path: &str, x: &Value, widths: [usize; 6]) -> Value {
    let [one, reduce3, three, reduce5, five, pooled] = widths;
    let branch1 = basic_conv(b, &format!("{path}.branch1"), x, Conv2d::new(one, 1));

    let branch2 = basic_conv(b, &format!("{path}.branch2.0"), x, Conv2d::new(reduce3, 1));
    let branch2 = basic_conv(b, &format!("{path}.branch2.1"), &branch2, Conv2d::new(three, 3).padding(1));
    b.stage(&format!("{path}.branch2"), &branch2);

    // torchvision's weights were trained with 3 × 3 filters where the paper has 5 × 5.
    let branch3 = basic_conv(b, &format!("{path}.branch3.0"), x, Conv2d::new(reduce5, 1));
    let branch3 = basic_conv(b, &format!("{path}.branch3.1"), &branch3, Conv2d::new(five, 3).padding(1));
    b.stage(&format!("{path}.branch3"), &branch3);

    let branch4 = b.max_pool2d(&format!("{path}.branch4.0"), x, 3, 1, 1, Rounding::Ceil);
    let branch4 = basic_conv(b, &format!("{path}.branch4.1"), &branch4, Conv2d::new(pooled, 1));
    b.stage(&format!("{path}.branch4"), &branch4);

    let x = b.concat(&format!("{path}.concat"), &[&branch1, &branch2, &branch3, &branch4]);
    b.block(path, &x);
    x
}
