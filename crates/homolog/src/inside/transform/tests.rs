use burn::tensor::Device;
use ndarray::Array3;

use super::*;
use crate::inside::image::to_host;
use crate::network::value::Ranked;
use crate::stimuli::generate::Random;

fn tensor(image: &Array3<f32>) -> Tensor<4> {
    let (c, h, w) = image.dim();
    Ranked::from_elements(&[1, c, h, w], image.iter().copied().collect(), &Device::flex()).into_rank()
}

fn picture(n_channels: usize, height: usize, width: usize) -> Array3<f32> {
    Array3::from_shape_fn((n_channels, height, width), |(c, y, x)| (c * 1000 + y * 37 + x * 5) as f32 % 19.0 / 19.0)
}

#[test]
fn every_regularizer_has_a_name_that_finds_it() {
    for one in Regularizer::ALL {
        assert_eq!(Regularizer::named(one.name()).unwrap(), one);
        assert_eq!(one.recipe().name, one.name());
    }
    let refused = Regularizer::named("bilatral").unwrap_err().to_string();
    assert!(refused.contains("Closest: \"bilateral\"") && refused.contains("normalised-gradient"), "{refused}");
}

#[test]
fn a_rolled_view_holds_every_pixel_once() {
    let image = Array3::from_shape_fn((2, 5, 7), |(c, y, x)| (c * 35 + y * 7 + x) as f32);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let view = View::Rolled { jitter_px: 3 }.apply(tensor(&image), [5, 7], &mut Random::new(seed));
        let shown = to_host(view).remove(0);
        let mut sorted: Vec<f32> = shown.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        assert_eq!(sorted, image.iter().copied().collect::<Vec<_>>());
        // Neighbours stay neighbours.
        assert_eq!((shown[[0, 1, 0]] - shown[[0, 0, 0]]).rem_euclid(35.0), 7.0);
        seen.insert(shown[[0, 0, 0]] as i32);
    }
    assert!(seen.len() > 10, "{seen:?}");
    // A smaller image is repeated.
    let tiled = to_host(View::Rolled { jitter_px: 0 }.apply(tensor(&image), [10, 14], &mut Random::new(1))).remove(0);
    assert_eq!(tiled[[1, 7, 8]], image[[1, 2, 1]]);
}

#[test]
fn the_whole_of_an_image_of_the_networks_size_is_itself_and_else_resampled() {
    let image = picture(3, 6, 6);
    assert_eq!(to_host(View::Whole.apply(tensor(&image), [6, 6], &mut Random::new(1)))[0], image);
    let ramp = Array3::from_shape_fn((1, 8, 8), |(_, y, x)| (y + 2 * x) as f32);
    let half = to_host(View::Whole.apply(tensor(&ramp), [4, 4], &mut Random::new(1))).remove(0);
    // Pixel (1, 1) of four stands at 2.5 of eight: 2.5 + 2 · 2.5.
    assert!((half[[0, 1, 1]] - 7.5).abs() < 1e-5, "{}", half[[0, 1, 1]]);
}

#[test]
fn a_robust_view_of_one_colour_is_that_colour_but_for_grey_at_the_edge() {
    for seed in 0..30 {
        let image = Array3::from_elem((1, 40, 40), 0.9);
        let shown = to_host(View::Robust.apply(tensor(&image), [40, 40], &mut Random::new(seed))).remove(0);
        assert!((shown[[0, 20, 20]] - 0.9).abs() < 1e-5);
        assert!(shown.iter().all(|value| (0.4999..0.9001).contains(value)));
    }
}

#[test]
fn crops_are_parts_of_the_image_with_noise() {
    let ramp = Array3::from_shape_fn((1, 60, 60), |(_, y, _)| y as f32 / 60.0);
    let view = View::Crops { n_crops: 3, noise: 0.0 };
    let crops = to_host(view.apply(tensor(&ramp), [20, 20], &mut Random::new(2)));
    assert_eq!(crops.len(), 3);
    for crop in &crops {
        // .9 to 1.1 of the network's 20 rows.
        let rows = (crop[[0, 19, 5]] - crop[[0, 0, 5]]) * 60.0 / 19.0;
        assert!((0.85..1.15).contains(&rows), "{rows}");
    }
    assert!((crops[0][[0, 0, 0]] - crops[1][[0, 0, 0]]).abs() > 1e-3);
}

