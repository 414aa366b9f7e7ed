//! Downloads from a server of our own on this machine, which can be told to misbehave.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use super::hash::hexadecimal;
use super::*;
use crate::progress::{Cancel, Progress, Silent};

/// What the server does with one request, in their order; the last is repeated.
#[derive(Clone, Copy)]
enum Answer {
    /// The whole file, or the range that was asked for.
    File,
    /// As `File`, but the connection is closed after so many bytes of the body.
    CutAfter(usize),
    /// The whole file, whatever range was asked for.
    WholeFile,
    /// A status without a body.
    Status(&'static str),
}

struct Server {
    url: String,
    /// The `Range` header of each request, empty where there was none.
    ranges: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(body: Vec<u8>, answers: Vec<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ranges);
        std::thread::spawn(move || {
            for (request, stream) in listener.incoming().enumerate() {
                let answer = answers[request.min(answers.len() - 1)];
                let stream = stream.expect("a connection");
                let range = range_asked_for(&stream);
                // Before the answer, after which the other side looks.
                seen.lock().expect("not poisoned").push(range.clone());
                serve(stream, &range, &body, answer);
            }
        });
        Server { url, ranges }
    }

    fn ranges(&self) -> Vec<String> {
        self.ranges.lock().expect("not poisoned").clone()
    }
}

fn range_asked_for(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream.try_clone().expect("cloned"));
    let mut range = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            range = value.trim().to_owned();
        }
    }
    range
}

fn serve(mut stream: TcpStream, range: &str, body: &[u8], answer: Answer) {
    let asked_from = range.strip_prefix("bytes=").and_then(|text| text.trim_end_matches('-').parse::<usize>().ok());
    let from = match answer {
        Answer::WholeFile => None,
        _ => asked_from,
    };
    let sent = &body[from.unwrap_or(0).min(body.len())..];
    let head = match (answer, from) {
        (Answer::Status(status), _) => format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n"),
        (_, Some(from)) => format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{}\r\nContent-Length: {}\r\n",
            body.len() - 1,
            body.len(),
            sent.len()
        ),
        (_, None) => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", sent.len()),
    };
    let sent = match answer {
        Answer::Status(_) => &[],
        Answer::CutAfter(bytes) => &sent[..bytes.min(sent.len())],
        _ => sent,
    };
    // The other side may have gone; that is part of what is tested.
    let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
    let _ = stream.write_all(sent);
}

fn body() -> Vec<u8> {
    (0..300_000_u32).map(|position| (position * 31 % 251) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn sources(cache: &Path) -> Sources {
    Sources { given: BTreeMap::new(), cache: cache.to_path_buf(), mirror: None }
}

fn file(url: &str, sha256: &str) -> DataFile {
    DataFile {
        benchmark: "test-V1".to_owned(),
        path: "set/images.zip".to_owned(),
        origin: Origin::Url(format!("{url}/images.zip")),
        expected: Expected::Whole(sha256.to_owned()),
        n_files: None,
        beside: None,
    }
}

/// Remembers what it was told; may wish to stop after so many bytes.
#[derive(Default)]
struct Watcher {
    told: Mutex<Vec<(u64, u64)>>,
    cancel: Cancel,
    stop_after: Option<u64>,
}

impl Progress for Watcher {
    fn begin(&self, _what: &str, total: u64) {
        self.told.lock().expect("not poisoned").push((total, 0));
    }

    fn advance(&self, steps: u64) {
        let mut told = self.told.lock().expect("not poisoned");
        let (_, received) = told.last_mut().expect("begun");
        *received += steps;
        if self.stop_after.is_some_and(|limit| *received > limit) {
            self.cancel.cancel();
        }
    }

    fn warn(&self, _message: &str) {}

    fn end(&self) {}
}

#[test]
fn a_file_is_downloaded_once_checked_and_then_found_in_the_cache() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), vec![Answer::File]);
    let sources = sources(cache.path());
    let file = file(&server.url, &sha256(&body()));
    assert_eq!(sources.find(&file).expect("nothing there"), None);
    let watcher = Watcher::default();
    let located = sources.fetch(&file, &watcher, &watcher.cancel).expect("downloaded");
    assert_eq!(*watcher.told.lock().expect("not poisoned"), [(300_000, 300_000)]);
    assert_eq!(located.place, cache.path().join("data/set/images.zip"));
    assert_eq!(std::fs::read(&located.place).expect("there"), body());
    assert_eq!(sources.fetch(&file, &Silent, &Cancel::default()).expect("in the cache"), located);
    assert_eq!(server.ranges().len(), 1, "the second time it is not asked for");
}

