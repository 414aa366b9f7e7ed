//! Human and network behaviour: shape bias and error consistency from the trials as they were published.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use homolog_stats::behaviour::{CueConflictTrial, ScoredTrial, error_consistency_ceiling, shape_bias};
use homolog_stats::ceiling::{Halves, SplitHalf, split_half_ceiling};

use crate::real_data;

/// Brain-Score's Geirhos2021 ceilings (`benchmarks/geirhos2021/test.py`), with the conditions it leaves out: the undistorted control and those
/// in which people were near chance.
const CEILINGS: [(&str, &[&str], f64); 9] = [
    ("colour", &["cr"], 0.41543),
    ("contrast", &["c100", "c03", "c01"], 0.43703),
    ("cue-conflict", &[], 0.33105),
    ("eidolonI", &["1-10-10", "64-10-10", "128-10-10"], 0.38634),
    ("false-colour", &["true"], 0.44405),
    ("high-pass", &["inf", "0.55", "0.45", "0.4"], 0.44014),
    ("rotation", &["0"], 0.43851),
    ("silhouette", &[], 0.47571),
    ("uniform-noise", &["0.00", "0.60", "0.90"], 0.43406),
];

/// The files of a folder whose name holds `part`, sorted.
fn files(folder: &Path, part: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder that can be read");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.to_string_lossy().contains(part)).collect();
    found.sort();
    assert!(!found.is_empty(), "{} has no file with {part:?} in its name", folder.display());
    found
}

/// Condition, image name, answer and category of each trial.
fn trials(path: &Path) -> Vec<[String; 4]> {
    let file = File::open(path).expect("a file that can be read");
    let reader: Box<dyn Read> = match path.extension().is_some_and(|end| end == "gz") {
        true => Box::new(flate2::read::GzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut table = csv::Reader::from_reader(reader);
    let headers = table.headers().expect("a header").clone();
    let columns = ["condition", "imagename", "object_response", "category"];
    let places = columns.map(|name| headers.iter().position(|header| header == name).expect("a column of trials"));
    let row = |row: csv::Result<csv::StringRecord>| {
        let row = row.expect("a row");
        places.map(|place| row[place].to_owned())
    };
    table.records().map(row).collect()
}

/// Shape and texture of `0001_…_bird3-clock2.png`.
fn cues(image: &str) -> (String, String) {
    let name = image.rsplit('_').next().expect("a name");
    let (shape, texture) = name.trim_end_matches(".png").split_once('-').expect("shape and texture");
    let category = |cue: &str| cue.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    (category(shape), category(texture))
}

fn shape_bias_of(path: &Path) -> f64 {
    let trials = trials(path);
    let cues: Vec<(String, String)> = trials.iter().map(|[_, image, ..]| cues(image)).collect();
    let mut conflicts = Vec::new();
    for ([_, _, answer, _], (shape, texture)) in trials.iter().zip(&cues) {
        conflicts.push(CueConflictTrial { shape, texture, answer });
    }
    shape_bias(&conflicts).expect("answers by shape or texture").value
}

#[test]
fn people_name_cue_conflict_images_by_shape_and_alexnet_does_not() {
    let folder = real_data("cue_conflict_geirhos2019/raw-data");
    let people: Vec<f64> = files(&folder, "subject-").iter().map(|path| shape_bias_of(path)).collect();
    assert_eq!(people.len(), 10);
    let mean = people.iter().sum::<f64>() / 10.0;
    assert!((mean - 0.9576).abs() < 5e-5, "{mean}");
    let alexnet = shape_bias_of(&files(&folder, "alexnet")[0]);
    assert!((alexnet - 0.4294).abs() < 5e-5, "{alexnet}");
}

#[test]
fn error_consistency_ceilings_are_those_of_brain_score() {
    let entries = std::fs::read_dir(real_data("behaviour_model_vs_human")).expect("a folder that can be read");
    let folders = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let sets: BTreeSet<String> =
        folders.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    assert!(
        sets.iter().eq(CEILINGS.iter().map(|(set, ..)| *set)),
        "every set that is there has its ceiling here: {sets:?}"
    );
    for (set, left_out, expected) in CEILINGS {
        let folder = real_data(&format!("behaviour_model_vs_human/{set}"));
        let scored = |path: &PathBuf| -> Vec<ScoredTrial> {
            let kept = trials(path).into_iter().filter(|[condition, ..]| !left_out.contains(&condition.as_str()));
            kept.map(|[condition, image, answer, category]| ScoredTrial {
                condition,
                image: image.splitn(4, '_').nth(3).expect("a name after three underscores").to_owned(),
                correct: answer == category,
            })
            .collect()
        };
        let observers: Vec<Vec<ScoredTrial>> = files(&folder, "subject-").iter().map(scored).collect();
        let found = error_consistency_ceiling(&observers).expect("a ceiling");
        assert!((found - expected).abs() < 5.1e-6, "{set}: {found}, expected {expected}");
    }
}

#[test]
fn v4_session_with_raw_repeats_is_reliable() {
    let path = real_data("v4_cowley2023/responses_raw/responses_210325.npy");
    let responses: ndarray::Array3<f64> = ndarray_npy::read_npy(path).expect("responses of units to images, repeated");
    assert_eq!(responses.dim(), (50, 640, 10));
    let protocol = SplitHalf { halves: Halves::OfEachStimulus, ..SplitHalf::BRAIN_SCORE };
    let found = split_half_ceiling(responses.view(), &protocol).expect("a ceiling");
    let units = found.of_units();
    assert!(units.iter().all(|unit| unit.is_some_and(|r| (-0.5..=1.0).contains(&r))), "{units:?}");
    // NumPy with the same rule and other draws gives .7667 and .7618 for two seeds, each with a standard error of .002.
    assert!((found.ceiling.value - 0.764).abs() < 0.008, "{:?}", found.ceiling);
    let by_repetition = split_half_ceiling(responses.view(), &SplitHalf::BRAIN_SCORE).expect("a ceiling");
    assert!((by_repetition.ceiling.value - 0.758).abs() < 0.012, "{:?}", by_repetition.ceiling);
}
