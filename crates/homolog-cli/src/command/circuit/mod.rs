//! `homolog circuit`: what units are made of.

mod output;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use homolog::inside::circuit::{
    Circuit as Tracing, CircuitError, Node, Slopes, Strongest, Unit, pair, share_active, stages_before,
};
use homolog::inside::examples::Folder as Images;
use homolog::inside::objective::Objective;
use homolog::inside::optimise::{Optimised, Surroundings};
use homolog::progress::{Cancel, Progress as _};
use homolog::recording::record::{RecordError, Resources};
use homolog::stimuli::{IdStyle, Preprocessing, StimulusSet};
use homolog::store::Store;

use self::output::{Found, Output};
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::icons::Icons;
use crate::model::Model;
use crate::pictures::{PictureFolder, read_size};
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// By what the strongest inputs of a unit are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ByChoice {
    /// The length of all weights, whatever their signs
    #[default]
    Norm,
    /// The sum of the weights above 0
    Excitation,
    /// The sum of the weights below 0
    Inhibition,
}

/// The weights between units of any two stages, and what a unit is made of
///
/// Weights are expanded through the stages between, with every rectifier's slope taken as 1 (or as the share of images in which
/// it is active, with --active) and every largest-of-a-window as the window's mean; a layer that acts on each token by itself is a
/// convolution of 1 x 1, and there are no weights through attention. A unit's strongest inputs are drawn as a
/// tree: their images, and the weights by position, excitation in orange and inhibition in blue.
/// Stop it whenever you like: the same command goes on where it was.
#[derive(Args)]
pub(crate) struct Circuit {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// The unit: a stage and a channel of it, as in features.10:12; may be given often
    #[arg(long, value_name = "STAGE:CHANNEL", required = true)]
    unit: Vec<String>,
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// One earlier unit alone: how it drives each --unit; may be given often
    #[arg(long, value_name = "STAGE:CHANNEL", conflicts_with_all = ["through", "depth", "breadth"])]
    from: Vec<String>,
    /// Earlier stages, nearest first, with commas between [default: the blocks before]
    #[arg(long, value_name = "STAGES", conflicts_with = "depth")]
    through: Option<String>,
    /// How many blocks back
    #[arg(long, value_name = "N", default_value_t = 2)]
    depth: usize,
    /// How many inputs of each unit are shown
    #[arg(long, value_name = "N", default_value_t = 4)]
    breadth: usize,
    /// By what the strongest inputs are chosen
    #[arg(long, value_enum, default_value_t)]
    by: ByChoice,
    /// Images over which the slope of each rectifier is averaged [default: a slope of 1]
    #[arg(long, value_name = "FOLDER")]
    active: Option<PathBuf>,
    /// Steps of each unit's image; 0 leaves the images out
    #[arg(long, value_name = "N", default_value_t = 128)]
    steps: usize,
    /// Pixels of each unit's image: N or HEIGHTxWIDTH [default: 96, or as the network takes it]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    /// Of the units' images
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

impl Circuit {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        let units = read_units(&self.unit)?;
        let sources = read_units(&self.from)?;
        let size = self.size.as_deref().map(read_size).transpose()?;
        let model = Model::load(&self.model, &burn, &progress, &cancel)?;
        let n_channels = model.network.stimulus_shape().first().copied().unwrap_or(0);
        let preprocessing = if n_channels == 3 || self.preprocessing.is_some() {
            Some(model.preprocessing(self.preprocessing.as_deref())?)
        } else {
            None
        };
        let slopes = self.slopes(&model, preprocessing.as_ref(), &units, resources, &progress, &cancel)?;
        let mut found = Vec::new();
        for unit in &units {
            found.extend(self.traced(&model, unit, &sources, &slopes)?);
        }
        let icons =
            Icons { model: &model, preprocessing: preprocessing.as_ref(), size, n_steps: self.steps, seed: self.seed };
        let (images, size) = self.images(&icons, &found, resources, &progress, &cancel)?;
        if cancel.is_cancelled() {
            return Err(Failure::interrupted());
        }
        for (unit, image) in images.iter().filter(|(_, image)| image.is_dead) {
            progress.warn(&format!("\"{unit}\" is dead: {} means nothing", image.name));
        }
        let output = Output {
            out: PictureFolder::at(&self.out),
            model: &model,
            preprocessing: preprocessing.as_ref(),
            images: &images,
            icons: (self.steps > 0).then(|| icons.provenance(size)),
            active: self.active.as_deref(),
            by: self.by(),
        };
        output.write(&found, self.json)
    }

