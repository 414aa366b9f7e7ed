//! What running a network takes, before it runs: bytes for each image, and where the arithmetic is.

use std::collections::BTreeMap;

use super::checked::{Network, Stage};
use super::graph::Node;
use super::op::Fact;
use super::plan::Plan;

/// Bytes and arithmetic of recording some stages, for one image at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkingSet {
    /// Bytes of all parameters.
    pub parameter_bytes: u64,
    /// Bytes of one image as the network takes it.
    pub input_bytes: u64,
    /// Most bytes of values that are alive at once, the recorded ones not counted. The engine's own buffers inside an
    /// operator (a convolution's unfolded input) are counted as once more the operator's input and output.
    pub live_bytes: u64,
    /// Bytes of the recorded stages.
    pub recorded_bytes: u64,
    /// For each recorded stage, multiplications between the recorded stage before it and itself.
    pub work_of_stages: Vec<f64>,
}

impl WorkingSet {
    /// Of recording `stages` of `network`.
    pub fn of(network: &Network, stages: &[Stage]) -> Self {
        let graph = network.graph();
        let parameter_bytes = graph.parameters.values().map(|tensor| 4 * tensor.n_elements() as u64).sum();
        let input_bytes = 4 * network.stimulus_shape().iter().product::<usize>() as u64;
        let recorded_bytes = stages.iter().map(|stage| 4 * stage.n_units() as u64).sum();
        let mut working = Self {
            parameter_bytes,
            input_bytes,
            live_bytes: 0,
            recorded_bytes,
            work_of_stages: vec![0.0; stages.len()],
        };
        let plan = network.single_plan();
        working.measure(network, plan, stages);
        working.live_bytes = working.live_bytes.div_ceil(plan.batch.max(1) as u64);
        working
    }

    fn measure(&mut self, network: &Network, plan: &Plan, stages: &[Stage]) {
        let graph = network.graph();
        let wanted: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
        let nodes: Vec<&Node> =
            plan.needed_nodes(graph, &wanted).into_iter().filter_map(|index| graph.nodes.get(index)).collect();
        let mut last_reads = BTreeMap::new();
        for (place, node) in nodes.iter().enumerate() {
            last_reads.extend(node.inputs.iter().flatten().map(|value| (value.as_str(), place)));
        }
        let mut alive = self.input_bytes;
        let mut work = 0.0;
        let mut works = BTreeMap::new();
        for (place, node) in nodes.iter().enumerate() {
            let facts = plan.inputs(node).unwrap_or_default();
            let outputs = node.outputs.iter().filter_map(|value| plan.facts.get(value));
            let written: u64 = outputs.map(bytes).sum();
            let read: u64 = facts.iter().flatten().filter(|fact| fact.constant.is_none()).map(|fact| bytes(fact)).sum();
            self.live_bytes = self.live_bytes.max(alive + written + read + written);
            alive += written;
            for value in node.inputs.iter().flatten() {
                if last_reads.get(value.as_str()) == Some(&place) {
                    let freed = plan.facts.get(value).filter(|fact| fact.constant.is_none()).map_or(0, bytes);
                    alive = alive.saturating_sub(freed);
                }
            }
            work += multiplications(node, &facts, plan);
            works.extend(node.outputs.iter().map(|value| (value.as_str(), work)));
        }
        let mut before = 0.0;
        for (place, value) in self.work_of_stages.iter_mut().zip(&wanted) {
            let until: f64 = works.get(value.as_str()).copied().unwrap_or(before);
            *place = (until - before).max(0.0);
            before = until.max(before);
        }
    }
}

fn bytes(fact: &Fact) -> u64 {
    4 * fact.n_elements() as u64
}

#[allow(clippy::cast_precision_loss, reason = "a share of work is an estimate")]
fn multiplications(node: &Node, facts: &[Option<&Fact>], plan: &Plan) -> f64 {
    let n_outputs = node.outputs.first().and_then(|value| plan.facts.get(value)).map_or(0, Fact::n_elements) as f64;
    let shape = |index: usize| facts.get(index).copied().flatten().map_or(&[][..], |fact| fact.shape.as_slice());
    let each = match node.op.kind() {
        "Conv" => shape(1).iter().skip(1).product::<usize>(),
        "Gemm" | "MatMul" => shape(0).last().copied().unwrap_or(1),
        _ => 1,
    };
    n_outputs * each as f64
}
