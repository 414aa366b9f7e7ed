//! Which units of a stage are probed, and where in the image their receptive fields lie.

use ndarray::ArrayView1;

use crate::network::checked::{Network, Stage};

/// Which units of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnitChoice {
    /// Of every channel, the one in the middle.
    #[default]
    Centre,
    /// The mean of every channel over its positions.
    Mean,
    /// All of them.
    Every,
}

/// One unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbedUnit {
    /// Its place in the row of the stage's responses.
    pub index: usize,
    /// Its channel.
    pub channel: usize,
    /// Its row and column among the stage's positions.
    pub place: [usize; 2],
    /// The middle of its theoretical receptive field, (row, column) in pixels from the middle of the first.
    pub centre_px: [f64; 2],
}

/// The units of one stage that are probed.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbedStage {
    /// The stage.
    pub stage: Stage,
    /// Which of its units.
    pub choice: UnitChoice,
    /// The units, channel by channel.
    pub units: Vec<ProbedUnit>,
    /// (height, width) of the theoretical receptive field in pixels, before clipping to the image.
    pub field_px: [usize; 2],
    /// (height, width) of the image.
    pub image_px: [usize; 2],
}

impl ProbedStage {
    /// The units of a stage of a network.
    pub fn new(network: &Network, stage: &Stage, choice: UnitChoice) -> Self {
        let image_px = match network.stimulus_shape().as_slice() {
            [.., height, width] => [*height, *width],
            [width] => [1, *width],
            [] => [1, 1],
        };
        let layout = stage.channel_layout();
        let (n_channels, [height, width]) = (layout.n_channels, layout.positions);
        let unit = |channel: usize, place: [usize; 2]| {
            let index = layout.unit(channel, place[0] * width + place[1]);
            ProbedUnit { index, channel, place, centre_px: centre(stage, place, image_px) }
        };
        let places: Vec<[usize; 2]> = match choice {
            UnitChoice::Centre | UnitChoice::Mean => vec![[height / 2, width / 2]],
            UnitChoice::Every => (0..height * width).map(|at| [at / width.max(1), at % width.max(1)]).collect(),
        };
        let units = (0..n_channels).flat_map(|channel| places.iter().map(move |place| (channel, *place)));
        Self {
            units: units.map(|(channel, place)| unit(channel, place)).collect(),
            stage: stage.clone(),
            choice,
            field_px: stage.receptive_field.as_ref().map_or(image_px, |field| field.size_px),
            image_px,
        }
    }

    /// What the choice takes of one row of the stage's responses, unit by unit.
    pub(super) fn take(&self, row: ArrayView1<'_, f32>, kept: &mut [f32]) {
        let at = |index: usize| row.get(index).copied().unwrap_or(f32::NAN);
        let layout = self.stage.channel_layout();
        for (kept, unit) in kept.iter_mut().zip(&self.units) {
            *kept = match self.choice {
                UnitChoice::Mean => {
                    let n = layout.n_positions().max(1);
                    let sum: f64 = (0..n).map(|position| f64::from(at(layout.unit(unit.channel, position)))).sum();
                    (sum / n as f64) as f32
                }
                UnitChoice::Centre | UnitChoice::Every => at(unit.index),
            };
        }
    }

    /// Where the gratings of the stage are centred: the receptive field of its units where they share one, else the image.
    pub fn centre_px(&self) -> [f64; 2] {
        match (self.choice, self.units.first()) {
            (UnitChoice::Centre, Some(unit)) => unit.centre_px,
            _ => self.image_px.map(|side| (side as f64 - 1.0) / 2.0),
        }
    }

    /// The part of the image that the units' shared field covers: first and last row and column, clipped to the image.
    pub fn field_box(&self) -> [[f64; 2]; 2] {
        let centre = self.centre_px();
        [0, 1].map(|axis| {
            let reach = (self.field_px[axis] as f64 - 1.0) / 2.0;
            let last = self.image_px[axis] as f64 - 1.0;
            [(centre[axis] - reach).max(0.0), (centre[axis] + reach).min(last)]
        })
    }

    /// What a unit is called, as objectives name it: `features.0:12`, or `features.0[12,5,7]` where there are several of a channel.
    pub fn unit_name(&self, unit: &ProbedUnit) -> String {
        let (name, channel, [row, column]) = (&self.stage.name, unit.channel, unit.place);
        match (self.choice, self.stage.shape.len()) {
            (UnitChoice::Every, 3) => format!("{name}[{channel},{row},{column}]"),
            (UnitChoice::Every, 2) => format!("{name}[{column},{channel}]"),
            _ => format!("{name}:{channel}"),
        }
    }
}

fn centre(stage: &Stage, place: [usize; 2], image_px: [usize; 2]) -> [f64; 2] {
    match &stage.receptive_field {
        Some(field) => [0, 1].map(|axis| field.centre_px[axis] + (place[axis] * field.stride_px[axis]) as f64),
        None => image_px.map(|side| (side as f64 - 1.0) / 2.0),
    }
}
