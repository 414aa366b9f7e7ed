//! Tests on the real data that take minutes each: `cargo test --workspace --test nightly`. A missing file fails its test.

#[path = "../real_data/place.rs"]
mod place;
#[path = "../real_data/under_attack.rs"]
mod under_attack;
#[path = "../real_data/visualization.rs"]
mod visualization;

use homolog::synthesis::adversarial::Attack;

pub(crate) use place::real_data;
use under_attack::{nearest, within_budget};
use visualization::{Case, RESNET20, SQUEEZENET, n_beyond_data};

#[test]
fn of_a_hundred_channels_of_squeezenet_95_are_driven_beyond_a_thousand_images() {
    let (n_beyond, below) = n_beyond_data(&Case { n_channels: 100, n_steps: 32, ..SQUEEZENET });
    assert!(n_beyond >= 95, "not beyond the data: {below:?}");
}

#[test]
fn of_a_hundred_channels_of_resnet20_95_are_driven_beyond_a_thousand_images() {
    let (n_beyond, below) = n_beyond_data(&Case { n_channels: 100, ..RESNET20 });
    assert!(n_beyond >= 95, "not beyond the data: {below:?}");
}

#[test]
fn apgd_in_other_norms_and_losses_leaves_the_accuracy_that_torchattacks_leaves() {
    for name in ["apgd-ce-l2", "apgd-dlr-linf", "apgd-dlr-l2"] {
        within_budget(name, Attack::named(name).expect("known"));
    }
}

#[test]
fn deepfool_finds_images_as_near_as_foolbox_does() {
    nearest("foolbox", "deepfool", Attack::named("deepfool").expect("known"));
}
