//! The weights of a unit from every channel of an earlier stage.

use ndarray::{Array2, Array3, ArrayD, Axis, IxDyn, s};

use super::CircuitError;
use super::linear::{Slopes, linearised};
use crate::network::channels::ChannelLayout;
use crate::network::checked::{Network, Stage};
use crate::network::engine::burn::{Burn, Wrt};
use crate::network::receptive_field::{Field, ReceptiveField};

/// Units whose weights are computed together.
const AT_ONCE: usize = 8;

/// What a unit of a stage sees of an earlier stage, channel by channel.
///
/// The entry at (channel, row, column) is the derivative of the unit's response with respect to that channel's response at that
/// position of the window which the unit sees; rows run downwards as in the image.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandedWeights {
    /// (n_channels, height, width).
    pub weights: Array3<f32>,
    /// Row and column of the earlier stage at which the window begins; below 0 where it begins in the padding.
    pub begins: [i64; 2],
    /// Whether a part of the window lies outside the earlier stage, where weights are not known and 0 stands for them.
    pub is_cut: bool,
}

/// By what the strongest channels are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strongest {
    /// √(Σ w²), whatever the signs.
    #[default]
    Norm,
    /// Σ of the weights above 0.
    Excitation,
    /// Σ of the weights below 0, the lowest first.
    Inhibition,
}

impl Strongest {
    /// Its name in arguments and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Norm => "norm",
            Self::Excitation => "excitation",
            Self::Inhibition => "inhibition",
        }
    }

    /// What is larger the stronger a channel is; 0 where it is not strong at all.
    fn of(self, strength: &Strength) -> f64 {
        match self {
            Self::Norm => strength.norm,
            Self::Excitation => strength.excitation,
            Self::Inhibition => -strength.inhibition,
        }
    }
}

/// Numbers that say how a channel drives a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// The channel.
    pub channel: usize,
    /// √(Σ w²) over positions.
    pub norm: f64,
    /// Σ of the weights above 0.
    pub excitation: f64,
    /// Σ of the weights below 0, itself 0 or below.
    pub inhibition: f64,
    /// Σ w² of this channel as a share of that of all channels; 0 where all weights are 0.
    pub share: f64,
}

impl Strength {
    /// Whether excitation outweighs inhibition.
    pub fn is_excitatory(&self) -> bool {
        self.sum() >= 0.0
    }

    /// Σ of all weights: the drive by a channel that responds by 1 everywhere.
    pub fn sum(&self) -> f64 {
        self.excitation + self.inhibition
    }
}

impl ExpandedWeights {
    /// The kernel of one channel: (height, width).
    pub fn kernel(&self, channel: usize) -> Option<Array2<f32>> {
        (channel < self.weights.len_of(Axis(0))).then(|| self.weights.index_axis(Axis(0), channel).to_owned())
    }

    /// How every channel drives the unit, strongest first; of equals the lower channel first.
    pub fn strengths(&self, by: Strongest) -> Vec<Strength> {
        let square = |plane: ndarray::ArrayView2<'_, f32>| plane.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>();
        let total: f64 = self.weights.outer_iter().map(square).sum();
        let strength = |(channel, plane): (usize, ndarray::ArrayView2<'_, f32>)| {
            // From 0, since the sum of nothing is -0.
            let sum = |is_wanted: fn(f64) -> bool| {
                plane.iter().map(|w| f64::from(*w)).filter(|w| is_wanted(*w)).fold(0.0, |sum, w| sum + w)
            };
            let own = square(plane);
            Strength {
                channel,
                norm: own.sqrt(),
                excitation: sum(|w| w > 0.0),
                inhibition: sum(|w| w < 0.0),
                share: if total > 0.0 { own / total } else { 0.0 },
            }
        };
        let mut strengths: Vec<Strength> = self.weights.outer_iter().enumerate().map(strength).collect();
        strengths.sort_by(|one, other| by.of(other).total_cmp(&by.of(one)).then(one.channel.cmp(&other.channel)));
        strengths
    }

    /// The strongest channels, `n` at most; those that are not strong at all are left out.
    pub fn strongest(&self, by: Strongest, n: usize) -> Vec<Strength> {
        self.strengths(by).into_iter().filter(|strength| by.of(strength) > 0.0).take(n).collect()
    }

