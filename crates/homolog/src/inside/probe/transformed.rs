//! Invariance to position, size and pose, over objects that the program draws.

use homolog_stats::tuning::{Invariance, invariance};
use ndarray::{Array2, Array3, s};
use rayon::prelude::*;

use super::error::ProbeError;
use super::present::Presenter;
use super::unit::ProbedStage;
use crate::stimuli::generate::{Category, ObjectScene, Random};

/// Objects, each shown at several places, sizes and poses on its own background.
#[derive(Clone, Debug, PartialEq)]
pub struct TransformedObjects {
    /// Exemplars of each of the eight categories.
    pub per_category: usize,
    /// Shifts right of the middle, as a fraction of the image's width; the first is the reference.
    pub shifts: Vec<f64>,
    /// Diameters as a fraction of the image's width; the first is the reference.
    pub sizes: Vec<f64>,
    /// Rotations in the picture plane in degrees; the first is the reference.
    pub rotations_deg: Vec<f64>,
    /// Of the exemplars.
    pub seed: u64,
}

impl Default for TransformedObjects {
    /// Two exemplars of each category in the middle, half as wide as the image and upright; shifts up to a quarter of the
    /// image to either side, diameters from a quarter to all of it, rotations to 90°.
    fn default() -> Self {
        Self {
            per_category: 2,
            shifts: vec![0.0, -0.25, -0.125, 0.125, 0.25],
            sizes: vec![0.5, 0.25, 0.35, 0.7, 1.0],
            rotations_deg: vec![0.0, -90.0, -45.0, 45.0, 90.0],
            seed: 0,
        }
    }
}

/// Invariance of one unit to each kind of transformation; none where its best object does not drive it above the blank.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitInvariance {
    /// To shifts.
    pub position: Option<Invariance>,
    /// To sizes.
    pub size: Option<Invariance>,
    /// To rotations.
    pub pose: Option<Invariance>,
}

/// What was found of one stage.
#[derive(Clone, Debug)]
pub struct StageInvariance {
    /// The stage and its units.
    pub probed: ProbedStage,
    /// One for each unit.
    pub units: Vec<UnitInvariance>,
}

impl TransformedObjects {
    /// Measures every unit of `probed`; responses are those above the response to a blank of mean luminance.
    ///
    /// # Errors
    /// [`ProbeError::NotImages`] unless the network takes square colour images; [`ProbeError::Setting`] for fewer than two of a
    /// kind of transformation; the engine's.
    pub fn run(&self, presenter: &Presenter<'_>, probed: &[ProbedStage]) -> Result<Vec<StageInvariance>, ProbeError> {
        let [height, width] = presenter.image_px("objects")?;
        let shape = presenter.network.stimulus_shape();
        if height != width || shape.first() != Some(&3) {
            let (network, needed) =
                (presenter.network.graph().name.clone(), "three channels and as many rows as columns");
            return Err(ProbeError::NotImages { what: "objects", network, shape, needed });
        }
        self.check()?;
        let objects = self.objects();
        let per_object = 1 + self.others().map(<[f64]>::len).iter().sum::<usize>();
        let n_frames = 1 + objects.len() * per_object;
        let frame = |at: usize| {
            let Some(at) = at.checked_sub(1) else {
                return Ok(presenter.input.of_grey(Array2::from_elem((width, width), 0.5).view()));
            };
            let scene = self.scene(&objects[at / per_object], at % per_object);
            let picture = scene.render(width)?;
            let colours = Array3::from_shape_fn((3, width, width), |(channel, y, x)| {
                f32::from(picture.rgb()[(y * width + x) * 3 + channel]) / 255.0
            });
            Ok(presenter.input.of_image(colours.view()))
        };
        presenter.progress.begin("transformed objects", n_frames as u64);
        let shown = presenter.open(probed, n_frames)?.show(n_frames, frame);
        presenter.progress.end();
        let of_unit = |responses: &Array2<f32>, unit: usize| {
            let column = responses.column(unit).mapv(f64::from);
            let shape = (objects.len(), per_object);
            let above = column.slice(s![1..]).mapv(|response| response - column[0]);
            let above = Array2::from_shape_vec(shape, above.to_vec()).unwrap_or_else(|_| Array2::zeros(shape));
            self.unit(&above)
        };
        let of_stage = |(one, responses): (&ProbedStage, Array2<f32>)| StageInvariance {
            probed: one.clone(),
            units: (0..responses.ncols()).into_par_iter().map(|unit| of_unit(&responses, unit)).collect(),
        };
        Ok(probed.iter().zip(shown?).map(of_stage).collect())
    }

    fn check(&self) -> Result<(), ProbeError> {
        for (what, found) in [("shifts", &self.shifts), ("sizes", &self.sizes), ("rotations", &self.rotations_deg)] {
            if found.len() < 2 || !found.iter().all(|value| value.is_finite()) {
                let needed = "at least two numbers are needed, the reference first".to_owned();
                return Err(ProbeError::Setting { what, found: format!("{found:?}"), needed });
            }
        }
        if self.per_category > 0 && self.sizes.iter().all(|size| *size > 0.0) {
            return Ok(());
        }
        let found = format!("{} of each category, of the sizes {:?}", self.per_category, self.sizes);
        let needed = "at least one object is needed, and sizes above 0".to_owned();
        Err(ProbeError::Setting { what: "objects:", found, needed })
    }

    /// The transformations besides the reference.
    fn others(&self) -> [&[f64]; 3] {
        [&self.shifts, &self.sizes, &self.rotations_deg].map(|all| all.get(1..).unwrap_or(&[]))
    }

    fn objects(&self) -> Vec<ObjectScene> {
        let scene = |at: usize| {
            let category = Category::ALL[at % Category::ALL.len()];
            let mut scene = ObjectScene::random(category, &mut Random::stream(self.seed, at as u64));
            (scene.x, scene.y) = (self.shifts[0], 0.0);
            (scene.size, scene.rotation_deg) = (self.sizes[0], self.rotations_deg[0]);
            scene
        };
        (0..self.per_category * Category::ALL.len()).map(scene).collect()
    }

    /// The object under its `at`-th transformation: none, then shifts, sizes and rotations.
    fn scene(&self, object: &ObjectScene, at: usize) -> ObjectScene {
        let mut scene = *object;
        let Some(mut at) = at.checked_sub(1) else { return scene };
        let [shifts, sizes, rotations] = self.others();
        for (values, kind) in [(shifts, 0), (sizes, 1), (rotations, 2)] {
            if let Some(value) = values.get(at) {
                match kind {
                    0 => scene.x = *value,
                    1 => scene.size = *value,
                    _ => scene.rotation_deg = *value,
                }
                return scene;
            }
            at -= values.len();
        }
        scene
    }

    /// What a unit's responses (n_objects, 1 + n_transformations) say.
    fn unit(&self, responses: &Array2<f64>) -> UnitInvariance {
        let [shifts, sizes, rotations] = self.others().map(<[f64]>::len);
        let of = |first: usize, n: usize| {
            let columns: Vec<usize> = std::iter::once(0).chain(first..first + n).collect();
            invariance(responses.select(ndarray::Axis(1), &columns).view(), 0).ok()
        };
        UnitInvariance { position: of(1, shifts), size: of(1 + shifts, sizes), pose: of(1 + shifts + sizes, rotations) }
    }
}
