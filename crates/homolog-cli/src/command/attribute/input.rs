//! Images and read-outs that are attributed.

use std::path::{Path, PathBuf};

use homolog::network::checked::Network;
use homolog::network::readout::with_readout;
use homolog::recording::format::npy;
use homolog::stimuli::{IdStyle, Image, Limits, Preprocessing, Source, SourceReader, Stimulus, StimulusSet};
use ndarray::{Array3, ArrayD, Axis, Ix2, concatenate};

use crate::exit::Failure;

/// The name of the stage that a read-out makes.
const READOUT: &str = "readout";

/// An image as the network takes it and as people look at it.
pub(super) struct Photograph {
    pub(super) id: String,
    /// (channel, height, width), preprocessed.
    pub(super) input: Array3<f32>,
    /// What the network is shown, in 8-bit colour.
    pub(super) shown: Image,
}

/// The images at `places`: files, folders, archives, tables.
pub(super) fn photographs(places: &[PathBuf], preprocessing: &Preprocessing) -> Result<Vec<Photograph>, Failure> {
    let mut photographs = Vec::new();
    let mut reader = SourceReader::new(Limits::default());
    for place in places {
        let (stimuli, width_deg) = stimuli(place)?;
        for stimulus in stimuli {
            let image =
                reader.image(&stimulus, preprocessing.background).map_err(|problem| Failure::from_error(&problem))?;
            let told = |problem| {
                let text = crate::exit::chain(&problem);
                Failure::wrong_input(format!("cannot use the image \"{}\": {text}", stimulus.source))
            };
            let shown = preprocessing.sized(&image, width_deg).map_err(told)?;
            let input = preprocessing.apply(&image, width_deg).map_err(told)?;
            photographs.push(Photograph { id: stimulus.id, input, shown });
        }
    }
    Ok(photographs)
}

fn stimuli(place: &Path) -> Result<(Vec<Stimulus>, Option<f64>), Failure> {
    let extension = place.extension().map(|extension| extension.to_ascii_lowercase());
    let is_one_image = place.is_file()
        && !matches!(extension.as_deref().and_then(std::ffi::OsStr::to_str), Some("zip" | "csv" | "npy"));
    if is_one_image {
        let id = place.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let source = Source::File(place.to_owned());
        return Ok((vec![Stimulus { id, source, properties: std::collections::BTreeMap::new() }], None));
    }
    let set =
        StimulusSet::open(place, IdStyle::NameWithoutExtension).map_err(|problem| Failure::from_error(&problem))?;
    Ok((set.stimuli().to_vec(), set.width_deg()))
}

/// The network with the read-out that `STAGE=FILE.npy` gives.
pub(super) fn read_out(network: &Network, text: &str, intercepts: Option<&Path>) -> Result<Network, Failure> {
    let (stage, file) = text
        .split_once('=')
        .filter(|(stage, file)| !stage.is_empty() && !file.is_empty())
        .ok_or_else(|| Failure::wrong_input(format!("cannot read --readout \"{text}\": it needs STAGE=FILE.npy")))?;
    let weights = numbers(Path::new(file))?;
    // A single neuron's weights may come as a vector.
    let weights = if weights.ndim() == 1 { weights.insert_axis(Axis(0)) } else { weights };
    let found = weights.shape().to_vec();
    let weights = weights.into_dimensionality::<Ix2>().map_err(|_| {
        Failure::wrong_input(format!(
            "cannot read out with \"{file}\": its shape is {found:?}, and it needs (neurons, units)"
        ))
    })?;
    let weights = match intercepts.map(|file| Ok::<_, Failure>((file, numbers(file)?))).transpose()? {
        None => weights,
        Some((file, intercepts)) => {
            let (n_neurons, found) = (weights.nrows(), intercepts.len());
            let column = intercepts.into_shape_with_order((found, 1)).ok().filter(|_| found == n_neurons);
            let joined = column.and_then(|column| concatenate(Axis(1), &[weights.view(), column.view()]).ok());
            joined.ok_or_else(|| {
                Failure::wrong_input(format!(
                    "cannot use \"{}\": it has {found} intercepts for {n_neurons} neurons",
                    file.display()
                ))
            })?
        }
    };
    with_readout(network, READOUT, stage, weights.view()).map_err(|problem| Failure::from_error(&problem))
}

fn numbers(file: &Path) -> Result<ArrayD<f64>, Failure> {
    let bytes = std::fs::read(file)
        .map_err(|problem| Failure::wrong_input(format!("cannot read \"{}\": {problem}", file.display())))?;
    let array = npy::parse(&bytes).map_err(|problem| {
        Failure::wrong_input(format!("cannot read \"{}\": {}", file.display(), crate::exit::chain(&problem)))
    })?;
    let refused = || Failure::wrong_input(format!("cannot use \"{}\": it holds no numbers", file.display()));
    array.into_numbers().ok_or_else(refused)
}
