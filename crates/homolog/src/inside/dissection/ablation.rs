//! What a classifier loses with some of its units: its accuracy and the output of the right class, for each class.

use std::collections::BTreeSet;

use ndarray::{Array2, ArrayView1};

use super::error::DissectionError;
use super::run::{Dissector, Pass};
use crate::naming::listed;
use crate::network::checked::{Network, Stage};
use crate::progress::{Cancel, Progress};
use crate::recording::record::{RecordError, RecordPlan, RowSink, Rows};

/// The class of each image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    /// The network's output that stands for each image's class.
    of_image: Vec<usize>,
    /// A name for each output.
    names: Vec<String>,
}

/// How well images of one class, or of all, are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Performance {
    /// The share of the images whose highest output is that of their class.
    pub accuracy: f64,
    /// The mean over images of the output of their class.
    pub mean_output: f64,
}

/// What silencing units does to one class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassEffect {
    /// The network's output.
    pub class: usize,
    /// Its name.
    pub name: String,
    /// Images of it.
    pub n_images: usize,
    /// As the network is.
    pub before: Performance,
    /// Without the units.
    pub after: Performance,
}

/// What silencing units does.
#[derive(Clone, Debug, PartialEq)]
pub struct AblationEffect {
    /// The units that were silenced.
    pub units: Vec<usize>,
    /// Over all images, as the network is.
    pub before: Performance,
    /// Over all images, without the units.
    pub after: Performance,
    /// For each class that has images.
    pub classes: Vec<ClassEffect>,
}

impl Classes {
    /// From one label for each image: the number of the network's output (from 0), or a name where there are as many different
    /// names as outputs, which then stand for the outputs in sorted order, as torchvision's `ImageFolder` has them.
    ///
    /// # Errors
    /// [`DissectionError::Classes`].
    pub fn from_labels(labels: &[String], n_outputs: usize) -> Result<Self, DissectionError> {
        let refuse = |found: String| DissectionError::Classes { n_outputs, found };
        let numbers: Option<Vec<usize>> = labels.iter().map(|label| label.trim().parse().ok()).collect();
        if let Some(of_image) = numbers {
            if let Some(outside) = of_image.iter().find(|class| **class >= n_outputs) {
                return Err(refuse(format!("class {outside} is beyond them")));
            }
            return Ok(Self { of_image, names: (0..n_outputs).map(|class| class.to_string()).collect() });
        }
        let names: BTreeSet<&String> = labels.iter().collect();
        if names.len() != n_outputs {
            let some = listed(names.iter().map(|name| name.as_str()), 5);
            return Err(refuse(format!("there are {} names ({some})", names.len())));
        }
        let names: Vec<String> = names.into_iter().cloned().collect();
        let place = |label: &String| names.iter().position(|name| name == label);
        Ok(Self { of_image: labels.iter().filter_map(place).collect(), names })
    }
}

impl Dissector<'_> {
    /// The output of a classifier: the network's only one, with a number for each class.
    ///
    /// # Errors
    /// [`DissectionError::NotAClassifier`].
    pub fn classifier_output(network: &Network) -> Result<&Stage, DissectionError> {
        let refuse = |found: String| DissectionError::NotAClassifier { network: network.graph().name.clone(), found };
        let [output] = network.graph().outputs.as_slice() else {
            return Err(refuse(format!("{} outputs", network.graph().outputs.len())));
        };
        let stage = network.stage(output)?;
        match stage.shape[..] {
            [n] if n > 1 => Ok(stage),
            _ => Err(refuse(format!("an output of shape {:?}", stage.shape))),
        }
    }

    /// What the network loses when groups of channels of `stage` are silenced, each group by itself. The whole network runs once
    /// as it is and once for each group.
    ///
    /// # Errors
    /// [`DissectionError::NotAClassifier`], [`DissectionError::ClassCount`], a channel that the stage does not have, and what stops a
    /// recording.
    pub fn ablate(
        &self,
        network: &Network,
        stage: &str,
        groups: &[Vec<usize>],
        classes: &Classes,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Vec<AblationEffect>, DissectionError> {
        let (found, needed) = (classes.of_image.len(), self.labelled.set().len());
        if found != needed {
            return Err(DissectionError::ClassCount { found, needed });
        }
        let before = self.outputs(network, progress, cancel)?;
        let mut effects = Vec::with_capacity(groups.len());
        for units in groups {
            let after = self.outputs(&network.without_channels(stage, units)?, progress, cancel)?;
            effects.push(classes.effect(units, &before, &after));
        }
        Ok(effects)
    }

    /// (n_images, n_classes)
    fn outputs(
        &self,
        network: &Network,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Array2<f32>, DissectionError> {
        let stage = Self::classifier_output(network)?;
        let n_images = self.labelled.set().len();
        let stages = std::slice::from_ref(stage);
        let plan = RecordPlan::new(network, stages, n_images, self.resources)?;
        let mut outputs = Outputs(Array2::zeros((n_images, stage.n_units())));
        let pass = Pass { set: self.labelled.set(), network, stages, batch_size: plan.batch_size };
        pass.run(self, &mut outputs, progress, cancel)?;
        Ok(outputs.0)
    }
}

struct Outputs(Array2<f32>);

impl RowSink for Outputs {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        for (place, row) in rows.stages.iter().flat_map(|block| block.outer_iter()).enumerate() {
            self.0.row_mut(rows.first + place).assign(&row);
        }
        Ok(())
    }
}

