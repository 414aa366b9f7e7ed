//! Networks built from code: layers applied to values, under the module paths of a state dict.
//!
//! A [`Builder`] makes an [`Architecture`]: a graph without numbers, and the declarations of the parameters that it wants.
//! [`weights::fill`](super::weights::fill) gives it the numbers of a file, [`weights::fill_random`](super::weights::fill_random)
//! those of a generator.
//!
//! ```
//! use homolog::network::builder::{Builder, Conv2d, Rounding};
//!
//! let (mut b, image) = Builder::new("two_layers", [32, 32]);
//! let x = b.conv2d("conv1", &image, &Conv2d::new(8, 3).padding(1));
//! let x = b.relu("relu1", &x);
//! let x = b.max_pool2d("pool1", &x, 2, 2, 0, Rounding::Floor);
//! let x = b.flatten("flatten", &x);
//! let logits = b.linear("fc", &x, 10);
//! let architecture = b.finish(&logits)?;
//! assert_eq!(architecture.declarations[2].shape, [10, 8 * 16 * 16]);
//! # Ok::<(), homolog::network::builder::BuildError>(())
//! ```

mod attention;
mod error;
mod layer;
mod window;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::graph::{Dim, Graph, GraphInput, Node, StageName};
use super::op::Operator;
use super::op::constant::Constant;
use super::tensor::{DType, HostTensor};

pub use super::op::convolution::Padding;
pub use super::op::pooling::Rounding;
pub use error::BuildError;
pub use layer::Conv2d;

/// How an untrained parameter is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Uniform with variance 2 / fan_in, so that a layer followed by ReLU keeps the mean square.
    ///
    /// # Reference
    /// He K, Zhang X, Ren S, Sun J (2015). Delving deep into rectifiers. ICCV. arXiv 1502.01852, equation (10).
    He {
        /// Inputs that one unit adds up.
        fan_in: usize,
    },
    /// Uniform with this standard deviation around 0.
    Spread(f64),
    /// 0 everywhere.
    Zeros,
    /// 1 everywhere.
    Ones,
}

/// A parameter that an architecture wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// Its name in a state dict.
    pub name: String,
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// What it is without training.
    pub init: Init,
}

/// A network without its numbers.
#[derive(Clone, Debug)]
pub struct Architecture {
    /// The graph; its `parameters` are empty.
    pub graph: Graph,
    /// The parameters that its nodes refer to, in the order of the data's path.
    pub declarations: Vec<Declaration>,
}

/// A value of the network that is being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    name: String,
    shape: Vec<usize>,
}

impl Value {
    /// Sizes of the axes, without the batch.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Size of the first axis after the batch: the channels of an image, the tokens of a sequence; 0 for a scalar.
    pub fn n_channels(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Height and width, where the value has channels and space.
    pub fn space(&self) -> Option<[usize; 2]> {
        match self.shape[..] {
            [_, height, width] => Some([height, width]),
            _ => None,
        }
    }
}

/// Builds a network layer by layer.
///
/// A layer's path is the name of its node, of its output and of its stage, and the beginning of its parameters' names. What
/// cannot be built is remembered, and [`Builder::finish`] returns the first of it; so the description of an architecture
/// reads as plain as its equations.
#[derive(Debug)]
pub struct Builder {
    graph: Graph,
    declarations: Vec<Declaration>,
    names: BTreeSet<String>,
    image_px: [usize; 2],
    refused: Option<BuildError>,
}

impl Builder {
    /// A network called `name` that takes colour images of height and width `image_px`, and the value of its input.
    pub fn new(name: &str, image_px: [usize; 2]) -> (Self, Value) {
        let [height, width] = image_px;
        let image = Value { name: "image".to_owned(), shape: vec![3, height, width] };
        let input = GraphInput {
            name: image.name.clone(),
            dtype: DType::F32,
            dims: vec![Dim::Batch, Dim::Fixed(3), Dim::Fixed(height), Dim::Fixed(width)],
        };
        let graph = Graph { name: name.to_owned(), inputs: vec![input], ..Graph::default() };
        let names = BTreeSet::from([image.name.clone()]);
        (Self { graph, declarations: Vec::new(), names, image_px, refused: None }, image)
    }

    /// Height and width of the images.
    pub fn image_px(&self) -> [usize; 2] {
        self.image_px
    }

    /// A further name under which `value` can be recorded.
    pub fn stage(&mut self, name: &str, value: &Value) {
        self.graph.stages.push(StageName { name: name.to_owned(), value: value.name.clone() });
    }

