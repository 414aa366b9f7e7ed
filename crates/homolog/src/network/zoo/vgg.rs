//! VGG, as torchvision builds it.

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Rounding};

/// Whether convolutions are followed by batch normalization.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Normalization {
    None,
    Batch,
}

/// Filters in each of the five groups of convolutions.
const N_FILTERS: [usize; 5] = [64, 128, 256, 512, 512];

/// VGG with `n_convolutions` in each of its five groups; layers are also known under Caffe's names `conv1_1` … `pool5`,
/// `fc6` … `fc8`.
pub(super) fn build(
    name: &str,
    image_px: [usize; 2],
    n_convolutions: [usize; 5],
    normalization: Normalization,
) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let mut x = image;
    let mut index = 0..;
    let mut next = || format!("features.{}", index.next().unwrap_or(0));
    for (group, (n_convolutions, n_filters)) in (1..).zip(n_convolutions.into_iter().zip(N_FILTERS)) {
        for number in 1..=n_convolutions {
            x = b.conv2d(&next(), &x, &Conv2d::new(n_filters, 3).padding(1));
            b.stage(&format!("conv{group}_{number}"), &x);
            if normalization == Normalization::Batch {
                x = b.batch_norm2d(&next(), &x, 1e-5);
            }
            x = b.relu(&next(), &x);
            b.stage(&format!("relu{group}_{number}"), &x);
        }
        x = b.max_pool2d(&next(), &x, 2, 2, 0, Rounding::Floor);
        b.stage(&format!("pool{group}"), &x);
    }
    b.stage("features", &x);
    x = b.adaptive_avg_pool2d("avgpool", &x, 7);
    x = b.flatten("flatten", &x);
    for (index, number) in [(0, 6), (3, 7)] {
        x = b.linear(&format!("classifier.{index}"), &x, 4096);
        b.stage(&format!("fc{number}"), &x);
        x = b.relu(&format!("classifier.{}", index + 1), &x);
        b.stage(&format!("relu{number}"), &x);
        x = b.dropout(&format!("classifier.{}", index + 2), &x);
    }
    x = b.linear("classifier.6", &x, 1000);
    b.stage("classifier", &x);
    b.stage("fc8", &x);
    b.finish(&x)
}
