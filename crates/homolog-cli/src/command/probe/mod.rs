//! `homolog probe`: the experiments of electrophysiology on every unit of chosen stages.

mod field_report;
mod folder_report;
mod labels;
mod measure;
mod output;
mod rescoring;
mod stage_report;
mod tuning_report;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use homolog::inside::image::InputMap;
use homolog::inside::probe::{
    Category, FieldExperiment, FieldSettings, GratingExperiment, GratingSettings, Presenter, ProbeError, ProbedStage,
    TransformedObjects, UnitChoice, category_selectivity, concept_cells, sparseness,
};
use homolog::stimuli::{IdStyle, Preprocessing, StimulusSet};
use serde_json::json;

use self::labels::Concepts;
use self::measure::{Measure, Measures};
use self::output::Output;
use self::rescoring::Rescoring;
use self::stage_report::StageReport;
use self::tuning_report::Scale;
use crate::exit::Failure;
use crate::model::Model;
use crate::run_options::RunOptions;
use crate::running::Running;

/// Which units of a stage
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum UnitsChoice {
    /// Of every channel, the one in the middle
    #[default]
    Centre,
    /// The mean of every channel over its positions
    Mean,
    /// All of them
    Every,
}

impl From<UnitsChoice> for UnitChoice {
    fn from(choice: UnitsChoice) -> Self {
        match choice {
            UnitsChoice::Centre => Self::Centre,
            UnitsChoice::Mean => Self::Mean,
            UnitsChoice::Every => Self::Every,
        }
    }
}

/// Measure units as in electrophysiology: tuning, receptive fields, selectivity, invariance, lesions
///
/// Gratings give orientation, spatial frequency, F1/F0, contrast, size and position tuning; noise gives receptive fields; objects
/// drawn by the program invariance; folders of images sparseness, category selectivity and concept cells. A lesion or a gain is
/// judged by accuracy on labelled images and by benchmarks, before and after.
#[derive(Args)]
pub(crate) struct Probe {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// `blocks`, `all`, or names and patterns with commas between
    #[arg(long, value_name = "NAMES", default_value = "blocks")]
    layers: String,
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// orientation (with spatial frequency), phase, contrast, size, position, receptive-field, invariance, sparseness, categories,
    /// concepts, gratings (the first five); with commas between [default: what --images, --concepts, --lesion or --gain ask for;
    /// without these gratings and receptive-field]
    #[arg(long, value_name = "NAMES")]
    measure: Option<String>,
    /// Which units of a stage
    #[arg(long, value_enum, default_value_t)]
    units: UnitsChoice,
    /// How many of the most selective units are drawn
    #[arg(long, value_name = "N", default_value_t = 10)]
    drawn: usize,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// Of noise, objects and permutations
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    gratings: GratingOptions,
    #[command(flatten)]
    images: ImageOptions,
    #[command(flatten)]
    rescoring: Rescoring,
    #[command(flatten)]
    run: RunOptions,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Gratings, noise and objects")]
struct GratingOptions {
    /// Orientations over 180 degrees
    #[arg(long, value_name = "N", default_value_t = 12)]
    orientations: usize,
    /// Spatial frequencies in cycles per width of the image, with commas between [default: half octaves from 2 to 0.45 a pixel]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    frequencies: Option<Vec<f64>>,
    /// Phases over a cycle
    #[arg(long, value_name = "N", default_value_t = 8)]
    phases: usize,
    /// Michelson contrast of gratings and noise
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, allow_negative_numbers = true)]
    contrast: f64,
    /// Degrees of visual angle of a pixel of the network's input, for cycles a degree and sizes in degrees
    #[arg(long, value_name = "DEGREES")]
    degrees_per_pixel: Option<f64>,
    /// Cells of the noise along a side, at most
    #[arg(long, value_name = "N", default_value_t = 15)]
    cells: usize,
    /// Blocks of binary noise
    #[arg(long, value_name = "N", default_value_t = 4)]
    noise_blocks: usize,
    /// Objects of each of the eight categories
    #[arg(long, value_name = "N", default_value_t = 2)]
    objects: usize,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Images")]
