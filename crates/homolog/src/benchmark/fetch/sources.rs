//! The places a file may be in, in the order in which they are looked through.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::download::Download;
use super::hash::hexadecimal;
use super::{Expected, FetchError, sha256_of_file};
use crate::progress::{Cancel, Progress};

/// A file, or a folder of files, that a benchmark needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The benchmark that asks for it, for `--data NAME=FOLDER`.
    pub benchmark: String,
    /// `<data set>/<file>`, the same in the cache and in a mirror; beside a user's own manifest, relative to its folder.
    pub path: String,
    /// How it is had when no place here holds it.
    pub origin: Origin,
    /// What its sha256 must be; for a folder, nothing is known.
    pub expected: Expected,
    /// For a folder: how many files it has, counted at any depth, hidden ones not.
    pub n_files: Option<usize>,
    /// The folder of the user's own manifest that names it.
    pub beside: Option<PathBuf>,
}

/// Where a file comes from in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Served unmodified at this address.
    Url(String),
    /// Not served in this form: where the originals are and how they are brought to it.
    ByHand(String),
}

/// A folder or a base URL that holds the same files under the same paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// Read in place, never copied.
    Folder(PathBuf),
    /// Downloaded from into the cache; without a slash at the end.
    Url(String),
}

/// Which place held a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The folder that the user gave for it.
    Given,
    /// Beside the user's own manifest.
    Beside,
    /// The cache.
    Cache,
    /// The mirror folder.
    Mirror,
}

/// A file that is here and is the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// As [`DataFile::path`].
    pub path: String,
    /// Where it is on this machine.
    pub place: PathBuf,
    /// Its sha256; for a folder, that of the lines `<sha256>  <relative path>` of its files sorted by path, which is
    /// `sha256sum` of `sha256sum`'s own listing.
    pub sha256: String,
    /// Which place held it.
    pub found: Found,
}

/// The places that files are looked for in.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Folders that the user gave, by the name of a benchmark or of a data set.
    pub given: BTreeMap<String, PathBuf>,
    /// The cache; files of benchmarks are below `data` in it, weights below `weights`.
    pub cache: PathBuf,
    /// The mirror, if there is one.
    pub mirror: Option<Mirror>,
}

