//! Checking that a file is the one that was meant.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::FetchError;

/// What is known of a file's sha256 beforehand, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// All 64 digits.
    Whole(String),
    /// The first digits, as at the end of the names of torchvision's weights.
    Start(String),
    /// Nothing: the file is one that the user brought into its form.
    Unknown,
}

impl Expected {
    /// Whether `sha256` (64 digits) is what is expected.
    pub fn agrees_with(&self, sha256: &str) -> bool {
        match self {
            Expected::Whole(whole) => whole.eq_ignore_ascii_case(sha256),
            Expected::Start(start) => {
                sha256.len() >= start.len()
                    && sha256.is_char_boundary(start.len())
                    && sha256[..start.len()].eq_ignore_ascii_case(start)
            }
            Expected::Unknown => true,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Whole(whole) => formatter.write_str(whole),
            Expected::Start(start) => write!(formatter, "one that begins with {start}"),
            Expected::Unknown => formatter.write_str("any"),
        }
    }
}

/// The sha256 of a file's bytes, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// - [`FetchError::Io`] when the file cannot be read.
pub fn sha256_of_file(path: &Path) -> Result<String, FetchError> {
    let mut file = File::open(path).map_err(FetchError::io("open", path))?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block).map_err(FetchError::io("read", path))?;
        if read == 0 {
            return Ok(hexadecimal(&digest.finalize()));
        }
        digest.update(&block[..read]);
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sha256 of "abc" is the first test vector of FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_hash_of_a_file_is_the_published_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").expect("written");
        assert_eq!(sha256_of_file(&path).expect("hashed"), ABC);
    }

    #[test]
    fn a_hash_agrees_with_its_whole_and_with_its_start_only() {
        assert!(Expected::Whole(ABC.to_uppercase()).agrees_with(ABC));
        assert!(Expected::Start("ba7816bf".to_owned()).agrees_with(ABC));
        assert!(!Expected::Start("b8a52dc0".to_owned()).agrees_with(ABC));
        assert!(!Expected::Whole(ABC[1..].to_owned()).agrees_with(ABC));
    }
}
