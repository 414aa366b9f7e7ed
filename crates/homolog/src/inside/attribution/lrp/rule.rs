//! The rules of one layer.

use burn::tensor::Tensor;

use super::composite::{PixelBox, Rule};
use crate::inside::attribution::AttributionError;
use crate::inside::attribution::walk::{Backward, Passed, Step, gradient_of, leaf, plus, product, times, untracked};
use crate::network::engine::EngineError;
use crate::network::value::{Ranked, Value, any_rank, each_rank};

/// Relevance in proportion to what each variable input contributes: x · (d output / dx)ᵀ (R / output). What constants add keeps
/// its share.
pub(super) fn in_proportion(
    step: &Step<'_>,
    mut back: Vec<Option<Backward>>,
    stabilizer: f64,
) -> Result<Passed, AttributionError> {
    let Some(relevance) = back.drain(..).next().flatten() else { return Ok(Vec::new()) };
    let share = divided(relevance, step.output()?, stabilizer);
    let pulled = step.pull_back(vec![Some(share)])?;
    let weighted = |(place, gradient): (usize, Ranked)| {
        let input = step.float(place)?.clone();
        Some((place, times(input, gradient)))
    };
    Ok(pulled.into_iter().filter_map(weighted).collect())
}

/// Which part of the outputs a group of contributions is answerable for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    All,
    Positive,
    Negative,
}

/// A layer run on changed inputs with changed weights: one summand of a denominator.
struct Summand {
    input: Ranked,
    weight: Ranked,
    bias: Option<Ranked>,
    sign: f64,
}

/// Summands whose sum is the denominator of a share.
struct Group {
    summands: Vec<Summand>,
    factor: f64,
    gate: Gate,
}

/// A layer's data, weights and bias.
struct Layer<'a> {
    step: &'a Step<'a>,
    data: usize,
    weight: usize,
    x: Ranked,
    w: Ranked,
    b: Option<Ranked>,
}

/// Relevance through a linear layer, of which one input depends on the image and one is its weights.
pub(super) fn linear(
    step: &Step<'_>,
    mut back: Vec<Option<Backward>>,
    rule: &Rule,
    stabilizer: f64,
) -> Result<Passed, AttributionError> {
    if let Rule::Epsilon { epsilon } = rule {
        return in_proportion(step, back, *epsilon);
    }
    let Some(relevance) = back.drain(..).next().flatten() else { return Ok(Vec::new()) };
    let data = step.variable.first().copied().unwrap_or(0);
    let weight = usize::from(data == 0);
    let missing = || EngineError::OutputCount { engine: "burn" };
    let x = step.float(data).cloned().ok_or_else(missing)?;
    let w = step.float(weight).cloned().ok_or_else(missing)?;
    let layer = Layer { step, data, weight, x, w, b: step.float(2).cloned() };
    let mut sum: Option<Ranked> = None;
    for group in layer.groups(rule) {
        let part = layer.share(group, relevance.clone(), stabilizer)?;
        sum = Some(match sum {
            Some(sum) => plus(sum, part),
            None => part,
        });
    }
    Ok(sum.map(|sum| (data, sum)).into_iter().collect())
}