struct ImageOptions {
    /// Images for sparseness, categories, lesions and gains: a folder, a zip, a CSV table or an .npy array
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Category of each image: FILE.csv:COLUMN, rows found by stimulus_id [default: the name of its subfolder]
    #[arg(long, value_name = "FILE:COLUMN")]
    labels: Option<String>,
    /// Images in CONCEPT/MEDIUM/, or a CSV table with the columns concept and medium for those of --images
    #[arg(long, value_name = "FOLDER|CSV")]
    concepts: Option<PathBuf>,
    /// Permutations of the labels for concept cells
    #[arg(long, value_name = "N", default_value_t = 999)]
    permutations: usize,
}

/// What a probe works with.
struct Bench<'a> {
    probe: &'a Probe,
    model: &'a Model,
    preprocessing: Option<&'a Preprocessing>,
    presenter: Presenter<'a>,
    probed: Vec<ProbedStage>,
}

/// A problem of the library as the program tells it.
fn failed(problem: &ProbeError) -> Failure {
    if problem.is_cancelled() { Failure::interrupted() } else { Failure::from_error(problem) }
}

impl Probe {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let measures = self.measures()?;
        let scale = Scale::new(self.gratings.degrees_per_pixel)?;
        let running = Running::begin(&self.run)?;
        let model = Model::load(&self.model, &running.burn, &running.progress, &running.cancel)?;
        let n_channels = model.network.stimulus_shape().first().copied().unwrap_or(0);
        let preprocessing = if n_channels == 3 || self.preprocessing.is_some() {
            Some(model.preprocessing(self.preprocessing.as_deref())?)
        } else {
            None
        };
        let stages = model.stages(&self.layers)?;
        let choice = UnitChoice::from(self.units);
        let presenter = Presenter {
            network: &model.network,
            engine: running.engine.as_ref(),
            input: preprocessing.as_ref().map_or(InputMap::unchanged(n_channels), InputMap::of),
            resources: running.resources,
            progress: &running.progress,
            cancel: &running.cancel,
        };
        let probed: Vec<ProbedStage> =
            stages.iter().map(|stage| ProbedStage::new(&model.network, stage, choice)).collect();
        let bench = Bench { probe: &self, model: &model, preprocessing: preprocessing.as_ref(), presenter, probed };
        let mut reports: Vec<StageReport> = bench.probed.iter().map(StageReport::new).collect();
        bench.measure(&measures, scale, &mut reports)?;
        let rescored = self.rescoring.run(&bench, &running)?;
        Output { bench: &bench, measures: &measures, reports: &reports, rescored: rescored.as_ref() }.write(self.json)
    }

    /// What is measured: what was asked for, or what the other options ask for.
    fn measures(&self) -> Result<Measures, Failure> {
        if let Some(text) = &self.measure {
            return Measures::read(text);
        }
        let mut measures = Measures::default();
        if self.images.images.is_some() && self.images.concepts.is_none() && !self.rescoring.is_asked() {
            measures.add(Measure::Sparseness);
            if self.images.labels.is_some() {
                measures.add(Measure::Categories);
            }
        }
        if self.images.concepts.is_some() {
            measures.add(Measure::Concepts);
        }
        if measures.is_empty() && !self.rescoring.is_asked() {
            measures.add_all(self.units == UnitsChoice::Centre);
        }
        Ok(measures)
    }

    fn grating_settings(&self, measures: &Measures) -> GratingSettings {
        GratingSettings {
            n_orientations: self.gratings.orientations,
            frequencies: self.gratings.frequencies.clone(),
            n_phases: self.gratings.phases,
            contrast: self.gratings.contrast,
            measures: measures.of_gratings(),
            ..GratingSettings::default()
        }
    }

    fn field_settings(&self) -> FieldSettings {
        FieldSettings {
            most_cells: self.gratings.cells,
            n_blocks: self.gratings.noise_blocks,
            contrast: self.gratings.contrast,
            seed: self.seed,
        }
    }
}

