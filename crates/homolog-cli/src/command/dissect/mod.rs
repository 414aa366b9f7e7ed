//! `homolog dissect`: which concepts the units of a stage detect.

mod classes;
mod output;
mod pictures;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use homolog::inside::dissection::{
    AblationEffect, Criteria, Dissection, DissectionError, Dissector, Upsampling, write_labelled,
};
use homolog::network::checked::Network;
use homolog::progress::Cancel;
use homolog::recording::record::RecordError;
use homolog::stimuli::generate::labelled_scenes;
use homolog::stimuli::labelled::LabelledSet;

use self::output::Results;
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::PictureFolder;
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// Pixels of the sides of the program's own images, at least.
const SCENE_PX: usize = 256;

/// How a unit's map gets the size of the masks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum UpsamplingChoice {
    /// Positions lie at the centres of their receptive fields, as in the paper
    #[default]
    ReceptiveFields,
    /// Positions lie at the centres of the cells of a grid, as PyTorch's interpolate has it
    Grid,
}

/// Which concepts units detect, by overlap with labelled masks, and what is lost without them
///
/// A unit is a channel of a stage. The places where it is above its threshold (the response that it exceeds at 0.005 of all
/// positions) are compared with the places where each concept is seen, over all images: intersection over union. A unit detects
/// the concept with the largest one if that is above 0.04 (Bau et al. 2017).
///
/// Without --labelled the program makes its own images: colours, textures, shapes, parts and objects. A folder of labelled images holds
/// images/ID.png and masks/CATEGORY/CONCEPT/ID.png (not black where the concept is seen); or images/ID.png, masks/ID.png and
/// labels.csv with the columns value (a grey level or #rrggbb), category and concept.
#[derive(Args)]
pub(crate) struct Dissect {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// Stages whose channels are dissected: all, blocks, names and patterns with commas between
    #[arg(long, value_name = "NAMES")]
    layers: String,
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Images and masks [default: made by the program]
    #[arg(long, value_name = "FOLDER")]
    labelled: Option<PathBuf>,
    /// How many images the program makes
    #[arg(long, value_name = "N", default_value_t = 240, conflicts_with = "labelled", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    images: u32,
    /// Of the images that the program makes
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "labelled")]
    seed: u64,
    /// Leaves the labelled images in a folder of their own, as --labelled reads them
    #[arg(long, value_name = "FOLDER")]
    write_labelled: Option<PathBuf>,
    /// Share of all positions at which a unit is above its threshold
    #[arg(long, value_name = "SHARE", default_value_t = 0.005)]
    quantile: f64,
    /// Intersection over union that makes a detector
    #[arg(long, value_name = "IOU", default_value_t = 0.04)]
    iou: f64,
    /// How a unit's map gets the size of the masks
    #[arg(long, value_enum, default_value_t)]
    upsampling: UpsamplingChoice,
    /// How many units of each stage are shown with their images
    #[arg(long, value_name = "N", default_value_t = 12)]
    top_units: usize,
    /// How many images each of them is shown with
    #[arg(long, value_name = "N", default_value_t = 4)]
    n_examples: usize,
    /// Concept whose detectors are silenced, or `all`; may be given often
    #[arg(long, value_name = "CONCEPT", requires = "classes")]
    ablate: Vec<String>,
    /// The class of each image: a table (FILE or FILE:COLUMN), `folders` for the first folder of its id, or @PROPERTY, as @object of the
    /// program's images. A class is the number of the network's output, or a name where the sorted names are as many as the outputs
    #[arg(long, value_name = "WHERE", requires = "ablate")]
    classes: Option<String>,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

/// What silencing the detectors of a concept does.
pub(crate) struct Ablated {
    pub(crate) stage: String,
    pub(crate) concept: usize,
    pub(crate) effect: AblationEffect,
}

