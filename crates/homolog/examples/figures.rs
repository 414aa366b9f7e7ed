//! Draws every figure from made-up data, as SVG and PNG, to see what they look like: `cargo run --example figures -- FOLDER`.
//!
//! Every number here is invented by a formula.

use std::error::Error;
use std::path::Path;

use homolog::report::figure::{
    Band, Bar, BarChart, ColourMap, Curve, CurveChart, CurvePoint, Figure, FittedPowerLaw, Horizontal, LabelledMatrix,
    Labels, LineChart, MarkRow, MdsPlot, PairMarks, Point, RdmMap, RdmPanel, RdmShown, Reference, ScatterPlot,
    ScatterPoint, Series, Spacing, Spectrum, SpectrumPlot, StackedBar, StackedBars, Thumbnail, TimeMap,
    short_model_name,
};
use homolog::report::{Cell, Document, Table};
use homolog::stimuli::Image;
use homolog_stats::random::Rng;
use homolog_stats::rdm::pairs_from_matrix;
use homolog_stats::similarity::{MdsOptions, metric_mds};
use ndarray::Array2;

/// One column of most journals, 89 mm, and the width of a page.
const WIDTHS: [(&str, f64); 2] = [("column", 340.0), ("page", 860.0)];

const CATEGORIES: [&str; 6] = ["human face", "human body", "animal face", "animal body", "fruit", "artificial thing"];

fn noise(rng: &mut Rng, size: f64) -> f64 {
    rng.normal() * size
}

fn rdm(n_stimuli: usize, contrast: f64, seed: u64) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    let group = |stimulus: usize| stimulus * CATEGORIES.len() / n_stimuli;
    let mut matrix = Array2::zeros((n_stimuli, n_stimuli));
    for row in 0..n_stimuli {
        for column in row + 1..n_stimuli {
            let apart = match group(row).abs_diff(group(column)) {
                0 => 0.4,
                1 => 0.7,
                _ => 1.0,
            };
            let value = (1.0 - contrast) * 0.8 + contrast * apart + noise(&mut rng, 0.1);
            matrix[[row, column]] = value;
            matrix[[column, row]] = value;
        }
    }
    matrix
}

fn categories(n_stimuli: usize) -> Vec<String> {
    (0..n_stimuli).map(|stimulus| CATEGORIES[stimulus * CATEGORIES.len() / n_stimuli].to_owned()).collect()
}

fn thumbnails(n_stimuli: usize) -> Vec<Thumbnail> {
    let picture = |stimulus: usize| {
        let group = stimulus * CATEGORIES.len() / n_stimuli;
        let size = 48;
        let pixels = (0..size * size).flat_map(|pixel| {
            let (x, y) = ((pixel % size) as f64 - 24.0, (pixel / size) as f64 - 24.0);
            let angle = (stimulus as f64 * 0.4).sin_cos();
            let inside = match group % 3 {
                0 => x * x + y * y < 300.0,
                1 => (x * angle.0 + y * angle.1).abs() < 8.0,
                _ => x.abs() + y.abs() < 20.0,
            };
            if inside { [60 + 30 * group as u8, 120, 200 - 25 * group as u8] } else { [225, 225, 220] }
        });
        Image::new(size, size, pixels.collect()).ok().as_ref().and_then(Thumbnail::of)
    };
    (0..n_stimuli).filter_map(picture).collect()
}

fn rdm_map(n_stimuli: usize, with_pictures: bool, shown: RdmShown) -> RdmMap {
    let panel = |title: &str, subtitle: &str, contrast: f64, seed: u64| RdmPanel {
        title: title.to_owned(),
        subtitle: subtitle.to_owned(),
        dissimilarities: rdm(n_stimuli, contrast, seed),
    };
    let mut panels = vec![panel("Brain", "IT", 1.0, 1), panel("squeezenet1_1", "features.11", 0.5, 2)];
    panels[1].dissimilarities.row_mut(3).fill(f64::NAN);
    panels[1].dissimilarities.column_mut(3).fill(f64::NAN);
    RdmMap {
        description: "made-up matrices".to_owned(),
        panels,
        shown,
        thumbnails: if with_pictures { thumbnails(n_stimuli) } else { Vec::new() },
        categories: categories(n_stimuli),
    }
}

