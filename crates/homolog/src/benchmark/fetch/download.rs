//! One download: to a temporary name, resumed where it stopped, checked, then renamed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Expected, FetchError, sha256_of_file};
use crate::progress::{Cancel, Progress};

/// A file to be brought from an address to a place.
pub(super) struct Download<'a> {
    /// As the user knows it.
    pub(super) file: &'a str,
    pub(super) url: &'a str,
    pub(super) place: &'a Path,
    pub(super) expected: &'a Expected,
}

/// Attempts in a row that bring nothing before a download is given up.
const ATTEMPTS: usize = 3;

impl Download<'_> {
    /// Downloads, checks, puts in place; returns the sha256.
    pub(super) fn run(&self, progress: &dyn Progress, cancel: &Cancel) -> Result<String, FetchError> {
        let folder = self.place.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(FetchError::io("create the folder", folder))?;
        let part = with_suffix(self.place, "part");
        loop {
            let mut file = self.open_locked(&part)?;
            if self.place.exists() {
                // Another process brought it while this one waited for the lock.
                return sha256_of_file(self.place);
            }
            if !part.exists() {
                continue;
            }
            return self.receive_and_check(&mut file, &part, Watched { progress, cancel });
        }
    }

    fn open_locked(&self, part: &Path) -> Result<File, FetchError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(part)
            .map_err(FetchError::io("write", part))?;
        match file.lock() {
            Ok(()) => Ok(file),
            // Some network file systems have no locks; two processes may then download the same file, and the hash
            // tells whether they disturbed each other.
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(file),
            Err(error) => Err(FetchError::io("lock", part)(error)),
        }
    }

    fn receive_and_check(&self, file: &mut File, part: &Path, watched: Watched) -> Result<String, FetchError> {
        let resumed = length(file, part)? > 0;
        self.receive(file, part, watched)?;
        let mut sha256 = sha256_of_file(part)?;
        if resumed && !self.expected.agrees_with(&sha256) {
            // What an earlier run left may be of another version of the file: once more, from the beginning.
            file.set_len(0).map_err(FetchError::io("empty", part))?;
            self.receive(file, part, watched)?;
            sha256 = sha256_of_file(part)?;
        }
        if !self.expected.agrees_with(&sha256) {
            let rejected = with_suffix(self.place, "rejected");
            std::fs::rename(part, &rejected).map_err(FetchError::io("rename", part))?;
            return Err(FetchError::WrongHash {
                path: rejected,
                origin: self.url.to_owned(),
                expected: self.expected.clone(),
                found: sha256,
                next_step: "The origin may have changed, or something between here and there answers in its place; the \
                            file is kept aside for you to look at",
            });
        }
        file.sync_all().map_err(FetchError::io("write", part))?;
        std::fs::rename(part, self.place).map_err(FetchError::io("rename", part))?;
        Ok(sha256)
    }

    /// Asks until the file is whole; gives up after some attempts in a row that brought nothing.
    fn receive(&self, file: &mut File, part: &Path, watched: Watched) -> Result<(), FetchError> {
        let agent = agent();
        let mut fruitless = 0;
        loop {
            let before = length(file, part)?;
            let source = match self.attempt(&agent, file, part, watched)? {
                Attempt::Whole => return Ok(()),
                Attempt::Cut(source) => source,
            };
            let received = length(file, part)?;
            fruitless = if received > before { 0 } else { fruitless + 1 };
            if fruitless == ATTEMPTS {
                return Err(FetchError::Unreachable {
                    file: self.file.to_owned(),
                    url: self.url.to_owned(),
                    received,
                    place: self.place.to_path_buf(),
                    source,
                });
            }
        }
    }

    fn attempt(
        &self,
        agent: &ureq::Agent,
        file: &mut File,
        part: &Path,
        watched: Watched,
    ) -> Result<Attempt, FetchError> {
        let have = length(file, part)?;
        let mut request = agent.get(self.url);
        if have > 0 {
            request = request.header("Range", format!("bytes={have}-"));
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return Ok(Attempt::Cut(Box::new(error))),
        };
        let status = response.status();
        let start = match status.as_u16() {
            200 => 0,
            206 if starts_at(&response, have) => have,
            // The part here is not a part of what is there (any more): from the beginning.
            206 | 416 if have > 0 => {
                file.set_len(0).map_err(FetchError::io("empty", part))?;
                return Ok(Attempt::Cut(format!("the server answered {status} to a resumed download").into()));
            }
            500..=599 => return Ok(Attempt::Cut(format!("the server answered {status}").into())),
            _ => {
                return Err(FetchError::Refused {
                    file: self.file.to_owned(),
                    url: self.url.to_owned(),
                    status: status.to_string(),
                    place: self.place.to_path_buf(),
                });
            }
        };
        file.set_len(start).map_err(FetchError::io("write", part))?;
        file.seek(SeekFrom::Start(start)).map_err(FetchError::io("write", part))?;
        let total = response.body().content_length().map(|length| start + length);
        watched.progress.begin(self.file, total.unwrap_or(0));
        watched.progress.advance(start);
        let copied = self.copy(&mut response.body_mut().as_reader(), file, part, Span { start, total }, watched);
        watched.progress.end();
        copied
    }

    fn copy(
        &self,
        body: &mut dyn Read,
        file: &mut File,
        part: &Path,
        span: Span,
        watched: Watched,
    ) -> Result<Attempt, FetchError> {
        let mut received = span.start;
        let mut block = vec![0; 1 << 16];
        loop {
            if watched.cancel.is_cancelled() {
                return Err(FetchError::Stopped { file: self.file.to_owned(), received });
            }
            let read = match body.read(&mut block) {
                Ok(read) => read,
                Err(error) => return Ok(Attempt::Cut(Box::new(error))),
            };
            if read == 0 {
                break;
            }
            file.write_all(&block[..read]).map_err(FetchError::io("write", part))?;
            received += read as u64;
            watched.progress.advance(read as u64);
        }
        match span.total {
            Some(total) if received < total => {
                Ok(Attempt::Cut(format!("the connection ended after {received} of {total} bytes").into()))
            }
            _ => Ok(Attempt::Whole),
        }
    }
}

/// Who is told, and who may stop it.
#[derive(Clone, Copy)]
struct Watched<'a> {
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
}

/// What an answer holds of the file: from this byte, and how long the whole is, where the server says.
#[derive(Clone, Copy)]
struct Span {
    start: u64,
    total: Option<u64>,
}

/// How an attempt ended, where it may be worth another.
enum Attempt {
    Whole,
    Cut(Box<dyn std::error::Error + Send + Sync>),
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .accept_encoding("identity")
        .user_agent(concat!("homolog/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .timeout_per_read(Some(Duration::from_secs(60)))
        .build()
        .new_agent()
}

/// Whether a partial answer begins at byte `start`, by its header `Content-Range: bytes START-END/TOTAL`.
fn starts_at(response: &ureq::http::Response<ureq::Body>, start: u64) -> bool {
    response
        .headers()
        .get("content-range")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().strip_prefix("bytes "))
        .and_then(|range| range.split('-').next())
        .and_then(|first| first.trim().parse::<u64>().ok())
        == Some(start)
}

fn length(file: &File, part: &Path) -> Result<u64, FetchError> {
    Ok(file.metadata().map_err(FetchError::io("look at", part))?.len())
}

/// `name.ext` → `name.ext.suffix`.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}
