//! Finding ONNX Runtime's library on the user's machine, and loading it once.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;

/// The variable that names the library's file; the one that the `ort` crate and others use.
pub const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";

/// Why ONNX Runtime cannot be used. Each is one line, to be shown when another engine takes its place.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// There is none in the places where it usually lies.
    #[error(
        "no ONNX Runtime was found in {n_places} usual places; `pip install onnxruntime` in the active Python environment, or name the library's file with --onnxruntime or {LIBRARY_VARIABLE}"
    )]
    NotFound {
        /// How many folders were looked into.
        n_places: usize,
    },
    /// The file is there or was named, and is no library that can be used.
    #[error("the ONNX Runtime library \"{}\" cannot be loaded ({reason}); homolog needs version 1.{} or newer, for instance from `pip install onnxruntime`", path.display(), ort::MINOR_VERSION)]
    CannotLoad {
        /// The library's file.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// Another file was loaded before, and a process can hold one ONNX Runtime.
    #[error("ONNX Runtime was loaded from \"{}\" before, so \"{}\" cannot be loaded too; name one library", loaded.display(), wanted.display())]
    OtherLoaded {
        /// The library in use.
        loaded: PathBuf,
        /// The library that was asked for.
        wanted: PathBuf,
    },
}

/// The library in use, and the environment that its sessions share.
#[derive(Clone, Debug)]
pub(super) struct Library {
    pub(super) path: PathBuf,
    pub(super) environment: Environment,
}

/// ONNX Runtime has one environment in a process, which is made with the first library and stays until the end.
static LOADED: Mutex<Option<Library>> = Mutex::new(None);

/// Loads the library at `named`, else at the path in [`LIBRARY_VARIABLE`], else the first that works in the usual places.
pub(super) fn load(named: Option<&Path>) -> Result<Library, Unavailable> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let named = named.map(Path::to_owned).or_else(|| variable(LIBRARY_VARIABLE).map(PathBuf::from));
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = loaded.as_ref() {
        return match named {
            Some(wanted) if wanted != library.path => {
                Err(Unavailable::OtherLoaded { loaded: library.path.clone(), wanted })
            }
            _ => Ok(library.clone()),
        };
    }
    let library = match named {
        Some(path) => load_from(&path)?,
        None => load_first(&usual_folders(variable))?,
    };
    Ok(loaded.insert(library).clone())
}