impl Bench<'_> {
    /// Everything but lesions and gains, into one report for each stage.
    fn measure(&self, measures: &Measures, scale: Scale, reports: &mut [StageReport]) -> Result<(), Failure> {
        let probe = self.probe;
        if measures.has_gratings() {
            let experiment = GratingExperiment { settings: probe.grating_settings(measures) };
            let stages = experiment.run(&self.presenter, &self.probed).map_err(|problem| failed(&problem))?;
            reports.iter_mut().zip(stages).for_each(|(report, stage)| tuning_report::add(report, stage, scale));
        }
        if measures.has(Measure::ReceptiveField) {
            let experiment = FieldExperiment { settings: probe.field_settings() };
            let stages = experiment.run(&self.presenter, &self.probed).map_err(|problem| failed(&problem))?;
            reports.iter_mut().zip(stages).for_each(|(report, stage)| field_report::add(report, stage));
        }
        if measures.has(Measure::Invariance) {
            let (per_category, seed) = (probe.gratings.objects, probe.seed);
            let objects = TransformedObjects { per_category, seed, ..TransformedObjects::default() };
            let stages = objects.run(&self.presenter, &self.probed).map_err(|problem| failed(&problem))?;
            reports.iter_mut().zip(&stages).for_each(|(report, stage)| folder_report::add_invariance(report, stage));
        }
        if measures.has(Measure::Sparseness) || measures.has(Measure::Categories) {
            self.measure_images(measures, reports)?;
        }
        if measures.has(Measure::Concepts) {
            self.measure_concepts(reports)?;
        }
        Ok(())
    }

    fn measure_images(&self, measures: &Measures, reports: &mut [StageReport]) -> Result<(), Failure> {
        let set = self.image_set()?;
        let categories = if measures.has(Measure::Categories) { Some(self.categories(&set)?) } else { None };
        let folders = self.presenter.folder(&set, self.image_preprocessing()?, &self.probed);
        for (report, folder) in reports.iter_mut().zip(folders.map_err(|problem| failed(&problem))?) {
            if measures.has(Measure::Sparseness) {
                let ids: Vec<&str> = set.ids().collect();
                folder_report::add_sparseness(report, &sparseness(&folder), &ids);
            }
            if let Some(categories) = &categories {
                let found = category_selectivity(&folder, categories).map_err(|problem| failed(&problem))?;
                folder_report::add_categories(report, &found);
            }
        }
        Ok(())
    }

    fn measure_concepts(&self, reports: &mut [StageReport]) -> Result<(), Failure> {
        let Some(place) = &self.probe.images.concepts else {
            return Err(Failure::wrong_input(
                "cannot look for concept cells without images: pass --concepts with a folder of CONCEPT/MEDIUM/ or a CSV table",
            ));
        };
        let Concepts { set, stimuli } = Concepts::read(place, self.probe.images.images.as_deref())?;
        let folders = self.presenter.folder(&set, self.image_preprocessing()?, &self.probed);
        for (report, folder) in reports.iter_mut().zip(folders.map_err(|problem| failed(&problem))?) {
            let found = concept_cells(&folder, &stimuli, self.probe.images.permutations, self.probe.seed);
            folder_report::add_concepts(report, &found.map_err(|problem| failed(&problem))?, &stimuli);
        }
        Ok(())
    }

    /// The images of --images.
    fn image_set(&self) -> Result<StimulusSet, Failure> {
        let Some(place) = &self.probe.images.images else {
            return Err(Failure::wrong_input(
                "cannot measure sparseness, categories, lesions or gains without images: pass --images with a folder",
            ));
        };
        StimulusSet::open(place, IdStyle::default()).map_err(|problem| Failure::from_error(&problem))
    }

    fn categories(&self, set: &StimulusSet) -> Result<Vec<Category>, Failure> {
        let labels = labels::of_images(set, self.probe.images.labels.as_deref())?;
        Category::of_labels(&labels).map_err(|problem| failed(&problem))
    }

    fn image_preprocessing(&self) -> Result<&Preprocessing, Failure> {
        self.preprocessing.ok_or_else(|| {
            Failure::wrong_input(format!(
                "cannot show images of a folder to \"{}\": its input has another number of channels than the three of an image",
                self.model.name
            ))
        })
    }

    /// What has to be known to make the numbers again.
    fn settings(&self, measures: &Measures) -> serde_json::Value {
        let probe = self.probe;
        json!({
            "measures": measures.names(),
            "layers": probe.layers,
            "units": format!("{:?}", probe.units).to_lowercase(),
            "gratings": format!("{:?}", probe.grating_settings(measures)),
            "noise": format!("{:?}", probe.field_settings()),
            "objects_per_category": probe.gratings.objects,
            "degrees_per_pixel": probe.gratings.degrees_per_pixel,
            "images": probe.images.images, "labels": probe.images.labels, "concepts": probe.images.concepts,
            "permutations": probe.images.permutations,
            "seed": probe.seed,
            "engine": self.presenter.engine.description(),
        })
    }
}
