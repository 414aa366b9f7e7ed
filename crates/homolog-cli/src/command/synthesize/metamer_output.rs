//! What `homolog synthesize metamer` leaves.

use std::io::Write as _;

use homolog::inside::optimise::Optimised;
use homolog::inside::picture::{Cell, Pixels, pictures};
use homolog::report::figure::{Horizontal, Labels, LineChart, Point, Series};
use homolog::synthesis::metamer::{Judged, Likeness};
use serde_json::{Value, json};

use super::making::{Made, MakingOptions, extended, stem};
use super::metamer_agreement::{self, Answer};
use crate::exit::Failure;
use crate::model::Model;
use crate::pictures::{PictureFolder, provenance};
use crate::table::{Align, Table, printed};

/// Pixels across of a figure.
const FIGURE_PX: f64 = 560.0;

/// One metamer and what is said of it.
pub(super) struct Metamer<'a> {
    /// The original's name.
    pub(super) name: String,
    pub(super) original: Pixels,
    pub(super) stage: String,
    pub(super) one: &'a Optimised,
    pub(super) witnesses: Vec<Witness>,
    /// Of the networks that give classes.
    pub(super) answers: Vec<Answer>,
}

/// What a stage of a network says of a metamer.
pub(super) struct Witness {
    pub(super) network: String,
    pub(super) stage: String,
    /// Nothing where all its units respond alike.
    pub(super) likeness: Option<Likeness>,
    pub(super) judged: Option<Judged>,
    /// The 99.9th percentile of pairs, Spearman's correlation.
    pub(super) threshold: Option<f64>,
    pub(super) n_pairs: usize,
}

/// Where results go and what they are of.
pub(super) struct Report<'a> {
    pub(super) out: PictureFolder<'a>,
    pub(super) model: &'a Model,
    pub(super) making: &'a MakingOptions,
    pub(super) made: &'a Made,
}

impl Report<'_> {
    /// Writes everything, and prints a table or the JSON.
    pub(super) fn write(&self, metamers: &[Metamer<'_>]) -> Result<(), Failure> {
        let (mut cells, mut results): (Vec<Cell>, Vec<Value>) = (Vec::new(), Vec::new());
        let mut shown: Option<&str> = None;
        let n_stages =
            metamers.iter().take_while(|one| Some(&one.name) == metamers.first().map(|first| &first.name)).count();
        for metamer in metamers {
            if shown != Some(metamer.name.as_str()) {
                for picture in pictures(&metamer.original).map_err(|problem| Failure::from_error(&problem))? {
                    cells.push(Cell { picture, caption: vec![metamer.name.clone(), "original".to_owned()] });
                }
                shown = Some(&metamer.name);
            }
            let own = metamer.witnesses.iter().find(|one| one.network == self.model.name && one.stage == metamer.stage);
            let likeness = own.and_then(|own| own.likeness);
            let mut words = likeness.map_or_else(|| "-".to_owned(), |like| format!("rho {:.4}", like.spearman));
            if let Some(answer) = metamer.answers.iter().find(|one| one.network == self.model.name) {
                words.push_str(if answer.agreement.is_same() { ", same class" } else { ", another class" });
            }
            let file = format!("{}-{}", stem(&metamer.name), stem(&metamer.stage));
            let (mut known, made) =
                self.made.write(self.out, metamer.one, &file, vec![metamer.stage.clone(), words])?;
            cells.extend(made);
            known["original"] = json!(metamer.name);
            known["layer"] = json!(metamer.stage);
            known["witnesses"] = metamer.witnesses.iter().map(witness).collect();
            known["classes"] = metamer.answers.iter().map(Answer::json).collect();
            results.push(known);
        }
        self.out.put_sheet_of("contact-sheet.png", &cells, n_stages + 1)?;
        if metamers.iter().any(|one| one.witnesses.iter().any(|witness| witness.judged.is_some())) {
            self.put_chart("likeness", &chart(metamers))?;
        }
        let agreement = metamer_agreement::by_stage(metamers);
        if !agreement.is_empty() {
            self.put_chart("agreement", &metamer_agreement::chart(&agreement))?;
        }
        let preprocessing = self.model.preprocessing(self.making.preprocessing.as_deref()).ok();
        let of_stages: Vec<Value> = agreement.iter().map(metamer_agreement::OfStage::json).collect();
        let more = json!({ "settings": self.made.settings(), "results": results, "class_agreement": of_stages });
        let report = extended(provenance("synthesize-metamer", self.model, preprocessing.as_ref()), &more);
        self.out.put("metamer.json", format!("{report:#}\n").as_bytes())?;
        if self.making.json {
            return printed(|out| writeln!(out, "{report:#}"));
        }
        printed(|out| {
            table(metamers).write(out)?;
            if !agreement.is_empty() {
                writeln!(out)?;
                metamer_agreement::table(&agreement).write(out)?;
            }
            writeln!(out, "\nin {}", self.out.path().display())
        })
    }

    fn put_chart(&self, name: &str, chart: &LineChart) -> Result<(), Failure> {
        let figure = chart.figure(FIGURE_PX);
        self.out.put(&format!("{name}.svg"), figure.standalone().as_bytes())?;
        self.out.put(&format!("{name}.png"), &figure.png().map_err(|problem| Failure::from_error(&problem))?)
    }
}

