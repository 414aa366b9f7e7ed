//! How an image becomes a network's input: as data, so that it can be named, written in TOML, hashed and reported.

mod recipes;

use ndarray::Array3;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::ImageError;
use super::geometry::{crop_centre, place_on_screen, shorter_side_to};
use super::image::Image;
use super::resize::{Filter, PassOrder, resize};

pub use recipes::{Recipe, recipes};

/// The largest side that a step may ask for.
const MAX_SIDE_PX: usize = 8192;

/// One change of an image's size, before pixels become numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Both sides are resampled to these lengths, whatever shape that gives.
    Resize {
        /// Pixels across.
        width_px: usize,
        /// Pixels down.
        height_px: usize,
        /// The resampling filter.
        filter: Filter,
    },
    /// The shorter side is resampled to this length, the longer in proportion, as torchvision's `Resize`.
    ResizeShorterSide {
        /// Pixels of the shorter side.
        size_px: usize,
        /// The resampling filter.
        filter: Filter,
    },
    /// The middle is kept, as by torchvision's `CenterCrop`.
    CropCentre {
        /// Pixels across.
        width_px: usize,
        /// Pixels down.
        height_px: usize,
    },
}

/// The order of the channels in the network's input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelOrder {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first, as OpenCV and Caffe have it.
    Bgr,
}

/// What a pixel of 255 is before mean and standard deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// 1: pixels are divided by 255.
    #[default]
    #[serde(rename = "0..1")]
    ZeroToOne,
    /// 255: pixels stay as they are.
    #[serde(rename = "0..255")]
    ZeroTo255,
}

/// How an image becomes a network's input: (value - mean) / std of each channel, after the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// What it is called in reports; not part of [`Preprocessing::content_hash`].
    pub name: String,
    /// Width of the network's field of view in degrees of visual angle. When the stimuli have a width too, they are put on a
    /// screen of that width before the steps ([`place_on_screen`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field_deg: Option<f64>,
    /// Red, green, blue of the screen around a smaller stimulus, and under transparent pixels.
    #[serde(default = "grey")]
    pub background: [u8; 3],
    /// Changes of size, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Whose order of passes the resampling follows.
    #[serde(default)]
    pub pass_order: PassOrder,
    /// Order of the channels in the result; `mean` and `std` are in this order too.
    #[serde(default)]
    pub channels: ChannelOrder,
    /// Range of the values that `mean` and `std` are of.
    #[serde(default)]
    pub scale: Scale,
    /// Subtracted from each channel.
    #[serde(default)]
    pub mean: [f64; 3],
    /// Divides each channel.
    #[serde(default = "ones")]
    pub std: [f64; 3],
}

/// Pillow's and Brain-Score's "gray".
fn grey() -> [u8; 3] {
    [128; 3]
}

/// A division that changes nothing.
fn ones() -> [f64; 3] {
    [1.0; 3]
}

/// Why there is no such preprocessing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreprocessingError {
    /// A name that no recipe has.
    #[error(
        "there is no preprocessing {name:?}. Closest: {nearest}. A size can follow the name (\"torchvision-299\"); a path ending in .toml is read as a recipe"
    )]
    UnknownName {
        /// The name.
        name: String,
        /// The nearest names.
        nearest: String,
    },
    /// The file of the recipe cannot be read.
    #[error("cannot read the preprocessing recipe {}", path.display())]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The recipe is not TOML, or has keys that no recipe has.
    #[error("cannot read the preprocessing recipe")]
    NotARecipe {
        /// What is wrong, and where.
        #[source]
        source: toml::de::Error,
    },
    /// A number that cannot be.
    #[error("preprocessing {name:?} has {what} {found}; {needed}")]
    ImpossibleValue {
        /// The recipe's name.
        name: String,
        /// Which of its values.
        what: &'static str,
        /// The value.
        found: String,
        /// What it must be.
        needed: &'static str,
    },
}

