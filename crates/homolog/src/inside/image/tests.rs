use burn::tensor::Device;
use ndarray::{Array2, Array3, Axis};

use super::*;

fn model(parameterisation: Parameterisation, colour: Colour, shape: [usize; 4]) -> ImageModel {
    let [n_images, n_channels, height, width] = shape;
    let shape = ImageShape { n_images, n_channels, height, width };
    ImageModel::new(parameterisation, colour, shape, None, &Device::flex()).unwrap()
}

fn uploaded(model: &ImageModel, parameters: Vec<Vec<f32>>) -> Vec<Tensor<1>> {
    parameters.into_iter().map(|numbers| model.upload(numbers)).collect()
}

/// A picture without symmetry, in [.1, .9].
fn picture(n_channels: usize, height: usize, width: usize) -> Array3<f32> {
    Array3::from_shape_fn((n_channels, height, width), |(c, y, x)| {
        0.5 + 0.4 * ((c as f32 + 1.3 * y as f32) * 0.7 + x as f32 * 0.31).sin()
    })
}

#[test]
fn a_spectrum_is_the_fourier_sum() {
    for (height, width) in [(5, 6), (6, 5), (4, 4), (7, 7)] {
        let plane = picture(1, height, width).index_axis(Axis(0), 0).mapv(f64::from);
        let spectrum = fourier::spectrum(plane.view());
        for k in 0..=width / 2 {
            for l in 0..height {
                let (mut real, mut imaginary) = (0.0, 0.0);
                for ((y, x), value) in plane.indexed_iter() {
                    let angle = -std::f64::consts::TAU
                        * (k as f64 * x as f64 / width as f64 + l as f64 * y as f64 / height as f64);
                    real += value * angle.cos();
                    imaginary += value * angle.sin();
                }
                let unit = ((height * width) as f64).sqrt();
                assert!((spectrum[[k, 0, l]] - real / unit).abs() < 1e-12, "{height} {width} {k} {l}");
                assert!((spectrum[[k, 1, l]] - imaginary / unit).abs() < 1e-12, "{height} {width} {k} {l}");
            }
        }
    }
}

#[test]
fn parameters_of_an_image_give_it_back_for_any_channels_and_sides() {
    for parameterisation in [Parameterisation::Pixels, Parameterisation::Fourier, Parameterisation::Pyramid] {
        for (n_channels, height, width) in [(3, 16, 20), (1, 17, 14), (5, 15, 15)] {
            for colour in [Colour::Decorrelated, Colour::Plain] {
                let image = picture(n_channels, height, width);
                let model = model(parameterisation, colour, [1, n_channels, height, width]);
                let parameters = model.start(&mut Random::new(1), Some(image.view())).unwrap();
                assert_eq!(parameters.iter().map(Vec::len).collect::<Vec<_>>(), model.sizes());
                let back = to_host(model.images(&uploaded(&model, parameters))).remove(0);
                let worst = back.iter().zip(&image).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst < 2e-5, "{parameterisation:?} {colour:?} {n_channels} {height} {width}: {worst}");
            }
        }
    }
}

#[test]
fn maco_keeps_the_magnitudes_whatever_the_phase() {
    let (height, width) = (16, 18);
    let model = model(Parameterisation::Maco, Colour::Plain, [1, 1, height, width]);
    let parameters = model.start(&mut Random::new(3), None).unwrap();
    let image = to_host(model.images(&uploaded(&model, parameters))).remove(0);
    let raw: Array2<f64> =
        image.index_axis(Axis(0), 0).mapv(|value| (f64::from(value) / (1.0 - f64::from(value))).ln());
    let spectrum = fourier::spectrum(raw.view());
    // Up to one factor, by which the image has unit variance: away from the columns that must be real.
    let ratio = |k: usize, y: usize| {
        let wanted = 1.0 / fourier::frequency(k, y, height, width);
        spectrum[[k, 0, y]].hypot(spectrum[[k, 1, y]]) / wanted
    };
    for k in 1..width / 2 {
        for y in 0..height {
            assert!((ratio(k, y) / ratio(1, 0) - 1.0).abs() < 1e-3, "{k} {y}: {} {}", ratio(k, y), ratio(1, 0));
        }
    }
}

#[test]
fn noise_has_lucids_contrast() {
    // Each frequency has a standard deviation of .01 / (4 f), twice over (real and imaginary).
    let model = model(Parameterisation::Fourier, Colour::Plain, [1, 1, 64, 64]);
    let parameters = model.start(&mut Random::new(5), None).unwrap();
    assert!((parameters[0].iter().map(|x| x * x).sum::<f32>() / parameters[0].len() as f32).sqrt() - 0.01 < 5e-4);
    let image = to_host(model.images(&uploaded(&model, parameters))).remove(0);
    let (mean, n) = (image.mean().unwrap(), image.len() as f32);
    let deviation = (image.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / n).sqrt();
    assert!((0.002..0.02).contains(&deviation) && (mean - 0.5).abs() < 0.05, "{mean} {deviation}");
}

