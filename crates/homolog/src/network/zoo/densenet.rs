//! Densely connected networks, as torchvision builds them.

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Rounding, Value};

const EPSILON: f32 = 1e-5;

/// Channels of a bottleneck for each channel that a layer adds.
const BOTTLENECK: usize = 4;

/// A dense network: `n_first` filters before the first block, `n_layers` in each block, each adding `growth` channels.
pub(super) fn build(
    name: &str,
    image_px: [usize; 2],
    n_first: usize,
    growth: usize,
    n_layers: [usize; 4],
) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    let x = b.conv2d("features.conv0", &image, &Conv2d::new(n_first, 7).stride(2).padding(3).without_bias());
    let x = b.batch_norm2d("features.norm0", &x, EPSILON);
    let x = b.relu("features.relu0", &x);
    let mut x = b.max_pool2d("features.pool0", &x, 3, 2, 1, Rounding::Floor);
    for (block, n_layers) in (1..).zip(n_layers) {
        let path = format!("features.denseblock{block}");
        for layer in 1..=n_layers {
            let added = dense_layer(&mut b, &format!("{path}.denselayer{layer}"), &x, growth);
            x = b.concat(&format!("{path}.concat{layer}"), &[&x, &added]);
        }
        b.block(&path, &x);
        if block < 4 {
            x = transition(&mut b, &format!("features.transition{block}"), &x);
        }
    }
    let x = b.batch_norm2d("features.norm5", &x, EPSILON);
    b.stage("features", &x);
    let x = b.relu("relu5", &x);
    let x = b.adaptive_avg_pool2d("avgpool", &x, 1);
    let x = b.flatten("flatten", &x);
    let logits = b.linear("classifier", &x, 1000);
    b.finish(&logits)
}

fn dense_layer(b: &mut Builder, path: &str, x: &Value, growth: usize) -> Value {
    let x = b.batch_norm2d(&format!("{path}.norm1"), x, EPSILON);
    let x = b.relu(&format!("{path}.relu1"), &x);
    let x = b.conv2d(&format!("{path}.conv1"), &x, &Conv2d::new(BOTTLENECK * growth, 1).without_bias());
    let x = b.batch_norm2d(&format!("{path}.norm2"), &x, EPSILON);
    let x = b.relu(&format!("{path}.relu2"), &x);
    let x = b.conv2d(&format!("{path}.conv2"), &x, &Conv2d::new(growth, 3).padding(1).without_bias());
    b.block(path, &x);
    x
}

fn transition(b: &mut Builder, path: &str, x: &Value) -> Value {
    let half = x.n_channels() / 2;
    let x = b.batch_norm2d(&format!("{path}.norm"), x, EPSILON);
    let x = b.relu(&format!("{path}.relu"), &x);
    let x = b.conv2d(&format!("{path}.conv"), &x, &Conv2d::new(half, 1).without_bias());
    let x = b.avg_pool2d(&format!("{path}.pool"), &x, 2, 2, 0);
    b.block(path, &x);
    x
}

/// The name of a parameter that files written before PyTorch 0.4 call `…denselayer1.norm.1.weight`.
pub(super) fn rename_old(name: &str) -> Option<String> {
    let (before, after) = name.split_once(".denselayer")?;
    let [layer, module, number, rest] = after.split('.').collect::<Vec<_>>().try_into().ok()?;
    let is_old = ["norm", "relu", "conv"].contains(&module) && ["1", "2"].contains(&number);
    is_old.then(|| format!("{before}.denselayer{layer}.{module}{number}.{rest}"))
}

#[cfg(test)]
mod tests {
    use super::rename_old;

    #[test]
    fn old_names_lose_the_dot_and_new_names_stay() {
        assert_eq!(
            rename_old("features.denseblock1.denselayer12.norm.1.running_mean").as_deref(),
            Some("features.denseblock1.denselayer12.norm1.running_mean")
        );
        assert_eq!(rename_old("features.denseblock1.denselayer1.conv2.weight"), None);
        assert_eq!(rename_old("features.transition1.norm.weight"), None);
    }
}
