//! `homolog attribute`: which pixels a number that a network computes owes to.

mod checks;
mod input;
mod output;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use homolog::inside::attribution::lrp::PixelBox;
use homolog::inside::attribution::randomisation::Randomisation;
use homolog::inside::attribution::{Attribution, Attributor, Baseline, Method, Settings};
use homolog::inside::objective::{Aim, Objective, Quantity};
use homolog::network::checked::Network;
use homolog::progress::{Cancel, Progress as _};
use homolog::stimuli::{Preprocessing, Scale};

use self::checks::{Checks, Done};
use self::input::{Photograph, photographs, read_out};
use self::output::Folder;
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::PictureFolder;
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// Attribute a logit, a unit, a stage or a fitted neuron to the pixels of images
///
/// Methods: gradient, input-x-gradient, deconvnet, guided-backpropagation, integrated-gradients, smoothgrad, grad-cam, occlusion,
/// rise; relevance propagation by lrp-0, lrp-epsilon, lrp-gamma, lrp-zplus and the composites lrp-epsilon-plus,
/// lrp-epsilon-plus-flat, lrp-epsilon-alpha2-beta1, lrp-epsilon-gamma-box.
/// Objectives are written as for `homolog look`: logit:281, features.8:12, features.8[12,5,7], features.8, readout:0.
/// Maps belong to the network's own input, after preprocessing.
#[derive(Args)]
pub(crate) struct Attribute {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// Image files, folders, zip archives or tables of images
    #[arg(required = true, value_name = "IMAGES")]
    images: Vec<PathBuf>,
    /// What is attributed; may be given often [default: each image's largest logit]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    objective: Vec<String>,
    /// How; names with commas between
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "integrated-gradients,grad-cam,guided-backpropagation,lrp-epsilon-gamma-box"
    )]
    method: Vec<String>,
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// A mapping that was fitted on a stage's responses, which makes the stage "readout": what `homolog encode --save-mapping` writes
    /// (neurons × units, or neurons × channels; the intercept as a last column or not at all)
    #[arg(long, value_name = "STAGE=FILE.npy")]
    readout: Option<String>,
    /// The intercepts, where the mapping has none: a number for each neuron
    #[arg(long, value_name = "FILE.npy", requires = "readout")]
    intercepts: Option<PathBuf>,
    /// What integrated gradients start from, occlusion and rise hide with, and curves delete to and insert into: zero (0 after preprocessing,
    /// as in captum: the mean colour of the training images for most networks), mean (the image's own mean colour), blur, or an image
    /// [default: zero; insertion starts from the blurred image of RISE's code]
    #[arg(long, value_name = "zero|mean|blur|IMAGE")]
    baseline: Option<String>,
    /// Points of integrated gradients
    #[arg(long, value_name = "N", default_value_t = 50)]
    steps: usize,
    /// Noisy copies of smoothgrad
    #[arg(long, value_name = "N", default_value_t = 25)]
    samples: usize,
    /// Noise of smoothgrad, as a share of the input's range
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    noise: f64,
    /// Stage of grad-cam [default: the last with height and width]
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Side of occlusion's square in pixels
    #[arg(long, value_name = "PX", default_value_t = 32)]
    window: usize,
    /// Pixels between its squares
    #[arg(long, value_name = "PX", default_value_t = 8)]
    stride: usize,
    /// Masks of rise
    #[arg(long, value_name = "N", default_value_t = 1000)]
    masks: usize,
    /// Cells of a mask along each side
    #[arg(long, value_name = "N", default_value_t = 7)]
    cells: usize,
    /// Probability that a cell is shown
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    shown: f64,
    /// Of noise, masks and random weights
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Deletion and insertion curves in so many steps, of a logit's probability
    #[arg(long, value_name = "STEPS", num_args = 0..=1, default_missing_value = "32")]
    curves: Option<usize>,
    /// Randomise the weights layer by layer from the top, and compare the maps (Adebayo et al. 2018)
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "redrawn")]
    randomise: Option<RandomiseChoice>,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

/// What becomes of weights that are randomised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RandomiseChoice {
    /// Drawn anew as before training, biases 0
    Redrawn,
    /// Shuffled within each layer, biases too
    Shuffled,
}

/// One objective of one image, and its maps by each method.
pub(super) struct Attributed {
    /// The place of the image in the list.
    pub(super) image: usize,
    pub(super) aim: Aim,
    /// One for each method.
    pub(super) maps: Vec<Attribution>,
}

