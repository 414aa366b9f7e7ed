//! `homolog look`: what units want, and what drives them in data.

mod examples;
mod output;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::{Args, ValueEnum};
use homolog::inside::image::{Colour, InputMap, Magnitudes, Parameterisation};
use homolog::inside::objective::{Objective, Reference};
use homolog::inside::optimise::{Ended, Look as Looking, Optimised, Settings, Surroundings};
use homolog::inside::transform::{Recipe, Regularizer};
use homolog::network::checked::Network;
use homolog::progress::Cancel;
use homolog::stimuli::{IdStyle, Preprocessing, StimulusSet};
use homolog::store::Store;

use self::examples::DataExamples;
use self::output::Folder;
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, image_from, read_size};
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// What the channels of the parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ColourChoice {
    /// Directions that natural images do not correlate
    Decorrelated,
    /// Red, green, blue
    Plain,
}

/// Make images that drive units, and find those in a folder that do
///
/// Objectives: a channel (features.8:12), a unit (features.8[12,5,7], or features.8[12] for the one in the middle), a whole stage
/// (features.8), logit:281, probability:281, direction(features.8, 3=1, 5=-0.5), cosine(…), inversion(features.8) and
/// caricature(features.8) of --image, diversity(features.8) with --diverse; sums, weights and minus signs of them.
/// Stop it whenever you like: the same command goes on where it was, and the result is the same to the byte.
#[derive(Args)]
pub(crate) struct Look {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// What is maximised; may be given often
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, required_unless_present_any = ["channels", "examples"])]
    objective: Vec<String>,
    /// Many channels of a stage, each by itself: features.12:0-15; may be given often
    #[arg(long, value_name = "STAGE:FIRST-LAST")]
    channels: Vec<String>,
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How an image is made of parameters: pixels, fourier, pyramid, cppn, maco [default: fourier; pixels where the regularizer
    /// changes pixels]
    #[arg(long, value_name = "NAME")]
    param: Option<String>,
    /// none, l2, total-variation, blurred-image, jitter, jitter-multiscale, blurred-gradient, bilateral, normalised-gradient, robust, crops
    #[arg(long, value_name = "NAME", default_value = "robust")]
    regularizer: String,
    /// What the channels of the parameters are [default: decorrelated; plain for cppn]
    #[arg(long, value_enum)]
    colour: Option<ColourChoice>,
    /// Steps of Adam
    #[arg(long, value_name = "N", default_value_t = 512)]
    steps: usize,
    /// Adam's step [default: 0.05; 0.1 for pixels, 0.002 for cppn]
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// Of the noise at the start and of each step's view
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Pixels of the image: N or HEIGHTxWIDTH [default: as the network takes it]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    /// Images of each objective
    #[arg(long, value_name = "N", default_value_t = 1)]
    diverse: usize,
    /// The image that inversion(…) and caricature(…) compare with
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// The image to start from, instead of noise
    #[arg(long, value_name = "FILE")]
    start: Option<PathBuf>,
    /// Images whose Fourier magnitude `maco` keeps [default: 1/f]
    #[arg(long, value_name = "FOLDER")]
    magnitudes: Option<PathBuf>,
    /// A denoising network (ONNX, images of 0 to 1 in and out) that the image is drawn to after each step
    #[arg(long, value_name = "MODEL", requires = "prior_strength")]
    prior: Option<String>,
    /// How far it is drawn, 0 to 1
    #[arg(long, value_name = "SHARE", requires = "prior")]
    prior_strength: Option<f64>,
    /// Images among which to look for those that drive the units
    #[arg(long, value_name = "FOLDER")]
    examples: Option<PathBuf>,
    /// How many of the highest and lowest are shown
    #[arg(long, value_name = "N", default_value_t = 8)]
    n_examples: usize,
    /// Stages whose channels are all listed with their examples [default: those of the objectives]
    #[arg(long, value_name = "NAMES", requires = "examples")]
    layers: Option<String>,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

impl Look {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        let objectives = self.objectives()?;
        let model = Model::load(&self.model, &burn, &progress, &cancel)?;
        let prior = self.prior.as_ref().map(|prior| Model::load(prior, &burn, &progress, &cancel)).transpose()?;
        let n_channels = model.network.stimulus_shape().first().copied().unwrap_or(0);
        let preprocessing = if n_channels == 3 || self.preprocessing.is_some() {
            Some(model.preprocessing(self.preprocessing.as_deref())?)
        } else {
            None
        };
        let look = self.look(&model, preprocessing.as_ref(), prior.as_ref().map(|prior| &prior.network))?;
        let reference = self.reference(&look, &objectives)?;
        let aims = look.aims(&objectives, reference.as_ref()).map_err(|problem| Failure::from_error(&problem))?;
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        let names: Vec<&str> = aims.iter().map(|aim| aim.name()).collect();
        let watch = |place: usize, _: usize, objective: f64| {
            progress.note(&format!("{} {objective:.3}", names.get(place).copied().unwrap_or_default()));
        };
        let surroundings =
            Surroundings { resources, progress: &progress, watch: &watch, cancel: &cancel, store: Some(&store) };
        let began = Instant::now();
        let optimised = look.optimise(&aims, &surroundings).map_err(|problem| Failure::from_error(&problem))?;
        let seconds = began.elapsed().as_secs_f64();
        warn_of(&optimised, &progress);
        if cancel.is_cancelled() {
            return Err(Failure::interrupted());
        }
        let examples = match (&self.examples, &preprocessing) {
            (Some(folder), Some(preprocessing)) => {
                let engine = self.run.engine(&burn, &progress)?;
                let asked = examples::Asked { folder, layers: self.layers.as_deref(), n_examples: self.n_examples };
                let run = examples::Run { engine: engine.as_ref(), resources, progress: &progress, cancel: &cancel };
                Some(DataExamples::find(&asked, &model, preprocessing, &objectives, &run)?)
            }
            (Some(_), None) => {
                return Err(Failure::wrong_input(format!(
                    "cannot show images of a folder to \"{}\": it takes {n_channels} channels, and images have three",
                    model.name
                )));
            }
            (None, _) => None,
        };
        let folder = Folder {
            out: PictureFolder::at(&self.out),
            look: &look,
            model: &model,
            preprocessing: preprocessing.as_ref(),
            seconds,
        };
        folder.write(&objectives, &optimised, examples.as_ref(), self.json)
    }

    fn objectives(&self) -> Result<Vec<Objective>, Failure> {
        let mut objectives = Vec::new();
        for text in &self.objective {
            objectives.push(
                text.parse()
                    .map_err(|problem: homolog::inside::objective::ObjectiveError| Failure::from_error(&problem))?,
            );
        }
        for text in &self.channels {
            let read = || {
                let (stage, range) = text.rsplit_once(':')?;
                let (first, last) = range.split_once('-')?;
                let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first <= last && last - first < 100_000).then(|| (stage.to_owned(), first..=last))
            };
            let (stage, channels) = read().ok_or_else(|| {
                Failure::wrong_input(format!(
                    "cannot read --channels \"{text}\": it needs STAGE:FIRST-LAST, as in features.12:0-15"
                ))
            })?;
            objectives.extend(channels.map(|channel| Objective::channel(&stage, channel)));
        }
        Ok(objectives)
    }

    fn look<'a>(
        &self,
        model: &'a Model,
        preprocessing: Option<&Preprocessing>,
        prior: Option<&'a Network>,
    ) -> Result<Looking<'a>, Failure> {
        let shape = model.network.stimulus_shape();
        let [n_channels, height, width] = <[usize; 3]>::try_from(shape.clone()).map_err(|_| {
            Failure::wrong_input(format!(
                "cannot optimise an image for \"{}\": its stimuli have the shape {shape:?}",
                model.name
            ))
        })?;
        let size = self.size.as_deref().map_or(Ok([height, width]), read_size)?;
        let regularizer = Regularizer::named(&self.regularizer).map_err(|problem| Failure::from_error(&problem))?;
        let recipe = Recipe { prior: self.prior_strength.unwrap_or(0.0), ..regularizer.recipe() };
        let parameterisation = match &self.param {
            Some(name) => Parameterisation::named(name).map_err(|problem| Failure::from_error(&problem))?,
            None if recipe.changes_pixels() => Parameterisation::Pixels,
            None => Parameterisation::Fourier,
        };
        let colour = match self.colour {
            Some(ColourChoice::Decorrelated) => Colour::Decorrelated,
            Some(ColourChoice::Plain) => Colour::Plain,
            None => parameterisation.colour(),
        };
        let magnitudes = self.magnitudes.as_ref().map(|folder| {
            let set = StimulusSet::open(folder, IdStyle::default()).map_err(|problem| Failure::from_error(&problem))?;
            let [height, width] = size;
            let magnitudes = Magnitudes::of_images(&set, height, width, colour);
            magnitudes.map(Arc::new).map_err(|problem| Failure::from_error(&problem))
        });
        let start = self.start.as_ref().map(|file| Ok(Arc::new(image_from(file, size)?)));
        let settings = Settings {
            parameterisation,
            colour,
            recipe,
            size,
            n_images: self.diverse,
            n_steps: self.steps,
            learning_rate: self.learning_rate.unwrap_or(parameterisation.learning_rate()),
            seed: self.seed,
            magnitudes: magnitudes.transpose()?,
            start: start.transpose()?,
        };
        let input = preprocessing.filter(|_| n_channels == 3).map_or(InputMap::unchanged(n_channels), InputMap::of);
        let identity = format!("{} {:?}", model.name, model.weights_sha256);
        Ok(Looking { network: &model.network, input, settings, prior, identity, burn: model.burn.clone() })
    }

    /// The responses to --image that the objectives compare with.
    fn reference(&self, look: &Looking<'_>, objectives: &[Objective]) -> Result<Option<Reference>, Failure> {
        let stages: Vec<&str> = objectives.iter().flat_map(Objective::compared_stages).collect();
        let Some(file) = self.image.as_ref().filter(|_| !stages.is_empty()) else { return Ok(None) };
        let [_, height, width] = look.input_size().map_err(|problem| Failure::from_error(&problem))?;
        let image = image_from(file, [height, width])?;
        look.reference(&image, &stages).map(Some).map_err(|problem| Failure::from_error(&problem))
    }
}

fn warn_of(optimised: &[Optimised], progress: &Bars) {
    use homolog::progress::Progress as _;
    for one in optimised {
        if let Ended::NotFinite { step } = one.ended {
            progress.warn(&format!(
                "\"{}\" was not finite in step {step}; its image is that of the step before. A smaller --learning-rate may help",
                one.name
            ));
        }
        if one.is_dead {
            progress.warn(&format!(
                "\"{}\" is dead: no image on the way made it respond, and its image means nothing",
                one.name
            ));
        }
    }
}
