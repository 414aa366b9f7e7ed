//! A few channels; the nightly tests take a hundred.

use crate::visualization::{RESNET20, SQUEEZENET, n_beyond_data};

#[test]
fn optimised_images_drive_channels_of_squeezenet_beyond_a_thousand_images() {
    let (n_beyond, below) = n_beyond_data(&SQUEEZENET);
    assert!(n_beyond + 1 >= SQUEEZENET.n_channels, "not beyond the data: {below:?}");
}

#[test]
fn optimised_images_drive_channels_of_resnet20_beyond_a_thousand_images() {
    let (n_beyond, below) = n_beyond_data(&RESNET20);
    assert!(n_beyond + 1 >= RESNET20.n_channels, "not beyond the data: {below:?}");
}
