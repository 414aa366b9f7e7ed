//! Stimuli from a folder of images, and which file names are images at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::StimulusError;
use super::order::compare_names;
use super::set::{IdStyle, Stimulus};
use super::source::{Source, unreadable};

/// Extensions of the formats that are read.
const READ: [&str; 5] = ["jpg", "jpeg", "png", "tif", "tiff"];

/// Extensions of images that are not read: leaving them out in silence would lose stimuli.
const NOT_READ: [&str; 12] = ["bmp", "gif", "webp", "jp2", "ppm", "pgm", "heic", "avif", "tga", "exr", "hdr", "svg"];

/// What a file's name says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// An image that is read.
    Image,
    /// An image of a format that is not read.
    UnsupportedImage,
    /// Anything else, and hidden files.
    Other,
}

/// What the name at the end of `relative` says about the file; anything under a hidden folder or `__MACOSX` is [`FileKind::Other`].
pub(super) fn kind_of_file(relative: &str) -> FileKind {
    if relative.split('/').any(|part| part.starts_with('.') || part == "__MACOSX") {
        return FileKind::Other;
    }
    let extension = Path::new(relative).extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let is_one_of = |list: &[&str]| list.iter().any(|known| extension.eq_ignore_ascii_case(known));
    match extension {
        _ if is_one_of(&READ) => FileKind::Image,
        _ if is_one_of(&NOT_READ) => FileKind::UnsupportedImage,
        _ => FileKind::Other,
    }
}

/// Sorts file names, keeps the images, and refuses a place without any or with images that cannot be read.
pub(super) fn image_names(place: &Path, mut names: Vec<String>) -> Result<Vec<String>, StimulusError> {
    names.sort_by(|a, b| compare_names(a, b));
    let unsupported: Vec<&String> =
        names.iter().filter(|name| kind_of_file(name) == FileKind::UnsupportedImage).collect();
    if let Some(first) = unsupported.first() {
        return Err(StimulusError::UnsupportedFiles {
            place: place.to_owned(),
            n_files: unsupported.len(),
            first: (*first).clone(),
        });
    }
    names.retain(|name| kind_of_file(name) == FileKind::Image);
    if names.is_empty() {
        return Err(StimulusError::NoStimuli { place: place.to_owned() });
    }
    Ok(names)
}

/// The images in a folder and the folders in it.
pub(super) fn stimuli(root: &Path, ids: IdStyle) -> Result<Vec<Stimulus>, StimulusError> {
    let mut names = Vec::new();
    collect(root, "", &mut BTreeSet::new(), &mut names)?;
    let stimulus = |name: String| Stimulus {
        id: ids.id(&name),
        source: Source::File(root.join(&name)),
        properties: BTreeMap::new(),
    };
    Ok(image_names(root, names)?.into_iter().map(stimulus).collect())
}

/// Adds the files under `root`/`prefix`; links are followed, but no folder is entered twice.
fn collect(
    root: &Path,
    prefix: &str,
    entered: &mut BTreeSet<PathBuf>,
    names: &mut Vec<String>,
) -> Result<(), StimulusError> {
    let folder = root.join(prefix);
    let failed = |source| unreadable(folder.display(), source);
    if !entered.insert(folder.canonicalize().map_err(failed)?) {
        return Ok(());
    }
    for entry in std::fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if root.join(&relative).is_dir() {
            collect(root, &relative, entered, names)?;
        } else {
            names.push(relative);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_images_from_other_files() {
        assert_eq!(kind_of_file("a/b.JPG"), FileKind::Image);
        assert_eq!(kind_of_file("a/b.tiff"), FileKind::Image);
        assert_eq!(kind_of_file("a/b.bmp"), FileKind::UnsupportedImage);
        for other in ["a/notes.txt", "a/._b.jpg", ".hidden/b.jpg", "__MACOSX/a/b.jpg", "b", "Thumbs.db"] {
            assert_eq!(kind_of_file(other), FileKind::Other, "{other}");
        }
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_its_numbers() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        for name in ["im10.png", "im9.png", "sub/im1.png", "notes.txt", ".im0.png"] {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        let found = stimuli(folder.path(), IdStyle::default()).unwrap();
        assert_eq!(found.iter().map(|stimulus| stimulus.id.as_str()).collect::<Vec<_>>(), ["im9", "im10", "sub/im1"]);
    }

    #[test]
    fn formats_that_are_not_read_are_named_and_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.png"), b"x").unwrap();
        std::fs::write(folder.path().join("b.bmp"), b"x").unwrap();
        let error = stimuli(folder.path(), IdStyle::default()).unwrap_err().to_string();
        assert!(error.contains("\"b.bmp\"") && error.contains("convert them to PNG or JPEG"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_folder_itself_does_not_go_round_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.png"), b"x").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        assert_eq!(stimuli(folder.path(), IdStyle::default()).unwrap().len(), 1);
    }
}
