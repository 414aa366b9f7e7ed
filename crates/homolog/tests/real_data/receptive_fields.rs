//! Receptive fields against the table of google-research/receptive_field (networks of TF-Slim), where the zoo has the same
//! architecture.
//!
//! Its residual networks are not the same: TF-Slim puts the stride of a layer into its last unit, torchvision into the 3 × 3
//! convolution of its first; so only the first layer's size agrees, and the others are worked out by hand here.

use std::collections::BTreeMap;

use homolog::network::checked::Network;
use homolog::network::receptive_field::ReceptiveField;
use homolog::network::zoo;

use crate::real_data;

/// Size, stride and padding (how far the first unit's field reaches beyond the image) by endpoint.
fn table(network: &str) -> BTreeMap<String, (usize, usize, Option<f64>)> {
    let text = std::fs::read_to_string(real_data("reference/RECEPTIVE_FIELD_TABLE.md")).expect("read");
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [name, "None", endpoint, _, size, stride, padding] = cells[..]
            && name == network
        {
            let endpoint = endpoint.rsplit('/').next().expect("a name").to_owned();
            rows.insert(endpoint, (size.parse().expect(line), stride.parse().expect(line), padding.parse().ok()));
        }
    }
    assert!(!rows.is_empty(), "the table has no {network}");
    rows
}

/// The fields of all stages under all of their names.
fn fields(name: &str) -> BTreeMap<String, ReceptiveField> {
    let entry = zoo::entry(name).expect(name);
    let architecture = entry.architecture([entry.image_px; 2]).expect("built");
    let network = Network::check(homolog::network::weights::fill_random(architecture, 0)).expect("checked");
    let mut fields = BTreeMap::new();
    for stage in network.stages() {
        if let Some(field) = &stage.receptive_field {
            fields.insert(stage.name.clone(), field.clone());
            fields.extend(stage.aliases.iter().map(|alias| (alias.clone(), field.clone())));
        }
    }
    fields
}

/// How far the first unit's field reaches beyond the image.
fn padding(field: &ReceptiveField) -> f64 {
    (field.size_px[0] as f64 - 1.0) / 2.0 - field.centre_px[0]
}

/// Compares every endpoint of the table, the zoo's network having `more_padding` at its first layer.
fn agree(name: &str, network: &str, more_padding: f64, stage_of: impl Fn(&str) -> String) {
    let fields = fields(name);
    for (endpoint, (size, stride, expected_padding)) in table(network) {
        let stage = stage_of(&endpoint);
        let field = fields.get(&stage).unwrap_or_else(|| panic!("{name} has no receptive field for {stage}"));
        assert_eq!((field.size_px, field.stride_px), ([size; 2], [stride; 2]), "{name} {stage}");
        if let Some(expected_padding) = expected_padding {
            assert_eq!(padding(field), expected_padding + more_padding, "{name} {stage}");
        }
    }
}

#[test]
fn vgg_agrees_with_the_table() {
    agree("vgg11", "vgg_a", 0.0, str::to_owned);
    agree("vgg16", "vgg_16", 0.0, str::to_owned);
}

#[test]
fn alexnet_agrees_with_the_table_but_for_its_padded_first_layer() {
    // torchvision pads the image by 2, TF-Slim's alexnet_v2 does not.
    agree("alexnet", "alexnet_v2", 2.0, str::to_owned);
}

#[test]
fn inception_v3_agrees_with_the_table() {
    agree("inception_v3", "inception_v3", 0.0, |endpoint| match endpoint {
        "MaxPool_3a_3x3" => "maxpool1".to_owned(),
        "MaxPool_5a_3x3" => "maxpool2".to_owned(),
        same => same.to_owned(),
    });
}

#[test]
fn residual_networks_are_torchvisions_not_slims() {
    // After conv1 and maxpool: 11 pixels, stride 4. Each 3 x 3 convolution adds 2 strides; the first of a layer works at the
    // stride before it. 50: 3, 4, 6, 3 of them; layer1 11 + 3 * 8, layer2 35 + 8 + 3 * 16, layer3 91 + 16 + 5 * 32, …
    for (name, n_blocks, slim) in [
        ("resnet50", [3, 4, 6, 3], "resnet_v1_50"),
        ("resnet101", [3, 4, 23, 3], "resnet_v1_101"),
        ("resnet152", [3, 8, 36, 3], "resnet_v1_152"),
    ] {
        let fields = fields(name);
        let (mut size, mut stride) = (11, 4);
        for (layer, n) in (1..).zip(n_blocks) {
            size += 2 * stride;
            stride *= if layer == 1 { 1 } else { 2 };
            size += (n - 1) * 2 * stride;
            let field = &fields[&format!("layer{layer}")];
            assert_eq!((field.size_px, field.stride_px), ([size; 2], [stride; 2]), "{name} layer{layer}");
        }
        assert_eq!(fields["layer1"].size_px[0], table(slim)["block1"].0);
    }
}