impl Sources {
    /// The cache and the mirror as the environment sets them: `HOMOLOG_CACHE`, else `XDG_CACHE_HOME/homolog`, else
    /// `HOME/.cache/homolog`; and `HOMOLOG_MIRROR`, a folder or a base URL.
    ///
    /// # Errors
    /// - [`FetchError::NoCacheFolder`] when none of the three is set.
    /// - [`FetchError::NoMirrorFolder`] when the mirror is a folder that is not there.
    pub fn from_environment() -> Result<Sources, FetchError> {
        Sources::from_variables(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// As [`Sources::from_environment`], with the variables from elsewhere.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Sources, FetchError> {
        let cache = variable("HOMOLOG_CACHE")
            .map(PathBuf::from)
            .or_else(|| variable("XDG_CACHE_HOME").map(|folder| Path::new(&folder).join("homolog")))
            .or_else(|| variable("HOME").map(|folder| Path::new(&folder).join(".cache/homolog")))
            .ok_or(FetchError::NoCacheFolder)?;
        let mirror = variable("HOMOLOG_MIRROR").map(|text| Mirror::from_text(&text)).transpose()?;
        Ok(Sources { given: BTreeMap::new(), cache, mirror })
    }

    /// Where a file is, if a place on this machine holds it; nothing is downloaded.
    ///
    /// # Errors
    /// - [`FetchError::WrongHash`] and [`FetchError::FileCount`] when a place holds something else under its name.
    /// - [`FetchError::Io`] when what is there cannot be read.
    pub fn find(&self, file: &DataFile) -> Result<Option<Located>, FetchError> {
        for (found, place) in self.places(file) {
            if place.exists() {
                let sha256 = checked(file, &place, found)?;
                return Ok(Some(Located { path: file.path.clone(), place, sha256, found }));
            }
        }
        Ok(None)
    }

    /// Where a file is, after downloading it into the cache if no place on this machine holds it.
    ///
    /// # Errors
    /// As [`Sources::find`], and every other [`FetchError`].
    pub fn fetch(&self, file: &DataFile, progress: &dyn Progress, cancel: &Cancel) -> Result<Located, FetchError> {
        if let Some(located) = self.find(file)? {
            return Ok(located);
        }
        let url = match (&self.mirror, &file.origin) {
            (Some(Mirror::Url(base)), _) if file.n_files.is_none() => {
                format!("{base}/{}", file.path)
            }
            (_, Origin::Url(url)) => url.clone(),
            (_, Origin::ByHand(how)) => return Err(self.by_hand(file, how)),
        };
        let place = self.cache_place(&file.path);
        let download = Download { file: &file.path, url: &url, place: &place, expected: &file.expected };
        match (download.run(progress, cancel), &file.origin) {
            (Ok(sha256), _) => Ok(Located { path: file.path.clone(), place, sha256, found: Found::Cache }),
            (Err(FetchError::Refused { .. }), Origin::ByHand(how)) => Err(self.by_hand(file, how)),
            (Err(error), _) => Err(error),
        }
    }

    /// Where a file of a benchmark belongs in the cache.
    pub fn cache_place(&self, path: &str) -> PathBuf {
        self.cache.join("data").join(path)
    }

    fn places(&self, file: &DataFile) -> Vec<(Found, PathBuf)> {
        let (data_set, within) = file.path.split_once('/').unwrap_or(("", &file.path));
        let mut places = Vec::new();
        for name in [file.benchmark.as_str(), data_set] {
            if let Some(folder) = self.given.get(name) {
                places.push((Found::Given, folder.join(&file.path)));
                places.push((Found::Given, folder.join(within)));
                if file.n_files.is_some() {
                    places.push((Found::Given, folder.clone()));
                }
            }
        }
        if let Some(folder) = &file.beside {
            places.push((Found::Beside, folder.join(&file.path)));
        }
        places.push((Found::Cache, self.cache_place(&file.path)));
        if let Some(Mirror::Folder(folder)) = &self.mirror {
            places.push((Found::Mirror, folder.join(&file.path)));
        }
        places
    }

    fn by_hand(&self, file: &DataFile, how: &str) -> FetchError {
        let looked_in: Vec<String> =
            self.places(file).iter().map(|(_, place)| format!("\"{}\"", place.display())).collect();
        let data_set = file.path.split('/').next().unwrap_or_default();
        FetchError::ByHand {
            file: file.path.clone(),
            data_set: file.benchmark.clone(),
            looked_in: looked_in.join(", "),
            how: how.trim().trim_end_matches('.').to_owned(),
            place: self.cache_place(data_set),
        }
    }
}

impl Mirror {
    /// A base URL when it begins with `http://` or `https://`, else a folder, which must be there.
    ///
    /// # Errors
    /// - [`FetchError::NoMirrorFolder`]
    pub fn from_text(text: &str) -> Result<Mirror, FetchError> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Mirror::Url(text.trim_end_matches('/').to_owned()));
        }
        let folder = PathBuf::from(text);
        if folder.is_dir() { Ok(Mirror::Folder(folder)) } else { Err(FetchError::NoMirrorFolder { folder }) }
    }
}

