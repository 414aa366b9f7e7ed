//! `homolog synthesize drive`: images that drive recorded neurons through their fitted mapping.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use homolog::inside::objective::{Aim, Objective, Quantity, Reference};
use homolog::inside::optimise::Look;
use homolog::inside::picture::Cell;
use homolog::progress::Cancel;
use homolog::recording::format::npy;
use homolog::store::hex;
use homolog::synthesis::metamer::Observer;
use homolog::synthesis::neurons::{NEURONS, target_pattern, with_neurons};
use ndarray::{Array2, ArrayD, Ix1, Ix2};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::making::{Around, MakingOptions, Purpose, extended, identity, input_map};
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance};
use crate::progress::Bars;
use crate::run_options::RunOptions;
use crate::table::{Align, Table, printed};

/// Make images that drive recorded neurons through their fitted mapping, or a population to a pattern
///
/// The mapping is a .npy file with a row for each neuron: a weight for each unit of the stage (in the order of `homolog record`) or for
/// the mean of each channel, and the intercept as a last column or not at all. `homolog encode --save-mapping` writes it. From scikit-learn:
/// numpy.save("weights.npy", numpy.column_stack([model.coef_, model.intercept_])), for a model fitted to what `homolog record` wrote; where
/// features were reduced first, coef_ @ pca.components_. Stop it whenever you like: the same command goes on where it was, to the same result.
#[derive(Args)]
pub(crate) struct Drive {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// The stage that the mapping reads
    #[arg(long, value_name = "NAME")]
    layer: String,
    /// The mapping
    #[arg(long, value_name = "FILE.npy")]
    weights: PathBuf,
    /// Neurons to be driven, each by itself: 0,3,7 [default: all, or the whole population with --target]
    #[arg(long, value_name = "LIST", conflicts_with = "target")]
    neurons: Option<String>,
    /// What is maximised instead, with the neurons as the stage `neurons`: neurons[3] - 0.5*neurons[0]; may be given often
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with_all = ["target", "neurons"])]
    objective: Vec<String>,
    /// A .npy file with the response that each neuron is to give: the population is driven to this pattern
    #[arg(long, value_name = "FILE.npy")]
    target: Option<PathBuf>,
    #[command(flatten)]
    making: MakingOptions,
    #[command(flatten)]
    run: RunOptions,
}

