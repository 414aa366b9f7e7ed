//! A network that can be run: every value has a shape and a type, every stage a name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::GraphError;
use super::graph::{Dim, Graph};
use super::plan::Plan;
use super::receptive_field::{Field, ReceptiveField};
use super::tensor::DType;
use crate::naming::nearest_three;

/// A value of the network that can be recorded, for one stimulus.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The name under which it is listed: torchvision's where the architecture has one, else the node's.
    pub name: String,
    /// Further names that are accepted for it.
    pub aliases: Vec<String>,
    /// ONNX name of the operator that writes it.
    pub operator: &'static str,
    /// The value's name in the graph.
    pub value: String,
    /// Sizes for one stimulus, without the batch axis.
    pub shape: Vec<usize>,
    /// Number of learned numbers between the previous listed stage and this one.
    pub n_parameters: usize,
    /// What one unit sees of the image; `None` where the network's input is no image.
    pub receptive_field: Option<ReceptiveField>,
}

impl Stage {
    /// Number of units: the product of the sizes.
    pub fn n_units(&self) -> usize {
        self.shape.iter().product()
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.value == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// A checked graph. It is made by [`Network::check`] and cannot be changed.
#[derive(Clone, Debug)]
pub struct Network {
    graph: Arc<Graph>,
    /// One for each node with a value for each stimulus, in the order of the nodes; then the inputs' own.
    stages: Vec<Stage>,
    /// Which of `stages` are listed.
    listed: Vec<usize>,
    n_parameters: usize,
    /// For one stimulus, or as many as the file fixes.
    single: Arc<Plan>,
}

impl Network {
    /// Checks a graph: names are unique, every value is written before it is read, operators fit their inputs, sizes are
    /// known.
    ///
    /// # Errors
    /// [`GraphError`], which names the node, the operator, what was found and what was needed.
    pub fn check(graph: Graph) -> Result<Self, GraphError> {
        check_names(&graph)?;
        let nothing = BTreeSet::new();
        let fixed = fixed_batch(&graph)?;
        let single = Plan::new(&graph, fixed.unwrap_or(1), &nothing, None)?;
        let double = if fixed.is_some() { single.clone() } else { Plan::new(&graph, 2, &nothing, Some(&single))? };
        check_values(&graph, &single)?;
        let fields = Fields::of(&graph, &single)?;
        let mut stages = recordable_values(&graph, &single, &double, &fields);
        let listed = name_stages(&graph, &mut stages);
        let learned = first_uses(&graph);
        let mut network = Self {
            graph: Arc::new(graph),
            stages,
            listed,
            n_parameters: learned.iter().sum(),
            single: Arc::new(single),
        };
        network.count_parameters(&learned);
        Ok(network)
    }

    /// The graph, as it was checked.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Number of learned numbers in all, running statistics not counted, as PyTorch counts parameters.
    pub fn n_parameters(&self) -> usize {
        self.n_parameters
    }

    /// The number of stimuli in a run, where the network's file fixes it.
    pub fn fixed_batch(&self) -> Option<usize> {
        fixed_batch(&self.graph).ok().flatten()
    }

    /// The sizes of one stimulus, such as (channel, height, width).
    pub fn stimulus_shape(&self) -> Vec<usize> {
        let size = |dim: &Dim| if let Dim::Fixed(size) = dim { *size } else { 1 };
        self.graph.inputs.first().map_or_else(Vec::new, |input| input.dims.iter().skip(1).map(size).collect())
    }

    /// The stages in the order of the data's path.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.listed.iter().filter_map(|index| self.stages.get(*index))
    }

    /// The stage with this name: a listed one, an alias, a node's name or a value's name.
    ///
    /// # Errors
    /// [`GraphError::UnknownStage`] with the nearest three names; [`GraphError::NotPerStimulus`].
    pub fn stage(&self, name: &str) -> Result<&Stage, GraphError> {
        let listed = self.stages().find(|stage| stage.is_called(name));
        if let Some(stage) = listed.or_else(|| self.stages.iter().find(|stage| stage.is_called(name))) {
            return Ok(stage);
        }
        let node =
            self.graph.nodes.iter().find(|node| node.name == name || node.outputs.iter().any(|value| value == name));
        if let Some(fact) = node.and_then(|node| node.outputs.first()).and_then(|value| self.single.facts.get(value)) {
            return Err(GraphError::NotPerStimulus { stage: name.to_owned(), shape: fact.shape.clone() });
        }
        let listed = self.stages().flat_map(|stage| std::iter::once(&stage.name).chain(&stage.aliases));
        Err(GraphError::UnknownStage {
            network: self.graph.name.clone(),
            stage: name.to_owned(),
            nearest: nearest_three(name, listed.map(String::as_str)),
            n_stages: self.listed.len(),
        })
    }

    /// The facts of every value for `batch` stimuli.
    ///
    /// # Errors
    /// [`GraphError`] when the graph cannot take so many, because its file fixes their number in some shape.
    pub fn plan(&self, batch: usize) -> Result<Plan, GraphError> {
        if batch == self.single.batch {
            return Ok(Plan::clone(&self.single));
        }
        Plan::new(&self.graph, batch, &BTreeSet::new(), Some(&self.single))
    }

    /// The plan that the graph was checked with.
    pub(crate) fn single_plan(&self) -> &Plan {
        &self.single
    }

    /// Gives each listed stage the learned numbers first used after the previous listed one.
    fn count_parameters(&mut self, learned: &[usize]) {
        let places: BTreeMap<&str, usize> = self
            .graph
            .nodes
            .iter()
            .enumerate()
            .flat_map(|(place, node)| node.outputs.iter().map(move |value| (value.as_str(), place)))
            .collect();
        let mut counted = 0;
        for index in &self.listed {
            let Some(stage) = self.stages.get_mut(*index) else {
                continue;
            };
            let end = places.get(stage.value.as_str()).map_or(0, |place| place + 1);
            stage.n_parameters = learned.get(counted..end).unwrap_or(&[]).iter().sum();
            counted = counted.max(end);
        }
    }
}

fn check_names(graph: &Graph) -> Result<(), GraphError> {
    if graph.inputs.is_empty() {
        return Err(GraphError::NoInput { network: graph.name.clone() });
    }
    let mut values: BTreeSet<&str> = graph.parameters.keys().map(String::as_str).collect();
    for input in &graph.inputs {
        if !values.insert(&input.name) {
            return Err(GraphError::WrittenTwice { node: input.name.clone(), value: input.name.clone() });
        }
    }
    let mut nodes = BTreeSet::new();
    for node in &graph.nodes {
        if !nodes.insert(&node.name) {
            return Err(GraphError::NamedTwice { node: node.name.clone() });
        }
        for value in node.outputs.iter().filter(|value| !value.is_empty()) {
            if !values.insert(value) {
                return Err(GraphError::WrittenTwice { node: node.name.clone(), value: value.clone() });
            }
        }
    }
    Ok(())
}

fn check_values(graph: &Graph, plan: &Plan) -> Result<(), GraphError> {
    let outputs = graph.outputs.iter().map(|value| ("output", value, value));
    let stages = graph.stages.iter().map(|stage| ("stage", &stage.name, &stage.value));
    for (what, name, value) in outputs.chain(stages) {
        if !plan.facts.contains_key(value) {
            return Err(GraphError::NoSuchValue { what, name: name.clone(), value: value.clone() });
        }
    }
    Ok(())
}

/// The number of stimuli in a run, where the first axis of the first input has a fixed size.
fn fixed_batch(graph: &Graph) -> Result<Option<usize>, GraphError> {
    let Some(input) = graph.inputs.first() else {
        return Err(GraphError::NoInput { network: graph.name.clone() });
    };
    Ok(match input.dims.first() {
        Some(Dim::Fixed(size)) => Some(*size),
        _ => None,
    })
}

/// What every value sees of the image.
struct Fields {
    image: Option<[usize; 2]>,
    by_value: BTreeMap<String, Field>,
}

impl Fields {
    fn of(graph: &Graph, plan: &Plan) -> Result<Self, GraphError> {
        let mut by_value = BTreeMap::new();
        let input = graph.inputs.first();
        let image = match input.and_then(|input| plan.facts.get(&input.name)).map(|fact| fact.shape.as_slice()) {
            Some([_, _, height, width]) => Some([*height, *width]),
            Some([_, _, width]) => Some([1, *width]),
            _ => None,
        };
        by_value.extend(graph.inputs.iter().map(|input| (input.name.clone(), Field::IMAGE)));
        for node in &graph.nodes {
            let facts = plan.inputs(node)?;
            let seen = node.inputs.iter().enumerate().filter_map(|(index, value)| {
                let field: &Field = by_value.get(value.as_ref()?)?;
                Some(field.through(&node.op.reach(index, &facts)))
            });
            if let Some(field) = seen.reduce(Field::union) {
                let outputs = node.outputs.iter().map(|value| (value.clone(), field));
                by_value.extend(outputs.collect::<Vec<_>>());
            }
        }
        Ok(Self { image, by_value })
    }