impl Dissect {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        self.check()?;
        let model = Model::load(&self.model, &burn, &progress, &cancel)?;
        let preprocessing = model.preprocessing(self.preprocessing.as_deref())?;
        let stages = model.stages(&self.layers)?;
        let labelled = self.labelled(&model.network)?;
        let concepts = classes::chosen_concepts(&self.ablate, &labelled)?;
        let classes = match &self.classes {
            Some(text) => Some(classes::classes(text, &labelled, &model.network)?),
            None => None,
        };
        let engine = self.run.engine(&burn, &progress)?;
        let dissector =
            Dissector { labelled: &labelled, preprocessing: &preprocessing, engine: engine.as_ref(), resources };
        let criteria = Criteria {
            share: self.quantile,
            upsampling: match self.upsampling {
                UpsamplingChoice::ReceptiveFields => Upsampling::ReceptiveFields,
                UpsamplingChoice::Grid => Upsampling::Grid,
            },
            n_examples: self.n_examples,
        };
        let found = dissector.dissect(&model.network, &stages, &criteria, &progress, &cancel).map_err(failure)?;
        let mut ablated = Vec::new();
        if let Some(classes) = &classes {
            for dissection in &found {
                let groups = self.groups(dissection, &concepts)?;
                let units: Vec<Vec<usize>> = groups.iter().map(|(_, units)| units.clone()).collect();
                let stage = &dissection.stage.name;
                let effects =
                    dissector.ablate(&model.network, stage, &units, classes, &progress, &cancel).map_err(failure)?;
                let named = groups.into_iter().zip(effects);
                ablated.extend(named.map(|((concept, _), effect)| Ablated { stage: stage.clone(), concept, effect }));
            }
        }
        if let Some(folder) = &self.write_labelled {
            write_labelled(&labelled, folder).map_err(failure)?;
        }
        let results = Results {
            out: PictureFolder::at(&self.out),
            model: &model,
            dissector: &dissector,
            criteria: &criteria,
            iou: self.iou,
            source: self.source(),
            found: &found,
            ablated: &ablated,
        };
        results.write(self.top_units, &cancel, self.json)
    }

    fn check(&self) -> Result<(), Failure> {
        if self.iou.is_finite() && (0.0..1.0).contains(&self.iou) {
            return Ok(());
        }
        Err(Failure::wrong_input(format!(
            "cannot use --iou {}: it must be at least 0 and below 1, such as 0.04",
            self.iou
        )))
    }

    fn labelled(&self, network: &Network) -> Result<LabelledSet, Failure> {
        match &self.labelled {
            Some(folder) => LabelledSet::from_folder(folder).map_err(|problem| Failure::from_error(&problem)),
            None => {
                let side = network.stimulus_shape().iter().skip(1).copied().max().unwrap_or(0);
                // As recipes that crop have it, so that nothing is resampled.
                let size_px = (side * 256 / 224).max(SCENE_PX);
                let n_images = usize::try_from(self.images).unwrap_or(usize::MAX);
                labelled_scenes(n_images, size_px, self.seed).map_err(|problem| Failure::from_error(&problem))
            }
        }
    }

    /// Where the labelled images are from.
    fn source(&self) -> String {
        match &self.labelled {
            Some(folder) => folder.display().to_string(),
            None => format!("made by the program: {} images of seed {}", self.images, self.seed),
        }
    }

    /// The detectors of each concept that is to be silenced.
    fn groups(&self, found: &Dissection, concepts: &[usize]) -> Result<Vec<(usize, Vec<usize>)>, Failure> {
        let detectors = found.detectors(self.iou);
        let is_all = self.ablate.iter().any(|name| name == "all");
        let mut groups = Vec::new();
        for concept in concepts {
            let units: Vec<usize> =
                detectors.iter().filter(|one| one.concept == *concept).map(|one| one.unit).collect();
            if units.is_empty() && !is_all {
                let name = found.concepts.get(*concept).map_or("", |concept| concept.name.as_str());
                return Err(Failure::wrong_input(format!(
                    "cannot silence the detectors of \"{name}\": no unit of \"{}\" overlaps with it by more than {}. A lower --iou may find some",
                    found.stage.name, self.iou
                )));
            }
            if !units.is_empty() {
                groups.push((*concept, units));
            }
        }
        Ok(groups)
    }
}

/// A wish to stop is none of the input's faults.
fn failure(problem: DissectionError) -> Failure {
    match problem {
        DissectionError::Record(RecordError::Cancelled) => Failure::interrupted(),
        problem => Failure::from_error(&problem),
    }
}