    /// The name under which `value` is listed from now on; the names that it had before are still accepted.
    pub fn block(&mut self, name: &str, value: &Value) {
        let stages = &mut self.graph.stages;
        let place = stages.iter().position(|stage| stage.value == value.name).unwrap_or(stages.len());
        stages.insert(place, StageName { name: name.to_owned(), value: value.name.clone() });
    }

    /// The architecture, whose output is `output`.
    ///
    /// # Errors
    /// The first [`BuildError`] of any layer.
    pub fn finish(mut self, output: &Value) -> Result<Architecture, BuildError> {
        match self.refused {
            Some(refused) => Err(refused),
            None => {
                self.graph.outputs = vec![output.name.clone()];
                Ok(Architecture { graph: self.graph, declarations: self.declarations })
            }
        }
    }

    /// Declares a learned parameter and gives its name, as a node's input.
    fn declare(&mut self, name: String, shape: &[usize], init: Init) -> String {
        self.declarations.push(Declaration { name: name.clone(), shape: shape.to_vec(), init });
        name
    }

    /// A constant that is no parameter.
    fn constant(&mut self, name: String, value: Option<HostTensor>) -> String {
        match value {
            Some(value) => self.node(&name, Arc::new(Constant { value: Arc::new(value) }), &[], Vec::new()).name,
            None => name,
        }
    }

    /// Applies an operator without making its output a stage.
    fn node(&mut self, name: &str, op: Arc<dyn Operator>, inputs: &[&str], shape: Vec<usize>) -> Value {
        if !self.names.insert(name.to_owned()) {
            self.refuse(BuildError::NameTaken { architecture: self.graph.name.clone(), at: name.to_owned() });
        }
        self.graph.nodes.push(Node {
            name: name.to_owned(),
            op,
            inputs: inputs.iter().map(|input| Some((*input).to_owned())).collect(),
            outputs: vec![name.to_owned()],
        });
        Value { name: name.to_owned(), shape }
    }

    /// Applies an operator and makes its output a stage.
    fn layer(&mut self, path: &str, op: Arc<dyn Operator>, inputs: &[&str], shape: Vec<usize>) -> Value {
        let value = self.node(path, op, inputs, shape);
        self.stage(path, &value);
        value
    }

    fn refuse(&mut self, error: BuildError) {
        self.refused.get_or_insert(error);
    }

    /// Refuses an image size that leaves `found` positions (height, width) at a layer.
    pub(in crate::network) fn refuse_image(&mut self, at: &str, found: [usize; 2], needed: String) {
        self.refuse(BuildError::ImageSize {
            architecture: self.graph.name.clone(),
            image_px: self.image_px,
            at: at.to_owned(),
            found,
            needed,
        });
    }

    fn refuse_shape(&mut self, at: &str, found: &Value, needed: &str) {
        self.refuse(BuildError::Shape {
            architecture: self.graph.name.clone(),
            at: at.to_owned(),
            found: found.shape.clone(),
            needed: needed.to_owned(),
        });
    }

    /// Height and width of `value`, or a refusal and 1 × 1.
    fn space_of(&mut self, at: &str, value: &Value) -> [usize; 2] {
        value.space().unwrap_or_else(|| {
            self.refuse_shape(at, value, "(channel, height, width)");
            [1, 1]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BuildError, Builder, Conv2d, Rounding};

    #[test]
    fn a_block_is_listed_before_the_names_it_had() {
        let (mut b, image) = Builder::new("net", [8, 8]);
        let x = b.relu("layer1.0.relu", &image);
        b.block("layer1.0", &x);
        b.stage("layer1", &x);
        let architecture = b.finish(&x).expect("built");
        let names: Vec<&str> = architecture.graph.stages.iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names, ["layer1.0", "layer1.0.relu", "layer1"]);
    }

    #[test]
    fn an_image_that_is_too_small_is_refused_where_it_ends() {
        let (mut b, image) = Builder::new("net", [8, 8]);
        let x = b.conv2d("conv1", &image, &Conv2d::new(4, 3).stride(2));
        let x = b.max_pool2d("pool1", &x, 5, 2, 0, Rounding::Floor);
        let refused = b.finish(&x).expect_err("3 positions are too few for a window of 5");
        assert!(
            matches!(&refused, BuildError::ImageTooSmall { at, left: [3, 3], window: [5, 5], .. } if at == "pool1")
        );
    }

    #[test]
    fn two_layers_of_one_name_are_refused() {
        let (mut b, image) = Builder::new("net", [8, 8]);
        let x = b.relu("relu", &image);
        let x = b.relu("relu", &x);
        assert!(matches!(b.finish(&x), Err(BuildError::NameTaken { .. })));
    }
}