impl Attribute {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        let objectives = self.objectives()?;
        let mut model = Model::load(&self.model, &burn, &progress, &cancel)?;
        let preprocessing = model.preprocessing(self.preprocessing.as_deref())?;
        let settings = self.settings(&preprocessing);
        let methods: Result<Vec<Method>, _> =
            self.method.iter().map(|name| Method::named(name.trim(), &settings)).collect();
        let methods = methods.map_err(|problem| Failure::from_error(&problem))?;
        let read = self.readout.as_ref().map(|text| read_out(&model.network, text, self.intercepts.as_deref()));
        if let Some(read) = read.transpose()? {
            model.network = read;
        }
        let images = photographs(&self.images, &preprocessing)?;
        let baseline = self.baseline(&preprocessing)?;
        let engine = self.run.engine(&burn, &progress)?;
        let mut attributor = Attributor::new(&model.network, engine.as_ref(), &burn, resources, &cancel)
            .map_err(|problem| Failure::from_error(&problem))?;
        if let Some(baseline) = &baseline {
            attributor = attributor.with_baseline(baseline.clone());
        }
        let aims = aims(&model.network, &objectives, &images, &mut attributor)?;
        progress.begin("attributing", (aims.len() * methods.len()) as u64);
        let mut attributed = Vec::with_capacity(aims.len());
        for (image, aim) in aims {
            let mut maps = Vec::with_capacity(methods.len());
            for method in &methods {
                let Some(photograph) = images.get(image) else { continue };
                progress.note(&format!("{} {}", photograph.id, method.name()));
                maps.push(
                    attributor
                        .attribute(&aim, &photograph.input, method)
                        .map_err(|problem| Failure::from_error(&problem))?,
                );
                progress.advance(1);
            }
            attributed.push(Attributed { image, aim, maps });
        }
        progress.end();
        let checks = Checks {
            network: &model.network,
            engine: engine.as_ref(),
            burn: &burn,
            resources,
            progress: &progress,
            cancel: &cancel,
            baseline: baseline.as_ref(),
            done: Done { images: &images, methods: &methods, attributed: &attributed },
        };
        let curves = self.curves.map(|n_steps| checks.curves(n_steps)).transpose()?;
        let randomisation = self.randomise.map(|choice| match choice {
            RandomiseChoice::Redrawn => Randomisation::Redrawn,
            RandomiseChoice::Shuffled => Randomisation::Shuffled,
        });
        let cascades = randomisation.map(|randomisation| checks.cascades(randomisation, self.seed)).transpose()?;
        let folder = Folder {
            out: PictureFolder::at(&self.out),
            model: &model,
            preprocessing: &preprocessing,
            engine: engine.description(),
            methods: &methods,
            images: &images,
            readout: self.readout.as_deref(),
            baseline: baseline.as_ref().map_or("zero", Baseline::name),
            baseline_text: self.baseline.as_deref(),
            randomisation,
            seed: self.seed,
        };
        folder.write(&attributed, curves.as_deref(), cascades.as_deref(), self.json)
    }

    fn objectives(&self) -> Result<Vec<Objective>, Failure> {
        let mut objectives = Vec::new();
        for text in &self.objective {
            let objective: Objective = text
                .parse()
                .map_err(|problem: homolog::inside::objective::ObjectiveError| Failure::from_error(&problem))?;
            if objective.compared_stages().next().is_some() {
                return Err(Failure::wrong_input(format!(
                    "cannot attribute \"{text}\": it compares with a second image. Attribute a unit, channel, stage, logit or direction"
                )));
            }
            objectives.push(objective);
        }
        Ok(objectives)
    }

    /// The baseline that was chosen; an image is prepared as the others are.
    fn baseline(&self, preprocessing: &Preprocessing) -> Result<Option<Baseline>, Failure> {
        let Some(text) = &self.baseline else { return Ok(None) };
        Ok(Some(match text.as_str() {
            "zero" => Baseline::Zero,
            "mean" => Baseline::Mean,
            "blur" => Baseline::Blur,
            file if std::path::Path::new(file).is_file() => {
                let images = photographs(&[PathBuf::from(file)], preprocessing)?;
                let input = images.into_iter().next().map(|image| image.input);
                Baseline::Image(input.ok_or_else(|| {
                    Failure::wrong_input(format!("cannot use --baseline \"{file}\": it holds no image"))
                })?)
            }
            _ => {
                return Err(Failure::wrong_input(format!(
                    "cannot use --baseline \"{text}\": it needs zero, mean, blur or an image file, and there is no such file"
                )));
            }
        }))
    }

    fn settings(&self, preprocessing: &Preprocessing) -> Settings {
        Settings {
            n_steps: self.steps,
            n_samples: self.samples,
            noise: self.noise,
            stage: self.stage.clone(),
            window: self.window,
            stride: self.stride,
            n_masks: self.masks,
            n_cells: self.cells,
            shown: self.shown,
            seed: self.seed,
            pixel_box: Some(pixel_box(preprocessing)),
        }
    }
}

/// What black and white become.
fn pixel_box(preprocessing: &Preprocessing) -> PixelBox {
    let white = match preprocessing.scale {
        Scale::ZeroToOne => 1.0,
        Scale::ZeroTo255 => 255.0,
    };
    #[allow(clippy::cast_possible_truncation, reason = "networks compute in 32 bits")]
    let of = |pixel: f64| -> Vec<f32> {
        preprocessing.mean.iter().zip(preprocessing.std).map(|(mean, std)| ((pixel - mean) / std) as f32).collect()
    };
    PixelBox { low: of(0.0), high: of(white) }
}

/// Every objective of every image; where none was asked for, each image's largest logit.
fn aims(
    network: &Network,
    objectives: &[Objective],
    images: &[Photograph],
    attributor: &mut Attributor<'_>,
) -> Result<Vec<(usize, Aim)>, Failure> {
    let mut aims = Vec::new();
    for (place, image) in images.iter().enumerate() {
        let largest = match objectives {
            [] => {
                let class = attributor.largest_logit(&image.input).map_err(|problem| Failure::from_error(&problem))?;
                vec![Objective::of(Quantity::Logit { class })]
            }
            _ => Vec::new(),
        };
        for objective in objectives.iter().chain(&largest) {
            let aim = Aim::new(objective, network, None).map_err(|problem| Failure::from_error(&problem))?;
            aims.push((place, aim));
        }
    }
    Ok(aims)
}
