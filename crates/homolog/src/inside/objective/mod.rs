//! What is maximised, as a small algebra with names.
//!
//! | text | what number |
//! |---|---|
//! | `features.8:12` | channel 12 of the stage: its mean over positions |
//! | `features.8[12,5,7]` | one unit: channel 12 at row 5, column 7 (indices as `homolog layers` lists the shape) |
//! | `features.8[12]` | the unit of channel 12 in the middle |
//! | `features.8` | the whole stage: mean of squares (`DeepDream`) |
//! | `logit:281`, `probability:281` | an output of a classifier, before and after the softmax |
//! | `direction(features.8, 3=1, 5=-0.5)` | mean over positions of the product with a direction of unit length |
//! | `cosine(features.8, 3=1, 5=-0.5)` | mean over positions of the cosine with the direction |
//! | `inversion(features.8)` | minus the squared distance to the stage's response to a given image, as a share of its square |
//! | `caricature(features.8)` | product with the response to a given image, times their cosine |
//! | `diversity(features.8)` | minus the likeness of the images of one unit to each other |
//!
//! Terms are added and subtracted, weighted (`0.5*features.8:12`), grouped (`2*(a + b)`); a minus in front minimises. A stage
//! whose name has other signs than letters, digits, `.`, `_` and `/` is quoted.

mod aim;
mod measure;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

pub use aim::{Aim, Reference};
pub(crate) use aim::{Readout, logits_of};

use crate::network::error::GraphError;

/// A weighted sum of quantities.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// What is added up.
    pub terms: Vec<Term>,
}

/// One quantity with its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Negative to minimise.
    pub weight: f64,
    /// What is measured.
    pub quantity: Quantity,
}

/// A number that a network's response to an image has.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// The response of one unit.
    Unit {
        /// The stage's name.
        stage: String,
        /// Its indices in the stage's shape, or its channel alone for the one in the middle.
        place: Vec<usize>,
    },
    /// The mean of a channel over all positions.
    Channel {
        /// The stage's name.
        stage: String,
        /// The channel.
        channel: usize,
    },
    /// The mean of squares of all units.
    ///
    /// # Reference
    /// Mordvintsev A, Olah C, Tyka M (2015). Inceptionism: going deeper into neural networks. Google Research Blog.
    Layer {
        /// The stage's name.
        stage: String,
    },
    /// A classifier's output before the softmax.
    Logit {
        /// The class.
        class: usize,
    },
    /// A classifier's output after the softmax.
    Probability {
        /// The class.
        class: usize,
    },
    /// The mean over positions of the product of a position's channels with a direction of unit length.
    Direction {
        /// The stage's name.
        stage: String,
        /// The channels that are not 0.
        vector: Vec<(usize, f64)>,
    },
    /// The mean over positions of the cosine of a position's channels with a direction.
    Cosine {
        /// The stage's name.
        stage: String,
        /// The channels that are not 0.
        vector: Vec<(usize, f64)>,
    },
    /// -|a - t|² / |t|² for the stage's response a and its response t to a given image.
    ///
    /// # Reference
    /// Mahendran A, Vedaldi A (2015). Understanding deep image representations by inverting them. CVPR. arXiv 1412.0035, equation (5).
    Inversion {
        /// The stage's name.
        stage: String,
    },
    /// (a · t / |t|²) max(cos(a, t), 0.1) for the stage's response a and its response t to a given image: what the stage sees
    /// of the image, exaggerated.
    ///
    /// # Reference
    /// lucid's `dot_compare` with `cossim_pow` 1, divided by |t|².
    Caricature {
        /// The stage's name.
        stage: String,
    },
    /// Minus the mean cosine of the Gram matrices (channel × channel, summed over positions) of one unit's images.
    ///
    /// # Reference
    /// Olah C, Mordvintsev A, Schubert L (2017). Feature visualization. Distill, section on diversity.
    Diversity {
        /// The stage's name.
        stage: String,
    },
}