fn mds(n_stimuli: usize, with_pictures: bool) -> Result<MdsPlot, Box<dyn Error>> {
    let pairs = pairs_from_matrix(rdm(n_stimuli, 1.0, 1).view())?;
    let embedding = metric_mds(pairs.view(), 2, MdsOptions::default())?;
    Ok(MdsPlot {
        description: "made-up stimuli".to_owned(),
        title: "IT".to_owned(),
        points: embedding.points,
        names: (0..n_stimuli).map(|stimulus| format!("stimulus {}", stimulus + 1)).collect(),
        thumbnails: if with_pictures { thumbnails(n_stimuli) } else { Vec::new() },
        categories: categories(n_stimuli),
        stress: Some(embedding.stress),
    })
}

fn bars(n_models: usize) -> BarChart {
    let mut rng = Rng::new(4);
    let height = |model: usize| 0.42 * (-(model as f64 - 2.0).powi(2) / 12.0).exp() - 0.03;
    let bar = |model: usize| {
        let value = height(model);
        Bar {
            name: [
                short_model_name("squeezenet1_1@/data/weights/squeezenet1_1.pth"),
                "alexnet",
                "vgg16",
                "resnet50",
                "vit_b_16",
            ]
            .get(model)
            .map_or_else(|| format!("random:small?seed={model}"), |name| (*name).to_owned()),
            value: Some(value),
            interval: Some((value - 0.035, value + 0.035)),
            subjects: (0..8).map(|_| value + noise(&mut rng, 0.05)).collect(),
            colour: 0,
        }
    };
    let bars: Vec<Bar> = (0..n_models).map(bar).collect();
    let pairs = (0..n_models).flat_map(|first| (first + 1..n_models).map(move |second| (first, second)));
    BarChart {
        description: "made-up models".to_owned(),
        vertical: "RDM correlation (Kendall\u{2019}s \u{3c4}a)".to_owned(),
        different: pairs.filter(|(first, second)| (height(*first) - height(*second)).abs() > 0.08).collect(),
        ceiling: Some(Band { name: "noise ceiling".to_owned(), low: 0.46, high: 0.55 }),
        pair_marks: PairMarks::Automatic,
        mark_rows: vec![
            MarkRow { name: "> 0".to_owned(), holds: bars.iter().map(|bar| bar.value > Some(0.05)).collect() },
            MarkRow { name: "< ceiling".to_owned(), holds: bars.iter().map(|bar| bar.value < Some(0.35)).collect() },
        ],
        bars,
    }
}

fn time_courses() -> CurveChart {
    let mut rng = Rng::new(9);
    let times: Vec<f64> = (-20..=80).map(|bin| f64::from(bin) * 10.0).collect();
    let mut curve = |name: &str, peak_ms: f64, height: f64| {
        let value = |time: f64| if time < 50.0 { 0.0 } else { height * (-((time - peak_ms) / 120.0).powi(2)).exp() };
        let line: Vec<(f64, f64)> = times.iter().map(|time| (*time, value(*time) + noise(&mut rng, 0.008))).collect();
        let over: Vec<f64> = line.iter().filter(|(_, value)| *value > 0.05).map(|(time, _)| *time).collect();
        Curve {
            name: name.to_owned(),
            band: line.iter().map(|(time, value)| (*time, value - 0.03, value + 0.03)).collect(),
            significant: over.first().zip(over.last()).map(|(from, to)| (*from, *to)).into_iter().collect(),
            line,
            points: Vec::new(),
        }
    };
    CurveChart {
        description: "made-up time courses".to_owned(),
        title: "MEG, 16 subjects".to_owned(),
        vertical: "RDM correlation (Spearman\u{2019}s \u{3c1})".to_owned(),
        horizontal: "time after stimulus onset (ms)".to_owned(),
        spacing: Spacing::Linear,
        range: None,
        curves: vec![
            curve("features.3", 110.0, 0.24),
            curve("features.8", 160.0, 0.3),
            curve("classifier", 240.0, 0.22),
        ],
        ceiling: times.iter().map(|time| (*time, 0.35, 0.42)).collect(),
        references: vec![
            Reference::At { place: 0.0, name: "onset".to_owned() },
            Reference::At { place: 500.0, name: "offset".to_owned() },
            Reference::Level { value: 0.0, name: String::new() },
        ],
    }
}