    fn on_image(&self, value: &str) -> Option<ReceptiveField> {
        Some(self.by_value.get(value)?.on_image(self.image?))
    }
}

/// The values that have a part for each stimulus: those whose first axis grows with the batch.
fn recordable_values(graph: &Graph, single: &Plan, double: &Plan, fields: &Fields) -> Vec<Stage> {
    let mut stages = Vec::new();
    for node in &graph.nodes {
        for (place, value) in node.outputs.iter().enumerate() {
            let (Some(one), Some(two)) = (single.facts.get(value), double.facts.get(value)) else {
                continue;
            };
            let Some(shape) = shape_per_stimulus(&one.shape, &two.shape, single.batch, double.batch) else {
                continue;
            };
            if one.constant.is_some() || one.dtype == DType::Bool {
                continue;
            }
            stages.push(Stage {
                name: if place == 0 { node.name.clone() } else { value.clone() },
                aliases: Vec::new(),
                operator: node.op.kind(),
                value: value.clone(),
                shape,
                n_parameters: 0,
                receptive_field: fields.on_image(value),
            });
        }
    }
    stages
}

/// The sizes of one stimulus's part of a value, from its shape at two batch sizes (or twice at the only one).
fn shape_per_stimulus(one: &[usize], two: &[usize], batch_one: usize, batch_two: usize) -> Option<Vec<usize>> {
    let (first_one, rest_one) = one.split_first()?;
    let (first_two, rest_two) = two.split_first()?;
    let each = first_one.checked_div(batch_one)?;
    if each == 0 || each * batch_one != *first_one || each * batch_two != *first_two || rest_one != rest_two {
        return None;
    }
    Some(if each == 1 { rest_one.to_vec() } else { std::iter::once(each).chain(rest_one.iter().copied()).collect() })
}

/// Gives the values their stages' names, and says which are listed: the named ones, or all where none is named.
fn name_stages(graph: &Graph, stages: &mut [Stage]) -> Vec<usize> {
    if graph.stages.is_empty() {
        return (0..stages.len()).collect();
    }
    let mut listed = Vec::new();
    for named in &graph.stages {
        let Some(index) = stages.iter().position(|stage| stage.value == named.value) else {
            continue;
        };
        let Some(stage) = stages.get_mut(index) else {
            continue;
        };
        if listed.contains(&index) {
            stage.aliases.push(named.name.clone());
        } else {
            let node = std::mem::replace(&mut stage.name, named.name.clone());
            if stage.name != node {
                stage.aliases.push(node);
            }
            listed.push(index);
        }
    }
    listed
}

/// For each node, how many learned numbers are used by it and by no node before it.
fn first_uses(graph: &Graph) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let mut uses = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let mut n_learned = 0;
        for (index, value) in node.inputs.iter().enumerate() {
            let Some(value) = value else { continue };
            let Some(parameter) = graph.parameters.get(value) else {
                continue;
            };
            let is_statistic = node.op.kind() == "BatchNormalization" && index >= 3;
            if parameter.dtype() == DType::F32 && !is_statistic && seen.insert(value) {
                n_learned += parameter.n_elements();
            }
        }
        uses.push(n_learned);
    }
    uses
}
