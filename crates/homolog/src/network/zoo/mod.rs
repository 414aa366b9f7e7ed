//! The zoo: architectures that homolog knows by name, with the parameter and stage names of the state dicts that exist for
//! them.
//!
//! | file | what is in it |
//! |---|---|
//! | `registry.rs` | the table: one line an architecture |
//! | `alexnet.rs`, `resnet.rs`, … | one file a family |
//! | `spec.rs` | [`ModelSpec`]: what a user writes to name a model |
//! | `load.rs` | [`load`]: from a specification to a graph with numbers |
//! | `known_weights.rs` | files whose preprocessing is not their architecture's |
//!
//! Each architecture equals torchvision's, stage by stage, under the same numbers: `goldens/torchvision`.
//!
//! To add one: write its family's function over [`Builder`](super::builder::Builder), add one line to the table, and its
//! PyTorch counterpart to the golden script.

mod alexnet;
mod densenet;
mod efficientnet_lite;
mod googlenet;
mod inception_blocks;
mod inception_v3;
mod known_weights;
mod load;
mod mobilenet_v2;
mod registry;
mod resnet;
mod resnet_cifar10;
mod spec;
mod squeezenet;
mod vgg;
mod vision_transformer;

pub use load::{LoadError, LoadedModel, LooksLike, load};
pub use registry::ENTRIES;
pub use spec::{ModelSpec, SpecError};

use super::builder::{Architecture, BuildError};
use super::weights::Naming;

/// Where torchvision's weights files are: this, followed by the file's name.
pub const PUBLISHED_BASE_URL: &str = "https://download.pytorch.org/models/";

/// An architecture of the zoo.
#[derive(Clone, Copy, Debug)]
pub struct ZooEntry {
    /// Its name, torchvision's where torchvision has it.
    pub name: &'static str,
    /// Height and width of the images that it was made for, in pixels.
    pub image_px: usize,
    /// Name of the preprocessing recipe that its published weights want.
    pub recipe: &'static str,
    /// Name of the published weights file under [`PUBLISHED_BASE_URL`]; the 8 hexadecimal digits before `.pth` are the
    /// start of the file's SHA-256.
    pub published: Option<&'static str>,
    /// The paper.
    pub citation: &'static str,
    /// How published files name its parameters.
    naming: Naming,
    build: fn(&str, [usize; 2]) -> Result<Architecture, BuildError>,
}

impl ZooEntry {
    /// Where the published weights are; nothing for an architecture whose weights nobody publishes.
    pub fn weights_url(&self) -> Option<String> {
        self.published.map(|file| format!("{PUBLISHED_BASE_URL}{file}"))
    }

    /// The network without its numbers, for images of this height and width.
    ///
    /// # Errors
    /// [`BuildError`] when the image is too small, or of a size that the architecture cannot take.
    pub fn architecture(&self, image_px: [usize; 2]) -> Result<Architecture, BuildError> {
        (self.build)(self.name, image_px)
    }

    /// How published files name its parameters.
    pub fn naming(&self) -> &Naming {
        &self.naming
    }

    /// The start of the published file's SHA-256, 8 hexadecimal digits.
    pub fn published_sha256_start(&self) -> Option<&'static str> {
        let (_, digits) = self.published?.strip_suffix(".pth")?.rsplit_once('-')?;
        Some(digits)
    }
}

/// The architecture called `name`.
pub fn entry(name: &str) -> Option<&'static ZooEntry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// The names of all architectures.
pub fn names() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().map(|entry| entry.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_architecture_builds_and_names_nothing_twice() {
        for entry in &ENTRIES {
            let architecture = entry.architecture([entry.image_px; 2]).expect(entry.name);
            let declared: BTreeSet<_> = architecture.declarations.iter().map(|declared| &declared.name).collect();
            assert_eq!(declared.len(), architecture.declarations.len(), "{}", entry.name);
            let stages: BTreeSet<_> = architecture.graph.stages.iter().map(|stage| &stage.name).collect();
            assert_eq!(stages.len(), architecture.graph.stages.len(), "{}", entry.name);
        }
        assert_eq!(names().collect::<BTreeSet<_>>().len(), ENTRIES.len());
    }

    #[test]
    fn architectures_have_as_many_learned_numbers_as_torchvision_states() {
        // `num_params` of torchvision 0.24's weights; GoogLeNet's and Inception's less their auxiliary classifiers.
        for (name, n_parameters) in [
            ("alexnet", 61_100_840),
            ("vgg11", 132_863_336),
            ("vgg19_bn", 143_678_248),
            ("googlenet", 6_624_904),
            ("inception_v3", 23_834_568),
            ("resnet18", 11_689_512),
            ("resnet50", 25_557_032),
            ("resnet152", 60_192_808),
            ("densenet121", 7_978_856),
            ("densenet161", 28_681_000),
            ("densenet201", 20_013_928),
            ("squeezenet1_0", 1_248_424),
            ("squeezenet1_1", 1_235_496),
            ("mobilenet_v2", 3_504_872),
            ("vit_b_16", 86_567_656),
            ("vit_b_32", 88_224_232),
        ] {
            let entry = entry(name).expect(name);
            let architecture = entry.architecture([entry.image_px; 2]).expect(name);
            let learned = architecture.declarations.iter().filter(|declared| !declared.name.contains("running_"));
            let n: usize = learned.map(|declared| declared.shape.iter().product::<usize>()).sum();
            assert_eq!(n, n_parameters, "{name}");
        }
    }

    #[test]
    fn published_files_end_in_the_start_of_their_hash() {
        for entry in ENTRIES.iter().filter(|entry| entry.published.is_some()) {
            let digits = entry.published_sha256_start().expect(entry.name);
            assert!(digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{}", entry.name);
        }
    }

    #[test]
    fn a_vision_transformer_refuses_images_that_patches_do_not_cover() {
        let refused = entry("vit_b_16").expect("there").architecture([225, 224]).expect_err("225 = 14 * 16 + 1");
        assert!(refused.to_string().contains("multiples of its patch size, 16"), "{refused}");
    }
}
