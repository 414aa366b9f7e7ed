//! `homolog atlas`: what a stage sees in many images.

mod output;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use homolog::inside::InsideError;
use homolog::inside::atlas::{Atlas as Drawn, AtlasError, Direction, Directions, Sampled, Sampling, Settings};
use homolog::inside::examples::Folder as Images;
use homolog::inside::optimise::{Optimised, Surroundings};
use homolog::progress::{Cancel, Progress as _};
use homolog::recording::record::{RecordError, Resources};
use homolog::stimuli::{IdStyle, Limits, Preprocessing, StimulusSet};
use homolog::store::Store;
use homolog_stats::umap::{Distance, Umap};

use self::output::Output;
use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::icons::Icons;
use crate::model::Model;
use crate::pictures::{PictureFolder, read_size};
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// Which activation vector stands for an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SamplingChoice {
    /// That of one random position
    #[default]
    RandomPosition,
    /// The mean over all positions
    Mean,
}

/// Which direction stands for the mean activation of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum DirectionChoice {
    /// The mean
    #[default]
    Mean,
    /// The mean, channels that are always active or always together counting less
    Whitened,
}

/// By what the images of a class are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ClassChoice {
    /// What the activation adds to the class: activation times gradient (Carter et al. 2019)
    #[default]
    Attribution,
    /// The class's output
    Output,
}

/// How near two activations are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum DistanceChoice {
    /// 1 less their cosine
    #[default]
    Cosine,
    /// Euclidean
    Euclidean,
}

/// What a stage sees in many images: their activations in a plane, averaged in a grid, each average made into an image
///
/// Leaves one page that can be moved and enlarged and needs nothing beside it, the whole as PNG and SVG, every icon, and the layout as
/// JSON. Stop it whenever you like: the same command goes on where it was, and the result is the same to the byte.
#[derive(Args)]
pub(crate) struct Atlas {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// Images
    #[arg(long, value_name = "FOLDER")]
    images: PathBuf,
    /// The stage
    #[arg(long, value_name = "STAGE")]
    stage: String,
    /// Where results go
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Cells along each side
    #[arg(long, value_name = "N", default_value_t = 12)]
    grid: usize,
    /// Images that a cell must hold to have an icon
    #[arg(long, value_name = "N", default_value_t = 1)]
    at_least: usize,
    /// Which activation vector stands for an image
    #[arg(long, value_enum, default_value_t)]
    sample: SamplingChoice,
    /// Neighbours of each image in the layout, itself among them
    #[arg(long, value_name = "N", default_value_t = 20)]
    neighbours: usize,
    /// How close images may come in the layout
    #[arg(long, value_name = "DISTANCE", default_value_t = 0.01)]
    min_distance: f64,
    /// How near two activations are
    #[arg(long, value_enum, default_value_t)]
    distance: DistanceChoice,
    /// A class with an atlas of its own, of the images that are most of it; may be given often
    #[arg(long, value_name = "CLASS")]
    class: Vec<usize>,
    /// How many images that atlas is of
    #[arg(long, value_name = "N", default_value_t = 100)]
    class_images: usize,
    /// By what they are chosen
    #[arg(long, value_enum, default_value_t)]
    class_by: ClassChoice,
    /// Names of the classes, one a line
    #[arg(long, value_name = "FILE")]
    class_names: Option<PathBuf>,
    /// Which direction stands for the mean activation of a cell
    #[arg(long, value_enum, default_value_t)]
    direction: DirectionChoice,
    /// How far products are drawn to equal squares before they are inverted, above 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    shrinkage: f64,
    /// Steps of each icon
    #[arg(long, value_name = "N", default_value_t = 128)]
    steps: usize,
    /// Pixels of an icon: N or HEIGHTxWIDTH [default: 96, or as the network takes it]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    /// Of positions, layout and icons
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

/// The icon of one cell.
pub(super) struct Icon {
    /// Which layer.
    pub(super) layer: usize,
    /// Which of its cells.
    pub(super) cell: usize,
    pub(super) image: Optimised,
}

impl Atlas {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let burn = self.run.burn(&progress)?;
        let size = self.size.as_deref().map(read_size).transpose()?;
        let class_names = self.class_names()?;
        let direction = self.direction()?;
        let settings = self.settings();
        let set =
            StimulusSet::open(&self.images, IdStyle::default()).map_err(|problem| Failure::from_error(&problem))?;
        settings.check(set.len()).map_err(refused)?;
        let model = Model::load(&self.model, &burn, &progress, &cancel)?;
        model.network.stage(&self.stage).map_err(|problem| Failure::from_error(&problem))?;
        let preprocessing = model.preprocessing(self.preprocessing.as_deref())?;
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        let sampled = self.sampled(&model, &set, &preprocessing, resources, &progress, &cancel)?;
        let atlas = Drawn::new(sampled, &model.name, &settings).map_err(refused)?;
        let directions = Directions::of(&atlas.sampled, direction).map_err(refused)?;
        let icons =
            Icons { model: &model, preprocessing: Some(&preprocessing), size, n_steps: self.steps, seed: self.seed };
        let surroundings =
            Surroundings { resources, progress: &progress, watch: &|_, _, _| {}, cancel: &cancel, store: Some(&store) };
        let (made, icon_size) = self.icons(&icons, &atlas, &directions, &surroundings)?;
        if cancel.is_cancelled() {
            return Err(Failure::interrupted());
        }
        if let n_dead @ 1.. = made.iter().filter(|icon| icon.image.is_dead).count() {
            progress.warn(&format!("{n_dead} of {} icons are dead: no image made the stage respond", made.len()));
        }
        let output = Output {
            out: PictureFolder::at(&self.out),
            model: &model,
            preprocessing: &preprocessing,
            set: &set,
            stimuli_sha256: set.content_hash(Limits::default()).map_err(|problem| Failure::from_error(&problem))?,
            atlas: &atlas,
            settings: &settings,
            sampling: self.sampling(),
            direction,
            class_names: &class_names,
            icons: icons.provenance(icon_size),
            at_least: self.at_least,
        };
        output.write(&made, self.json)
    }

