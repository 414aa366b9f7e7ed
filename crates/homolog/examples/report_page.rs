//! Writes a report from made-up numbers, to see what the page looks like: `cargo run --example report_page -- FOLDER`.
//!
//! Every number here is invented by a formula; the benchmarks are marked as simulated, and the page says so.

use std::error::Error;
use std::path::Path;

use homolog::report::{Figures, RdmPair, write, write_json};
use homolog::score::result::{
    BenchmarkSummary, CeilingSummary, Failure, Interval, ModelSummary, Provenance, Score, ScoreReport,
};

/// A name as long as users' paths are.
const MODEL: &str = "squeezenet1_1@/home/someone/projects/vision/weights/torchvision/squeezenet1_1-b8a52dc0.pth";

/// A number from 0 to 1 that depends on its arguments alone and looks random.
fn noise(seed: usize, position: usize) -> f64 {
    let mixed =
        (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (position as u64).wrapping_mul(0xd1b5_4a32_d192_ed03);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 32)) % 10_000) as f64 / 10_000.0
}

fn benchmark(name: &str, region: &str, label: &str, ceiling: CeilingSummary) -> BenchmarkSummary {
    BenchmarkSummary {
        name: name.to_owned(),
        version: 1,
        title: format!("Made-up {region} recording, to look at the page"),
        region: region.to_owned(),
        species: "none".to_owned(),
        simulated: true,
        metric: if region == "IT" { "rsa-correlation-spearman" } else { "encoding-pls-25" }.to_owned(),
        value_label: label.to_owned(),
        ceiling,
        n_stimuli: 48,
        n_units: (region != "IT").then_some(120),
        n_subjects: (region == "IT").then_some(4),
        citation: "Nobody A, Nobody B (2026). Numbers that were never measured".to_owned(),
        doi: None,
        licence: "none needed".to_owned(),
        notes: vec!["Nothing on this page was measured.".to_owned()],
    }
}

fn score(model: &ModelSummary, seed: usize, depth: usize, benchmark: &BenchmarkSummary) -> Score {
    let share = depth as f64 / (model.layers.len() - 1) as f64;
    let peak = if benchmark.region == "V4" { 0.55 } else { 0.85 };
    let height = if benchmark.region == "V4" { 0.52 } else { 0.27 } - 0.07 * seed as f64;
    let value = height * (-(share - peak) * (share - peak) / 0.18).exp() + 0.02 * noise(seed, depth) + 0.015;
    let ceiling = benchmark.ceiling.value;
    let ceiled =
        ceiling.map(|ceiling| if benchmark.region == "V4" { value * value / ceiling } else { value / ceiling });
    let units = benchmark.n_units.unwrap_or(0);
    Score {
        model: model.name.clone(),
        layer: model.layers[depth].clone(),
        depth,
        benchmark: benchmark.name.clone(),
        region: benchmark.region.clone(),
        metric: benchmark.metric.clone(),
        value: Some(value),
        error: Some(0.012 + 0.01 * noise(seed + 7, depth)),
        ceiling,
        ceiled,
        interval: Some(Interval { lower: value - 0.035, upper: value + 0.03, level: 0.95, n_samples: 1000 }),
        per_unit: (0..units)
            .map(|unit| Some(value + 0.6 * (noise(unit, 1) + noise(unit, 2) + noise(unit, 3) - 1.5) / 1.5 * 0.5))
            .collect(),
        per_split: Vec::new(),
        per_split_is: None,
        provenance: Provenance {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            benchmark_version: 1,
            weights_sha256: None,
            stimuli_sha256: "0".repeat(64),
            recording_sha256: vec![("made-up/responses.npy".to_owned(), "0".repeat(64))],
            preprocessing: "none".to_owned(),
            preprocessing_sha256: "0".repeat(64),
            recipe: serde_json::json!({ "kind": "made-up" }),
            seed: 0,
            engine: "none".to_owned(),
        },
    }
}

fn triangle(n_stimuli: usize, seed: usize) -> Vec<f64> {
    let group = |stimulus: usize| stimulus / 12;
    (0..n_stimuli)
        .flat_map(|row| (row + 1..n_stimuli).map(move |column| (row, column)))
        .map(|(row, column)| {
            let apart = if group(row) == group(column) { 0.2 } else { 0.7 };
            apart + (0.2 + 0.4 * seed as f64) * noise(seed + row, column)
        })
        .collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("say where to: report_page FOLDER")?;
    let mut report = ScoreReport::new(format!(
        "homolog score {MODEL} random:small?seed=1 --benchmark made-up-IT --benchmark made-up-V4"
    ));
    let stages = |count: usize, name: &str| (0..count).map(|stage| format!("{name}.{stage}")).collect();
    report.models = vec![
        ModelSummary {
            name: MODEL.to_owned(),
            architecture: "squeezenet1_1".to_owned(),
            layers: stages(13, "features"),
        },
        ModelSummary {
            name: "random:small?seed=1".to_owned(),
            architecture: "small".to_owned(),
            layers: stages(6, "conv"),
        },
    ];
    if std::env::args().nth(2).is_some_and(|option| option == "one-model") {
        report.models.truncate(1);
    }
    let bounds = |kind: &str, value: f64, formula: &str| CeilingSummary {
        kind: kind.to_owned(),
        value: Some(value),
        lower: None,
        upper: None,
        error: Some(0.01),
        formula: Some(formula.to_owned()),
        reason: None,
    };
    let rsa = CeilingSummary {
        lower: Some(0.37),
        upper: Some(0.666),
        error: None,
        ..bounds("rsa-lower-upper", 0.666, "value-over-ceiling")
    };
    report.benchmarks = vec![
        benchmark("made-up-IT", "IT", "Spearman correlation", rsa),
        benchmark(
            "made-up-V4",
            "V4",
            "Pearson correlation, median unit",
            bounds("split-half-spearman-brown", 0.61, "brain-score-2026"),
        ),
    ];
    for benchmark in &report.benchmarks {
        for (seed, model) in report.models.iter().enumerate() {
            report.scores.extend((0..model.layers.len()).map(|depth| score(model, seed, depth, benchmark)));
        }
    }
    report.failures = vec![Failure {
        model: "broken.onnx".to_owned(),
        benchmark: None,
        message: "cannot read \"broken.onnx\": the file ends in the middle of node 12; 8,192 of 40,960 bytes are there"
            .to_owned(),
    }];
    let pair = RdmPair::new("made-up-IT", 48, &triangle(48, 0), (MODEL, "features.11", &triangle(48, 1)))?;
    let folder = Path::new(&folder);
    write(&folder.join("report.html"), &report, &Figures { rdms: vec![pair] })?;
    write_json(&folder.join("scores.json"), &report)?;
    Ok(())
}
