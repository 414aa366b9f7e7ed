//! Whether networks give metamers the class of their originals, by the stage that was matched.

use homolog::report::figure::{Horizontal, Labels, LineChart, Point, Series, short_model_names};
use homolog::synthesis::metamer::ClassAgreement;
use serde_json::{Value, json};

use super::metamer_output::Metamer;
use crate::table::{Align, Table};

/// The classes that a network gives an original and its metamer.
pub(super) struct Answer {
    pub(super) network: String,
    pub(super) agreement: ClassAgreement,
    /// The share of random pairs that it gives one class.
    pub(super) same_class_of_pairs: Option<f64>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        let ClassAgreement { original, metamer } = self.agreement;
        json!({ "network": self.network, "class_of_original": original, "class_of_metamer": metamer,
            "is_same": self.agreement.is_same() })
    }
}

/// How many metamers of a stage a network gives the class of their originals.
pub(super) struct OfStage {
    stage: String,
    network: String,
    n_same: usize,
    n_originals: usize,
    same_class_of_pairs: Option<f64>,
}

impl OfStage {
    fn share(&self) -> f64 {
        self.n_same as f64 / self.n_originals.max(1) as f64
    }

    pub(super) fn json(&self) -> Value {
        json!({ "layer": self.stage, "network": self.network, "n_same_class": self.n_same, "n_originals": self.n_originals,
            "share": self.share(), "share_of_random_pairs": self.same_class_of_pairs })
    }
}

/// For each stage that was matched and each network that gives classes, in the order of the metamers.
pub(super) fn by_stage(metamers: &[Metamer<'_>]) -> Vec<OfStage> {
    let mut all: Vec<OfStage> = Vec::new();
    for metamer in metamers {
        for answer in &metamer.answers {
            let found = all.iter().position(|one| one.stage == metamer.stage && one.network == answer.network);
            let place = found.unwrap_or_else(|| {
                all.push(OfStage {
                    stage: metamer.stage.clone(),
                    network: answer.network.clone(),
                    n_same: 0,
                    n_originals: 0,
                    same_class_of_pairs: answer.same_class_of_pairs,
                });
                all.len() - 1
            });
            if let Some(one) = all.get_mut(place) {
                one.n_same += usize::from(answer.agreement.is_same());
                one.n_originals += 1;
            }
        }
    }
    all
}

pub(super) fn table(agreement: &[OfStage]) -> Table {
    let mut table = Table::new(&[
        ("metamers of", Align::Left),
        ("asked", Align::Left),
        ("class of the original", Align::Right),
        ("random pairs", Align::Right),
    ]);
    for one in agreement {
        let pairs = one.same_class_of_pairs.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        let own = format!("{} of {}", one.n_same, one.n_originals);
        table.row(vec![one.stage.clone(), one.network.clone(), own, pairs]);
    }
    table
}

/// The share by stage, a line for each network, and beside it how often the network gives random pairs one class.
pub(super) fn chart(agreement: &[OfStage]) -> LineChart {
    let mut stages: Vec<String> = Vec::new();
    let mut networks: Vec<String> = Vec::new();
    for one in agreement {
        if !stages.contains(&one.stage) {
            stages.push(one.stage.clone());
        }
        if !networks.contains(&one.network) {
            networks.push(one.network.clone());
        }
    }
    let line = |network: &String, of: &dyn Fn(&OfStage) -> Option<f64>| -> Vec<Point> {
        let at = |stage: &String| agreement.iter().find(|one| one.stage == *stage && one.network == *network);
        let point = |(place, stage): (usize, &String)| Point {
            position: place as f64,
            value: at(stage).and_then(of),
            error: None,
            name: stage.clone(),
        };
        stages.iter().enumerate().map(point).collect()
    };
    let mut series = Vec::new();
    for (network, name) in networks.iter().zip(short_model_names(&networks)) {
        series.push(Series { name: name.clone(), points: line(network, &|one| Some(100.0 * one.share())) });
        let pairs = line(network, &|one| one.same_class_of_pairs.map(|share| 100.0 * share));
        if pairs.iter().any(|point| point.value.is_some()) {
            series.push(Series { name: format!("{name}, random pairs"), points: pairs });
        }
    }
    let n_originals = agreement.first().map_or(0, |one| one.n_originals);
    LineChart {
        description: format!("How many metamers of {n_originals} images have the class of their original, by stage"),
        vertical: "class of the original (% of metamers)".to_owned(),
        horizontal: Horizontal { title: "stage that was matched".to_owned(), labels: Labels::Names(stages) },
        series,
        band: None,
    }
}
