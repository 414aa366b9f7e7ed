//! What a user writes to name a model.

use std::fmt;
use std::path::PathBuf;

use super::{ZooEntry, entry, names};
use crate::naming::nearest_three;

/// A model as a user names it.
///
/// | text | meaning |
/// |---|---|
/// | `squeezenet1_1@weights.pth` | an architecture of the zoo with the weights in a file |
/// | `network.onnx` | a whole network in a file |
/// | `random:resnet18?seed=1` | an architecture of the zoo, untrained; the seed is 0 where it is left out |
/// | `resnet18` | an architecture of the zoo with its published weights |
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ModelSpec {
    /// An architecture with the weights that torchvision publishes.
    Published {
        /// The architecture; it has a published file.
        architecture: &'static ZooEntry,
        /// The file's name.
        file: &'static str,
    },
    /// An architecture with weights from a file.
    Weights {
        /// The architecture.
        architecture: &'static ZooEntry,
        /// The `.pth` or safetensors file.
        path: PathBuf,
    },
    /// A whole network from a file.
    Onnx {
        /// The file.
        path: PathBuf,
    },
    /// An architecture without training.
    Random {
        /// The architecture.
        architecture: &'static ZooEntry,
        /// From which its numbers follow.
        seed: u64,
    },
}

/// Why a text names no model.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecError {
    /// No architecture of this name.
    #[error("there is no model \"{name}\" in the zoo. Closest: {nearest}. All: {}", all_names())]
    UnknownArchitecture {
        /// What the user wrote.
        name: String,
        /// The nearest three.
        nearest: String,
    },
    /// A weights file without an architecture.
    #[error(
        "\"{path}\" holds weights and does not say of which architecture. Write NAME@{path}, such as squeezenet1_1@{path}; names: {}",
        all_names()
    )]
    NoArchitecture {
        /// The file.
        path: String,
    },
    /// `NAME@` without a file.
    #[error(
        "\"{text}\" ends in @ and names no weights file. Write {name}@weights.pth, or {name} alone for published weights"
    )]
    NoFile {
        /// What the user wrote.
        text: String,
        /// The architecture.
        name: String,
    },
    /// An architecture for which nobody publishes weights at a known place.
    #[error(
        "homolog knows no published weights of {name}. Write {name}@weights.pth with a file of yours, or random:{name} for it \
         untrained"
    )]
    NotPublished {
        /// The architecture.
        name: String,
    },
    /// An option of `random:` that does not exist, or a seed that is no number.
    #[error("cannot read \"{option}\" in \"{text}\": after ? there can only be seed=NUMBER, a whole number from 0")]
    Option {
        /// What the user wrote.
        text: String,
        /// The part at fault.
        option: String,
    },
}

fn all_names() -> String {
    names().collect::<Vec<_>>().join(", ")
}

impl ModelSpec {
    /// Reads what a user wrote. Files are not opened yet.
    ///
    /// # Errors
    /// [`SpecError`], which repeats the text and says what could be written instead.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        if let Some(untrained) = text.strip_prefix("random:") {
            return Self::parse_random(text, untrained);
        }
        if let Some((name, path)) = text.split_once('@') {
            let architecture = known(name)?;
            if path.is_empty() {
                return Err(SpecError::NoFile { text: text.to_owned(), name: name.to_owned() });
            }
            return Ok(Self::Weights { architecture, path: PathBuf::from(path) });
        }
        let lower = text.to_ascii_lowercase();
        if lower.ends_with(".onnx") {
            return Ok(Self::Onnx { path: PathBuf::from(text) });
        }
        if [".pth", ".pt", ".th", ".safetensors"].iter().any(|ending| lower.ends_with(ending)) {
            return Err(SpecError::NoArchitecture { path: text.to_owned() });
        }
        let architecture = known(text)?;
        match architecture.published {
            Some(file) => Ok(Self::Published { architecture, file }),
            None => Err(SpecError::NotPublished { name: text.to_owned() }),
        }
    }

    fn parse_random(text: &str, untrained: &str) -> Result<Self, SpecError> {
        let (name, option) = match untrained.split_once('?') {
            Some((name, option)) => (name, Some(option)),
            None => (untrained, None),
        };
        let architecture = known(name)?;
        let seed = match option {
            None => 0,
            Some(option) => option
                .strip_prefix("seed=")
                .and_then(|seed| seed.parse().ok())
                .ok_or_else(|| SpecError::Option { text: text.to_owned(), option: option.to_owned() })?,
        };
        Ok(Self::Random { architecture, seed })
    }
}

fn known(name: &str) -> Result<&'static ZooEntry, SpecError> {
    entry(name)
        .ok_or_else(|| SpecError::UnknownArchitecture { name: name.to_owned(), nearest: nearest_three(name, names()) })
}

impl fmt::Display for ModelSpec {
    /// The text that reads back as the same model.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published { architecture, .. } => f.write_str(architecture.name),
            Self::Weights { architecture, path } => {
                write!(f, "{}@{}", architecture.name, path.display())
            }
            Self::Onnx { path } => write!(f, "{}", path.display()),
            Self::Random { architecture, seed } => {
                write!(f, "random:{}?seed={seed}", architecture.name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in ["squeezenet1_1@some dir/weights@home.pth", "net.onnx", "random:resnet18?seed=7", "vit_b_16"] {
            assert_eq!(ModelSpec::parse(text).expect(text).to_string(), text);
        }
        assert!(matches!(ModelSpec::parse("random:vgg11"), Ok(ModelSpec::Random { seed: 0, .. })));
        assert!(matches!(ModelSpec::parse("NET.ONNX"), Ok(ModelSpec::Onnx { .. })));
    }

    #[test]
    fn an_unknown_name_lists_the_nearest_three() {
        let refused = ModelSpec::parse("resnet51").expect_err("no such network").to_string();
        assert!(
            refused.starts_with(
                "there is no model \"resnet51\" in the zoo. Closest: \"resnet50\", \"resnet101\", \"resnet152\""
            ),
            "{refused}"
        );
    }

    #[test]
    fn what_is_half_written_is_refused_with_the_next_step() {
        let words = |text: &str| ModelSpec::parse(text).expect_err(text).to_string();
        assert!(words("weights.pth").contains("Write NAME@weights.pth"));
        assert!(words("resnet18@").contains("names no weights file"));
        assert!(words("random:resnet18?sead=1").contains("seed=NUMBER"));
        assert!(words("random:resnet18?seed=-1").contains("\"seed=-1\""));
        assert!(words("efficientnet_lite0").contains("knows no published weights"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = ModelSpec::parse(&text);
        }
    }
}