#[test]
fn a_cut_connection_is_resumed_where_it_stopped() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), vec![Answer::CutAfter(100_000), Answer::CutAfter(50_000), Answer::File]);
    let located = sources(cache.path())
        .fetch(&file(&server.url, &sha256(&body())), &Silent, &Cancel::default())
        .expect("downloaded");
    assert_eq!(std::fs::read(located.place).expect("there"), body());
    assert_eq!(server.ranges(), ["", "bytes=100000-", "bytes=150000-"]);
}

#[test]
fn a_download_that_was_stopped_is_resumed_by_the_next_run() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), vec![Answer::File]);
    let sources = sources(cache.path());
    let file = file(&server.url, &sha256(&body()));
    let watcher = Watcher { stop_after: Some(150_000), ..Watcher::default() };
    let error = sources.fetch(&file, &watcher, &watcher.cancel).expect_err("stopped");
    let FetchError::Stopped { received, .. } = error else { panic!("{error}") };
    assert_eq!(sources.find(&file).expect("a part is not the file"), None);
    let located = sources.fetch(&file, &Silent, &Cancel::default()).expect("downloaded");
    assert_eq!(std::fs::read(located.place).expect("there"), body());
    assert_eq!(server.ranges()[1], format!("bytes={received}-"));
}

#[test]
fn a_server_that_knows_no_ranges_is_read_from_the_beginning() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), vec![Answer::CutAfter(100_000), Answer::WholeFile]);
    let located = sources(cache.path())
        .fetch(&file(&server.url, &sha256(&body())), &Silent, &Cancel::default())
        .expect("downloaded");
    assert_eq!(std::fs::read(located.place).expect("there"), body());
}

#[test]
fn a_part_of_another_version_is_thrown_away_and_the_file_read_again() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), vec![Answer::File]);
    let part = cache.path().join("data/set/images.zip.part");
    std::fs::create_dir_all(part.parent().expect("a folder")).expect("made");
    std::fs::write(&part, vec![7; 1000]).expect("written");
    let located = sources(cache.path())
        .fetch(&file(&server.url, &sha256(&body())), &Silent, &Cancel::default())
        .expect("downloaded");
    assert_eq!(std::fs::read(located.place).expect("there"), body());
    assert!(!part.exists());
}

#[test]
fn a_wrong_file_is_refused_with_both_hashes_and_kept_aside() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(b"not the file".to_vec(), vec![Answer::File]);
    let sources = sources(cache.path());
    let file = file(&server.url, &sha256(&body()));
    let message = sources.fetch(&file, &Silent, &Cancel::default()).expect_err("wrong").to_string();
    assert!(message.contains(&sha256(&body())) && message.contains(&sha256(b"not the file")), "{message}");
    assert!(message.contains("images.zip.rejected"), "{message}");
    assert_eq!(sources.find(&file).expect("nothing under its name"), None);
}

#[test]
fn a_missing_file_says_what_the_server_answered_and_the_two_ways_on() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(Vec::new(), vec![Answer::Status("404 Not Found")]);
    let message = sources(cache.path())
        .fetch(&file(&server.url, &sha256(b"")), &Silent, &Cancel::default())
        .expect_err("missing")
        .to_string();
    assert!(message.contains("answered 404 Not Found"), "{message}");
    assert!(message.contains("HOMOLOG_MIRROR") && message.contains("data/set/images.zip\" by hand"), "{message}");
    assert_eq!(server.ranges().len(), 1, "a 404 is not asked for again");
}

#[test]
fn without_a_network_the_message_says_what_where_and_the_two_ways_on() {
    let cache = tempfile::tempdir().expect("a folder");
    // A port that nobody listens on: bound, asked for its number, and given back.
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    let message = sources(cache.path())
        .fetch(&file(&url, &sha256(b"")), &Silent, &Cancel::default())
        .expect_err("offline")
        .to_string();
    assert!(message.contains("cannot fetch \"set/images.zip\" from http://127.0.0.1"), "{message}");
    assert!(message.contains("set HOMOLOG_MIRROR") && message.contains("by hand"), "{message}");
}