/// An array of a file and the hash of the file.
fn read(file: &Path) -> Result<(ArrayD<f64>, String), Failure> {
    let refused = |why: String| Failure::wrong_input(format!("cannot read \"{}\": {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|problem| refused(problem.to_string()))?;
    let array = npy::parse(&bytes).map_err(|problem| refused(crate::exit::chain(&problem)))?;
    let numbers = array.into_numbers().ok_or_else(|| refused("it holds no numbers".to_owned()))?;
    Ok((numbers, hex(&Sha256::digest(&bytes))))
}

impl Drive {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        let (weights, weights_sha256) = self.weights()?;
        let model = Model::load(&self.model, &burn, &progress, &cancel)?;
        let input = input_map(&model, self.making.preprocessing.as_deref())?;
        let network = with_neurons(&model.network, &self.layer, weights.view())
            .map_err(|problem| Failure::from_error(&problem))?;
        let shape = network.stimulus_shape();
        let [_, height, width] = <[usize; 3]>::try_from(shape.clone()).map_err(|_| {
            Failure::wrong_input(format!(
                "cannot make an image for \"{}\": its stimuli have the shape {shape:?}",
                model.name
            ))
        })?;
        let own = format!("{} neurons {weights_sha256}", identity(&model));
        let purpose = if self.target.is_some() { Purpose::Match } else { Purpose::Drive };
        let look = self.making.look(&network, &burn, input.clone(), own, ([height, width], purpose))?;
        let aims = self.aims(&look, weights.nrows())?;
        let names: Vec<String> = aims.iter().map(|aim| aim.name().to_owned()).collect();
        let made =
            self.making.make(&look, &aims, &names, &Around { progress: &progress, cancel: &cancel, resources })?;
        let stage = network.stage(NEURONS).map_err(|problem| Failure::from_error(&problem))?.clone();
        let observer = Observer { network: &network, input, stages: vec![stage], burn };
        let folder = PictureFolder::at(&self.making.out);
        let mut table = Table::new(&[
            ("objective", Align::Left),
            ("at first", Align::Right),
            ("finished", Align::Right),
            ("steps", Align::Right),
        ]);
        let (mut cells, mut results): (Vec<Cell>, Vec<Value>) = (Vec::new(), Vec::new());
        for one in &made.optimised {
            let file = super::making::stem(&one.name);
            let (mut known, shown) =
                made.write(folder, one, &file, vec![one.name.clone(), format!("{:.4}", one.objective)])?;
            if let Some(image) = one.images.first() {
                let rounded = image.mapv(|pixel| (pixel * 255.0).round() / 255.0);
                let responses = observer.responses(&rounded).map_err(|problem| Failure::from_error(&problem))?;
                known["predicted_responses"] = json!(responses.first());
            }
            let first = one.trajectory.first().map_or_else(|| "-".to_owned(), |first| format!("{first:.4}"));
            table.row(vec![one.name.clone(), first, format!("{:.4}", one.objective), one.trajectory.len().to_string()]);
            cells.extend(shown);
            results.push(known);
        }
        if cells.len() > 1 {
            folder.put_sheet("contact-sheet.png", &cells)?;
        }
        let preprocessing = model.preprocessing(self.making.preprocessing.as_deref()).ok();
        let more = json!({ "layer": self.layer, "mapping_sha256": weights_sha256, "n_neurons": weights.nrows(),
            "settings": made.settings(), "results": results });
        let report = extended(provenance("synthesize-drive", &model, preprocessing.as_ref()), &more);
        folder.put("drive.json", format!("{report:#}\n").as_bytes())?;
        if self.making.json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        printed(|out| {
            table.write(out)?;
            writeln!(out, "\nin {}", folder.path().display())
        })
    }

    /// (n_neurons, n_units), or one more column; a single row may have one axis.
    fn weights(&self) -> Result<(Array2<f64>, String), Failure> {
        let (array, hash) = read(&self.weights)?;
        let shape = array.shape().to_vec();
        let rows = match shape.as_slice() {
            [n] => array.into_shape_with_order((1, *n)).ok(),
            _ => array.into_dimensionality::<Ix2>().ok(),
        };
        let refused = || {
            Failure::wrong_input(format!(
                "cannot use \"{}\" as a mapping: it has the shape {shape:?}, and a row of weights for each neuron is needed",
                self.weights.display()
            ))
        };
        Ok((rows.ok_or_else(refused)?, hash))
    }

    fn aims(&self, look: &Look<'_>, n_neurons: usize) -> Result<Vec<Aim>, Failure> {
        let checked = |objectives: &[Objective], reference: Option<&Reference>| {
            look.aims(objectives, reference).map_err(|problem| Failure::from_error(&problem))
        };
        if let Some(file) = &self.target {
            let (pattern, _) = read(file)?;
            let shape = pattern.shape().to_vec();
            let pattern = pattern.into_dimensionality::<Ix1>().map_err(|_| {
                Failure::wrong_input(format!(
                    "cannot use \"{}\" as a pattern: it has the shape {shape:?}, and a list is needed",
                    file.display()
                ))
            })?;
            let reference =
                target_pattern(look.network, &pattern.to_vec()).map_err(|problem| Failure::from_error(&problem))?;
            return checked(&[Objective::of(Quantity::Inversion { stage: NEURONS.to_owned() })], Some(&reference));
        }
        let parsed = self.objective.iter().map(|text| {
            text.parse().map_err(|problem: homolog::inside::objective::ObjectiveError| Failure::from_error(&problem))
        });
        let mut objectives: Vec<Objective> = parsed.collect::<Result<_, _>>()?;
        if objectives.is_empty() {
            let listed = match &self.neurons {
                None => (0..n_neurons).collect(),
                Some(text) => {
                    text.split(',').map(|one| one.trim().parse().ok()).collect::<Option<Vec<usize>>>().ok_or_else(
                        || {
                            Failure::wrong_input(format!(
                                "cannot read --neurons \"{text}\": it needs numbers with commas between, as in 0,3,7"
                            ))
                        },
                    )?
                }
            };
            let of = |neuron: usize| Objective::of(Quantity::Unit { stage: NEURONS.to_owned(), place: vec![neuron] });
            objectives = listed.into_iter().map(of).collect();
        }
        checked(&objectives, None)
    }
}
