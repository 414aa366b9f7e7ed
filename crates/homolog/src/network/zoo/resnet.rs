//! Residual networks for ImageNet, as torchvision builds them ("v1.5": a bottleneck's stride is in its 3 × 3 convolution).

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Rounding, Value};

const EPSILON: f32 = 1e-5;

/// The kind of residual block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// Two 3 × 3 convolutions.
    Basic,
    /// 1 × 1, 3 × 3 and 1 × 1 convolutions, the last four times as wide.
    Bottleneck,
}

/// A residual network with `n_blocks` in each of its four layers.
pub(super) fn build(
    name: &str,
    image_px: [usize; 2],
    block: Block,
    n_blocks: [usize; 4],
) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = b.conv2d("conv1", &image, &Conv2d::new(64, 7).stride(2).padding(3).without_bias());
    let x = b.batch_norm2d("bn1", &x, EPSILON);
    let x = b.relu("relu", &x);
    let mut x = b.max_pool2d("maxpool", &x, 3, 2, 1, Rounding::Floor);
    for (layer, n_blocks) in n_blocks.into_iter().enumerate() {
        let width = 64 << layer;
        for index in 0..n_blocks {
            let stride = if layer > 0 && index == 0 { 2 } else { 1 };
            let path = format!("layer{}.{index}", layer + 1);
            x = residual_block(&mut b, &path, &x, block, width, stride);
        }
        b.stage(&format!("layer{}", layer + 1), &x);
    }
    let x = b.adaptive_avg_pool2d("avgpool", &x, 1);
    let x = b.flatten("flatten", &x);
    let logits = b.linear("fc", &x, 1000);
    b.finish(&logits)
}

fn residual_block(b: &mut Builder, path: &str, x: &Value, block: Block, width: usize, stride: usize) -> Value {
    let three = |stride| Conv2d::new(width, 3).stride(stride).padding(1).without_bias();
    let (convolutions, n_out) = match block {
        Block::Basic => (vec![three(stride), three(1)], width),
        Block::Bottleneck => {
            let one = |n_out| Conv2d::new(n_out, 1).without_bias();
            (vec![one(width), three(stride), one(4 * width)], 4 * width)
        }
    };
    let mut y = x.clone();
    let n_convolutions = convolutions.len();
    for (number, conv) in (1..).zip(&convolutions) {
        y = b.conv2d(&format!("{path}.conv{number}"), &y, conv);
        y = b.batch_norm2d(&format!("{path}.bn{number}"), &y, EPSILON);
        if number < n_convolutions {
            y = b.relu(&format!("{path}.relu#{number}"), &y);
        }
    }
    let shortcut = if stride != 1 || x.n_channels() != n_out {
        let conv = Conv2d::new(n_out, 1).stride(stride).without_bias();
        let shortcut = b.conv2d(&format!("{path}.downsample.0"), x, &conv);
        let shortcut = b.batch_norm2d(&format!("{path}.downsample.1"), &shortcut, EPSILON);
        b.stage(&format!("{path}.downsample"), &shortcut);
        shortcut
    } else {
        x.clone()
    };
    let sum = b.add(&format!("{path}.sum"), &y, &shortcut);
    // The block's one ReLU module is called after every convolution; a hook on it sees the last call last.
    let y = b.relu(&format!("{path}.relu"), &sum);
    b.stage(&format!("{path}.relu#{n_convolutions}"), &y);
    b.block(path, &y);
    y
}
