//! Why an ONNX file cannot be read.

use std::fmt;
use std::path::PathBuf;

use crate::network::op::OpError;

/// Which node of a file is meant: its position in the file, its name and its operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePlace {
    /// Position in the file, counted from 0.
    pub index: usize,
    /// The exporter's name; empty where it gave none.
    pub name: String,
    /// The operator as the file spells it.
    pub op: String,
}

impl fmt::Display for NodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            write!(f, "node {} (unnamed, {})", self.index, self.op)
        } else {
            write!(f, "node {} (\"{}\", {})", self.index, self.name, self.op)
        }
    }
}

/// Why an ONNX file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file cannot be opened or read.
    #[error("cannot read the network \"{file}\"; check the path and that the file may be read")]
    Unreadable {
        /// The file as the user spelled it.
        file: String,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are no ONNX model, or end too soon.
    #[error(
        "cannot load \"{file}\": its {n_bytes} bytes are cut off or are not ONNX; fetch or export it again and compare the size"
    )]
    Encoding {
        /// The file as the user spelled it.
        file: String,
        /// Size of the file.
        n_bytes: usize,
        /// Where the protobuf reader stopped.
        #[source]
        source: prost::DecodeError,
    },
    /// The file holds no graph, or does not say which operators it uses.
    #[error(
        "cannot load \"{file}\": its {n_bytes} bytes hold no {missing}, which every ONNX model has; it is cut off or is not ONNX. Fetch or export it again"
    )]
    Incomplete {
        /// The file as the user spelled it.
        file: String,
        /// Size of the file.
        n_bytes: usize,
        /// What is missing.
        missing: &'static str,
    },
    /// The operators are of a version that homolog does not read.
    #[error(
        "cannot load \"{file}\": it uses ONNX's operators in version (opset) {found}, and homolog reads {oldest} to {newest}; export it with opset_version={newest} or convert it with onnx.version_converter"
    )]
    OpsetVersion {
        /// The file as the user spelled it.
        file: String,
        /// The version in the file.
        found: i64,
        /// The oldest that is read.
        oldest: i64,
        /// The newest that is read.
        newest: i64,
    },
    /// The file uses a part of ONNX that homolog does not have.
    #[error("cannot load \"{file}\": it has {feature}, which homolog does not read; {next}")]
    UnsupportedFeature {
        /// The file as the user spelled it.
        file: String,
        /// What it has.
        feature: &'static str,
        /// What the user can do.
        next: &'static str,
    },
    /// A node of an operator that homolog does not have.
    #[error(
        "cannot load \"{file}\": {place} uses {}, which homolog does not implement (nearest that it has: {nearest}). Export the network so that it is written with other operators, for instance with another opset_version",
        spelled(domain, &place.op)
    )]
    UnsupportedOperator {
        /// The file as the user spelled it.
        file: String,
        /// The node.
        place: Box<NodePlace>,
        /// The operator's family; empty for ONNX's own.
        domain: String,
        /// The nearest names that homolog has.
        nearest: String,
    },
    /// A node whose attributes or number of inputs do not fit its operator, or that homolog cannot run.
    #[error("cannot load \"{file}\": {place} cannot be read")]
    Operator {
        /// The file as the user spelled it.
        file: String,
        /// The node.
        place: Box<NodePlace>,
        /// What is wrong.
        #[source]
        source: OpError,
    },
    /// An attribute that cannot be read at all.
    #[error(
        "cannot load \"{file}\": {place} has attribute \"{attribute}\" that is {found}, which homolog does not read; export the network for inference, with plain tensors and numbers as attributes"
    )]
    AttributeKind {
        /// The file as the user spelled it.
        file: String,
        /// The node.
        place: Box<NodePlace>,
        /// The attribute's name.
        attribute: String,
        /// What it is.
        found: String,
    },
    /// A tensor that cannot be read.
    #[error("cannot load \"{file}\": {owner} cannot be read")]
    Tensor {
        /// The file as the user spelled it.
        file: String,
        /// Which tensor, in words.
        owner: String,
        /// What is wrong.
        #[source]
        source: TensorError,
    },
    /// A node reads a value that nothing has written by then.
    #[error(
        "cannot load \"{file}\": {place} reads \"{value}\", which {state}; the file breaks ONNX's rule that a value is written before it is read. Export it again"
    )]
    UndefinedValue {
        /// The file as the user spelled it.
        file: String,
        /// The node.
        place: Box<NodePlace>,
        /// The value's name.
        value: String,
        /// What is known of it, in words.
        state: String,
    },
    /// The graph's output is written by nothing.
    #[error(
        "cannot load \"{file}\": its output \"{value}\" is written by no node and is no input or parameter; the file is damaged. Export it again"
    )]
    UndefinedOutput {
        /// The file as the user spelled it.
        file: String,
        /// The output's name.
        value: String,
    },
    /// Two nodes write one value.
    #[error(
        "cannot load \"{file}\": {place} writes \"{value}\", which exists already as {earlier}; ONNX demands that each value is written once. Export it again"
    )]
    ValueWrittenTwice {
        /// The file as the user spelled it.
        file: String,
        /// The second node.
        place: Box<NodePlace>,
        /// The value's name.
        value: String,
        /// What it was before, in words.
        earlier: String,
    },
    /// An input that is no tensor, or of a type that homolog does not have.
    #[error(
        "cannot load \"{file}\": its input \"{input}\" is {found}, and homolog needs a tensor of floats, integers or truth values with known rank"
    )]
    InputType {
        /// The file as the user spelled it.
        file: String,
        /// The input's name.
        input: String,
        /// What it is, in words.
        found: String,
    },
}

