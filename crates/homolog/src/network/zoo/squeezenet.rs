//! SqueezeNet, as torchvision builds it.

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Rounding, Value};

/// One element of `features` after the first ReLU.
enum Element {
    Pool,
    /// Filters of squeeze, expand 1 × 1 and expand 3 × 3.
    Fire(usize, usize, usize),
}

use Element::{Fire, Pool};

/// Iandola's first version.
pub(super) fn version_1_0(name: &str, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
    let elements = [
        Pool,
        Fire(16, 64, 64),
        Fire(16, 64, 64),
        Fire(32, 128, 128),
        Pool,
        Fire(32, 128, 128),
        Fire(48, 192, 192),
        Fire(48, 192, 192),
        Fire(64, 256, 256),
        Pool,
        Fire(64, 256, 256),
    ];
    build(name, image_px, Conv2d::new(96, 7).stride(2), &elements)
}

/// The version with smaller filters and earlier pooling.
pub(super) fn version_1_1(name: &str, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
    let elements = [
        Pool,
        Fire(16, 64, 64),
        Fire(16, 64, 64),
        Pool,
        Fire(32, 128, 128),
        Fire(32, 128, 128),
        Pool,
        Fire(48, 192, 192),
        Fire(48, 192, 192),
        Fire(64, 256, 256),
        Fire(64, 256, 256),
    ];
    build(name, image_px, Conv2d::new(64, 3).stride(2), &elements)
}

fn build(name: &str, image_px: [usize; 2], first: Conv2d, elements: &[Element]) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = b.conv2d("features.0", &image, &first);
    b.stage("conv1", &x);
    let mut x = b.relu("features.1", &x);
    b.stage("relu1", &x);
    // The paper numbers convolution and fire modules together; a pool has the number of what it follows.
    let mut number = 1;
    for (index, element) in elements.iter().enumerate() {
        let path = format!("features.{}", index + 2);
        match element {
            Pool => {
                x = b.max_pool2d(&path, &x, 3, 2, 0, Rounding::Ceil);
                b.stage(&format!("pool{number}"), &x);
            }
            Fire(squeeze, expand1x1, expand3x3) => {
                x = fire(&mut b, &path, &x, [*squeeze, *expand1x1, *expand3x3]);
                number += 1;
                b.stage(&format!("fire{number}"), &x);
            }
        }
    }
    b.stage("features", &x);
    let x = b.dropout("classifier.0", &x);
    let x = b.conv2d("classifier.1", &x, &Conv2d::new(1000, 1));
    b.stage("conv10", &x);
    let x = b.relu("classifier.2", &x);
    b.stage("relu10", &x);
    let x = b.adaptive_avg_pool2d("classifier.3", &x, 1);
    b.stage("classifier", &x);
    b.stage("pool10", &x);
    let logits = b.flatten("logits", &x);
    b.finish(&logits)
}

fn fire(b: &mut Builder, path: &str, x: &Value, [squeeze, expand1x1, expand3x3]: [usize; 3]) -> Value {
    let x = b.conv2d(&format!("{path}.squeeze"), x, &Conv2d::new(squeeze, 1));
    let x = b.relu(&format!("{path}.squeeze_activation"), &x);
    let one = b.conv2d(&format!("{path}.expand1x1"), &x, &Conv2d::new(expand1x1, 1));
    let one = b.relu(&format!("{path}.expand1x1_activation"), &one);
    let three = b.conv2d(&format!("{path}.expand3x3"), &x, &Conv2d::new(expand3x3, 3).padding(1));
    let three = b.relu(&format!("{path}.expand3x3_activation"), &three);
    let x = b.concat(&format!("{path}.concat"), &[&one, &three]);
    b.block(path, &x);
    x
}

/// torchvision's name of a parameter of SqueezeNet 1.1 under the names of Caffe's and Keras's versions.
///
/// | there | here |
/// |---|---|
/// | `conv1` | `features.0` |
/// | `fire2` … `fire9` | `features.3`, `.4`, `.6`, `.7`, `.9`, `.10`, `.11`, `.12` |
/// | `squeeze1x1`, `expand1x1`, `expand3x3` | `squeeze`, `expand1x1`, `expand3x3` |
/// | `conv10` | `classifier.1` |
pub(super) fn rename_caffe(name: &str) -> Option<String> {
    let (module, rest) = name.split_once('.')?;
    let module = match module {
        "conv1" => "features.0",
        "fire2" => "features.3",
        "fire3" => "features.4",
        "fire4" => "features.6",
        "fire5" => "features.7",
        "fire6" => "features.9",
        "fire7" => "features.10",
        "fire8" => "features.11",
        "fire9" => "features.12",
        "conv10" => "classifier.1",
        _ => return None,
    };
    Some(format!("{module}.{}", rest.replace("squeeze1x1", "squeeze")))
}