    /// Without the rows and columns around in which no channel has a weight.
    fn trimmed(self) -> Self {
        let has_weight =
            |axis: usize, place: usize| self.weights.index_axis(Axis(axis), place).iter().any(|weight| *weight != 0.0);
        let extent = |axis: usize| {
            let places = || 0..self.weights.len_of(Axis(axis));
            let first = places().find(|place| has_weight(axis, *place))?;
            let last = places().rev().find(|place| has_weight(axis, *place))?;
            Some((first, last + 1))
        };
        let (Some((top, bottom)), Some((left, right))) = (extent(1), extent(2)) else { return self };
        let offset = |begins: i64, first: usize| begins + i64::try_from(first).unwrap_or(0);
        Self {
            weights: self.weights.slice(s![.., top..bottom, left..right]).to_owned(),
            begins: [offset(self.begins[0], top), offset(self.begins[1], left)],
            is_cut: self.is_cut,
        }
    }
}

/// The channels and positions of a stage, which is (channel, height, width), (token, channel) or flat.
pub(super) fn layout(stage: &Stage) -> Result<ChannelLayout, CircuitError> {
    match stage.shape.len() {
        1..=3 => Ok(stage.channel_layout()),
        _ => Err(CircuitError::Layout { stage: stage.name.clone(), shape: stage.shape.clone() }),
    }
}

/// The weights from every channel of `from` to the units of channels `channels` of `to` in the middle of their maps.
///
/// Tokens are positions in a row. From or to them the window is that of the positions with any weight: one token where a layer acts on
/// each by itself, as the perceptrons of a transformer do.
///
/// w(c, y, x) = ∂ response / ∂ response of channel c at (y, x), through a network in which each activation function has a
/// constant slope (`slopes`), and each largest-of-a-window is the mean of the window. Biases do not matter. Exact where nothing
/// else lies between the stages: two convolutions in a row give the convolution of their kernels, summed over the channels
/// between.
///
/// # Errors
/// [`CircuitError`]: unknown stages or channels, no path, an operator that no constant weights can stand for.
///
/// # Accuracy and randomness
/// 32 bits, by the engine's gradient, on the processor: it is one pass for eight units. Deterministic.
///
/// # Reference
/// Voss C et al. (2021). Visualizing weights. Distill. doi 10.23915/distill.00024.007, section on expanded weights, which takes
/// gradients through a network without activation functions as well.
pub fn expanded_weights(
    network: &Network,
    from: &str,
    to: &str,
    channels: &[usize],
    slopes: &Slopes,
) -> Result<Vec<ExpandedWeights>, CircuitError> {
    let (from, to) = (network.stage(from)?, network.stage(to)?);
    let (from_layout, to_layout) = (layout(from)?, layout(to)?);
    let (n_from, space, to_space) = (from_layout.n_channels, from_layout.positions, to_layout.positions);
    if let Some(channel) = channels.iter().copied().find(|channel| *channel >= to_layout.n_channels) {
        return Err(CircuitError::NoChannel { stage: to.name.clone(), channel, n: to_layout.n_channels });
    }
    let linear = linearised(network, from, to, slopes)?;
    let has_tokens = [from, to].iter().any(|stage| stage.shape.len() == 2);
    let [down, across] = if has_tokens {
        [0, 1].map(|axis| Window::whole(space[axis], to_space[axis]))
    } else {
        let field = field(&linear, from, to, space)?;
        [0, 1].map(|axis| Window::of(&field, axis, space[axis], to_space[axis]))
    };
    let mut engine = Burn::cpu().with_gradients(&linear);
    let batch = linear.fixed_batch().unwrap_or_else(|| channels.len().clamp(1, AT_ONCE));
    let image: Vec<usize> = linear.stimulus_shape();
    let [n_channels, height, width] = <[usize; 3]>::try_from(image.clone())
        .map_err(|_| CircuitError::Layout { stage: "the input".to_owned(), shape: image })?;
    let images = ndarray::Array4::zeros((batch, n_channels, height, width));
    let mut expanded = Vec::with_capacity(channels.len());
    for group in channels.chunks(batch) {
        let position = down.unit * to_space[1] + across.unit;
        let cotangent = cotangent(to, batch, group.iter().map(|channel| to_layout.unit(*channel, position)));
        let objectives = [(to.value.clone(), cotangent.view())];
        let gradients = engine.gradient(images.view(), &objectives, &[Wrt::Value(from.value.clone())])?;
        let Some(gradient) = gradients.into_iter().next() else { continue };
        let gradient = gradient.into_shape_with_order((batch, from.n_units()));
        let gradient =
            gradient.map_err(|_| CircuitError::Layout { stage: from.name.clone(), shape: from.shape.clone() })?;
        expanded.extend(gradient.outer_iter().take(group.len()).map(|units| {
            let at = |(channel, row, column): (usize, usize, usize)| {
                let (y, x) = (down.position(row)?, across.position(column)?);
                units.get(from_layout.unit(channel, y * space[1] + x)).copied()
            };
            let weights = ExpandedWeights {
                weights: Array3::from_shape_fn((n_from, down.size, across.size), |place| at(place).unwrap_or(0.0)),
                begins: [down.begins, across.begins],
                is_cut: down.is_cut() || across.is_cut(),
            };
            if has_tokens { weights.trimmed() } else { weights }
        }));
    }
    Ok(expanded)
}