/// Why an objective cannot be maximised.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// A text that is no objective.
    #[error(
        "cannot read the objective \"{text}\": at \"{at}\" there should be {needed}. Examples: features.8:12, features.8[12,5,7], logit:281, 0.5*features.8:3 - features.8:4"
    )]
    Unreadable {
        /// What the user wrote.
        text: String,
        /// The rest from where it is wrong.
        at: String,
        /// What should stand there.
        needed: &'static str,
    },
    /// The network has no such stage.
    #[error(transparent)]
    Stage(#[from] GraphError),
    /// A unit, channel or class that the stage does not have.
    #[error("\"{objective}\" asks for {what} {found} of \"{stage}\", which has {n} (0 to {})", n.saturating_sub(1))]
    OutOfRange {
        /// The quantity, as text.
        objective: String,
        /// `channel`, `row`, …
        what: &'static str,
        /// The index asked for.
        found: usize,
        /// The stage.
        stage: String,
        /// How many there are.
        n: usize,
    },
    /// Too many or too few indices.
    #[error(
        "\"{objective}\" gives {found} indices, and \"{stage}\" has the shape {shape:?}; give one for each size, or the channel alone for the unit in the middle"
    )]
    Indices {
        /// The quantity, as text.
        objective: String,
        /// Indices given.
        found: usize,
        /// The stage.
        stage: String,
        /// Its shape for one image.
        shape: Vec<usize>,
    },
    /// A stage that the gradient cannot come from.
    #[error(
        "cannot maximise \"{objective}\": no gradient leads from \"{stage}\" to the image, because {because}. Choose a stage before that"
    )]
    NoGradientPath {
        /// The quantity, as text.
        objective: String,
        /// The stage.
        stage: String,
        /// What is in the way.
        because: String,
    },
    /// A logit or probability of a network that is no classifier.
    #[error(
        "\"{objective}\" needs a classifier, and \"{network}\" gives {shape:?} for each image. Name a stage instead, such as STAGE:0"
    )]
    NotAClassifier {
        /// The quantity, as text.
        objective: String,
        /// The network.
        network: String,
        /// The shape of its output for one image.
        shape: Vec<usize>,
    },
    /// A comparison with an image, and no image.
    #[error("\"{objective}\" compares with an image, and none was given. Pass --image FILE")]
    NoReference {
        /// The quantity, as text.
        objective: String,
    },
    /// A given image to which the stage does not respond.
    #[error("\"{objective}\" compares with an image to which \"{stage}\" does not respond: all its units are 0")]
    SilentReference {
        /// The quantity, as text.
        objective: String,
        /// The stage.
        stage: String,
    },
    /// A direction of length 0 or with numbers that are not finite.
    #[error("\"{objective}\" has no direction: its weights are all 0 or not finite")]
    NoDirection {
        /// The quantity, as text.
        objective: String,
    },
    /// Diversity of a single image.
    #[error(
        "\"{objective}\" compares the images of one unit with each other, and there is one. Pass --diverse 2 or more"
    )]
    OneImage {
        /// The quantity, as text.
        objective: String,
    },
}

impl Objective {
    /// One quantity alone.
    pub fn of(quantity: Quantity) -> Self {
        Self { terms: vec![Term { weight: 1.0, quantity }] }
    }

    /// The mean of a channel over positions.
    pub fn channel(stage: &str, channel: usize) -> Self {
        Self::of(Quantity::Channel { stage: stage.to_owned(), channel })
    }

    /// The names of the stages whose responses to a given image are needed.
    pub fn compared_stages(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(|term| match &term.quantity {
            Quantity::Inversion { stage } | Quantity::Caricature { stage } => Some(stage.as_str()),
            _ => None,
        })
    }
}

impl Add for Objective {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self
    }
}

impl Sub for Objective {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Objective {
    type Output = Self;

    fn neg(self) -> Self {
        self * -1.0
    }
}

impl Mul<f64> for Objective {
    type Output = Self;

    fn mul(mut self, factor: f64) -> Self {
        self.terms.iter_mut().for_each(|term| term.weight *= factor);
        self
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, term) in self.terms.iter().enumerate() {
            let sign = match (place, term.weight < 0.0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            write!(f, "{sign}")?;
            if term.weight.abs() != 1.0 {
                write!(f, "{}*", term.weight.abs())?;
            }
            write!(f, "{}", term.quantity)?;
        }
        Ok(())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |vector: &[(usize, f64)]| -> String {
            vector.iter().map(|(channel, weight)| format!(", {channel}={weight}")).collect()
        };
        match self {
            Self::Unit { stage, place } => {
                let place: Vec<String> = place.iter().map(usize::to_string).collect();
                write!(f, "{}[{}]", Quoted(stage), place.join(","))
            }
            Self::Channel { stage, channel } => write!(f, "{}:{channel}", Quoted(stage)),
            Self::Layer { stage } => write!(f, "{}", Quoted(stage)),
            Self::Logit { class } => write!(f, "logit:{class}"),
            Self::Probability { class } => write!(f, "probability:{class}"),
            Self::Direction { stage, vector } => write!(f, "direction({}{})", Quoted(stage), list(vector)),
            Self::Cosine { stage, vector } => write!(f, "cosine({}{})", Quoted(stage), list(vector)),
            Self::Inversion { stage } => write!(f, "inversion({})", Quoted(stage)),
            Self::Caricature { stage } => write!(f, "caricature({})", Quoted(stage)),
            Self::Diversity { stage } => write!(f, "diversity({})", Quoted(stage)),
        }
    }
}

/// A stage's name, in quotes where it has to be.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = self.0.chars().all(parse::is_name_letter) && !parse::is_word(self.0) && !self.0.is_empty();
        if is_plain { write!(f, "{}", self.0) } else { write!(f, "\"{}\"", self.0) }
    }
}