fn power_curves() -> CurveChart {
    let counts = [10.0, 20.0, 40.0, 80.0, 160.0];
    let curve = |name: &str, half: f64| {
        let power = |n: f64| 1.0 - (-(n / half).powf(1.3)).exp() * 0.95;
        Curve {
            name: name.to_owned(),
            line: counts.iter().map(|n| (*n, power(*n))).collect(),
            points: counts
                .iter()
                .map(|n| CurvePoint {
                    place: *n,
                    value: power(*n),
                    interval: Some((power(*n) - 0.04, power(*n) + 0.04)),
                })
                .collect(),
            ..Curve::default()
        }
    };
    CurveChart {
        description: "made-up power".to_owned(),
        title: String::new(),
        vertical: "power to tell two models apart".to_owned(),
        horizontal: "stimuli".to_owned(),
        spacing: Spacing::Logarithmic,
        range: Some((0.0, 1.0)),
        curves: vec![curve("8 subjects", 90.0), curve("16 subjects", 45.0), curve("32 subjects", 22.0)],
        ceiling: Vec::new(),
        references: vec![Reference::Level { value: 0.8, name: "80%".to_owned() }],
    }
}

fn spectra() -> SpectrumPlot {
    let mut rng = Rng::new(10);
    let mut spectrum = |name: &str, exponent: f64| {
        let variance = |n: u32| 0.2 * f64::from(n).powf(-exponent) * noise(&mut rng, 0.1).exp();
        let fit = FittedPowerLaw { first: 11, last: 500, scale: 0.2, exponent };
        Spectrum { name: name.to_owned(), variances: (1..=700).map(variance).collect(), fit: Some(fit) }
    };
    SpectrumPlot {
        description: "made-up eigenspectra".to_owned(),
        vertical: "share of variance".to_owned(),
        spectra: vec![spectrum("features.3, \u{3b1} = 0.90", 0.9), spectrum("classifier, \u{3b1} = 1.50", 1.5)],
    }
}

fn observers() -> ScatterPlot {
    let mut rng = Rng::new(11);
    let point = |image: usize| {
        let across = 2.0 + rng.normal();
        let up = across - 0.6 + noise(&mut rng, 0.5);
        ScatterPoint { name: format!("image {image}"), across, up, kind: image % 3 }
    };
    ScatterPlot {
        description: "made-up patterns of two observers".to_owned(),
        vertical: "d\u{2032}, network".to_owned(),
        horizontal: "d\u{2032}, people".to_owned(),
        points: (0..120).map(point).collect(),
        kinds: ["bear", "dog", "ship"].map(str::to_owned).to_vec(),
    }
}

