//! Probes of SqueezeNet's first stage, whose responses to gratings follow from its weights in closed form.

use std::f64::consts::TAU;

use homolog::inside::image::InputMap;
use homolog::inside::probe::{
    Category, FieldExperiment, FieldSettings, GratingExperiment, GratingMeasure, GratingSettings, Presenter,
    ProbedStage, UnitChoice, UnitKind, accuracy, category_selectivity, sparseness,
};
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::zoo::{LoadedModel, ModelSpec, load};
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::Resources;
use homolog::stimuli::{IdStyle, Preprocessing, Scale, StimulusSet};

use crate::real_data;

struct SqueezeNet {
    network: Network,
    preprocessing: Preprocessing,
    engine: Burn,
    cancel: Cancel,
}

impl SqueezeNet {
    fn new() -> Self {
        let path = real_data("weights/squeezenet1_1/squeezenet1_1.pth");
        let spec = ModelSpec::parse(&format!("squeezenet1_1@{}", path.display())).expect("read");
        let LoadedModel { graph, recipe, .. } = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
        Self {
            network: Network::check(graph).expect("checked"),
            preprocessing: Preprocessing::named(recipe.expect("a recipe")).expect("known"),
            engine: Burn::cpu(),
            cancel: Cancel::default(),
        }
    }

    fn on<'a>(&'a self, network: &'a Network) -> Presenter<'a> {
        Presenter {
            network,
            engine: &self.engine,
            input: InputMap::of(&self.preprocessing),
            resources: Resources::with_threads(2),
            progress: &Silent,
            cancel: &self.cancel,
        }
    }

    fn probed(&self, stage: &str, choice: UnitChoice) -> ProbedStage {
        ProbedStage::new(&self.network, self.network.stage(stage).expect("there"), choice)
    }

    /// The filter of every first unit for luminance in [0, 1], (3, 3): its weights for each colour, times what white is, over
    /// the colour's standard deviation.
    fn luminance_filters(&self) -> Vec<[[f64; 3]; 3]> {
        let white = match self.preprocessing.scale {
            Scale::ZeroToOne => 1.0,
            Scale::ZeroTo255 => 255.0,
        };
        let weights = self.network.graph().parameters["features.0.weight"].floats().expect("floats").to_vec();
        let filter = |unit: &[f32]| {
            let at = |row: usize, column: usize| -> f64 {
                let colour = |c: usize| white * f64::from(unit[c * 9 + row * 3 + column]) / self.preprocessing.std[c];
                (0..3).map(colour).sum()
            };
            [0, 1, 2].map(|row| [0, 1, 2].map(|column| at(row, column)))
        };
        weights.chunks_exact(27).map(filter).collect()
    }
}

/// The amplitude of a linear filter's response to a grating of full contrast.
fn amplitude(filter: &[[f64; 3]; 3], orientation_deg: f64, cycles_per_px: f64) -> f64 {
    let (sine, cosine) = orientation_deg.to_radians().sin_cos();
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (y, row) in filter.iter().enumerate() {
        for (x, weight) in row.iter().enumerate() {
            let angle = TAU * cycles_per_px * (x as f64 * sine + y as f64 * cosine);
            real += weight * angle.cos();
            imaginary += weight * angle.sin();
        }
    }
    0.5 * real.hypot(imaginary)
}

#[test]
fn squeezenets_first_units_are_tuned_as_their_weights_say() {
    let squeezenet = SqueezeNet::new();
    let filters = squeezenet.luminance_filters();
    assert_eq!(filters.len(), 64);
    let settings = GratingSettings { measures: vec![GratingMeasure::Phase], ..GratingSettings::default() };
    let probed = [squeezenet.probed("features.0", UnitChoice::Centre)];
    let stage =
        GratingExperiment { settings }.run(&squeezenet.on(&squeezenet.network), &probed).expect("measured").remove(0);
    let mut n_oriented = 0;
    for (unit, filter) in stage.units.iter().zip(&filters) {
        let [best_orientation, best_frequency] = unit.best;
        let per_px = |frequency: usize| stage.frequencies[frequency] / stage.probed.image_px[1] as f64;
        let largest = amplitude(filter, stage.orientations_deg[best_orientation], per_px(best_frequency));
        if unit.kind == UnitKind::Silent {
            assert!(largest < 1e-2, "a silent unit has no filter for luminance: {largest}");
            continue;
        }
        for (orientation, found) in stage.orientations_deg.iter().zip(&unit.orientation_curve) {
            let expected = amplitude(filter, *orientation, per_px(best_frequency));
            let allowed = 2e-4 * largest;
            assert!((found - expected).abs() < allowed, "{found}, not {expected}, at {orientation} degrees");
        }
        let at = |orientation: usize| amplitude(filter, stage.orientations_deg[orientation], per_px(best_frequency));
        let (best, orthogonal) = (at(best_orientation), at((best_orientation + 6) % 12));
        n_oriented += usize::from(best >= 2.0 * orthogonal);
    }
    assert_eq!(stage.summary().n_oriented, n_oriented, "counted from the weights");
    println!("{:?}", stage.summary());
    assert!((20..=60).contains(&n_oriented), "a good part of the first units are oriented: {n_oriented} of 64");
}