#[test]
fn a_mirror_url_is_asked_for_the_same_path() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), vec![Answer::File]);
    let mut sources = sources(cache.path());
    sources.mirror = Some(Mirror::Url(server.url.clone()));
    let file = file("http://origin.invalid", &sha256(&body()));
    assert_eq!(sources.fetch(&file, &Silent, &Cancel::default()).expect("downloaded").found, Found::Cache);
}

#[test]
fn a_mirror_folder_is_read_in_place_and_its_files_are_checked() {
    let mirror = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(mirror.path().join("set")).expect("made");
    std::fs::write(mirror.path().join("set/images.zip"), body()).expect("written");
    let mut sources = sources(Path::new("/nonexistent/cache"));
    sources.mirror = Some(Mirror::Folder(mirror.path().to_path_buf()));
    let located =
        sources.fetch(&file("http://origin.invalid", &sha256(&body())), &Silent, &Cancel::default()).expect("found");
    assert_eq!((located.found, located.place), (Found::Mirror, mirror.path().join("set/images.zip")));
    let message = sources.find(&file("http://origin.invalid", &sha256(b""))).expect_err("another file").to_string();
    assert!(message.contains("Correct the mirror"), "{message}");
}

#[test]
fn a_given_folder_may_have_the_files_with_or_without_the_data_set_s_name() {
    let given = tempfile::tempdir().expect("a folder");
    std::fs::write(given.path().join("images.zip"), body()).expect("written");
    for name in ["test-V1", "set"] {
        let mut sources = sources(Path::new("/nonexistent/cache"));
        sources.given.insert(name.to_owned(), given.path().to_path_buf());
        let located = sources.find(&file("http://origin.invalid", &sha256(&body()))).expect("right").expect("found");
        assert_eq!((located.found, located.place), (Found::Given, given.path().join("images.zip")));
    }
}

#[test]
fn a_folder_by_hand_is_counted_and_hashed_as_sha256sum_would() {
    let given = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(given.path().join("b")).expect("made");
    std::fs::write(given.path().join("b/2.png"), "two").expect("written");
    std::fs::write(given.path().join("1.png"), "one").expect("written");
    std::fs::write(given.path().join(".DS_Store"), "hidden").expect("written");
    let mut folder = file("", "");
    folder.origin = Origin::ByHand("The originals are elsewhere".to_owned());
    folder.expected = Expected::Unknown;
    folder.n_files = Some(2);
    let mut sources = sources(Path::new("/nonexistent/cache"));
    let message = sources.fetch(&folder, &Silent, &Cancel::default()).expect_err("nowhere").to_string();
    assert!(message.contains("The originals are elsewhere. Then pass --data test-V1=FOLDER"), "{message}");

    sources.given.insert("test-V1".to_owned(), given.path().to_path_buf());
    let listing = format!("{}  1.png\n{}  b/2.png\n", sha256(b"one"), sha256(b"two"));
    assert_eq!(sources.find(&folder).expect("right").expect("found").sha256, sha256(listing.as_bytes()));

    folder.n_files = Some(3);
    let message = sources.find(&folder).expect_err("one is missing").to_string();
    assert!(message.contains("has 2 files, and 3 were needed"), "{message}");
}

#[test]
fn published_weights_are_checked_by_the_end_of_their_name() {
    let cache = tempfile::tempdir().expect("a folder");
    let server = Server::start(body(), vec![Answer::File]);
    let right = format!("{}/net-{}.pth", server.url, &sha256(&body())[..8]);
    let located = sources(cache.path()).fetch_weights(&right, &Silent, &Cancel::default()).expect("downloaded");
    assert_eq!(located.place, cache.path().join("weights").join(right.rsplit('/').next().expect("a name")));
    let message = sources(cache.path())
        .fetch_weights(&format!("{}/net-00000000.pth", server.url), &Silent, &Cancel::default())
        .expect_err("another hash")
        .to_string();
    assert!(message.contains("one that begins with 00000000 was needed"), "{message}");
}
