//! What metamers, controversial images and images that drive neurons have in common: how they are optimised, and what is left of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::{Args, ValueEnum};
use homolog::inside::image::{Colour, InputMap, Parameterisation};
use homolog::inside::objective::Aim;
use homolog::inside::optimise::{Ended, Look, Optimised, Settings, Surroundings};
use homolog::inside::picture::{Cell, pictures};
use homolog::inside::transform::{Optimiser, Recipe, Regularizer};
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::progress::{Cancel, Progress as _};
use homolog::recording::record::Resources;
use homolog::store::Store;
use homolog::synthesis::classifier::Classifier;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, image_from, trajectory_chart};
use crate::progress::Bars;

/// Pixels across of a trajectory's figure.
const FIGURE_PX: f64 = 560.0;

/// What moves the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OptimiserChoice {
    /// L-BFGS: by the curvature of the steps before
    Lbfgs,
    /// Adam, with --learning-rate
    Adam,
}

/// What an image is optimised for, which decides how it is best done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To agree with something: L-BFGS, without a regularizer.
    Match,
    /// To drive a response as far as it goes, which without a regularizer ends in black and white: Adam, with views that are shifted, scaled and turned.
    Drive,
}

/// How images are optimised.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Optimising")]
pub(super) struct MakingOptions {
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    pub(super) out: PathBuf,
    /// What moves the image [default: lbfgs; adam where a response is driven as far as it goes]
    #[arg(long, value_enum)]
    optimiser: Option<OptimiserChoice>,
    /// Steps
    #[arg(long, value_name = "N", default_value_t = 200)]
    steps: usize,
    /// Sizes through which the image goes, from coarse to fine, each 1.4 times the one before
    #[arg(long, value_name = "N", default_value_t = 1)]
    scales: usize,
    /// With Adam: none, l2, total-variation, jitter, robust, …, as `homolog look` has them [default: none; robust where a response is driven as far as it goes]
    #[arg(long, value_name = "NAME")]
    regularizer: Option<String>,
    /// How an image is made of parameters: pixels, fourier, pyramid, cppn, maco [default: fourier; pixels where the regularizer changes pixels]
    #[arg(long, value_name = "NAME")]
    param: Option<String>,
    /// Adam's step [default: as suits the parameters]
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// Of the noise at the start
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// The image to start from, instead of noise
    #[arg(long, value_name = "FILE")]
    start: Option<PathBuf>,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) preprocessing: Option<String>,
    /// One JSON object instead of words
    #[arg(long)]
    pub(super) json: bool,
}

/// From images in [0, 1] to a model's input.
pub(super) fn input_map(model: &Model, preprocessing: Option<&str>) -> Result<InputMap, Failure> {
    let n_channels = model.network.stimulus_shape().first().copied().unwrap_or(0);
    if n_channels != 3 && preprocessing.is_none() {
        return Ok(InputMap::unchanged(n_channels));
    }
    Ok(InputMap::of(&model.preprocessing(preprocessing)?))
}

/// What a model is, for the names of what is kept.
pub(super) fn identity(model: &Model) -> String {
    format!("{} {:?}", model.name, model.weights_sha256)
}

/// A model as a classifier.
pub(super) fn classifier<'a>(model: &'a Model, preprocessing: Option<&str>) -> Result<Classifier<'a>, Failure> {
    Classifier::new(&model.network, input_map(model, preprocessing)?, identity(model), model.burn.clone())
        .map_err(|problem| Failure::from_error(&problem))
}

/// What runs beside the optimisation.
pub(super) struct Around<'a> {
    pub(super) progress: &'a Bars,
    pub(super) cancel: &'a Cancel,
    pub(super) resources: Resources,
}

/// Optimised images and how they were made.
pub(super) struct Made {
    pub(super) optimised: Vec<Optimised>,
    pub(super) settings: Settings,
    pub(super) seconds: f64,
}