impl Layer<'_> {
    fn groups(&self, rule: &Rule) -> Vec<Group> {
        let all = |summands, factor| Group { summands, factor, gate: Gate::All };
        let favoured = |gamma: f64, part: fn(Ranked) -> Ranked| {
            move |value: Ranked| plus(value.clone(), scaled(part(value), gamma))
        };
        match rule {
            Rule::Epsilon { .. } => vec![all(vec![self.summand(self.x.clone(), |value| value, true, 1.0)], 1.0)],
            Rule::ZPlus => vec![all(self.both_signs(positive, negative), 1.0)],
            Rule::AlphaBeta { alpha, beta } => {
                vec![all(self.both_signs(positive, negative), *alpha), all(self.both_signs(negative, positive), -*beta)]
            }
            Rule::Gamma { gamma } => {
                let (up, down) = (favoured(*gamma, positive), favoured(*gamma, negative));
                let gated = |summands, gate| Group { summands, factor: 1.0, gate };
                vec![gated(self.both_signs(up, down), Gate::Positive), gated(self.both_signs(down, up), Gate::Negative)]
            }
            Rule::Box(PixelBox { low, high }) => vec![all(
                vec![
                    self.summand(self.x.clone(), |value| value, true, 1.0),
                    self.summand(self.filled(low), positive, true, -1.0),
                    self.summand(self.filled(high), negative, true, -1.0),
                ],
                1.0,
            )],
            Rule::Flat => vec![all(vec![self.summand(ones(&self.x), |value| ones(&value), false, 1.0)], 1.0)],
            Rule::SquaredWeights => {
                vec![all(vec![self.summand(ones(&self.x), |value| times(value.clone(), value), true, 1.0)], 1.0)]
            }
        }
    }

    fn summand(&self, input: Ranked, change: impl Fn(Ranked) -> Ranked, with_bias: bool, sign: f64) -> Summand {
        let bias = self.b.clone().map(|bias| if with_bias { change(bias) } else { zeros(&bias) });
        Summand { input, weight: change(self.w.clone()), bias, sign }
    }

    /// Positive inputs with weights and bias changed one way; negative inputs, where there are any, with weights changed the
    /// other way.
    fn both_signs(
        &self,
        of_positive: impl Fn(Ranked) -> Ranked,
        of_negative: impl Fn(Ranked) -> Ranked,
    ) -> Vec<Summand> {
        let mut summands = vec![self.summand(positive(self.x.clone()), of_positive, true, 1.0)];
        let smallest =
            any_rank!(self.x.clone(), x => x.without_autodiff().min().try_into_scalar::<f32>().unwrap_or(-1.0));
        if smallest < 0.0 {
            summands.push(self.summand(negative(self.x.clone()), of_negative, false, 1.0));
        }
        summands
    }

    /// One number for each channel, over the shape of the data.
    fn filled(&self, of_channels: &[f32]) -> Ranked {
        let shape = self.x.shape();
        let n_channels = shape.get(1).copied().unwrap_or(1).max(1);
        let n_places = shape.iter().skip(2).product::<usize>().max(1);
        let one =
            |channel: usize| f64::from(of_channels.get(channel % of_channels.len().max(1)).copied().unwrap_or(0.0));
        let n = shape.iter().product::<usize>();
        let elements = (0..n).map(|place| one(place / n_places % n_channels)).collect();
        self.x.like(&shape, elements)
    }

    fn run(&self, input: Ranked, weight: Ranked, bias: Option<Ranked>) -> Result<Ranked, AttributionError> {
        let mut replaced = vec![(self.data, input), (self.weight, weight)];
        replaced.extend(bias.map(|bias| (2, bias)));
        match self.step.forward(replaced)?.into_iter().next() {
            Some(Value::Float(output)) => Ok(output),
            _ => Err(EngineError::OutputCount { engine: "burn" }.into()),
        }
    }

    /// The relevance that a group gives the inputs.
    fn share(&self, group: Group, relevance: Ranked, stabilizer: f64) -> Result<Ranked, AttributionError> {
        let mut ran: Vec<(Ranked, Ranked, f64)> = Vec::new();
        let mut denominator: Option<Ranked> = None;
        for Summand { input, weight, bias, sign } in group.summands {
            let input = leaf(&input);
            let output = self.run(input.clone(), weight, bias)?;
            let signed = scaled(untracked(output.clone()), sign);
            denominator = Some(match denominator {
                Some(sum) => plus(sum, signed),
                None => signed,
            });
            ran.push((input, output, sign));
        }
        let Some(denominator) = denominator else { return Ok(zeros(&self.x)) };
        let share = gated(divided(relevance, denominator, stabilizer), self.step, group.gate)?;
        let products = ran.iter().map(|(_, output, _)| product(output.clone(), share.clone()));
        let Some(sum) = products.reduce(|sum, one| sum + one).filter(Tensor::is_tracked) else {
            return Ok(zeros(&self.x));
        };
        let gradients = sum.backward();
        let mut result = zeros(&self.x);
        for (input, _, sign) in &ran {
            if let Some(gradient) = gradient_of(input, &gradients) {
                result = plus(result, scaled(times(untracked(input.clone()), gradient), sign * group.factor));
            }
        }
        Ok(result)
    }
}

/// `share` where the layer's own output is on the side of the gate.
fn gated(share: Ranked, step: &Step<'_>, gate: Gate) -> Result<Ranked, AttributionError> {
    if gate == Gate::All {
        return Ok(share);
    }
    let output = untracked(step.output()?);
    let is_shut = |sign: f64| each_rank!(scaled(output, sign), output => output.lower_equal_scalar(0.0).float());
    let shut = if gate == Gate::Positive { is_shut(1.0) } else { is_shut(-1.0) };
    let open = each_rank!(shut, shut => shut.neg().add_scalar(1.0));
    Ok(times(share, open))
}

/// relevance / (denominator + sign(denominator) stabilizer), the sign of 0 being +; 0 where that is 0 / 0.
fn divided(relevance: Ranked, denominator: Ranked, stabilizer: f64) -> Ranked {
    let relevance = untracked(relevance);
    each_rank!(untracked(denominator), z => {
        let sign = z.clone().greater_equal_scalar(0.0).float().mul_scalar(2.0).sub_scalar(1.0);
        let stable = z + sign.mul_scalar(stabilizer);
        let is_zero = stable.clone().equal_scalar(0.0);
        (relevance.into_rank() / stable.mask_fill(is_zero.clone(), 1.0)).mask_fill(is_zero, 0.0)
    })
}

fn scaled(value: Ranked, factor: f64) -> Ranked {
    each_rank!(value, value => value.mul_scalar(factor))
}

fn positive(value: Ranked) -> Ranked {
    each_rank!(value, value => value.clamp_min(0.0))
}

fn negative(value: Ranked) -> Ranked {
    each_rank!(value, value => value.clamp_max(0.0))
}

fn ones(value: &Ranked) -> Ranked {
    each_rank!(value.clone(), value => value.without_autodiff().ones_like())
}

fn zeros(value: &Ranked) -> Ranked {
    each_rank!(value.clone(), value => value.without_autodiff().zeros_like())
}