fn spelled(domain: &str, op: &str) -> String {
    if domain.is_empty() { op.to_owned() } else { format!("{domain}::{op}") }
}

/// Why a tensor of an ONNX file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// Elements that homolog has no tensors of.
    #[error(
        "its elements are of type {found}, and homolog reads floats of 16, 32 and 64 bits, integers and truth values; convert the network to one of those"
    )]
    ElementType {
        /// The type's name.
        found: String,
    },
    /// A size that is negative, or more elements than can be counted.
    #[error("its sizes are {dims:?}, which no tensor can have; the file is damaged. Fetch or export it again")]
    Sizes {
        /// The sizes in the file.
        dims: Vec<i64>,
    },
    /// More or fewer elements than the sizes demand.
    #[error(
        "its sizes {dims:?} need {needed} {unit} and the file holds {found}; the file is damaged. Fetch or export it again"
    )]
    Length {
        /// The sizes in the file.
        dims: Vec<i64>,
        /// What is counted: bytes or numbers.
        unit: &'static str,
        /// How many the sizes demand.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// An integer beyond 64 signed bits.
    #[error("it holds the integer {found}, and homolog keeps integers up to {}", i64::MAX)]
    TooLarge {
        /// The integer.
        found: u64,
    },
    /// Its numbers are spread over several messages.
    #[error("it is one segment of a larger tensor, which homolog does not read; save the network in one piece")]
    Segment,
    /// The numbers stand in another file, and there is no folder to look in.
    #[error(
        "its numbers stand in another file, \"{location}\", and the network was read from memory; read it from its folder"
    )]
    ExternalWithoutFolder {
        /// The other file as the network names it.
        location: String,
    },
    /// The numbers stand in a file outside the network's folder, or the entry makes no sense.
    #[error(
        "its numbers stand in another file with {key} \"{value}\", and homolog needs {needed}; export the network again"
    )]
    ExternalEntry {
        /// Which entry.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it has to be.
        needed: &'static str,
    },
    /// The other file cannot be read.
    #[error("its numbers stand in \"{}\", which cannot be read; put that file beside the network", path.display())]
    ExternalUnreadable {
        /// The other file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The other file is too short.
    #[error("its numbers stand in bytes {start} to {end} of \"{}\", which has {found} bytes; that file is cut off. Fetch or export it again", path.display())]
    ExternalTooShort {
        /// The other file.
        path: PathBuf,
        /// First byte.
        start: u64,
        /// The byte after the last.
        end: u64,
        /// Size of the file.
        found: u64,
    },
}