impl MakingOptions {
    /// A look at a network with these settings.
    pub(super) fn look<'a>(
        &self,
        network: &'a Network,
        burn: &Burn,
        input: InputMap,
        identity: String,
        (size, purpose): ([usize; 2], Purpose),
    ) -> Result<Look<'a>, Failure> {
        let (optimiser, usual) = match (self.optimiser, purpose) {
            (None | Some(OptimiserChoice::Adam), Purpose::Drive) => (Optimiser::Adam, Regularizer::Robust),
            (Some(OptimiserChoice::Adam), Purpose::Match) => (Optimiser::Adam, Regularizer::None),
            (None | Some(OptimiserChoice::Lbfgs), _) => (Optimiser::Lbfgs, Regularizer::None),
        };
        let regularizer = self.regularizer.as_deref().map_or(Ok(usual), Regularizer::named);
        let regularizer = regularizer.map_err(|problem| Failure::from_error(&problem))?;
        if self.scales == 0 {
            return Err(Failure::wrong_input("cannot go through --scales 0: at least 1 is needed"));
        }
        let plain = regularizer.recipe();
        let recipe = Recipe { optimiser, n_scales: self.scales.max(plain.n_scales), ..plain };
        let parameterisation = match &self.param {
            Some(name) => Parameterisation::named(name).map_err(|problem| Failure::from_error(&problem))?,
            None if recipe.pixels.is_some() => Parameterisation::Pixels,
            None => Parameterisation::Fourier,
        };
        let start = self.start.as_ref().map(|file| Ok::<_, Failure>(Arc::new(image_from(file, size)?))).transpose()?;
        let settings = Settings {
            parameterisation,
            colour: Colour::Decorrelated,
            recipe,
            size,
            n_images: 1,
            n_steps: self.steps,
            learning_rate: self.learning_rate.unwrap_or(parameterisation.learning_rate()),
            seed: self.seed,
            magnitudes: None,
            start,
        };
        Ok(Look { network, input, settings, prior: None, identity, burn: burn.clone() })
    }

    /// The images of the aims; `names` are what progress shows.
    pub(super) fn make(
        &self,
        look: &Look<'_>,
        aims: &[Aim],
        names: &[String],
        around: &Around<'_>,
    ) -> Result<Made, Failure> {
        let Around { progress, cancel, resources } = *around;
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        let watch = |place: usize, _: usize, objective: f64| {
            progress.note(&format!("{} {objective:.4}", names.get(place).map_or("", String::as_str)));
        };
        let surroundings = Surroundings { resources, progress, watch: &watch, cancel, store: Some(&store) };
        let began = Instant::now();
        let optimised = look.optimise(aims, &surroundings).map_err(|problem| Failure::from_error(&problem))?;
        if cancel.is_cancelled() {
            return Err(Failure::interrupted());
        }
        for (one, name) in optimised.iter().zip(names) {
            if let Ended::NotFinite { step } = one.ended {
                progress
                    .warn(&format!("\"{name}\" was not finite in step {step}; its image is that of the step before"));
            }
            if one.is_dead {
                progress.warn(&format!(
                    "\"{name}\" is dead: nothing near the start changed it, and its image means nothing"
                ));
            }
        }
        Ok(Made { optimised, settings: look.settings.clone(), seconds: began.elapsed().as_secs_f64() })
    }
}

impl Made {
    /// Writes an image and its trajectory, and says what they are.
    pub(super) fn write(
        &self,
        folder: PictureFolder<'_>,
        one: &Optimised,
        stem: &str,
        caption: Vec<String>,
    ) -> Result<(Value, Vec<Cell>), Failure> {
        let mut cells = Vec::new();
        let mut files = Vec::new();
        for image in &one.images {
            for picture in pictures(image).map_err(|problem| Failure::from_error(&problem))? {
                let name =
                    if cells.is_empty() { format!("{stem}.png") } else { format!("{stem}-{}.png", cells.len() + 1) };
                folder.put_picture(&name, &picture)?;
                files.push(name);
                cells.push(Cell { picture, caption: caption.clone() });
            }
        }
        let figure = trajectory_chart(&one.name, &one.trajectory).figure(FIGURE_PX);
        let trajectory = format!("{stem}-trajectory.png");
        folder.put(&trajectory, &figure.png().map_err(|problem| Failure::from_error(&problem))?)?;
        let (ended, step) = match one.ended {
            Ended::Done => ("done", one.trajectory.len()),
            Ended::Cancelled { step } => ("stopped", step),
            Ended::NotFinite { step } => ("not finite", step),
        };
        let known = json!({ "objective": one.name, "files": files, "trajectory_file": trajectory, "value": one.objective,
            "ended": ended, "n_steps": step, "is_dead": one.is_dead, "step_seconds": one.step_seconds,
            "trajectory": one.trajectory });
        Ok((known, cells))
    }

    /// How all of them were made.
    pub(super) fn settings(&self) -> Value {
        let settings = &self.settings;
        json!({
            "param": settings.parameterisation.name(),
            "regularizer": settings.recipe.name,
            "recipe": format!("{:?}", settings.recipe),
            "colour": format!("{:?}", settings.colour).to_lowercase(),
            "starts_from": if settings.start.is_some() { "an image" } else { "noise" },
            "size_px": settings.size,
            "steps": settings.n_steps,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed,
            "optimising_seconds": self.seconds,
        })
    }
}

/// A file's name without its ending, with signs that any file name may have.
pub(super) fn stem(text: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-') { letter } else { '_' };
    text.chars().map(plain).take(80).collect::<String>().trim_start_matches(['.', '-']).trim_end_matches('_').to_owned()
}

/// The name of a file without folder and ending.
pub(super) fn name_of(file: &Path) -> String {
    file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Two JSON objects in one.
pub(super) fn extended(mut object: serde_json::Map<String, Value>, more: &Value) -> Value {
    object.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(object)
}