    fn sampling(&self) -> Sampling {
        match self.sample {
            SamplingChoice::RandomPosition => Sampling::RandomPosition,
            SamplingChoice::Mean => Sampling::Mean,
        }
    }

    fn direction(&self) -> Result<Direction, Failure> {
        if !(self.shrinkage > 0.0 && self.shrinkage <= 1.0) {
            let found = self.shrinkage;
            return Err(Failure::wrong_input(format!(
                "cannot whiten with --shrinkage {found}: it must be above 0 and at most 1"
            )));
        }
        Ok(match self.direction {
            DirectionChoice::Mean => Direction::Mean,
            DirectionChoice::Whitened => Direction::Whitened { shrinkage: self.shrinkage },
        })
    }

    fn settings(&self) -> Settings {
        let distance = match self.distance {
            DistanceChoice::Cosine => Distance::Cosine,
            DistanceChoice::Euclidean => Distance::Euclidean,
        };
        Settings {
            n_cells: self.grid,
            umap: Umap { n_neighbours: self.neighbours, min_distance: self.min_distance, distance, ..Umap::default() },
            classes: self.class.clone(),
            n_class_images: self.class_images,
            seed: self.seed,
        }
    }

    fn class_names(&self) -> Result<Vec<String>, Failure> {
        let Some(file) = &self.class_names else { return Ok(Vec::new()) };
        let text = std::fs::read_to_string(file).map_err(|problem| {
            Failure::wrong_input(format!("cannot read the names of classes \"{}\": {problem}", file.display()))
        })?;
        Ok(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    fn sampled(
        &self,
        model: &Model,
        set: &StimulusSet,
        preprocessing: &Preprocessing,
        resources: Resources,
        progress: &Bars,
        cancel: &Cancel,
    ) -> Result<Sampled, Failure> {
        let engine = self.run.engine(&model.burn, progress)?;
        let images = Images { set, preprocessing, engine: engine.as_ref(), resources };
        let sampling = (self.sampling(), self.seed);
        let network = &model.network;
        let mut sampled =
            Sampled::record(network, &self.stage, &images, sampling, progress, cancel).map_err(refused)?;
        if self.class_by == ClassChoice::Attribution && !self.class.is_empty() {
            sampled.attribute(network, &self.class, &images, progress, cancel).map_err(refused)?;
        }
        Ok(sampled)
    }

    /// The icons of all layers, and their size.
    fn icons(
        &self,
        icons: &Icons<'_>,
        atlas: &Drawn,
        directions: &Directions,
        surroundings: &Surroundings<'_>,
    ) -> Result<(Vec<Icon>, [usize; 2]), Failure> {
        let stage = &atlas.sampled.stage;
        let trimmed = icons.network(std::slice::from_ref(&stage.value))?;
        let look = icons.look(&trimmed);
        let (mut places, mut aims) = (Vec::new(), Vec::new());
        for (place, layer) in atlas.layers.iter().enumerate() {
            let of_layer = layer.aims(&trimmed.network, &stage.value, directions, self.at_least).map_err(refused)?;
            for (cell, aim) in of_layer {
                places.push((place, cell));
                aims.push(aim);
            }
        }
        if aims.is_empty() {
            return Err(Failure::wrong_input(format!(
                "no cell of the grid holds {} images. Pass a smaller --at-least or --grid",
                self.at_least
            )));
        }
        let optimised = look.optimise(&aims, surroundings).map_err(|problem| Failure::from_error(&problem))?;
        let icon = |((layer, cell), image)| Icon { layer, cell, image };
        Ok((places.into_iter().zip(optimised).map(icon).collect(), trimmed.size))
    }
}

fn refused(problem: AtlasError) -> Failure {
    match problem {
        AtlasError::Inside(InsideError::Record(RecordError::Cancelled)) => Failure::interrupted(),
        problem => Failure::from_error(&problem),
    }
}