impl Preprocessing {
    /// The recipe of that name, or the one in that `.toml` file.
    ///
    /// # Errors
    /// As [`Preprocessing::named`] and [`Preprocessing::from_toml`].
    pub fn find(name_or_path: &str) -> Result<Self, PreprocessingError> {
        if !name_or_path.ends_with(".toml") {
            return Self::named(name_or_path);
        }
        let path = std::path::PathBuf::from(name_or_path);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::from_toml(&text),
            Err(source) => Err(PreprocessingError::Unreadable { path, source }),
        }
    }

    /// The recipe of that name. A name may end in the side of the network's input: `torchvision-299` is the recipe
    /// `torchvision` for 299 pixels, its resize in proportion.
    ///
    /// # Errors
    /// [`PreprocessingError::UnknownName`] with the nearest three.
    pub fn named(name: &str) -> Result<Self, PreprocessingError> {
        recipes::named(name)
    }

    /// A recipe written in TOML. Keys that no recipe has are errors.
    ///
    /// # Errors
    /// [`PreprocessingError::NotARecipe`], [`PreprocessingError::ImpossibleValue`].
    ///
    /// # Example
    /// ```
    /// let recipe = homolog::stimuli::Preprocessing::from_toml(r#"
    ///     name = "mine"
    ///     steps = [{ do = "resize", width_px = 64, height_px = 64, filter = "bicubic" }]
    ///     channels = "bgr"
    ///     scale = "0..255"
    ///     mean = [104.0, 117.0, 124.0]
    /// "#).unwrap();
    /// assert_eq!(recipe.output_size(), Some((64, 64)));
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, PreprocessingError> {
        let recipe: Self = toml::from_str(text).map_err(|source| PreprocessingError::NotARecipe { source })?;
        recipe.check()?;
        Ok(recipe)
    }

    /// Refuses numbers that cannot be. A recipe by name or from TOML has passed; one that a program made up should.
    ///
    /// # Errors
    /// [`PreprocessingError::ImpossibleValue`] names the value.
    pub fn check(&self) -> Result<(), PreprocessingError> {
        let refuse = |what: &'static str, found: String, needed: &'static str| {
            Err(PreprocessingError::ImpossibleValue { name: self.name.clone(), what, found, needed })
        };
        for side in self.steps.iter().flat_map(Step::sides) {
            if side == 0 || side > MAX_SIDE_PX {
                return refuse("a side of", format!("{side} pixels"), "sides are 1 to 8192 pixels");
            }
        }
        if let Some(mean) = self.mean.iter().find(|mean| !mean.is_finite()) {
            return refuse("the mean", mean.to_string(), "means must be finite");
        }
        if let Some(std) = self.std.iter().find(|std| !std.is_finite() || **std == 0.0) {
            return refuse("the std", std.to_string(), "it divides, so it must be finite and not 0");
        }
        match self.field_deg {
            Some(field) if !(field > 0.0 && field <= 360.0) => {
                refuse("a field_deg of", field.to_string(), "it must be above 0 and at most 360")
            }
            _ => Ok(()),
        }
    }

    /// Width and height of the result, where the steps fix both.
    pub fn output_size(&self) -> Option<(usize, usize)> {
        match self.steps.last()? {
            Step::Resize { width_px, height_px, .. } | Step::CropCentre { width_px, height_px } => {
                Some((*width_px, *height_px))
            }
            Step::ResizeShorterSide { .. } => None,
        }
    }

    /// The network's input for an image: (3 channels, height, width), in f32 as the frameworks compute it: the pixel, divided
    /// by 255 where the scale says so, less the mean, divided by the standard deviation.
    ///
    /// `width_deg`: the stimulus's width in degrees of visual angle; where it and the field's are known, the stimulus is put
    /// on a screen first. Deterministic.
    ///
    /// # Errors
    /// [`ImageError::TooManyPixels`] when a step would make an image of more than 100 million pixels.
    pub fn apply(&self, image: &Image, width_deg: Option<f64>) -> Result<Array3<f32>, ImageError> {
        Ok(self.numbers(&self.sized(image, width_deg)?))
    }

    /// The image after all changes of size, still in 8-bit colour: what the network is shown.
    ///
    /// # Errors
    /// As [`Preprocessing::apply`].
    pub fn sized(&self, image: &Image, width_deg: Option<f64>) -> Result<Image, ImageError> {
        let on_screen = match (width_deg, self.field_deg) {
            (Some(width), Some(field)) => place_on_screen(image, width, field, self.background)?,
            _ => image.clone(),
        };
        self.steps.iter().try_fold(on_screen, |image, step| step.apply(&image, self.pass_order))
    }

    /// Pixels to numbers. A channel has 256 possible values, so each is computed once.
    fn numbers(&self, image: &Image) -> Array3<f32> {
        let mut result = Array3::zeros((3, image.height(), image.width()));
        for (channel, mut plane) in result.outer_iter_mut().enumerate() {
            let source = match self.channels {
                ChannelOrder::Rgb => channel,
                ChannelOrder::Bgr => 2 - channel,
            };
            let value_of = self.values(channel);
            for (number, pixel) in plane.iter_mut().zip(image.rgb().chunks_exact(3)) {
                *number = value_of[usize::from(pixel[source])];
            }
        }
        result
    }

    /// The number for each of a channel's 256 pixel values.
    fn values(&self, channel: usize) -> [f32; 256] {
        let (mean, std) = (self.mean[channel] as f32, self.std[channel] as f32);
        std::array::from_fn(|pixel| {
            let value = match self.scale {
                Scale::ZeroToOne => pixel as f32 / 255.0,
                Scale::ZeroTo255 => pixel as f32,
            };
            (value - mean) / std
        })
    }

    /// A hash (SHA-256, hexadecimal) of everything that determines the numbers: all but the name.
    pub fn content_hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"homolog preprocessing 1\n");
        hasher.update(format!("{:?} {:?} ", self.field_deg, self.background));
        hasher.update(format!("{:?} {:?} {:?} {:?} ", self.steps, self.pass_order, self.channels, self.scale));
        hasher.update(format!("{:?} {:?}", self.mean, self.std));
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Step {
    /// The sides that the step asks for.
    fn sides(&self) -> impl Iterator<Item = usize> + use<> {
        match *self {
            Self::Resize { width_px, height_px, .. } | Self::CropCentre { width_px, height_px } => {
                [width_px, height_px]
            }
            Self::ResizeShorterSide { size_px, .. } => [size_px; 2],
        }
        .into_iter()
    }

    /// The image after the step.
    fn apply(&self, image: &Image, order: PassOrder) -> Result<Image, ImageError> {
        match *self {
            Self::Resize { width_px, height_px, filter } => resize(image, width_px, height_px, filter, order),
            Self::ResizeShorterSide { size_px, filter } => {
                let (width, height) = shorter_side_to(size_px, image.width(), image.height());
                resize(image, width, height, filter, order)
            }
            Self::CropCentre { width_px, height_px } => crop_centre(image, width_px, height_px),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torchvision_subtracts_the_mean_from_values_up_to_one() {
        let white = Image::filled(300, 200, [255, 0, 255]).unwrap();
        let input = Preprocessing::named("torchvision").unwrap().apply(&white, None).unwrap();
        assert_eq!(input.dim(), (3, 224, 224));
        assert_eq!(input[[0, 5, 7]], (1.0 - 0.485f32) / 0.229);
        assert_eq!(input[[1, 5, 7]], (0.0 - 0.456f32) / 0.224);
    }

    #[test]
    fn caffe_puts_blue_first_and_keeps_255() {
        let image = Image::filled(10, 10, [1, 2, 3]).unwrap();
        let input = Preprocessing::named("caffe-227").unwrap().apply(&image, None).unwrap();
        assert_eq!(input.dim(), (3, 227, 227));
        assert_eq!([0, 1, 2].map(|channel| input[[channel, 0, 0]]), [3.0 - 103.939, 2.0 - 116.779, 1.0 - 123.68]);
    }

    #[test]
    fn a_stimulus_half_as_wide_as_the_field_is_surrounded_by_grey() {
        let mut recipe = Preprocessing::named("unit-8").unwrap();
        recipe.field_deg = Some(8.0);
        let white = Image::filled(4, 4, [255; 3]).unwrap();
        let input = recipe.apply(&white, Some(4.0)).unwrap();
        assert_eq!((input[[0, 0, 0]], input[[0, 4, 4]]), (128.0 / 255.0, 1.0));
        assert_eq!(recipe.apply(&white, None).unwrap()[[0, 0, 0]], 1.0, "without its width it fills the field");
    }

    #[test]
    fn a_recipe_survives_toml() {
        for recipe in recipes() {
            let preprocessing = Preprocessing::named(recipe.name).unwrap();
            let text = toml::to_string(&preprocessing).unwrap();
            assert_eq!(Preprocessing::from_toml(&text).unwrap(), preprocessing, "{text}");
        }
    }

    #[test]
    fn a_misspelt_key_and_impossible_numbers_are_refused() {
        let message = |toml: &str| {
            let error = Preprocessing::from_toml(toml).unwrap_err();
            std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string)
        };
        assert!(message("name = 'a'\nmeen = [0, 0, 0]").contains("meen"));
        assert!(message("name = 'a'\nstd = [1.0, 0.0, 1.0]").contains("has the std 0; it divides"));
        assert!(message("name = 'a'\nmean = [nan, 0.0, 1.0]").contains("means must be finite"));
        assert!(
            message("name = 'a'\nsteps = [{ do = 'crop-centre', width_px = 0, height_px = 5 }]")
                .contains("a side of 0 pixels")
        );
        assert!(message("name = 'a'\nfield_deg = 0.0").contains("at most 360"));
    }

    #[test]
    fn the_hash_follows_the_numbers_and_not_the_name() {
        let one = Preprocessing::named("torchvision").unwrap();
        let mut other = Preprocessing { name: "mine".to_owned(), ..one.clone() };
        assert_eq!(one.content_hash(), other.content_hash());
        other.mean[2] += 1e-9;
        assert_ne!(one.content_hash(), other.content_hash());
    }
}
