//! Where a benchmark's stimuli are and what they are called.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where the stimuli are and what they are called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StimuliSpec {
    /// What holds them.
    pub kind: StimuliKind,
    /// The folder, archive or file.
    pub path: String,
    /// For `mat` and `npz`: the array or the field of a structure array, such as `stimuli_92objs(1,:).image`.
    #[serde(default)]
    pub variable: Option<String>,
    /// For `folder` and `zip`: which files, as a glob over the path within; `**/*` where left out, which takes every file
    /// whose ending is that of an image.
    #[serde(default)]
    pub members: Option<String>,
    /// How an id comes from a file's name.
    #[serde(default)]
    pub id: IdRule,
    /// For `mat`, `npy` and `npz`: ids by position, counting from 1, as in `stimulus_{:02}`.
    #[serde(default)]
    pub numbered: Option<String>,
    /// What an id says of its stimulus: `{shape}#-{texture}#`, where `{name}` is a run of letters and `#` of digits.
    #[serde(default)]
    pub id_pattern: Option<String>,
    /// Width of a stimulus in degrees of visual angle, where the publication states it.
    #[serde(default)]
    pub width_deg: Option<f64>,
    /// How a stimulus is placed in the network's visual field.
    #[serde(default)]
    pub placement: Placement,
}

/// What holds the stimuli.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StimuliKind {
    /// A folder of image files, at any depth.
    Folder,
    /// A zip archive of image files.
    Zip,
    /// An array of images in a MATLAB file.
    Mat,
    /// An array `(stimulus, row, column[, channel])` of bytes.
    Npy,
    /// The same, in an archive of arrays.
    Npz,
}

/// How an id comes from a file's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdRule {
    /// The file's name without its ending.
    #[default]
    Stem,
    /// The file's name.
    Name,
    /// The path within the folder or archive, without the ending.
    PathStem,
}

/// How a stimulus is placed in the network's visual field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// It fills the network's input, whatever its size in degrees was.
    #[default]
    Fill,
    /// At its size in degrees: smaller than the network's field, it is placed on grey; larger, its middle is cut out.
    VisualDegrees,
}

impl IdRule {
    /// The id of the stimulus in the file at `path`, whose parts are separated by `/`.
    pub fn id(self, path: &str) -> &str {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or(0, |(_, ending)| ending.len() + 1);
        match self {
            IdRule::Stem => &name[..name.len() - ending],
            IdRule::Name => name,
            IdRule::PathStem => &path[..path.len() - ending],
        }
    }
}

/// What `pattern` finds in `id`: names and their letters, or nothing where the two do not agree from end to end.
///
/// # Example
/// ```
/// use homolog::benchmark::properties_of_id;
/// let found = properties_of_id("{shape}#-{texture}#", "airplane1-bicycle12").unwrap();
/// assert_eq!(found["shape"], "airplane");
/// assert_eq!(found["texture"], "bicycle");
/// ```
pub fn properties_of_id(pattern: &str, id: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut rest = id;
    let mut parts = pattern;
    while let Some(first) = parts.chars().next() {
        if first == '{' {
            let (name, after) = parts[1..].split_once('}')?;
            let letters;
            (letters, rest) = run_of(rest, char::is_alphabetic)?;
            found.insert(name.to_owned(), letters.to_owned());
            parts = after;
        } else if first == '#' {
            (_, rest) = run_of(rest, |letter| letter.is_ascii_digit())?;
            parts = &parts[1..];
        } else {
            rest = rest.strip_prefix(first)?;
            parts = &parts[first.len_utf8()..];
        }
    }
    rest.is_empty().then_some(found)
}

/// The longest non-empty run at the start of `text`, and what follows it.
fn run_of(text: &str, belongs: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !belongs(letter)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_stem_the_name_or_the_path_without_its_ending() {
        let path = "zoom1x/movie3/natural05.png";
        assert_eq!(IdRule::Stem.id(path), "natural05");
        assert_eq!(IdRule::Name.id(path), "natural05.png");
        assert_eq!(IdRule::PathStem.id(path), "zoom1x/movie3/natural05");
        assert_eq!(IdRule::Stem.id("a.b/noending"), "noending");
    }

    #[test]
    fn a_pattern_that_does_not_agree_from_end_to_end_finds_nothing() {
        assert_eq!(properties_of_id("{shape}#-{texture}#", "airplane1-bicycle"), None);
        assert_eq!(properties_of_id("{shape}#", "airplane1x"), None);
        assert_eq!(properties_of_id("{shape", "airplane"), None);
    }
}