/// The sha256 of what is at `place`, when it is what the manifest promises.
fn checked(file: &DataFile, place: &Path, found: Found) -> Result<String, FetchError> {
    // A folder beside a user's own manifest has no stated number of files; no folder has one hash to agree with.
    if file.n_files.is_some() || (place.is_dir() && file.expected == Expected::Unknown) {
        return sha256_of_folder(file, place);
    }
    let sha256 = sha256_of_file(place)?;
    if file.expected.agrees_with(&sha256) {
        return Ok(sha256);
    }
    let (origin, next_step) = match found {
        Found::Given => ("the folder given with --data", "Give the folder that holds the original"),
        Found::Beside => ("beside the manifest", "Correct the file, or the sha256 in the manifest"),
        Found::Cache => ("the cache", "Delete it, and it is downloaded again"),
        Found::Mirror => ("the mirror HOMOLOG_MIRROR", "Correct the mirror, or unset HOMOLOG_MIRROR"),
    };
    Err(FetchError::WrongHash {
        path: place.to_path_buf(),
        origin: origin.to_owned(),
        expected: file.expected.clone(),
        found: sha256,
        next_step,
    })
}

fn sha256_of_folder(file: &DataFile, folder: &Path) -> Result<String, FetchError> {
    let mut names = Vec::new();
    list_files(folder, "", &mut names)?;
    if let Some(expected) = file.n_files.filter(|expected| *expected != names.len()) {
        let how = match &file.origin {
            Origin::ByHand(how) | Origin::Url(how) => how.clone(),
        };
        return Err(FetchError::FileCount { folder: folder.to_path_buf(), expected, found: names.len(), how });
    }
    names.sort();
    let mut digest = Sha256::new();
    for name in &names {
        digest.update(format!("{}  {name}\n", sha256_of_file(&folder.join(name))?));
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// The files below a folder at any depth, by their path from it, hidden ones not.
pub(crate) fn list_files(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), FetchError> {
    for entry in std::fs::read_dir(folder).map_err(FetchError::io("list", folder))? {
        let entry = entry.map_err(FetchError::io("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            list_files(&path, &format!("{relative}/"), names)?;
        } else {
            names.push(relative);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn the_cache_is_the_first_of_the_three_variables_that_is_set() {
        let cache = |pairs: &[(&str, &str)]| Sources::from_variables(variables(pairs)).map(|sources| sources.cache);
        assert_eq!(
            cache(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("HOMOLOG_CACHE", "/c")]).expect("set"),
            Path::new("/c")
        );
        assert_eq!(cache(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]).expect("set"), Path::new("/x/homolog"));
        assert_eq!(cache(&[("HOME", "/h")]).expect("set"), Path::new("/h/.cache/homolog"));
        assert!(cache(&[]).expect_err("nothing is set").to_string().contains("Set HOMOLOG_CACHE"));
    }

    #[test]
    fn a_folder_beside_the_manifest_needs_no_stated_number_of_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("images")).expect("made");
        std::fs::write(folder.path().join("images/one.png"), "1").expect("written");
        let file = DataFile {
            benchmark: "mine".to_owned(),
            path: "images".to_owned(),
            origin: Origin::ByHand("beside the manifest".to_owned()),
            expected: Expected::Unknown,
            n_files: None,
            beside: Some(folder.path().to_owned()),
        };
        let sources = Sources::from_variables(variables(&[("HOMOLOG_CACHE", "/no/cache")])).expect("set");
        let one = sources.find(&file).expect("readable").expect("beside");
        assert_eq!((one.found, one.place.as_path()), (Found::Beside, folder.path().join("images").as_path()));
        std::fs::write(folder.path().join("images/two.png"), "2").expect("written");
        let two = sources.find(&file).expect("readable").expect("beside");
        assert_ne!(one.sha256, two.sha256, "the hash is that of the folder's content");
    }

    #[test]
    fn a_mirror_is_a_base_url_or_a_folder_that_exists() {
        assert_eq!(
            Mirror::from_text("https://mirror.example/data/").expect("a URL"),
            Mirror::Url("https://mirror.example/data".to_owned())
        );
        let message = Mirror::from_text("/no/such/folder").expect_err("not there").to_string();
        assert!(message.contains("HOMOLOG_MIRROR is \"/no/such/folder\""), "{message}");
    }
}