fn load_first(folders: &[PathBuf]) -> Result<Library, Unavailable> {
    let mut reason = Unavailable::NotFound { n_places: folders.len() };
    for path in folders.iter().flat_map(|folder| libraries_in(folder)) {
        match load_from(&path) {
            Ok(library) => return Ok(library),
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

fn load_from(path: &Path) -> Result<Library, Unavailable> {
    let refuse = |reason: String| {
        // The loader's words may have several lines, and the message is one.
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Unavailable::CannotLoad { path: path.to_owned(), reason }
    };
    if !path.is_file() {
        return Err(refuse("there is no such file".to_owned()));
    }
    // The loader takes a relative path for one beside the program.
    let absolute = std::path::absolute(path).map_err(|error| refuse(error.to_string()))?;
    let builder = ort::init_from(&absolute).map_err(|error| refuse(error.to_string()))?;
    let built = builder.with_name("homolog").with_telemetry(false).build();
    let environment = built.map_err(|error| refuse(error.to_string()))?;
    environment.set_log_level(ort::logging::LogLevel::Error);
    Ok(Library { path: path.to_owned(), environment })
}

/// Files in `folder` that are named as ONNX Runtime's library, the plain name first, then the newest version.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let stem = format!("{}onnxruntime.", std::env::consts::DLL_PREFIX);
    let suffix = std::env::consts::DLL_SUFFIX.trim_start_matches('.');
    let mut names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.retain(|name| {
        name.to_string_lossy().strip_prefix(&stem).is_some_and(|rest| rest.split('.').any(|part| part == suffix))
    });
    names.sort_by_key(|name| {
        let numbers = name.to_string_lossy().split('.').filter_map(|part| part.parse().ok()).collect::<Vec<u32>>();
        (!numbers.is_empty(), std::cmp::Reverse(numbers))
    });
    names.into_iter().map(|name| folder.join(name)).collect()
}

/// Where ONNX Runtime lies when nobody says: in the active Python environment, in those on the search path, and where
/// systems keep libraries.
fn usual_folders(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for prefix in ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(&variable).map(PathBuf::from) {
        folders.extend(python_folders(&prefix));
        folders.push(prefix.join("lib"));
    }
    for program_folder in variable("PATH").iter().flat_map(std::env::split_paths) {
        if let Some(prefix) = program_folder.parent().filter(|_| program_folder.ends_with("bin")) {
            folders.extend(python_folders(prefix));
        }
    }
    if let Some(home) = variable("HOME") {
        folders.extend(python_folders(&PathBuf::from(home).join(".local")));
    }
    for list in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
        folders.extend(variable(list).iter().flat_map(std::env::split_paths));
    }
    let system =
        ["/usr/local/lib", "/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
    folders.extend(system.map(PathBuf::from));
    folders.extend(["/opt/homebrew/lib", "/opt/onnxruntime/lib"].map(PathBuf::from));
    let mut seen = std::collections::BTreeSet::new();
    folders.retain(|folder| !folder.as_os_str().is_empty() && seen.insert(folder.clone()));
    folders
}

/// The folders of the `onnxruntime` package in the Pythons installed under `prefix`.
fn python_folders(prefix: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(prefix.join("lib")) else {
        return Vec::new();
    };
    let mut pythons: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    pythons.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python")));
    pythons.sort();
    let packages =
        pythons.iter().flat_map(|python| ["site-packages", "dist-packages"].map(|packages| python.join(packages)));
    packages.map(|packages| packages.join("onnxruntime").join("capi")).filter(|folder| folder.is_dir()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_of_the_active_python_environment_is_looked_at_first() {
        let prefix = tempfile::tempdir().expect("a temporary folder");
        let capi = prefix.path().join("lib/python3.11/site-packages/onnxruntime/capi");
        std::fs::create_dir_all(&capi).expect("made");
        let folders = usual_folders(|name| (name == "VIRTUAL_ENV").then(|| prefix.path().as_os_str().to_owned()));
        assert_eq!(folders.first(), Some(&capi));
    }

    #[test]
    fn a_python_on_the_search_path_is_looked_at() {
        let prefix = tempfile::tempdir().expect("a temporary folder");
        let capi = prefix.path().join("lib/python3.12/dist-packages/onnxruntime/capi");
        std::fs::create_dir_all(&capi).expect("made");
        let folders = usual_folders(|name| (name == "PATH").then(|| prefix.path().join("bin").into_os_string()));
        assert!(folders.contains(&capi), "{folders:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_the_library_itself_counts_and_the_newest_comes_first() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in
            ["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.31.1", "libonnxruntime_providers_shared.so", "readme.so"]
        {
            std::fs::write(folder.path().join(name), "").expect("written");
        }
        let names: Vec<_> =
            libraries_in(folder.path()).into_iter().filter_map(|path| path.file_name().map(OsString::from)).collect();
        assert_eq!(names, ["libonnxruntime.so.1.31.1", "libonnxruntime.so.1.9.0"]);
    }

    #[test]
    fn a_file_that_is_no_library_is_named_in_one_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("libonnxruntime.so");
        std::fs::write(&path, "not a library").expect("written");
        let words = load_from(&path).expect_err("text is no library").to_string();
        assert!(words.contains("libonnxruntime.so\" cannot be loaded (") && !words.contains('\n'), "{words}");
    }

    #[test]
    fn a_machine_without_it_says_how_to_get_it() {
        let words = load_first(&[PathBuf::from("/nowhere")]).expect_err("nothing is there").to_string();
        assert!(words.starts_with("no ONNX Runtime was found in 1 usual places; `pip install onnxruntime`"), "{words}");
    }
}
