//! Results by what determines them: pieces of a run that a later run finds again.
//!
//! A piece's name is the hash of everything that determines its content (weights, stimuli, preprocessing, recipe, program
//! version). It is written under a temporary name and renamed, so a run that is killed loses only the piece it was at,
//! and the next run goes on from there.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

/// A folder of pieces that could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder cannot be made or written to.
    #[error("cannot write to the folder \"{}\": {source}. {}", folder.display(), next_step(source))]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A piece that is there cannot be read.
    #[error("cannot read \"{}\": {source}. Remove the file, and it is made again", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What determines the piece has no written form.
    #[error("cannot name a piece of the run: {source}. This is a bug in homolog")]
    Unnamed {
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
}

/// What a user does about a place that could not be written to.
pub(crate) fn next_step(refused: &io::Error) -> &'static str {
    match refused.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "Free some room there or choose another folder with --out; the same command then goes on where it was"
        }
        _ => "Choose another folder with --out",
    }
}

/// The name of a piece: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PieceKey(String);

impl PieceKey {
    /// The SHA-256 of the canonical JSON of all that determines the piece, with the program's version.
    pub fn of(determinants: &impl Serialize) -> Result<Self, StoreError> {
        let json = serde_json::to_vec(&(env!("CARGO_PKG_VERSION"), determinants))
            .map_err(|source| StoreError::Unnamed { source })?;
        Ok(Self(hex(&Sha256::digest(&json))))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-case hexadecimal digits of some bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A folder of pieces.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Opens or makes the folder, removes what killed runs left half written, and makes sure that it can be written to before any work
    /// is done for it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let unwritable = |source| StoreError::Unwritable { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(unwritable)?;
        remove_left_behind(folder).map_err(unwritable)?;
        tempfile::tempfile_in(folder).and_then(|mut probe| probe.write_all(&[0])).map_err(unwritable)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The piece's content, or `None` when it has not been made.
    pub fn get(&self, kind: &str, key: &PieceKey) -> Result<Option<Vec<u8>>, StoreError> {
        let file = self.path(kind, key);
        match fs::read(&file) {
            Ok(content) => Ok(Some(content)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Unreadable { file, source }),
        }
    }

    /// Writes the piece as a whole or not at all.
    pub fn put(&self, kind: &str, key: &PieceKey, content: &[u8]) -> Result<(), StoreError> {
        let file = self.path(kind, key);
        write_whole(&file, content).map_err(|source| StoreError::Unwritable { folder: self.folder.join(kind), source })
    }

    fn path(&self, kind: &str, key: &PieceKey) -> PathBuf {
        self.folder.join(kind).join(key.as_str())
    }
}

/// How the name of a file that is being written begins and ends.
const UNFINISHED: (&str, &str) = (".homolog-", ".part");

/// Writes a file as a whole or not at all: to a temporary name beside it, then renamed. Its folders are made; whoever the user's mask lets
/// may read it.
///
/// # Errors
/// The operating system's; nothing of the file is then there, or what was there before still is.
pub fn write_whole(file: &Path, content: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let (prefix, suffix) = UNFINISHED;
    let readable = fs::Permissions::from_mode(0o666);
    let mut temporary =
        tempfile::Builder::new().prefix(prefix).suffix(suffix).permissions(readable).tempfile_in(folder)?;
    // Tells a run beside this one that somebody is still at it. Where the file system has no locks, it goes without.
    let _ = temporary.as_file().lock();
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|problem| problem.error)?;
    Ok(())
}

/// Removes the half-written files of killed runs from a folder and the folders in it; those that a live run holds locked stay.
fn remove_left_behind(folder: &Path) -> io::Result<()> {
    let (prefix, suffix) = UNFINISHED;
    let mut folders = vec![folder.to_owned()];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    for folder in folders {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_unfinished = name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix));
            if is_unfinished && fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_again_under_the_same_determinants_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(folder.path()).expect("writable");
        let key = PieceKey::of(&("weights", 1)).expect("named");
        assert_eq!(store.get("gram", &key).expect("readable"), None);
        store.put("gram", &key, b"content").expect("written");
        assert_eq!(store.get("gram", &key).expect("readable").as_deref(), Some(&b"content"[..]));
        let other = PieceKey::of(&("weights", 2)).expect("named");
        assert_eq!(store.get("gram", &other).expect("readable"), None);
    }

    #[test]
    fn a_file_where_the_folder_should_be_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("taken");
        fs::write(&file, b"x").expect("written");
        let problem = Store::open(&file).expect_err("a file is no folder").to_string();
        assert!(problem.contains("taken") && problem.contains("--out"), "{problem}");
    }

    #[test]
    fn what_a_killed_run_left_half_written_is_removed_and_what_a_live_one_is_writing_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("gram")).expect("made");
        let (left, live) = (folder.path().join("gram/.homolog-aB3.part"), folder.path().join(".homolog-cD4.part"));
        fs::write(&left, b"half").expect("written");
        let writing = fs::File::create(&live).expect("made");
        writing.lock().expect("a file system with locks");
        Store::open(folder.path()).expect("writable");
        assert!(!left.exists() && live.exists());
    }

    #[test]
    fn a_full_disk_and_a_folder_without_rights_have_different_next_steps() {
        assert!(next_step(&io::ErrorKind::StorageFull.into()).starts_with("Free some room"));
        assert_eq!(next_step(&io::ErrorKind::PermissionDenied.into()), "Choose another folder with --out");
    }
}
