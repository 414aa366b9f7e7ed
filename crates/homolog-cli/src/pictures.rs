//! Pictures in and out of the commands that look inside a network.

use std::path::Path;

use homolog::inside::picture::{Cell, Pixels, contact_sheet, from_picture, png};
use homolog::network::engine::Engine as _;
use homolog::report::figure::{Horizontal, Labels, LineChart, Point, Series};
use homolog::stimuli::{Decoding, Image, Preprocessing, decode};
use homolog::store::write_whole;
use serde_json::{Map, Value, json};

use crate::exit::Failure;
use crate::model::Model;

/// Columns of a contact sheet at most.
const MAX_COLUMNS: usize = 8;

/// A trajectory is drawn with so many points at most.
const MAX_POINTS: usize = 128;

/// An image of a file at a size, in [0, 1].
pub(crate) fn image_from(file: &Path, size: [usize; 2]) -> Result<Pixels, Failure> {
    let bytes = std::fs::read(file)
        .map_err(|problem| Failure::wrong_input(format!("cannot read the image \"{}\": {problem}", file.display())))?;
    let refused = |problem: &(dyn std::error::Error + 'static)| {
        Failure::wrong_input(format!("cannot use the image \"{}\": {}", file.display(), crate::exit::chain(problem)))
    };
    let picture = decode(&bytes, &Decoding::default()).map_err(|problem| refused(&problem))?;
    from_picture(&picture, size).map_err(|problem| refused(&problem))
}

/// N, or HEIGHTxWIDTH.
pub(crate) fn read_size(text: &str) -> Result<[usize; 2], Failure> {
    let sides = match text.split_once(['x', '×']) {
        Some((height, width)) => height.trim().parse().ok().zip(width.trim().parse().ok()),
        None => text.trim().parse().ok().map(|side| (side, side)),
    };
    let (height, width) = sides.ok_or_else(|| {
        Failure::wrong_input(format!("cannot read --size \"{text}\": it needs pixels, as in 224 or 224x320"))
    })?;
    Ok([height, width])
}

/// An objective before each step.
pub(crate) fn trajectory_chart(objective: &str, trajectory: &[f64]) -> LineChart {
    let every = trajectory.len().div_ceil(MAX_POINTS).max(1);
    let last = trajectory.len().saturating_sub(1);
    let points = trajectory.iter().enumerate().filter(|(step, _)| step.is_multiple_of(every) || *step == last);
    let point = |(step, value): (usize, &f64)| Point {
        position: step as f64,
        value: Some(*value),
        error: None,
        name: format!("step {step}"),
    };
    LineChart {
        description: format!("The objective {objective} before each step"),
        vertical: objective.to_owned(),
        horizontal: Horizontal { title: "step".to_owned(), labels: Labels::Numbers },
        series: vec![Series { name: objective.to_owned(), points: points.map(point).collect() }],
        band: None,
    }
}

/// What has to be known of the program, the network and its input to make a result again.
pub(crate) fn provenance(command: &str, model: &Model, preprocessing: Option<&Preprocessing>) -> Map<String, Value> {
    let known = json!({
        "schema": format!("homolog.{command}/1"),
        "homolog": env!("CARGO_PKG_VERSION"),
        "engine": model.burn.description(),
        "device": model.burn.gpu_name().unwrap_or("cpu"),
        "model": model.name,
        "weights_sha256": model.weights_sha256,
        "preprocessing": preprocessing.map(|one| one.name.clone()),
        "preprocessing_sha256": preprocessing.map(Preprocessing::content_hash),
    });
    known.as_object().cloned().unwrap_or_default()
}

/// The folder that a command leaves its results in; every file appears whole or not at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PictureFolder<'a> {
    folder: &'a Path,
}

impl<'a> PictureFolder<'a> {
    /// The folder exists, or is made with the first file.
    pub(crate) fn at(folder: &'a Path) -> Self {
        Self { folder }
    }

    pub(crate) fn path(&self) -> &'a Path {
        self.folder
    }

    pub(crate) fn put(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        let file = self.folder.join(name);
        let told = |problem| Failure::outside(format!("cannot write \"{}\": {problem}", file.display()));
        write_whole(&file, content).map_err(told)
    }

    pub(crate) fn put_picture(&self, name: &str, picture: &Image) -> Result<(), Failure> {
        let bytes = png(picture).map_err(|problem| Failure::from_error(&problem))?;
        self.put(name, &bytes)
    }

    pub(crate) fn put_sheet(&self, name: &str, cells: &[Cell]) -> Result<(), Failure> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a square root of a small count")]
        let n_columns = ((cells.len() as f64).sqrt().ceil() as usize + 1).min(MAX_COLUMNS);
        self.put_sheet_of(name, cells, n_columns)
    }

    pub(crate) fn put_sheet_of(&self, name: &str, cells: &[Cell], n_columns: usize) -> Result<(), Failure> {
        let sheet = contact_sheet(cells, n_columns).map_err(|problem| Failure::from_error(&problem))?;
        self.put_picture(name, &sheet)
    }
}