#[test]
fn measured_fields_of_squeezenet_are_its_filters_and_lie_within_the_theoretical_ones() {
    let squeezenet = SqueezeNet::new();
    let filters = squeezenet.luminance_filters();
    let probed = ["features.0", "features.1", "features.2"].map(|stage| squeezenet.probed(stage, UnitChoice::Centre));
    let experiment = FieldExperiment { settings: FieldSettings { n_blocks: 1, ..FieldSettings::default() } };
    let stages = experiment.run(&squeezenet.on(&squeezenet.network), &probed).expect("measured");
    for stage in &stages {
        for unit in &stage.units {
            assert!(unit.share_inside.is_none_or(|share| share == 1.0), "{:?}", unit.share_inside);
        }
    }
    let first = &stages[0];
    assert_eq!((first.grid.cell_px, first.probed.field_px), (1, [3, 3]));
    let corner = first.probed.field_box().map(|bounds| bounds[0] as usize);
    for (unit, filter) in first.units.iter().zip(&filters) {
        let largest = filter.iter().flatten().fold(0.0, |most: f64, weight| most.max(weight.abs()));
        for ((row, column), found) in unit.average.indexed_iter() {
            let place = [row + first.grid.corner_px[0], column + first.grid.corner_px[1]];
            let inside = place[0].checked_sub(corner[0]).zip(place[1].checked_sub(corner[1]));
            let expected = inside.and_then(|(y, x)| filter.get(y)?.get(x)).copied().unwrap_or(0.0);
            assert!((found - expected).abs() < 2e-4 * largest, "{found}, not {expected}, at {row}, {column}");
        }
    }
}

#[test]
fn late_units_are_sparser_than_a_uniform_response_and_select_animals_and_a_lesion_costs_accuracy() {
    let squeezenet = SqueezeNet::new();
    let set = StimulusSet::open(&real_data("imagenet_sample_1000"), IdStyle::NameWithoutExtension).expect("images");
    // Every tenth image: classes 0 to 397 of ImageNet are animals.
    let ids: Vec<&str> = set.ids().step_by(10).collect();
    let set = set.select(ids.iter().copied()).expect("there");
    let classes: Vec<usize> = ids.iter().map(|id| id[..4].parse().expect("a class")).collect();
    let presenter = squeezenet.on(&squeezenet.network);
    let probed = [squeezenet.probed("features.12", UnitChoice::Mean)];
    let folder = presenter.folder(&set, &squeezenet.preprocessing, &probed).expect("recorded").remove(0);
    let sparse = sparseness(&folder);
    let lifetime: Vec<f64> = sparse.lifetime.iter().flatten().copied().collect();
    let mean = lifetime.iter().sum::<f64>() / lifetime.len() as f64;
    println!("lifetime sparseness {mean}");
    assert!(mean > 0.3, "the last stage is sparse over images: {mean}");
    let labels: Vec<String> =
        classes.iter().map(|class| if *class < 398 { "animal" } else { "thing" }.to_owned()).collect();
    let categories = Category::of_labels(&labels).expect("two");
    let found = category_selectivity(&folder, &categories).expect("measured");
    let selective = found.units.iter().filter(|unit| unit[0].fdr.is_some_and(|fdr| fdr < 0.05)).count();
    println!("{selective} of {} tell animals from things", found.units.len());
    assert!(selective > found.units.len() / 4, "{selective}");
    let intact = accuracy(&presenter, &set, &squeezenet.preprocessing, &classes).expect("decided").top_1();
    let lesioned = squeezenet.network.without_channels("features.12", &(0..256).collect::<Vec<_>>()).expect("lesioned");
    let after =
        accuracy(&squeezenet.on(&lesioned), &set, &squeezenet.preprocessing, &classes).expect("decided").top_1();
    println!("top-1 {intact} intact, {after} without half of features.12");
    assert!(intact > 0.5 && after < intact - 0.2, "{intact}, {after}");
}