impl Classes {
    fn effect(&self, units: &[usize], before: &Array2<f32>, after: &Array2<f32>) -> AblationEffect {
        let all: Vec<usize> = (0..self.of_image.len()).collect();
        let of_class = |class: usize| {
            let images: Vec<usize> =
                all.iter().copied().filter(|image| self.of_image.get(*image) == Some(&class)).collect();
            (!images.is_empty()).then(|| ClassEffect {
                class,
                name: self.names.get(class).cloned().unwrap_or_default(),
                n_images: images.len(),
                before: self.performance(before, &images),
                after: self.performance(after, &images),
            })
        };
        AblationEffect {
            units: units.to_vec(),
            before: self.performance(before, &all),
            after: self.performance(after, &all),
            classes: (0..self.names.len()).filter_map(of_class).collect(),
        }
    }

    fn performance(&self, outputs: &Array2<f32>, images: &[usize]) -> Performance {
        let (mut n_right, mut sum) = (0, 0.0);
        for image in images {
            let (Some(class), Some(row)) = (self.of_image.get(*image), outputs.outer_iter().nth(*image)) else {
                continue;
            };
            n_right += usize::from(highest(row) == Some(*class));
            sum += row.get(*class).copied().map_or(f64::NAN, f64::from);
        }
        let n = images.len() as f64;
        Performance { accuracy: n_right as f64 / n, mean_output: sum / n }
    }
}

/// The highest output; `None` where two or more are, so that a network that says nothing is not right about the first class.
fn highest(outputs: ArrayView1<'_, f32>) -> Option<usize> {
    let largest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut highest = outputs.iter().enumerate().filter(|(_, value)| **value == largest);
    match (highest.next(), highest.next()) {
        (Some((class, _)), None) => Some(class),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn classes_are_numbers_or_sorted_names() {
        assert_eq!(Classes::from_labels(&labels(&["2", "0"]), 3).unwrap().of_image, [2, 0]);
        assert_eq!(Classes::from_labels(&labels(&["cat", "ant", "cat"]), 2).unwrap().of_image, [1, 0, 1]);
        let beyond = Classes::from_labels(&labels(&["3"]), 3).unwrap_err().to_string();
        assert!(beyond.contains("class 3 is beyond them"), "{beyond}");
        let few = Classes::from_labels(&labels(&["cat", "ant"]), 1000).unwrap_err().to_string();
        assert!(few.contains("1000 outputs") && few.contains("there are 2 names (\"ant\", \"cat\")"), "{few}");
    }

    #[test]
    fn effects_are_counted_by_class() {
        let classes = Classes::from_labels(&labels(&["0", "0", "1"]), 2).unwrap();
        let before = array![[2.0, 1.0], [3.0, 1.0], [0.0, 1.0]];
        let after = array![[0.0, 1.0], [0.0, 0.0], [0.0, 2.0]];
        let effect = classes.effect(&[5], &before, &after);
        assert_eq!((effect.before.accuracy, effect.after.accuracy), (1.0, 1.0 / 3.0));
        assert_eq!((effect.classes[0].n_images, effect.classes[0].before.mean_output), (2, 2.5));
        // A tie is no decision.
        assert_eq!(effect.classes[0].after, Performance { accuracy: 0.0, mean_output: 0.0 });
        assert_eq!(effect.classes[1].after, Performance { accuracy: 1.0, mean_output: 2.0 });
    }
}
