//! The recipes that have a name.

use super::{ChannelOrder, Preprocessing, PreprocessingError, Scale, Step};
use crate::naming::nearest_three;
use crate::stimuli::resize::{Filter, PassOrder};

/// Mean and standard deviation of ImageNet's training images, red, green, blue, of values from 0 to 1.
const IMAGENET: ([f64; 3], [f64; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// A named way from image to input.
#[derive(Debug)]
pub struct Recipe {
    /// Its name.
    pub name: &'static str,
    /// Side of the input in pixels when the name is given without one.
    pub default_size_px: usize,
    /// What it does, and whose it is.
    pub summary: &'static str,
    /// Steps for an input of that side, and the numbers.
    build: fn(usize) -> Preprocessing,
}

/// All recipes. Each name may be followed by a side in pixels: `torchvision-299`.
pub fn recipes() -> &'static [Recipe] {
    &RECIPES
}

static RECIPES: [Recipe; 10] = [
    Recipe {
        name: "torchvision",
        default_size_px: 224,
        summary: "torchvision's classification preset: shorter side to 256/224 of the input, bilinear, centre crop, ImageNet mean and std",
        build: |size| resize_and_crop(proportional(size), size, Filter::Bilinear, IMAGENET),
    },
    Recipe {
        name: "torchvision-inception",
        default_size_px: 299,
        summary: "torchvision's preset of inception_v3: shorter side to 342, centre crop to 299, ImageNet mean and std",
        build: |size| resize_and_crop(proportional(size), size, Filter::Bilinear, IMAGENET),
    },
    Recipe {
        name: "caffe",
        default_size_px: 227,
        summary: "both sides resized, bilinear; blue first, values 0 to 255 less the mean of ImageNet (103.939, 116.779, 123.68)",
        build: |size| Preprocessing {
            channels: ChannelOrder::Bgr,
            ..direct(size, Scale::ZeroTo255, [103.939, 116.779, 123.68], [1.0; 3])
        },
    },
    Recipe {
        name: "brain-score",
        default_size_px: 224,
        summary: "Brain-Score's \"imagenet\": both sides resized, bilinear, no crop; ImageNet mean and std",
        build: |size| direct(size, Scale::ZeroToOne, IMAGENET.0, IMAGENET.1),
    },
    Recipe {
        name: "brain-score-inception",
        default_size_px: 224,
        summary: "Brain-Score's \"inception\": shorter side to 256/224 of the input, bilinear, centre crop; values -1 to 1",
        build: |size| resize_and_crop(proportional(size), size, Filter::Bilinear, ([0.5; 3], [0.5; 3])),
    },
    Recipe {
        name: "tf",
        default_size_px: 224,
        summary: "TensorFlow's and Keras' \"tf\" mode: both sides resized, bilinear; values -1 to 1 (pixel / 127.5 - 1)",
        build: |size| direct(size, Scale::ZeroTo255, [127.5; 3], [127.5; 3]),
    },
    Recipe {
        name: "efficientnet-lite",
        default_size_px: 224,
        summary: "EfficientNet-Lite: shorter side to 32 pixels more than the input, bicubic, centre crop; (pixel - 127) / 128",
        build: |size| Preprocessing {
            scale: Scale::ZeroTo255,
            ..resize_and_crop(size + 32, size, Filter::Bicubic, ([127.0; 3], [128.0; 3]))
        },
    },
    Recipe {
        name: "cifar10",
        default_size_px: 32,
        summary: "the CIFAR-10 residual networks of pytorch_resnet_cifar10: 32 pixels, ImageNet mean and std",
        build: |size| direct(size, Scale::ZeroToOne, IMAGENET.0, IMAGENET.1),
    },
    Recipe {
        name: "unit",
        default_size_px: 224,
        summary: "both sides resized, bilinear; values 0 to 1, nothing else",
        build: |size| direct(size, Scale::ZeroToOne, [0.0; 3], [1.0; 3]),
    },
    Recipe {
        name: "unit-signed",
        default_size_px: 224,
        summary: "both sides resized, bilinear; values 0 to 1 less 0.5, divided by 0.5, as VOneNet's networks take them",
        build: |size| direct(size, Scale::ZeroToOne, [0.5; 3], [0.5; 3]),
    },
];

/// The recipe of a name, with a side at its end or without.
pub(super) fn named(name: &str) -> Result<Preprocessing, PreprocessingError> {
    let find = |wanted: &str| RECIPES.iter().find(|recipe| recipe.name == wanted);
    let with_size = || {
        let (base, size) = name.rsplit_once('-')?;
        Some((find(base)?, size.parse().ok()?))
    };
    let (recipe, size) =
        find(name).map(|recipe| (recipe, recipe.default_size_px)).or_else(with_size).ok_or_else(|| {
            let nearest = nearest_three(name, RECIPES.iter().map(|recipe| recipe.name));
            PreprocessingError::UnknownName { name: name.to_owned(), nearest }
        })?;
    if !(1..=super::MAX_SIDE_PX).contains(&size) {
        return Err(PreprocessingError::ImpossibleValue {
            name: name.to_owned(),
            what: "a side of",
            found: format!("{size} pixels"),
            needed: "sides are 1 to 8192 pixels",
        });
    }
    let preprocessing = Preprocessing { name: name.to_owned(), ..(recipe.build)(size) };
    preprocessing.check()?;
    Ok(preprocessing)
}

/// The side before a crop to `size`, in the proportion of 256 to 224: 342 for 299.
fn proportional(size: usize) -> usize {
    (size as f64 * 256.0 / 224.0).round() as usize
}

/// Both sides resized to `size`, bilinear.
fn direct(size: usize, scale: Scale, mean: [f64; 3], std: [f64; 3]) -> Preprocessing {
    plain(vec![Step::Resize { width_px: size, height_px: size, filter: Filter::Bilinear }], scale, mean, std)
}

/// The shorter side resized to `resized`, the middle `size` × `size` kept; values from 0 to 1.
fn resize_and_crop(resized: usize, size: usize, filter: Filter, (mean, std): ([f64; 3], [f64; 3])) -> Preprocessing {
    let steps = vec![
        Step::ResizeShorterSide { size_px: resized, filter },
        Step::CropCentre { width_px: size, height_px: size },
    ];
    plain(steps, Scale::ZeroToOne, mean, std)
}

/// Red first, on grey, no field of view; its name is given by [`named`].
fn plain(steps: Vec<Step>, scale: Scale, mean: [f64; 3], std: [f64; 3]) -> Preprocessing {
    Preprocessing {
        name: String::new(),
        field_deg: None,
        background: super::grey(),
        steps,
        pass_order: PassOrder::default(),
        channels: ChannelOrder::Rgb,
        scale,
        mean,
        std,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resized_and_size(name: &str) -> (usize, usize) {
        let steps = Preprocessing::named(name).unwrap().steps;
        let [Step::ResizeShorterSide { size_px, .. }, Step::CropCentre { width_px, .. }] = steps[..] else {
            panic!("{steps:?}")
        };
        (size_px, width_px)
    }

    #[test]
    fn presets_resize_as_their_owners_state() {
        assert_eq!(resized_and_size("torchvision"), (256, 224));
        assert_eq!(resized_and_size("torchvision-inception"), (342, 299));
        assert_eq!(resized_and_size("torchvision-299"), (342, 299));
        assert_eq!(resized_and_size("efficientnet-lite"), (256, 224));
    }

    #[test]
    fn a_side_may_follow_any_name() {
        for recipe in recipes() {
            let sized = Preprocessing::named(&format!("{}-96", recipe.name)).unwrap();
            assert_eq!(sized.output_size(), Some((96, 96)), "{}", recipe.name);
            let default = Preprocessing::named(recipe.name).unwrap();
            assert_eq!(default.output_size(), Some((recipe.default_size_px, recipe.default_size_px)));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_nearest_three() {
        let message = Preprocessing::named("torchvison").unwrap_err().to_string();
        assert!(
            message.starts_with("there is no preprocessing \"torchvison\". Closest: \"torchvision\", "),
            "{message}"
        );
        assert!(Preprocessing::named("torchvision-0").unwrap_err().to_string().contains("a side of 0 pixels"));
        assert!(Preprocessing::named("torchvision-99999").is_err());
        assert!(Preprocessing::named("torchvision-").is_err());
    }
}