fn psychometric() -> CurveChart {
    let curve = |name: &str, threshold: f64| {
        let correct = |contrast: f64| 0.0625 + 0.92 * (1.0 - (-(contrast / threshold).powf(1.8)).exp());
        let grid = (0..=60).map(|step| 0.01 * 100_f64.powf(f64::from(step) / 60.0));
        Curve {
            name: name.to_owned(),
            line: grid.map(|contrast| (contrast, correct(contrast))).collect(),
            points: [0.01, 0.03, 0.05, 0.1, 0.15, 0.3, 0.5, 1.0]
                .map(|contrast| {
                    let value = (correct(contrast) + 0.03 * (contrast * 50.0).sin()).min(1.0);
                    CurvePoint { place: contrast, value, interval: Some((value - 0.04, (value + 0.04).min(1.0))) }
                })
                .to_vec(),
            ..Curve::default()
        }
    };
    CurveChart {
        description: "made-up observers".to_owned(),
        title: String::new(),
        vertical: "share correct".to_owned(),
        horizontal: "contrast".to_owned(),
        spacing: Spacing::Logarithmic,
        range: Some((0.0, 1.0)),
        curves: vec![curve("human observers", 0.06), curve("resnet50", 0.2)],
        ceiling: Vec::new(),
        references: vec![Reference::Level { value: 0.0625, name: "chance".to_owned() }],
    }
}

fn stages() -> LineChart {
    let series = |name: &str, height: f64| Series {
        name: name.to_owned(),
        points: (0..13)
            .map(|stage| Point {
                position: f64::from(stage),
                value: (stage != 6).then(|| height * (1.0 - (f64::from(stage) - 8.0).powi(2) / 90.0)),
                error: Some(0.015),
                name: format!("{name} stage {stage}"),
            })
            .collect(),
    };
    LineChart {
        description: "made-up scores".to_owned(),
        vertical: "accuracy, 8 categories".to_owned(),
        horizontal: Horizontal {
            title: "stage, from input to output".to_owned(),
            labels: Labels::Names((0..13).map(|stage| format!("encoder.layers.encoder_layer_{stage}.mlp")).collect()),
        },
        series: vec![series("category", 0.8), series("position", 0.55), series("size", 0.4)],
        band: None,
    }
}

fn confusions(n_categories: usize, range: (f64, f64)) -> LabelledMatrix {
    let names: Vec<String> = (0..n_categories)
        .map(|category| {
            ["airplane", "bear", "bicycle", "bird", "boat", "bottle", "car", "cat", "chair", "clock", "dog", "elephant"]
                .get(category)
                .map_or_else(|| format!("category {category}"), |name| (*name).to_owned())
        })
        .collect();
    LabelledMatrix {
        description: "made-up confusions".to_owned(),
        rows: "shown".to_owned(),
        columns: "answered".to_owned(),
        row_names: names.clone(),
        column_names: names,
        values: Array2::from_shape_fn((n_categories, n_categories), |(row, column)| match row.abs_diff(column) {
            0 => 0.7,
            1 => 0.12,
            distance if distance == 5 && row == 0 => f64::NAN,
            distance => 0.06 / distance as f64,
        }),
        range,
        map: ColourMap::WhiteToBlue,
        value: "share of answers".to_owned(),
        decimals: 2,
    }
}

fn generalisation() -> TimeMap {
    let mut rng = Rng::new(3);
    let times: Vec<f64> = (-10..=50).map(|bin| f64::from(bin) * 10.0).collect();
    let values = Array2::from_shape_fn((times.len(), times.len()), |(train, test)| {
        let (train, test) = (times[train], times[test]);
        let both = if train > 50.0 && test > 50.0 { 1.0 } else { 0.0 };
        let near = (-((train - test) / 70.0).powi(2)).exp() + if train > 250.0 && test > 250.0 { 0.5 } else { 0.0 };
        0.5 + both * 0.25 * near - 0.06 * both * (train - test).abs() / 400.0 + noise(&mut rng, 0.015)
    });
    TimeMap {
        description: "made-up generalisation".to_owned(),
        title: "Category, V4".to_owned(),
        vertical: "training time (ms)".to_owned(),
        horizontal: "test time (ms)".to_owned(),
        vertical_times: times.clone(),
        horizontal_times: times,
        significant: values.mapv(|value| value > 0.56),
        values,
        middle: 0.5,
        value: "accuracy".to_owned(),
        onset: Some(0.0),
    }
}

