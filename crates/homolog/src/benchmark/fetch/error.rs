//! What can go wrong when a file is looked for or downloaded.

use std::path::PathBuf;

use super::Expected;

/// A file of a benchmark, or a network's weights, that could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Neither `HOMOLOG_CACHE` nor a home folder is known.
    #[error(
        "cannot tell where downloads are to be kept: none of HOMOLOG_CACHE, XDG_CACHE_HOME and HOME is set. Set \
         HOMOLOG_CACHE to a folder"
    )]
    NoCacheFolder,

    /// `HOMOLOG_MIRROR` names a folder that is not there.
    #[error(
        "HOMOLOG_MIRROR is \"{}\", which is not a folder here. Set it to a folder, or to a base URL that begins with \
         http:// or https://",
        .folder.display()
    )]
    NoMirrorFolder {
        /// As the user wrote it.
        folder: PathBuf,
    },

    /// The server could not be reached, or the connection was lost again and again.
    #[error(
        "cannot fetch \"{file}\" from {url}: {source}. {received} bytes of it are kept, and the next run goes on from \
         there. Without internet there are two ways: set HOMOLOG_MIRROR to a folder or base URL that holds \"{file}\", \
         or put the file at \"{}\" by hand",
        .place.display()
    )]
    Unreachable {
        /// Its path in the cache and in a mirror.
        file: String,
        /// Where it was asked for.
        url: String,
        /// How much of it has arrived, over all attempts.
        received: u64,
        /// Where it belongs in the cache.
        place: PathBuf,
        /// What the connection said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The server answered, and not with the file.
    #[error(
        "cannot fetch \"{file}\": {url} answered {status}. Set HOMOLOG_MIRROR to a folder or base URL that holds \
         \"{file}\", or put the file at \"{}\" by hand",
        .place.display()
    )]
    Refused {
        /// Its path in the cache and in a mirror.
        file: String,
        /// Where it was asked for.
        url: String,
        /// The status code and its name.
        status: String,
        /// Where it belongs in the cache.
        place: PathBuf,
    },

    /// The bytes are not the ones that the manifest promises.
    #[error(
        "\"{}\" (from {origin}) is not the file that was asked for: its sha256 is {found}, and {expected} was needed. \
         {next_step}",
        .path.display()
    )]
    WrongHash {
        /// The file that was looked at.
        path: PathBuf,
        /// Where it came from, in words.
        origin: String,
        /// What the manifest says.
        expected: Expected,
        /// What it is.
        found: String,
        /// What the user does now.
        next_step: &'static str,
    },

    /// The origin does not serve the file in this form.
    #[error(
        "\"{file}\" cannot be downloaded in this form, and is not in {looked_in}. {how}. Then pass --data \
         {data_set}=FOLDER, or put it below \"{}\"",
        .place.display()
    )]
    ByHand {
        /// The file or folder, as the manifest names it.
        file: String,
        /// The first part of its path.
        data_set: String,
        /// The places that were tried, in words.
        looked_in: String,
        /// Where the originals are and how they come to this form.
        how: String,
        /// The data set's folder in the cache.
        place: PathBuf,
    },

    /// A folder has the wrong number of files.
    #[error("\"{}\" has {found} files, and {expected} were needed: {how}", .folder.display())]
    FileCount {
        /// The folder.
        folder: PathBuf,
        /// Files needed.
        expected: usize,
        /// Files there.
        found: usize,
        /// Where the originals are and how they come to this form.
        how: String,
    },

    /// The name of a weights file does not end in the start of its hash.
    #[error(
        "cannot check what {url} would give: its name does not end in the start of its sha256, as in \
         \"squeezenet1_1-b8a52dc0.pth\". Download it by hand and pass it as NAME@FILE"
    )]
    NoHashInName {
        /// The address.
        url: String,
    },

    /// The user asked to stop.
    #[error("stopped while fetching \"{file}\": {received} bytes of it are kept, and the next run goes on from there")]
    Stopped {
        /// Its path in the cache and in a mirror.
        file: String,
        /// How much of it has arrived.
        received: u64,
    },

    /// The file system refused.
    #[error("cannot {action} \"{}\": {source}", .path.display())]
    Io {
        /// A verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl FetchError {
    /// For `map_err`: what was being done to which file.
    pub(super) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> FetchError {
        let path = path.to_path_buf();
        move |source| FetchError::Io { action, path, source }
    }
}
