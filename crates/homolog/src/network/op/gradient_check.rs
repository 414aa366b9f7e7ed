//! Every operator's gradient against central differences in double precision.
//!
//! The table is checked against the registry: an operator without a line here fails the suite.

use std::collections::BTreeMap;

use burn::tensor::Device;

use super::registry::{OPERATORS, operator};
use super::{Attribute, Call, Fact, OpError, Operator};
use crate::network::op::attributes::NodeAttributes;
use crate::network::tensor::HostTensor;
use crate::network::value::{Ranked, Value, any_rank, each_rank};

/// Half the distance of a central difference. Its error is of order h² (1e-10) beside rounding of 1e-16 / h (1e-11).
const STEP: f64 = 1e-5;

/// Largest error of a gradient, relative to its largest element: a hundred times the error of the difference itself.
const TOLERANCE: f64 = 1e-7;

/// The same on a GPU, which computes in single precision.
#[cfg(feature = "wgpu")]
const GPU_TOLERANCE: f64 = 1e-4;

/// What an operator is given.
enum Given {
    /// Floats that the gradient is checked for, in (low, high), none within 0.02 of a multiple of 0.5, where kinks are.
    Floats(&'static [usize], f64, f64),
    /// Integers that are known.
    Ints(&'static [usize], &'static [i64]),
    /// Floats that are known.
    Known(&'static [usize], &'static [f32]),
    /// Truth values that are known.
    Truth(&'static [usize], &'static [bool]),
    /// An absent optional input.
    Absent,
}

use Given::{Absent, Floats, Ints, Known, Truth};

/// One use of an operator.
struct Case {
    attributes: Vec<(&'static str, Attribute)>,
    inputs: Vec<Given>,
}

enum Check {
    Cases(Vec<Case>),
    /// Why there is no gradient to check.
    None(&'static str),
}

fn case(attributes: Vec<(&'static str, Attribute)>, inputs: Vec<Given>) -> Case {
    Case { attributes, inputs }
}

fn ints(values: &[i64]) -> Attribute {
    Attribute::Ints(values.to_vec())
}

fn int(value: i64) -> Attribute {
    Attribute::Int(value)
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}

const INTEGERS: &str = "gives integers, truth values or a constant";
const STEPS: &str = "is constant between its steps";

/// What is checked for an operator.
fn check(name: &str) -> Option<Check> {
    let plain = |inputs| Check::Cases(vec![case(vec![], inputs)]);
    let pointwise = |low, high| plain(vec![Floats(&[2, 3, 2], low, high)]);
    let image = || Floats(&[2, 4, 3, 5], -2.0, 2.0);
    Some(match name {
        "And" | "Or" | "Not" | "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "ArgMax"
        | "ArgMin" | "Constant" | "ConstantOfShape" | "Shape" | "Range" => Check::None(INTEGERS),
        "Ceil" | "Floor" | "Round" | "Sign" => Check::None(STEPS),
        "Relu" | "LeakyRelu" | "Elu" | "Celu" | "Selu" | "Sigmoid" | "HardSigmoid" | "HardSwish" | "Tanh"
        | "Softplus" | "Softsign" | "Mish" | "Abs" | "Neg" | "Exp" | "Erf" | "Sin" | "Cos" | "Identity" | "Dropout" => {
            pointwise(-4.0, 4.0)
        }
        "Log" | "Sqrt" | "Reciprocal" => pointwise(0.1, 3.0),
        "Gelu" => Check::Cases(vec![
            case(vec![], vec![Floats(&[2, 3, 2], -4.0, 4.0)]),
            case(vec![("approximate", text("tanh"))], vec![Floats(&[2, 3, 2], -4.0, 4.0)]),
        ]),
        "PRelu" => plain(vec![image(), Floats(&[4, 1, 1], 0.1, 0.9)]),
        "Clip" => Check::Cases(vec![
            case(vec![], vec![image(), Known(&[], &[-1.0]), Known(&[], &[1.0])]),
            case(vec![], vec![image(), Absent, Known(&[], &[1.0])]),
        ]),
        "Cast" => Check::Cases(vec![case(vec![("to", int(1))], vec![image()])]),
        "Softmax" | "LogSoftmax" => Check::Cases(vec![
            case(vec![("axis", int(1))], vec![image()]),
            case(vec![("axis", int(-1))], vec![Floats(&[2, 3], -3.0, 3.0)]),
        ]),
        "Add" | "Sub" | "Mul" | "Sum" | "Mean" | "Min" | "Max" => {
            plain(vec![Floats(&[2, 1, 3], -2.0, 2.0), Floats(&[4, 1], -1.9, 1.9)])
        }
        "Div" => plain(vec![Floats(&[2, 1, 3], -2.0, 2.0), Floats(&[4, 1], 0.6, 1.9)]),
        "Pow" => Check::Cases(vec![
            case(vec![], vec![Floats(&[2, 1, 3], 0.2, 2.0), Floats(&[4, 1], -2.0, 2.0)]),
            case(vec![], vec![Floats(&[5], -2.0, 2.0), Known(&[], &[2.0])]),
            case(vec![], vec![Floats(&[5], -2.0, 2.0), Known(&[], &[3.0])]),
            case(vec![], vec![Floats(&[5], 0.2, 2.0), Known(&[1], &[-0.75])]),
        ]),
        "Mod" => Check::Cases(vec![case(vec![("fmod", int(1))], vec![Floats(&[6], 0.05, 0.4), Known(&[], &[0.5])])]),
        "Where" => {
            plain(vec![Truth(&[3], &[true, false, true]), Floats(&[2, 3], -1.0, 1.0), Floats(&[2, 1], -1.0, 1.0)])
        }
        "Conv" => Check::Cases(convolutions()),
        "ConvTranspose" => Check::Cases(transposed_convolutions()),
        "MaxPool" | "AveragePool" => Check::Cases(poolings(name)),
        "GlobalAveragePool" | "GlobalMaxPool" => plain(vec![image()]),
        "Gemm" => Check::Cases(vec![
            case(
                vec![("transB", int(1))],
                vec![Floats(&[2, 3], -1.0, 1.0), Floats(&[4, 3], -1.0, 1.0), Floats(&[4], -1.0, 1.0)],
            ),
            case(
                vec![("transA", int(1)), ("alpha", Attribute::Float(0.5)), ("beta", Attribute::Float(2.0))],
                vec![Floats(&[3, 2], -1.0, 1.0), Floats(&[3, 4], -1.0, 1.0), Floats(&[2, 1], -1.0, 1.0)],
            ),
        ]),
        "MatMul" => Check::Cases(vec![
            case(vec![], vec![Floats(&[2, 3, 4], -1.0, 1.0), Floats(&[4, 5], -1.0, 1.0)]),
            case(vec![], vec![Floats(&[2, 1, 3, 4], -1.0, 1.0), Floats(&[3, 4, 2], -1.0, 1.0)]),
            case(vec![], vec![Floats(&[4], -1.0, 1.0), Floats(&[4, 5], -1.0, 1.0)]),
            case(vec![], vec![Floats(&[3, 4], -1.0, 1.0), Floats(&[4], -1.0, 1.0)]),
        ]),
        _ => return check_rest(name),
    })
}

#[expect(clippy::too_many_lines, reason = "a table with an entry for each operator")]
fn check_rest(name: &str) -> Option<Check> {
    let plain = |inputs| Check::Cases(vec![case(vec![], inputs)]);
    let image = || Floats(&[2, 4, 3, 5], -2.0, 2.0);
    let channels = |low, high| Floats(&[4], low, high);
    Some(match name {
        "BatchNormalization" => {
            plain(vec![image(), channels(0.5, 1.5), channels(-1.0, 1.0), channels(-1.0, 1.0), channels(0.2, 2.0)])
        }
        "LayerNormalization" => Check::Cases(vec![
            case(vec![], vec![Floats(&[2, 3, 4], -2.0, 2.0), channels(0.5, 1.5), channels(-1.0, 1.0)]),
            case(vec![("axis", int(1))], vec![Floats(&[2, 3, 4], -2.0, 2.0), Floats(&[3, 4], 0.5, 1.5)]),
        ]),
        "InstanceNormalization" => plain(vec![image(), channels(0.5, 1.5), channels(-1.0, 1.0)]),
        "GroupNormalization" => Check::Cases(vec![case(
            vec![("num_groups", int(2))],
            vec![image(), channels(0.5, 1.5), Floats(&[2], -1.0, 1.0)],
        )]),
        "LRN" => Check::Cases(vec![
            case(vec![("size", int(3)), ("alpha", Attribute::Float(0.5))], vec![image()]),
            case(vec![("size", int(4)), ("alpha", Attribute::Float(0.5))], vec![image()]),
        ]),
        "LpNormalization" => Check::Cases(vec![
            case(vec![("axis", int(1)), ("p", int(1))], vec![image()]),
            case(vec![("axis", int(-1)), ("p", int(2))], vec![image()]),
        ]),
        "Reshape" => plain(vec![image(), Ints(&[3], &[0, -1, 5])]),
        "Flatten" => plain(vec![image()]),
        "Transpose" => Check::Cases(vec![
            case(vec![("perm", ints(&[0, 2, 3, 1]))], vec![image()]),
            case(vec![], vec![Floats(&[2, 3], -1.0, 1.0)]),
        ]),
        "Squeeze" => plain(vec![Floats(&[2, 1, 3, 1], -1.0, 1.0), Ints(&[1], &[1])]),
        "Unsqueeze" => plain(vec![Floats(&[2, 3], -1.0, 1.0), Ints(&[2], &[0, 3])]),
        "Expand" => plain(vec![Floats(&[2, 1, 3], -1.0, 1.0), Ints(&[4], &[2, 1, 4, 3])]),
        "Tile" => plain(vec![Floats(&[2, 3], -1.0, 1.0), Ints(&[2], &[3, 2])]),
        "Concat" => Check::Cases(vec![case(vec![("axis", int(1))], vec![image(), Floats(&[2, 3, 3, 5], -1.0, 1.0)])]),
        "Split" => Check::Cases(vec![case(vec![("axis", int(1))], vec![image(), Ints(&[2], &[1, 3])])]),
        "Slice" => Check::Cases(vec![
            case(
                vec![],
                vec![image(), Ints(&[2], &[1, 0]), Ints(&[2], &[4, 5]), Ints(&[2], &[1, 3]), Ints(&[2], &[1, 2])],
            ),
            case(vec![], vec![image(), Ints(&[1], &[-1]), Ints(&[1], &[-9]), Ints(&[1], &[3]), Ints(&[1], &[-2])]),
        ]),
        "Gather" => Check::Cases(vec![
            case(vec![("axis", int(1))], vec![image(), Ints(&[], &[2])]),
            case(vec![("axis", int(1))], vec![image(), Ints(&[2, 2], &[0, -1, 3, 0])]),
        ]),
        "GatherElements" => Check::Cases(vec![case(
            vec![("axis", int(1))],
            vec![Floats(&[2, 3], -1.0, 1.0), Ints(&[2, 2], &[0, 2, -1, 2])],
        )]),
        "ScatterND" => plain(vec![Floats(&[3, 4], -1.0, 1.0), Ints(&[2, 1], &[2, 0]), Floats(&[2, 4], -1.0, 1.0)]),
        "Einsum" => Check::Cases(vec![case(
            vec![("equation", text("bhid, bhjd -> bhij"))],
            vec![Floats(&[2, 2, 3, 4], -1.0, 1.0), Floats(&[2, 2, 5, 4], -1.0, 1.0)],
        )]),
        "Pad" => {
            let pads = || Ints(&[8], &[0, 0, 1, 2, 0, 0, 2, 0]);
            let mode = |mode| case(vec![("mode", text(mode))], vec![image(), pads()]);
            let cut = case(vec![], vec![image(), Ints(&[8], &[0, 1, -1, 2, 0, 0, 2, -1]), Known(&[], &[3.0])]);
            Check::Cases(vec![mode("constant"), mode("reflect"), mode("edge"), cut])
        }
        name if name.starts_with("Reduce") => {
            let low = if name == "ReduceLogSum" { 0.1 } else { -2.0 };
            let dropped = vec![("keepdims", int(0))];
            Check::Cases(vec![
                case(vec![], vec![Floats(&[2, 3, 4], low, 2.0), Ints(&[2], &[0, -1])]),
                case(dropped, vec![Floats(&[2, 3], low, 2.0)]),
            ])
        }
        "Resize" => {
            let sizes = || Ints(&[4], &[2, 4, 7, 4]);
            let mode = |mode, coordinates| {
                let attributes = vec![("mode", text(mode)), ("coordinate_transformation_mode", text(coordinates))];
                case(attributes, vec![image(), Absent, Absent, sizes()])
            };
            let scales = case(vec![], vec![image(), Absent, Known(&[4], &[1.0, 1.0, 2.0, 2.0])]);
            Check::Cases(vec![
                mode("linear", "half_pixel"),
                mode("linear", "align_corners"),
                mode("cubic", "half_pixel"),
                mode("nearest", "asymmetric"),
                scales,
            ])
        }
        "DepthToSpace" => Check::Cases(vec![
            case(vec![("blocksize", int(2))], vec![image()]),
            case(vec![("blocksize", int(2)), ("mode", text("CRD"))], vec![image()]),
        ]),
        "SpaceToDepth" => Check::Cases(vec![case(vec![("blocksize", int(2))], vec![Floats(&[2, 1, 4, 6], -1.0, 1.0)])]),
        _ => return None,
    })
}

fn convolutions() -> Vec<Case> {
    let (low, high) = (-1.0, 1.0);
    let x = || Floats(&[2, 4, 6, 7], low, high);
    vec![
        case(vec![("pads", ints(&[1, 1, 1, 1]))], vec![x(), Floats(&[3, 4, 3, 3], low, high), Floats(&[3], low, high)]),
        case(vec![], vec![x(), Floats(&[5, 4, 1, 1], low, high), Floats(&[5], low, high)]),
        case(
            vec![("pads", ints(&[0, 1, 2, 1])), ("strides", ints(&[2, 2]))],
            vec![x(), Floats(&[3, 4, 3, 2], low, high)],
        ),
        case(vec![("dilations", ints(&[2, 1])), ("group", int(2))], vec![x(), Floats(&[6, 2, 2, 3], low, high)]),
        case(vec![("group", int(4)), ("pads", ints(&[1, 1, 1, 1]))], vec![x(), Floats(&[4, 1, 3, 3], low, high)]),
        case(
            vec![("auto_pad", text("SAME_UPPER")), ("strides", ints(&[2, 2]))],
            vec![x(), Floats(&[3, 4, 3, 3], low, high)],
        ),
        case(
            vec![("strides", ints(&[2])), ("pads", ints(&[1, 0]))],
            vec![Floats(&[2, 3, 9], low, high), Floats(&[4, 3, 3], low, high), Floats(&[4], low, high)],
        ),
    ]
}

fn transposed_convolutions() -> Vec<Case> {
    let (low, high) = (-1.0, 1.0);
    let x = || Floats(&[2, 4, 3, 4], low, high);
    vec![
        case(vec![("strides", ints(&[2, 2]))], vec![x(), Floats(&[4, 3, 3, 2], low, high), Floats(&[3], low, high)]),
        case(
            vec![
                ("strides", ints(&[2, 1])),
                ("pads", ints(&[1, 0, 0, 1])),
                ("output_padding", ints(&[1, 0])),
                ("group", int(2)),
            ],
            vec![x(), Floats(&[4, 3, 3, 2], low, high)],
        ),
        case(vec![("strides", ints(&[2]))], vec![Floats(&[1, 2, 4], low, high), Floats(&[2, 3, 3], low, high)]),
    ]
}

fn poolings(name: &str) -> Vec<Case> {
    let pool = |attributes: Vec<(&'static str, Attribute)>| {
        let kernel = vec![("kernel_shape", ints(&[3, 2]))];
        case(kernel.into_iter().chain(attributes).collect(), vec![Floats(&[2, 3, 7, 6], -2.0, 2.0)])
    };
    let mut cases = vec![
        pool(vec![("strides", ints(&[2, 2]))]),
        pool(vec![("strides", ints(&[2, 2])), ("ceil_mode", int(1))]),
        pool(vec![("strides", ints(&[2, 1])), ("pads", ints(&[1, 1, 1, 1]))]),
        pool(vec![("strides", ints(&[2, 2])), ("pads", ints(&[0, 0, 1, 1]))]),
        case(
            vec![("kernel_shape", ints(&[3])), ("strides", ints(&[2])), ("ceil_mode", int(1))],
            vec![Floats(&[2, 3, 8], -2.0, 2.0)],
        ),
    ];
    if name == "AveragePool" {
        cases.push(pool(vec![("pads", ints(&[1, 1, 1, 1])), ("count_include_pad", int(1))]));
    } else {
        cases.push(pool(vec![("dilations", ints(&[2, 2]))]));
    }
    cases
}

/// Numbers in (low, high) from a counter (Knuth's multiplicative sequence), moved away from multiples of 0.5.
fn numbers(n: usize, stream: usize, low: f64, high: f64) -> Vec<f64> {
    let golden = 0.618_033_988_749_894_9;
    let number = |place: usize| {
        let fraction = ((place + 1) as f64 * golden + stream as f64 * 0.381_9).fract();
        let value = low + (high - low) * fraction;
        let kink = (value * 2.0).round() / 2.0;
        if (value - kink).abs() < 0.02 { kink + if value < kink { -0.02 } else { 0.02 } } else { value }
    };
    (0..n).map(number).collect()
}

/// An operator with its inputs, ready to be run at any values of the floats.
struct Setup {
    op: std::sync::Arc<dyn Operator>,
    inputs: Vec<Option<Fact>>,
    floats: BTreeMap<usize, Vec<f64>>,
    device: Device,
}

impl Setup {
    fn new(name: &str, case: &Case, device: Device) -> Result<Self, OpError> {
        let entry = operator(name).expect("in the registry");
        let attributes = case.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let op = (entry.read)(&NodeAttributes::new(entry.name, attributes))?;
        let mut floats = BTreeMap::new();
        let mut inputs = Vec::new();
        for (index, given) in case.inputs.iter().enumerate() {
            inputs.push(match given {
                Absent => None,
                Floats(shape, low, high) => {
                    floats.insert(index, numbers(shape.iter().product(), index, *low, *high));
                    Some(Fact::float(shape.to_vec()))
                }
                Ints(shape, values) => HostTensor::from_i64(shape, values.to_vec()).map(Fact::known),
                Known(shape, values) => HostTensor::from_f32(shape, values.to_vec()).map(Fact::known),
                Truth(shape, values) => {
                    let array = ndarray::ArrayD::from_shape_vec(shape.to_vec(), values.to_vec());
                    array.ok().map(|array| Fact::known(HostTensor::Bool(array)))
                }
            });
        }
        Ok(Self { op, inputs, floats, device })
    }

    /// Floats on the device: of 64 bits on the processor; GPUs have 32.
    fn upload(&self, shape: &[usize], floats: Vec<f64>) -> Ranked {
        if self.device == Device::flex() {
            return Ranked::from_wide_elements(shape, floats, &self.device);
        }
        Ranked::from_elements(shape, floats.into_iter().map(|value| value as f32).collect(), &self.device)
    }

    /// The sum of all outputs, each weighted by numbers of its own.
    fn weighted_sum(&self, floats: &BTreeMap<usize, Ranked>) -> Result<burn::tensor::Tensor<1>, OpError> {
        let facts: Vec<Option<&Fact>> = self.inputs.iter().map(Option::as_ref).collect();
        let outputs = self.op.infer(&facts)?;
        let values = self.inputs.iter().enumerate().map(|(index, fact)| match floats.get(&index) {
            Some(value) => Some(Value::Float(value.clone())),
            None => {
                let constant = fact.as_ref()?.constant.as_ref()?;
                Some(match &**constant {
                    HostTensor::F32(array) => {
                        Value::Float(self.upload(array.shape(), array.iter().copied().map(f64::from).collect()))
                    }
                    other => Value::from_host(other, &self.device),
                })
            }
        });
        let call = Call {
            op: self.op.kind(),
            values: values.collect(),
            inputs: &facts,
            outputs: &outputs,
            device: &self.device,
        };
        let mut total: burn::tensor::Tensor<1> = self.upload(&[1], vec![0.0]).into_rank();
        for (index, (value, fact)) in self.op.forward(call)?.into_iter().zip(&outputs).enumerate() {
            let Value::Float(value) = value else { continue };
            let shape = if fact.shape.is_empty() { vec![1] } else { fact.shape.clone() };
            assert_eq!(value.shape(), shape, "the shape that was worked out for output {index}");
            let weights = value.like(&shape, numbers(fact.n_elements(), 7 + index, -1.0, 1.0));
            total = total + any_rank!(value, value => (value * weights.into_rank()).sum());
        }
        Ok(total)
    }

    fn at(&self, floats: &BTreeMap<usize, Vec<f64>>) -> BTreeMap<usize, Ranked> {
        let shape = |index: &usize| self.inputs[*index].as_ref().map_or(Vec::new(), |fact| fact.shape.clone());
        floats.iter().map(|(index, values)| (*index, self.upload(&shape(index), values.clone()))).collect()
    }

    fn difference(&self, index: usize, place: usize) -> f64 {
        let shifted = |step: f64| {
            let mut floats = self.floats.clone();
            floats.get_mut(&index).expect("a float input")[place] += step;
            self.weighted_sum(&self.at(&floats)).expect("runs").into_scalar::<f64>()
        };
        (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP)
    }

    /// The gradient at each input of floats.
    fn gradients(&self) -> Result<BTreeMap<usize, Vec<f64>>, OpError> {
        let leaves: BTreeMap<usize, Ranked> = self
            .at(&self.floats)
            .into_iter()
            .map(|(index, value)| (index, each_rank!(value, value => value.autodiff().require_grad())))
            .collect();
        let gradients = self.weighted_sum(&leaves)?.backward();
        let of_leaf = |leaf: &Ranked| {
            let gradient = each_rank!(leaf, leaf => leaf.grad(&gradients).expect("a gradient"));
            gradient.into_wide_elements().expect("read")
        };
        Ok(leaves.iter().map(|(index, leaf)| (*index, of_leaf(leaf))).collect())
    }

    /// The largest error of the gradients, relative to the largest element of each.
    fn error(&self) -> Result<f64, OpError> {
        let differences = |index: &usize, n: usize| (0..n).map(|place| self.difference(*index, place)).collect();
        let gradients = self.gradients()?;
        let expected = gradients.iter().map(|(index, found)| (*index, differences(index, found.len()))).collect();
        Ok(largest_error(&gradients, &expected))
    }
}

/// The largest error of gradients, relative to the largest element of each.
fn largest_error(found: &BTreeMap<usize, Vec<f64>>, expected: &BTreeMap<usize, Vec<f64>>) -> f64 {
    let mut worst = 0.0_f64;
    for (index, expected) in expected {
        let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        assert!(largest > 0.0, "input {index} has no influence");
        for (found, expected) in found[index].iter().zip(expected) {
            let error = (found - expected).abs() / largest;
            worst = if error.is_nan() { f64::INFINITY } else { worst.max(error) };
        }
    }
    worst
}

#[test]
fn every_operator_has_a_gradient_check_or_a_reason_for_none() {
    let without: Vec<&str> = OPERATORS.iter().map(|entry| entry.name).filter(|name| check(name).is_none()).collect();
    assert!(without.is_empty(), "no gradient check for {without:?}");
}

/// Whatever is wrong with what `error_of` finds for the cases of all operators.
fn wrong(tolerance: f64, error_of: impl Fn(&str, &Case) -> Result<f64, OpError>) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in OPERATORS {
        match check(entry.name) {
            Some(Check::Cases(cases)) => {
                for (number, case) in cases.iter().enumerate() {
                    let run = std::panic::AssertUnwindSafe(|| error_of(entry.name, case));
                    match std::panic::catch_unwind(run) {
                        Ok(Ok(error)) if error <= tolerance => {}
                        Ok(result) => wrong.push(format!("{} case {number}: {result:?}", entry.name)),
                        Err(_) => wrong.push(format!("{} case {number}: stopped", entry.name)),
                    }
                }
            }
            Some(Check::None(reason)) => assert!(!reason.is_empty()),
            None => wrong.push(format!("{}: no check", entry.name)),
        }
    }
    wrong
}

#[test]
fn gradients_equal_central_differences() {
    let wrong = wrong(TOLERANCE, |name, case| Setup::new(name, case, Device::flex())?.error());
    assert!(wrong.is_empty(), "gradients that differ from central differences:\n{}", wrong.join("\n"));
}

#[cfg(feature = "wgpu")]
#[test]
fn gradients_on_a_gpu_equal_the_processors() {
    use crate::network::engine::burn::{Burn, DeviceName};
    let gpu = Burn::on(DeviceName::Gpu(0)).expect("a GPU");
    let error_of = |name: &str, case: &Case| {
        let found = Setup::new(name, case, gpu.device().clone())?.gradients()?;
        Ok(largest_error(&found, &Setup::new(name, case, Device::flex())?.gradients()?))
    };
    let wrong = wrong(GPU_TOLERANCE, error_of);
    assert!(
        wrong.is_empty(),
        "gradients on {:?} that differ from the processor's:\n{}",
        gpu.gpu_name(),
        wrong.join("\n")
    );
}

#[test]
fn a_wrong_gradient_would_be_found() {
    // The gradient of |x| taken at 0, where the difference is 0 and the engine's is not defined: the check must see
    // more than its tolerance for a shifted expectation.
    let exp = case(vec![], vec![Floats(&[3], -1.0, 1.0)]);
    let setup = Setup::new("Exp", &exp, Device::flex()).expect("an operator");
    let exact = setup.floats[&0][0].exp() * numbers(3, 7, -1.0, 1.0)[0];
    assert!((setup.difference(0, 0) - exact).abs() < TOLERANCE);
    assert!((setup.difference(0, 0) - exact * 1.01).abs() > TOLERANCE);
}