/// 1 at each unit, in an image of its own.
fn cotangent(stage: &Stage, batch: usize, units: impl Iterator<Item = usize>) -> ArrayD<f32> {
    let whole: Vec<usize> = std::iter::once(batch).chain(stage.shape.iter().copied()).collect();
    let mut cotangent = ArrayD::zeros(IxDyn(&whole));
    if let Some(entries) = cotangent.as_slice_mut() {
        for (image, unit) in units.enumerate() {
            if let Some(entry) = entries.get_mut(image * stage.n_units() + unit) {
                *entry = 1.0;
            }
        }
    }
    cotangent
}

/// What a unit of `to` can see of `from`, in positions of `from`.
fn field(network: &Network, from: &Stage, to: &Stage, space: [usize; 2]) -> Result<ReceptiveField, CircuitError> {
    let plan = network.single_plan();
    let mut seen = std::collections::BTreeMap::from([(from.value.as_str(), Field::IMAGE)]);
    for node in &network.graph().nodes {
        let facts = plan.inputs(node)?;
        let fields = node.inputs.iter().enumerate().filter_map(|(index, value)| {
            let field = seen.get(value.as_deref()?)?;
            Some(field.through(&node.op.reach(index, &facts)))
        });
        if let Some(field) = fields.reduce(Field::union) {
            seen.extend(node.outputs.iter().map(|value| (value.as_str(), field)));
        }
    }
    let field = seen.get(to.value.as_str());
    let field = field.ok_or_else(|| CircuitError::NoPath { from: from.name.clone(), to: to.name.clone() })?;
    Ok(field.on_image(space))
}

/// The window of one unit along one axis.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// The unit's position in the later stage.
    unit: usize,
    /// Where its window begins in the earlier stage.
    begins: i64,
    size: usize,
    /// Positions of the earlier stage.
    n: usize,
}

impl Window {
    /// That of the unit nearest to the middle whose window lies inside, or of the one in the middle.
    fn of(field: &ReceptiveField, axis: usize, n: usize, n_units: usize) -> Self {
        let (size, stride) = (field.size_px[axis], field.stride_px[axis]);
        let first = field.centre_px[axis] - (size as f64 - 1.0) / 2.0;
        #[allow(clippy::cast_possible_truncation, reason = "positions of a stage")]
        let begins = |unit: usize| (first + (unit * stride) as f64).round() as i64;
        let window = |unit: usize| Self { unit, begins: begins(unit), size, n };
        let middle = n_units / 2;
        let mut units: Vec<usize> = (0..n_units).collect();
        units.sort_by_key(|unit| (unit.abs_diff(middle), *unit));
        let inside = units.into_iter().map(window).find(|window| !window.is_cut());
        inside.unwrap_or_else(|| window(middle))
    }

    /// All positions, and the unit in the middle.
    fn whole(n: usize, n_units: usize) -> Self {
        Self { unit: n_units / 2, begins: 0, size: n, n }
    }

    fn is_cut(&self) -> bool {
        let (size, n) = (i64::try_from(self.size).unwrap_or(i64::MAX), i64::try_from(self.n).unwrap_or(i64::MAX));
        self.begins < 0 || self.begins.saturating_add(size) > n
    }

    /// The position of the earlier stage, where it has one.
    fn position(&self, index: usize) -> Option<usize> {
        usize::try_from(self.begins + i64::try_from(index).ok()?).ok().filter(|position| *position < self.n)
    }
}
