//! What the commands of statistics take: arrays in any file, recordings with ids, folders made by `homolog record`.
//!
//! | what is wanted | type | from |
//! |---|---|---|
//! | responses of units to stimuli | [`Patterns`] | `X.npy`, `X.npz:variable`, `file.mat:variable`, `file.nc`, `file.csv`, `DIR:stage` |
//! | dissimilarity matrices | [`RdmStack`] | arrays of one of four shapes, a table, netCDF, a declaration (`.toml`) |
//! | dissimilarity matrices over time | [`RdmMovies`] | the same with an axis of time bins, and one of subjects |
//! | one label or number for each stimulus | [`StimulusLabels`] | `file.csv:column`, `labels.npy` |
//!
//! Each knows its stimuli: by id where the file has ids, else by position, and says which ([`StimulusIds`]). [`align`] brings
//! several of them into one order, by id where all have ids, by position where none has any; never a mixture. Nothing here
//! guesses: a shape that could be read in two ways is refused, and so is every number that is not finite until a policy is
//! chosen.

mod align;
mod array_of_rdms;
mod columns;
mod error;
mod labels;
mod location;
mod patterns;
mod rdm_movies;
mod rdm_stack;
mod read_patterns;

pub use align::{Aligned, StimulusIds, align};
pub use error::{InputError, RdmProblem};
pub use labels::StimulusLabels;
pub use location::Location;
pub use patterns::{LeadingAxis, Observations, PatternAxis, Patterns, parse_axes};
pub use rdm_movies::RdmMovies;
pub use rdm_stack::{MissingPairs, RdmStack};
