//! Networks made of known filters.

use std::f64::consts::TAU;
use std::sync::Arc;

use crate::inside::image::InputMap;
use crate::inside::probe::{Presenter, ProbedStage, UnitChoice};
use crate::network::builder::{Builder, Conv2d};
use crate::network::checked::Network;
use crate::network::engine::burn::Burn;
use crate::network::graph::{Graph, Node, StageName};
use crate::network::op::Operator;
use crate::network::op::binary::Binary;
use crate::network::op::convolution::Conv;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;
use crate::progress::{Cancel, Silent};
use crate::recording::record::Resources;

/// A Gabor filter: bars as a grating's, a round envelope.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gabor {
    pub(super) orientation_deg: f64,
    pub(super) cycles_per_px: f64,
    pub(super) phase_deg: f64,
    pub(super) sigma_px: f64,
    /// Right and down of the middle of the kernel.
    pub(super) offset_px: [f64; 2],
}

impl Gabor {
    pub(super) fn kernel(&self, side: usize) -> Vec<f64> {
        let (sine, cosine) = self.orientation_deg.to_radians().sin_cos();
        on_grid(side, |x, y| {
            let (x, y) = (x - self.offset_px[0], y - self.offset_px[1]);
            let envelope = (-(x * x + y * y) / (2.0 * self.sigma_px * self.sigma_px)).exp();
            envelope * (TAU * self.cycles_per_px * (x * sine + y * cosine) + self.phase_deg.to_radians()).cos()
        })
    }
}

/// A function of x (right) and y (down) from the middle of a kernel.
pub(super) fn on_grid(side: usize, value: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let middle = (side as f64 - 1.0) / 2.0;
    (0..side * side).map(|at| value((at % side) as f64 - middle, (at / side) as f64 - middle)).collect()
}

/// Images of `image_px` through kernels of `side`: stages `filter` and `rectified`.
pub(super) fn filters(image_px: usize, side: usize, kernels: &[Vec<f64>]) -> Graph {
    let (mut b, image) = Builder::new("planted", [image_px; 2]);
    let x = b.conv2d("filter", &image, &Conv2d::new(kernels.len(), side).without_bias());
    let x = b.relu("rectified", &x);
    let mut graph = fill_random(b.finish(&x).expect("built"), 0);
    // A third of the weight on each colour: the filter of luminance is the kernel.
    let weights = kernels.iter().flat_map(|kernel| std::iter::repeat_n(kernel, 3).flatten());
    let weights: Vec<f32> = weights.map(|weight| (weight / 3.0) as f32).collect();
    set(&mut graph, "filter.weight", &[kernels.len(), 3, side, side], weights);
    graph
}

pub(super) fn set(graph: &mut Graph, parameter: &str, shape: &[usize], values: Vec<f32>) {
    let tensor = HostTensor::from_f32(shape, values).expect("as many numbers as the shape holds");
    graph.parameters.insert(parameter.to_owned(), Arc::new(tensor));
}

/// A further node, whose output is a stage and the graph's.
pub(super) fn push(graph: &mut Graph, name: &str, op: Arc<dyn Operator>, inputs: &[&str]) {
    graph.nodes.push(Node {
        name: name.to_owned(),
        op,
        inputs: inputs.iter().map(|input| Some((*input).to_owned())).collect(),
        outputs: vec![name.to_owned()],
    });
    graph.stages.push(StageName { name: name.to_owned(), value: name.to_owned() });
    graph.outputs = vec![name.to_owned()];
}

/// The stage `energy`: the sum of the squares of each quadrature pair, of neighbouring channels of `filter`.
pub(super) fn add_energy(graph: &mut Graph, n_pairs: usize) {
    push(graph, "squared", Arc::new(Binary::Mul), &["filter", "filter"]);
    let sums = (0..n_pairs * 2 * n_pairs).map(|at| f32::from(u8::from(at % (2 * n_pairs) / 2 == at / (2 * n_pairs))));
    set(graph, "energy.weight", &[n_pairs, 2 * n_pairs, 1, 1], sums.collect());
    push(graph, "energy", Arc::new(Conv::square(1, 0)), &["squared", "energy.weight"]);
}

/// Shows stimuli to a planted network, its input luminance itself.
pub(super) struct Lab {
    pub(super) network: Network,
    engine: Burn,
    cancel: Cancel,
}

impl Lab {
    pub(super) fn new(graph: Graph) -> Self {
        Self { network: Network::check(graph).expect("checked"), engine: Burn::cpu(), cancel: Cancel::default() }
    }

    pub(super) fn presenter(&self) -> Presenter<'_> {
        let resources = Resources { memory_bytes: 2 << 30, n_threads: 2 };
        Presenter {
            network: &self.network,
            engine: &self.engine,
            input: InputMap::unchanged(3),
            resources,
            progress: &Silent,
            cancel: &self.cancel,
        }
    }

    pub(super) fn probed(&self, stage: &str, choice: UnitChoice) -> ProbedStage {
        ProbedStage::new(&self.network, self.network.stage(stage).expect("there"), choice)
    }
}