    /// The trees of a unit, or one for each pair.
    fn traced(&self, model: &Model, unit: &Unit, sources: &[Unit], slopes: &Slopes) -> Result<Vec<Found>, Failure> {
        let refused = |problem: CircuitError| Failure::from_error(&problem);
        if !sources.is_empty() {
            let one = |from: &Unit| {
                let tree = pair(&model.network, from, unit, slopes).map_err(refused)?;
                Ok(Found { tree, through: vec![from.stage.clone()], strengths: Vec::new() })
            };
            return sources.iter().map(one).collect();
        }
        let through = match &self.through {
            Some(names) => model.stages(names)?.into_iter().map(|stage| stage.name).collect(),
            None => stages_before(&model.network, &unit.stage, self.depth).map_err(refused)?,
        };
        let tracing =
            Tracing { network: &model.network, slopes, through: through.clone(), breadth: self.breadth, by: self.by() };
        let tree = tracing.tree(unit).map_err(refused)?;
        let strengths = match through.first() {
            Some(nearest) => {
                let all = tracing.strengths(unit, nearest).map_err(refused)?;
                vec![(nearest.clone(), all)]
            }
            None => Vec::new(),
        };
        Ok(vec![Found { tree, through, strengths }])
    }

    fn by(&self) -> Strongest {
        match self.by {
            ByChoice::Norm => Strongest::Norm,
            ByChoice::Excitation => Strongest::Excitation,
            ByChoice::Inhibition => Strongest::Inhibition,
        }
    }

    /// What stands for the slopes of rectifiers.
    fn slopes(
        &self,
        model: &Model,
        preprocessing: Option<&Preprocessing>,
        units: &[Unit],
        resources: Resources,
        progress: &Bars,
        cancel: &Cancel,
    ) -> Result<Slopes, Failure> {
        let (Some(folder), Some(preprocessing)) = (&self.active, preprocessing) else { return Ok(Slopes::One) };
        let set = StimulusSet::open(folder, IdStyle::default()).map_err(|problem| Failure::from_error(&problem))?;
        let engine = self.run.engine(&model.burn, progress)?;
        let images = Images { set: &set, preprocessing, engine: engine.as_ref(), resources };
        let mut all = BTreeMap::new();
        for unit in units {
            match share_active(&model.network, &unit.stage, &images, progress, cancel) {
                Ok(Slopes::ShareActive(shares)) => all.extend(shares),
                Ok(Slopes::One) => {}
                Err(CircuitError::Inside(homolog::inside::InsideError::Record(RecordError::Cancelled))) => {
                    return Err(Failure::interrupted());
                }
                Err(problem) => return Err(Failure::from_error(&problem)),
            }
        }
        Ok(Slopes::ShareActive(all))
    }

    /// An image of every unit that is shown, and the images' size.
    fn images(
        &self,
        icons: &Icons<'_>,
        found: &[Found],
        resources: Resources,
        progress: &Bars,
        cancel: &Cancel,
    ) -> Result<(BTreeMap<Unit, Optimised>, [usize; 2]), Failure> {
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        if self.steps == 0 {
            return Ok((BTreeMap::new(), [0, 0]));
        }
        let mut units: Vec<Unit> =
            found.iter().flat_map(|found| found.tree.all()).map(|node: &Node| node.unit.clone()).collect();
        units.sort();
        units.dedup();
        let network = &icons.model.network;
        let values: Result<Vec<String>, _> =
            units.iter().map(|unit| network.stage(&unit.stage).map(|stage| stage.value.clone())).collect();
        let mut values = values.map_err(|problem| Failure::from_error(&problem))?;
        values.sort();
        values.dedup();
        let network = icons.network(&values)?;
        let look = icons.look(&network);
        let objectives: Vec<Objective> =
            units.iter().map(|unit| Objective::channel(&unit.stage, unit.channel)).collect();
        let aims = look.aims(&objectives, None).map_err(|problem| Failure::from_error(&problem))?;
        let names: Vec<&str> = aims.iter().map(|aim| aim.name()).collect();
        let watch = |place: usize, _: usize, objective: f64| {
            progress.note(&format!("{} {objective:.3}", names.get(place).copied().unwrap_or_default()));
        };
        let surroundings = Surroundings { resources, progress, watch: &watch, cancel, store: Some(&store) };
        let optimised = look.optimise(&aims, &surroundings).map_err(|problem| Failure::from_error(&problem))?;
        Ok((units.into_iter().zip(optimised).collect(), network.size))
    }
}

fn read_units(texts: &[String]) -> Result<Vec<Unit>, Failure> {
    texts.iter().map(|text| text.parse().map_err(|problem: CircuitError| Failure::from_error(&problem))).collect()
}
