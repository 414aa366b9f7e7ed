//! Vision transformers, as torchvision builds them.

use crate::network::builder::{Architecture, BuildError, Builder, Conv2d, Value};

const EPSILON: f32 = 1e-6;
const N_LAYERS: usize = 12;
const N_HEADS: usize = 12;
const N_FEATURES: usize = 768;
const N_HIDDEN: usize = 3072;

/// The "base" transformer on patches of `patch_px` × `patch_px` pixels.
pub(super) fn base(name: &str, image_px: [usize; 2], patch_px: usize) -> Result<Architecture, BuildError> {
    let (mut b, image) = Builder::new(name, image_px);
    if image_px.iter().any(|size| size % patch_px != 0) {
        b.refuse_image("conv_proj", image_px, format!("multiples of its patch size, {patch_px}"));
    }
    let x = b.conv2d("conv_proj", &image, &Conv2d::new(N_FEATURES, patch_px).stride(patch_px));
    let x = b.tokens_from_image("patches", &x);
    let x = b.class_token("tokens", &x, "class_token");
    let x = b.position_embedding("encoder.embedded", &x, "encoder.pos_embedding");
    let mut x = b.dropout("encoder.dropout", &x);
    for index in 0..N_LAYERS {
        x = encoder_layer(&mut b, &format!("encoder.layers.encoder_layer_{index}"), &x);
    }
    b.stage("encoder.layers", &x);
    let x = b.layer_norm("encoder.ln", &x, EPSILON);
    b.stage("encoder", &x);
    let x = b.first_token("class", &x);
    let logits = b.linear("heads.head", &x, 1000);
    b.stage("heads", &logits);
    b.finish(&logits)
}

fn encoder_layer(b: &mut Builder, path: &str, x: &Value) -> Value {
    let y = b.layer_norm(&format!("{path}.ln_1"), x, EPSILON);
    let y = b.self_attention(&format!("{path}.self_attention"), &y, N_HEADS);
    let y = b.dropout(&format!("{path}.dropout"), &y);
    let x = b.add(&format!("{path}.attended"), &y, x);

    let y = b.layer_norm(&format!("{path}.ln_2"), &x, EPSILON);
    let y = b.linear_of_tokens(&format!("{path}.mlp.0"), &y, N_HIDDEN);
    let y = b.gelu(&format!("{path}.mlp.1"), &y);
    let y = b.dropout(&format!("{path}.mlp.2"), &y);
    let y = b.linear_of_tokens(&format!("{path}.mlp.3"), &y, N_FEATURES);
    let y = b.dropout(&format!("{path}.mlp.4"), &y);
    b.stage(&format!("{path}.mlp"), &y);
    let x = b.add(&format!("{path}.sum"), &x, &y);
    b.block(path, &x);
    x
}

/// The name of a parameter of the perceptron that files written before torchvision 0.14 call `…mlp.linear_1.weight`.
pub(super) fn rename_old(name: &str) -> Option<String> {
    if !name.contains(".mlp.linear_") {
        return None;
    }
    Some(name.replace(".mlp.linear_1.", ".mlp.0.").replace(".mlp.linear_2.", ".mlp.3."))
}
