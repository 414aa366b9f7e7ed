//! The same numbers on a GPU as on the processor: recording, attribution and optimised images.

use homolog::inside::attribution::{Attributor, Method, Settings as MethodSettings};
use homolog::inside::image::{Colour, InputMap, Parameterisation};
use homolog::inside::objective::{Aim, Objective};
use homolog::inside::optimise::{Ended, Look, Optimised, Settings, Surroundings};
use homolog::inside::transform::Regularizer;
use homolog::network::checked::Network;
use homolog::network::engine::Engine as _;
use homolog::network::engine::burn::{Burn, DeviceError, DeviceName};
use homolog::network::zoo::{ModelSpec, load};
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::Resources;
use ndarray::{Array2, Array3, Array4, Axis};

fn gpu() -> Burn {
    Burn::on(DeviceName::Gpu(0)).expect("a GPU")
}

fn network() -> Network {
    let spec = ModelSpec::parse("random:resnet20_cifar10?seed=1").unwrap();
    Network::check(load(&spec, |_| Err("nothing is fetched here".into())).unwrap().graph).unwrap()
}

fn images(n: usize) -> Array4<f32> {
    Array4::from_shape_fn((n, 3, 32, 32), |(i, c, y, x)| ((i * 977 + c * 331 + y * 32 + x) as f32 * 0.37).sin())
}

/// The largest difference, as a share of the largest number.
fn difference<'a, T: Copy + Into<f64> + 'a>(
    found: impl IntoIterator<Item = &'a T>,
    expected: impl IntoIterator<Item = &'a T>,
) -> f64 {
    let pairs: Vec<(f64, f64)> = found.into_iter().zip(expected).map(|(a, b)| ((*a).into(), (*b).into())).collect();
    let largest = pairs.iter().map(|(_, expected)| expected.abs()).fold(0.0, f64::max);
    let error = pairs.iter().map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max);
    assert!(largest > 0.0 && error.is_finite());
    error / largest
}

#[test]
fn a_gpu_is_opened_again_and_counted() {
    let (first, again) = (gpu(), gpu());
    assert_eq!(first.gpu_name(), again.gpu_name());
    assert!(first.description().contains(first.gpu_name().unwrap()), "{}", first.description());
    assert!(matches!(Burn::on(DeviceName::Gpu(99)), Err(DeviceError::NoSuchGpu { n: 1.., .. })));
}

#[test]
fn recordings_are_the_processors_in_batches_of_any_size() {
    let network = network();
    let values: Vec<String> = network.stages().map(|stage| stage.value.clone()).collect();
    let run = |burn: &Burn, n: usize| -> Vec<Array2<f32>> {
        burn.open(&network, &values).unwrap().run(images(n).view()).unwrap()
    };
    let expected = run(&Burn::cpu(), 5);
    let mut session = gpu().open(&network, &values).unwrap();
    for n in [5, 2, 5] {
        let found = session.run(images(n).view()).unwrap();
        for (stage, (found, expected)) in values.iter().zip(found.iter().zip(&expected)) {
            let error = difference(found, expected.slice(ndarray::s![..n, ..]).iter());
            assert!(error < 1e-4, "{stage} of {n} images: {error:e}");
        }
    }
}

#[test]
fn attributions_are_the_processors() {
    let (network, cancel) = (network(), Cancel::default());
    let aim = Aim::new(&"logit:3".parse::<Objective>().unwrap(), &network, None).unwrap();
    // Of the first of these images a rectifier on the way to the logit switches by rounding.
    let input: Array3<f32> = images(2).index_axis_move(Axis(0), 1);
    let map = |burn: &Burn, method: &Method| {
        let mut attributor = Attributor::new(&network, burn, burn, Resources::with_threads(2), &cancel).unwrap();
        attributor.attribute(&aim, &input, method).unwrap().map
    };
    let few = MethodSettings { n_steps: 8, window: 8, ..MethodSettings::default() };
    for name in
        ["gradient", "guided-backpropagation", "integrated-gradients", "grad-cam", "occlusion", "lrp-epsilon-plus"]
    {
        let method = Method::named(name, &few).unwrap();
        let error = difference(&map(&gpu(), &method), &map(&Burn::cpu(), &method));
        assert!(error < 1e-3, "{name}: {error:e}");
    }
}

#[test]
fn optimised_images_rise_as_on_the_processor() {
    let network = network();
    let optimised = |burn: &Burn, parameterisation: Parameterisation, regularizer: Regularizer| -> Optimised {
        let settings = Settings {
            parameterisation,
            colour: Colour::Plain,
            recipe: regularizer.recipe(),
            size: [32, 32],
            n_images: 1,
            n_steps: 6,
            learning_rate: 0.05,
            seed: 1,
            magnitudes: None,
            start: None,
        };
        let (input, burn) = (InputMap::unchanged(3), burn.clone());
        let look = Look { network: &network, input, settings, prior: None, identity: String::new(), burn };
        let surroundings = Surroundings {
            resources: Resources::with_threads(2),
            progress: &Silent,
            watch: &|_, _, _| {},
            cancel: &Cancel::default(),
            store: None,
        };
        let objectives: [Objective; 2] = ["layer2.0:1", "layer1.1:5"].map(|text| text.parse().unwrap());
        let aims = look.aims(&objectives, None).unwrap();
        look.optimise(&aims, &surroundings).unwrap().remove(0)
    };
    for (parameterisation, regularizer) in [
        (Parameterisation::Fourier, Regularizer::Robust),
        (Parameterisation::Pixels, Regularizer::TotalVariation),
        (Parameterisation::Pyramid, Regularizer::None),
        (Parameterisation::Cppn, Regularizer::None),
        (Parameterisation::Maco, Regularizer::Jitter),
    ] {
        let found = optimised(&gpu(), parameterisation, regularizer);
        let expected = optimised(&Burn::cpu(), parameterisation, regularizer);
        assert_eq!(found.ended, Ended::Done);
        // Adam divides by the size of each gradient, so that rounding grows from step to step.
        for (n, tolerance) in [(3, 1e-4), (6, 5e-2)] {
            let (found, expected) = (&found.trajectory[..n], &expected.trajectory[..n]);
            assert!(difference(found, expected) < tolerance, "{parameterisation:?}: {found:?} for {expected:?}");
        }
    }
}