#[test]
fn a_cppn_starts_grey_and_cannot_start_from_an_image() {
    let model = model(Parameterisation::Cppn, Colour::Decorrelated, [2, 3, 8, 9]);
    let parameters = model.start(&mut Random::new(1), None).unwrap();
    assert_eq!(parameters.iter().map(Vec::len).collect::<Vec<_>>(), model.sizes());
    for image in to_host(model.images(&uploaded(&model, parameters))) {
        assert!(image.iter().all(|value| (value - 0.5).abs() < 1e-6));
    }
    let refused = model.start(&mut Random::new(1), Some(picture(3, 8, 9).view())).unwrap_err().to_string();
    assert!(refused.contains("\"cppn\""), "{refused}");
}

#[test]
fn every_parameterisation_has_the_gradient_of_finite_differences() {
    for parameterisation in Parameterisation::ALL {
        let model = model(parameterisation, Colour::Decorrelated, [2, 3, 14, 15]);
        let mut random = Random::new(7);
        // The start of a CPPN is flat, so every number is moved.
        let parameters: Vec<Vec<f32>> = model
            .start(&mut random, None)
            .unwrap()
            .into_iter()
            .map(|numbers| numbers.into_iter().map(|number| number + 0.2 * narrow(random.normal())).collect())
            .collect();
        let weights = model.upload((0..2 * 3 * 14 * 15).map(|_| narrow(random.normal())).collect());
        let weights = weights.reshape([2, 3, 14, 15]);
        let value = |parameters: &[Tensor<1>]| (model.images(parameters) * weights.clone()).sum();
        let leaves: Vec<Tensor<1>> =
            uploaded(&model, parameters.clone()).into_iter().map(|numbers| numbers.autodiff().require_grad()).collect();
        let gradients = value(&leaves).backward();
        // Along the gradient itself the change is largest, and so least lost in rounding.
        let gradients: Vec<Vec<f32>> =
            leaves.iter().map(|leaf| Ranked::R1(leaf.grad(&gradients).unwrap()).into_elements().unwrap()).collect();
        let square: f64 = gradients.iter().flatten().map(|one| f64::from(*one).powi(2)).sum();
        let along = |step: f64| {
            let moved = parameters.iter().zip(&gradients).map(|(numbers, gradient)| {
                let pairs = numbers.iter().zip(gradient);
                pairs.map(|(number, one)| narrow(f64::from(*number) + step * f64::from(*one))).collect()
            });
            let images = to_host(model.images(&uploaded(&model, moved.collect())));
            let weights = to_host(weights.clone());
            let products = images.iter().zip(&weights).flat_map(|(image, weights)| image.iter().zip(weights));
            products.map(|(value, weight)| f64::from(*value) * f64::from(*weight)).sum::<f64>()
        };
        let step = 0.001 / square.sqrt();
        let change = (along(step) - along(-step)) / (2.0 * step);
        assert!((change / square - 1.0).abs() < 0.01, "{parameterisation:?}: {change} is not {square}");
    }
}

#[test]
fn the_input_is_what_preprocessing_makes_of_the_image() {
    let picture = crate::stimuli::Image::new(4, 4, (0..48).map(|value| value * 5).collect()).unwrap();
    for name in ["caffe-4", "torchvision-4", "tf-4", "unit-4"] {
        let preprocessing = crate::stimuli::Preprocessing::named(name).unwrap();
        // The steps would resize; the colours are those of the recipe alone.
        let plain = crate::stimuli::Preprocessing { steps: Vec::new(), ..preprocessing };
        let expected = plain.apply(&picture, None).unwrap();
        let image = crate::inside::picture::from_picture(&picture, [4, 4]).unwrap();
        let elements = image.iter().copied().collect();
        let image = Ranked::from_elements(&[1, 3, 4, 4], elements, &Device::flex()).into_rank();
        let input = to_host(InputMap::of(&plain).apply(image)).remove(0);
        let worst = input.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{name}: {worst}");
    }
}

#[test]
fn impossible_sizes_and_starts_are_refused() {
    let shape = ImageShape { n_images: 1, n_channels: 3, height: 3, width: 8 };
    let refused =
        ImageModel::new(Parameterisation::Pixels, Colour::Plain, shape, None, &Device::flex()).unwrap_err().to_string();
    assert!(refused.contains("3 × 8 pixels"), "{refused}");
    let model = model(Parameterisation::Pixels, Colour::Plain, [1, 3, 8, 8]);
    let refused = model.start(&mut Random::new(1), Some(picture(3, 8, 9).view())).unwrap_err().to_string();
    assert!(refused.contains("[3, 8, 9]") && refused.contains("[3, 8, 8]"), "{refused}");
    assert!(Parameterisation::named("furier").unwrap_err().to_string().contains("Closest: \"fourier\""));
}
