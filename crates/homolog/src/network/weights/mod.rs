//! Weights: state dicts read from files, filled into an architecture, or made by a generator.
//!
//! | file | what is in it |
//! |---|---|
//! | `state_dict.rs` | [`StateDict`]: the tensors of a file by name, and the hash of the file |
//! | `pth.rs`, `safetensors.rs` | the two formats; nothing in a file is ever executed |
//! | `element.rs` | half, double and brain floats as `f32` |
//! | `fill.rs` | a state dict into an [`Architecture`](super::builder::Architecture), or the [`Misfit`] between the two |
//! | `counter.rs` | numbers from names: untrained weights, and the weights under which architectures are compared |

pub mod counter;
mod element;
mod fill;
mod pth;
mod safetensors;
mod state_dict;

pub use fill::{Misfit, Misshaped, Naming, fill, fill_random, n_fitting};
pub use state_dict::StateDict;

use std::path::PathBuf;

/// Why weights cannot be read from a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file cannot be opened or read.
    #[error("cannot read weights from \"{}\"", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The file is neither of the two formats.
    #[error(
        "cannot read weights from \"{}\": it is {found}; homolog reads state dicts in PyTorch's zip format (.pth) and \
         safetensors",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What its first bytes look like.
        found: &'static str,
    },
    /// A format of PyTorch before 0.1.10, or a bare pickle.
    #[error(
        "cannot read weights from \"{}\": it is {found}, which homolog does not read. Load it in PyTorch and save its state \
         dict again: torch.save(state_dict, \"new.pth\")",
        path.display()
    )]
    OldFormat {
        /// The file.
        path: PathBuf,
        /// Which format.
        found: &'static str,
    },
    /// The pickle asks for something that is neither a tensor nor a plain container, number or string.
    #[error(
        "refused to read \"{}\": its pickle asks for {wanted} at \"{at}\", and a state dict needs only tensors. Nothing in it \
         was executed. Save the state dict alone: torch.save(model.state_dict(), \"new.pth\")",
        path.display()
    )]
    NotOnlyTensors {
        /// The file.
        path: PathBuf,
        /// Where in the saved object.
        at: String,
        /// Python's name of what it asks for.
        wanted: String,
    },
    /// A `.pth` file that is cut short or damaged.
    #[error("cannot read weights from \"{}\": it is damaged or cut short", path.display())]
    DamagedPth {
        /// The file.
        path: PathBuf,
        /// What the reader found.
        #[source]
        source: Box<pytorch_reader::PytorchError>,
    },
    /// A safetensors file that is cut short or damaged.
    #[error("cannot read weights from \"{}\": it is damaged or cut short", path.display())]
    DamagedSafetensors {
        /// The file.
        path: PathBuf,
        /// What the reader found.
        #[source]
        source: ::safetensors::SafeTensorError,
    },
    /// The reader of the format gave up in a way that it does not report.
    #[error("cannot read weights from \"{}\": it is so damaged that its reader stopped", path.display())]
    ReaderStopped {
        /// The file.
        path: PathBuf,
    },
    /// One tensor's numbers cannot be read.
    #[error("cannot read tensor \"{name}\" of \"{}\"", path.display())]
    DamagedTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What the reader found.
        #[source]
        source: std::io::Error,
    },
    /// A tensor of integers or truth values where weights are floats.
    #[error(
        "cannot use \"{}\": its tensor \"{name}\" holds {found}, and weights must be floats of 16, 32 or 64 bits (a quantized \
         model has to be saved unquantized)",
        path.display()
    )]
    ElementType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its element type.
        found: String,
    },
    /// No tensor at all.
    #[error("\"{}\" holds no tensors", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}