fn witness(one: &Witness) -> Value {
    json!({ "network": one.network, "stage": one.stage, "n_pairs": one.n_pairs,
        "spearman": one.likeness.map(|like| like.spearman), "pearson": one.likeness.map(|like| like.pearson),
        "signal_to_noise_db": one.likeness.map(|like| like.signal_to_noise_db).filter(|db| db.is_finite()),
        "spearman_of_pairs_99_9": one.threshold, "spearman_percentile": one.judged.map(|judged| judged.spearman_percentile),
        "pearson_percentile": one.judged.map(|judged| judged.pearson_percentile), "p_value": one.judged.map(|judged| judged.p_value) })
}

fn table(metamers: &[Metamer<'_>]) -> Table {
    let mut table = Table::new(&[
        ("original", Align::Left),
        ("metamer of", Align::Left),
        ("asked", Align::Left),
        ("stage", Align::Left),
        ("Spearman", Align::Right),
        ("99.9 % of pairs", Align::Right),
        ("percentile", Align::Right),
        ("dB", Align::Right),
    ]);
    let shown = |number: Option<f64>, decimals: usize| {
        number.map_or_else(|| "-".to_owned(), |number| format!("{number:.decimals$}"))
    };
    for metamer in metamers {
        for one in &metamer.witnesses {
            table.row(vec![
                metamer.name.clone(),
                metamer.stage.clone(),
                one.network.clone(),
                one.stage.clone(),
                shown(one.likeness.map(|like| like.spearman), 4),
                shown(one.threshold, 4),
                shown(one.judged.map(|judged| judged.spearman_percentile), 2),
                shown(one.likeness.map(|like| like.signal_to_noise_db), 1),
            ]);
        }
    }
    table
}

/// The likeness at every stage that was asked, a line for the metamers of each stage, and one for the 99.9th percentile of pairs.
fn chart(metamers: &[Metamer<'_>]) -> LineChart {
    let Some(first) = metamers.first() else {
        let horizontal = Horizontal { title: String::new(), labels: Labels::Numbers };
        return LineChart {
            description: String::new(),
            vertical: String::new(),
            horizontal,
            series: Vec::new(),
            band: None,
        };
    };
    let several = first.witnesses.iter().any(|one| one.network != first.witnesses[0].network);
    let name = |one: &Witness| if several { format!("{} {}", one.network, one.stage) } else { one.stage.clone() };
    let point =
        |place: usize, value: Option<f64>, name: String| Point { position: place as f64, value, error: None, name };
    let mut stages: Vec<&str> = Vec::new();
    for metamer in metamers {
        if !stages.contains(&metamer.stage.as_str()) {
            stages.push(&metamer.stage);
        }
    }
    let mean = |stage: &str, place: usize| {
        let of = metamers
            .iter()
            .filter(|one| one.stage == stage)
            .filter_map(|one| Some(one.witnesses.get(place)?.likeness?.spearman));
        let values: Vec<f64> = of.collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let of_stage = |stage: &&str| Series {
        name: format!("metamers of {stage}"),
        points: first
            .witnesses
            .iter()
            .enumerate()
            .map(|(place, one)| point(place, mean(stage, place), name(one)))
            .collect(),
    };
    let pairs = Series {
        name: "99.9 % of random pairs".to_owned(),
        points: first.witnesses.iter().enumerate().map(|(place, one)| point(place, one.threshold, name(one))).collect(),
    };
    LineChart {
        description: "How alike stages respond to an image and its metamer".to_owned(),
        vertical: "Spearman's correlation of responses".to_owned(),
        horizontal: Horizontal {
            title: "stage that is asked".to_owned(),
            labels: Labels::Names(first.witnesses.iter().map(name).collect()),
        },
        series: stages.iter().map(of_stage).chain([pairs]).collect(),
        band: None,
    }
}
