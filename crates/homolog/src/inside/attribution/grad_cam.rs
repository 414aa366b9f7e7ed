//! Grad-CAM of any stage with height and width.

use ndarray::{Array2, Array3, ArrayView1, Axis};

use super::walk::{gradient_of, untracked};
use super::{Attribution, AttributionError, Attributor, Balance, uploaded};
use crate::inside::bilinear::enlarged;
use crate::inside::image::narrow;
use crate::inside::objective::Aim;
use crate::network::checked::Stage;
use crate::network::engine::EngineError;
use crate::network::engine::burn::Wrt;
use crate::network::value::{Ranked, Value};

/// A Grad-CAM before it is enlarged.
#[derive(Clone, Debug, PartialEq)]
pub struct StageMap {
    /// The stage.
    pub stage: String,
    /// Σ over channels of the mean gradient of a channel times the channel, negative parts included: (height, width).
    pub signed: Array2<f32>,
}

impl Attributor<'_> {
    pub(super) fn grad_cam(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        stage: Option<&str>,
    ) -> Result<Attribution, AttributionError> {
        let stage = match stage {
            Some(name) => self.network.stage(name)?.clone(),
            None => self.last_spatial_stage(aim)?,
        };
        let [n_channels, height, width] = <[usize; 3]>::try_from(stage.shape.as_slice())
            .map_err(|_| AttributionError::NotSpatial { stage: stage.name.clone(), shape: stage.shape.clone() })?;
        self.side_by_side(aim)?;
        if self.workers.is_empty() {
            self.workers.push(self.burn.with_gradients(self.network));
        }
        let missing = || EngineError::OutputCount { engine: "burn" };
        let network = self.workers.first_mut().ok_or_else(missing)?;
        let wrt = Wrt::Value(stage.value.clone());
        let mut taps = aim.taps().to_vec();
        if !taps.contains(&stage.value) {
            taps.push(stage.value.clone());
        }
        let image = uploaded(input, network.device());
        let tapped = network.tap(Ranked::R4(image), &taps, std::slice::from_ref(&wrt))?;
        let not_before = || {
            let objective = aim.name().to_owned();
            AttributionError::NotBefore { stage: stage.name.clone(), objective }
        };
        let measured = aim.measure(&tapped.values, 1)?.sum();
        if !measured.is_tracked() {
            return Err(not_before());
        }
        let objective = measured.clone().without_autodiff().try_into_scalar::<f32>().map_or(f64::NAN, f64::from);
        let gradients = measured.backward();
        let leaf = tapped.leaves.get(&wrt).ok_or_else(missing)?;
        let gradient = gradient_of(leaf, &gradients).ok_or_else(not_before)?;
        let Some(Value::Float(activation)) = tapped.values.get(&stage.value) else { return Err(missing().into()) };
        let rows = |value: Ranked| {
            let elements = untracked(value).into_elements()?;
            Array2::from_shape_vec((n_channels, height * width), elements).ok()
        };
        let (gradient, activation) = rows(gradient).zip(rows(activation.clone())).ok_or_else(missing)?;
        let signed = weighted(&gradient, &activation, [height, width]);
        let [_, image_height, image_width] = self.size;
        let map = enlarged(&signed.mapv(|value| value.max(0.0)), [image_height, image_width]).insert_axis(Axis(0));
        let stage_map = Some(StageMap { stage: stage.name.clone(), signed: signed.mapv(narrow) });
        Ok(Attribution { objective, map: map.mapv(narrow), balance: Balance::NotStated, stage_map })
    }

    /// The last stage with more than one position before the objective.
    fn last_spatial_stage(&self, aim: &Aim) -> Result<Stage, AttributionError> {
        let graph = self.network.graph();
        let on_the_way = self.network.single_plan().needed_nodes(graph, aim.taps());
        let nodes = on_the_way.into_iter().filter_map(|index| graph.nodes.get(index));
        let written: Vec<&String> = nodes.flat_map(|node| &node.outputs).collect();
        let is_map = |stage: &&Stage| matches!(stage.shape[..], [_, height, width] if height * width > 1);
        let found = self.network.stages().filter(is_map).filter(|stage| written.contains(&&stage.value)).last();
        found.cloned().ok_or_else(|| AttributionError::NoSpatialStage { objective: aim.name().to_owned() })
    }
}

/// Σ over channels of the mean gradient times the activation.
fn weighted(gradient: &Array2<f32>, activation: &Array2<f32>, [height, width]: [usize; 2]) -> Array2<f64> {
    let mean = |row: ArrayView1<'_, f32>| row.iter().copied().map(f64::from).sum::<f64>() / row.len().max(1) as f64;
    let mut sums = vec![0.0; height * width];
    for (gradient, activation) in gradient.outer_iter().zip(activation.outer_iter()) {
        let weight = mean(gradient);
        for (sum, value) in sums.iter_mut().zip(activation) {
            *sum += weight * f64::from(*value);
        }
    }
    Array2::from_shape_vec((height, width), sums).unwrap_or_else(|_| Array2::zeros((height, width)))
}
