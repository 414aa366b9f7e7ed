//! Stimuli: images with ids, their decoding, their size in visual degrees, and how they become a network's input.
//!
//! | file | what is in it |
//! |---|---|
//! | `set` | [`StimulusSet`]: unique ids in a fixed order, whatever the images come from |
//! | `folder`, `archive`, `table`, `array` | sets from a folder, a zip, a CSV table beside images, an `.npy` array |
//! | `order` | names with numbers in them, sorted as people sort them |
//! | `source` | the bytes of one stimulus, with limits on what they may grow to |
//! | `decode` | JPEG, PNG and TIFF to [`Image`], with Pillow's pixels |
//! | `resize`, `geometry` | Pillow's resampling; torchvision's crops; Brain-Score's screen |
//! | `preprocessing` | recipes: from an image to a network's input, by name or in TOML |
//! | `loader` | batches, decoded on other threads, in order, in bounded memory |
//! | `check`, `content` | every stimulus opened before a run; a set's hash |
//! | `labelled` | images with a mask for each concept: colours, textures, shapes, parts, objects
//! | `generate` | objects, gratings and labelled scenes made by the program, with everything known about them |
//!
//! Start at [`StimulusSet::open`] and [`batches`].

mod archive;
mod array;
mod check;
mod content;
mod decode;
mod error;
mod folder;
pub mod generate;
mod geometry;
mod image;
pub mod labelled;
mod loader;
mod order;
mod preprocessing;
mod resize;
mod set;
mod source;
mod table;

pub use check::{BadStimulus, CheckDepth};
pub use decode::{Decoding, decode, dimensions};
pub use error::{DecodeError, ImageError, StimulusError};
pub use geometry::{crop_centre, place_on_screen, shorter_side_to};
pub use image::Image;
pub use loader::{Batch, Batches, batches, images_in_flight};
pub use order::compare_names;
pub use preprocessing::{ChannelOrder, Preprocessing, PreprocessingError, Recipe, Scale, Step, recipes};
pub use resize::{Filter, PassOrder, resize};
pub use set::{IdStyle, Stimulus, StimulusSet};
pub use source::{Limits, Source, SourceReader};