fn partition() -> StackedBars {
    let bar =
        |name: &str, sizes: [f64; 3]| StackedBar { name: name.to_owned(), sizes: sizes.to_vec(), ceiling: Some(0.44) };
    StackedBars {
        description: "made-up partition".to_owned(),
        vertical: "variance explained (R\u{b2})".to_owned(),
        parts: ["Gabor only", "shared", "squeezenet1_1 only"].map(str::to_owned).to_vec(),
        bars: vec![
            bar("V1", [0.14, 0.11, 0.03]),
            bar("V2", [0.08, 0.12, 0.06]),
            bar("V4", [0.03, 0.09, 0.14]),
            bar("IT", [0.01, -0.02, 0.22]),
        ],
    }
}

/// All figures on one page, as a command writes it.
fn page(figures: &[(&str, Drawing)]) -> Document {
    let mut page = Document::new("Every figure, from made-up data", "cargo run --example figures -- FOLDER");
    page.mark_simulated();
    page.lead("Nothing on this page was measured.");
    for (name, draw) in figures {
        page.section(name);
        page.figure(draw, "A figure from invented numbers.");
    }
    page.section("A table");
    page.table(
        Table::new(["model", "\u{3c4}a", "interval", "p (> 0)", "stimuli"])
            .row([
                Cell::name("squeezenet1_1"),
                Cell::number(0.31),
                Cell::Interval(Some((0.27, 0.35))),
                Cell::PValue(Some(2e-5)),
                Cell::count(92),
            ])
            .row([
                Cell::name("alexnet"),
                Cell::number(None),
                Cell::Interval(None),
                Cell::PValue(None),
                Cell::count(92),
            ]),
    );
    page.notes(["Rows were joined by stimulus id."]);
    page.provenance("Models", "/home/someone/projects/vision/weights/torchvision/squeezenet1_1-b8a52dc0.pth");
    page.provenance("Seed", "0");
    page
}

/// Draws a figure of a width.
type Drawing = Box<dyn Fn(f64) -> Figure>;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("say where to: figures FOLDER")?;
    let folder = Path::new(&folder);
    let value = || RdmShown::Value { measure: "1 \u{2212} Pearson correlation".to_owned() };
    let figures: Vec<(&str, Drawing)> = vec![
        ("rdm_pictures", Box::new(move |width| rdm_map(36, true, RdmShown::Percentile).figure(width))),
        ("rdm_many", Box::new(move |width| rdm_map(600, true, value()).figure(width))),
        ("bars_few", Box::new(|width| bars(5).figure(width))),
        ("bars_many", Box::new(|width| bars(12).figure(width))),
        ("time_courses", Box::new(|width| time_courses().figure(width))),
        ("power", Box::new(|width| power_curves().figure(width))),
        ("psychometric", Box::new(|width| psychometric().figure(width))),
        ("spectra", Box::new(|width| spectra().figure(width))),
        ("observers", Box::new(|width| observers().figure(width))),
        ("stages", Box::new(|width| stages().figure(width))),
        ("confusions", Box::new(|width| confusions(12, (0.0, 1.0)).figure(width))),
        ("recovery", Box::new(|width| confusions(5, (0.0, 1.0)).figure(width))),
        ("generalisation", Box::new(|width| generalisation().figure(width))),
        ("partition", Box::new(|width| partition().figure(width))),
    ];
    for (name, draw) in &figures {
        for (place, width) in WIDTHS {
            draw(width).save(&folder.join(format!("{name}_{place}.png")))?;
            draw(width).save(&folder.join(format!("{name}_{place}.svg")))?;
        }
    }
    page(&figures).write(&folder.join("page.html"))?;
    for (name, plot) in [("mds_pictures", mds(36, true)?), ("mds_marks", mds(92, false)?), ("mds_few", mds(12, false)?)]
    {
        for (place, width) in WIDTHS {
            plot.figure(width).save(&folder.join(format!("{name}_{place}.png")))?;
        }
    }
    Ok(())
}