#[test]
fn the_gradient_of_a_view_is_its_transpose() {
    // <view(x) - view(0), w> = <x, gradient of <view(x), w>>, as views are affine in the image.
    for view in [View::Robust, View::Rolled { jitter_px: 4 }, View::Crops { n_crops: 2, noise: 0.1 }] {
        let image = picture(2, 12, 15);
        let at = |images: Tensor<4>| view.apply(images, [10, 11], &mut Random::new(4));
        let leaf = tensor(&image).autodiff().require_grad();
        let shown = at(leaf.clone());
        let n: usize = shown.dims().iter().product();
        let weights = (0..n).map(|place| ((place * 7) % 11) as f32 - 5.0).collect();
        let weights: Tensor<4> = Ranked::from_elements(&shown.dims(), weights, &Device::flex()).into_rank();
        let value = |shown: Tensor<4>| (shown * weights.clone()).sum();
        let gradients = value(shown.clone()).backward();
        let gradient = to_host(leaf.grad(&gradients).unwrap()).remove(0);
        let product: f32 = gradient.iter().zip(&image).map(|(a, b)| a * b).sum();
        let difference = value(shown.without_autodiff()) - value(at(tensor(&image).zeros_like()));
        let difference: f32 = difference.into_scalar();
        assert!((product - difference).abs() < 1e-3 * difference.abs().max(1.0), "{view:?} {product} {difference}");
    }
}

#[test]
fn a_blur_keeps_one_colour_and_spreads_a_point_as_a_gaussian() {
    let blur = Blur::new([31, 31], 2.0, &Device::flex());
    let flat = to_host(blur.apply(tensor(&Array3::from_elem((1, 31, 31), 0.3)))).remove(0);
    assert!(flat.iter().all(|value| (value - 0.3).abs() < 1e-6));
    let mut point = Array3::zeros((1, 31, 31));
    point[[0, 15, 15]] = 1.0;
    let spread = to_host(blur.apply(tensor(&point))).remove(0);
    let ratio = spread[[0, 15, 17]] / spread[[0, 15, 15]];
    assert!((ratio - (-0.5_f32).exp()).abs() < 1e-4, "{ratio}");
}

#[test]
fn equalised_bands_are_equally_strong() {
    // A fine pattern a thousand times stronger than a coarse one.
    let pattern = Array3::from_shape_fn((1, 64, 64), |(_, y, x)| {
        1000.0 * ((x * 3) as f32).sin() + (y as f32 * std::f32::consts::TAU / 48.0).sin()
    });
    let equal = to_host(Bands::new([64, 64], &Device::flex()).equalised(tensor(&pattern))).remove(0);
    let deviation_along_y: f32 = (0..64).map(|y| equal.slice(ndarray::s![0, y, ..]).mean().unwrap().powi(2)).sum();
    assert!((deviation_along_y / 64.0).sqrt() > 0.5, "{deviation_along_y}");
}

#[test]
fn a_bilateral_filter_smooths_noise_and_keeps_an_edge() {
    let noisy = Array3::from_shape_fn((1, 16, 16), |(_, y, x)| {
        (if x < 8 { 0.2 } else { 0.8 }) + if (x + y) % 2 == 0 { 0.02 } else { -0.02 }
    });
    let clean = smoothed(&noisy, 1.5, 0.15);
    assert!((clean[[0, 8, 4]] - 0.2).abs() < 0.01 && (clean[[0, 8, 7]] - 0.2).abs() < 0.02);
    assert!((clean[[0, 8, 8]] - 0.8).abs() < 0.02);
}

#[test]
fn penalties_are_the_sums_that_they_are_named_for() {
    let image = Array3::from_shape_vec((1, 2, 2), vec![0.5, 1.0, 0.0, 0.5]).unwrap();
    let value = |penalty: Penalty| -> f32 { penalty.of(tensor(&image)).into_scalar() };
    assert!((value(Penalty::L2) - 0.5).abs() < 1e-6);
    // Across .5² + .5², down .5² + .5².
    assert!((value(Penalty::TotalVariation) - 1.0).abs() < 1e-6);
}
