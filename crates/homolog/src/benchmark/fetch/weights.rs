//! Published weights, whose file names end in the start of their hash, as torchvision's do.

use super::download::Download;
use super::sources::{Found, Located, Mirror, Sources};
use super::{Expected, FetchError, sha256_of_file};
use crate::progress::{Cancel, Progress};

/// Fewest digits of a hash in a file name that are taken for one.
const FEWEST_DIGITS: usize = 8;

impl Sources {
    /// The file behind `url`, from the cache (`weights/<file name>`), from the mirror (`weights/<file name>`), or downloaded
    /// into the cache; its sha256 must begin with the hexadecimal digits that its name ends in, as in
    /// `squeezenet1_1-b8a52dc0.pth`.
    ///
    /// # Errors
    /// - [`FetchError::NoHashInName`] when the name does not end in at least 8 such digits.
    /// - every other [`FetchError`] of [`Sources::fetch`].
    pub fn fetch_weights(&self, url: &str, progress: &dyn Progress, cancel: &Cancel) -> Result<Located, FetchError> {
        let name = url.rsplit('/').next().unwrap_or_default();
        let start = hash_in_name(name).ok_or_else(|| FetchError::NoHashInName { url: url.to_owned() })?;
        let expected = Expected::Start(start.to_owned());
        let path = format!("weights/{name}");
        let mut places = vec![(Found::Cache, self.cache.join(&path))];
        if let Some(Mirror::Folder(folder)) = &self.mirror {
            places.push((Found::Mirror, folder.join(&path)));
        }
        for (found, place) in places {
            if place.is_file() {
                let sha256 = sha256_of_file(&place)?;
                if expected.agrees_with(&sha256) {
                    return Ok(Located { path, place, sha256, found });
                }
                return Err(FetchError::WrongHash {
                    path: place,
                    origin: "a file that was here already".to_owned(),
                    expected,
                    found: sha256,
                    next_step: "Delete it, and it is downloaded again",
                });
            }
        }
        let place = self.cache.join(&path);
        let url = match &self.mirror {
            Some(Mirror::Url(base)) => format!("{base}/{path}"),
            _ => url.to_owned(),
        };
        let sha256 = Download { file: &path, url: &url, place: &place, expected: &expected }.run(progress, cancel)?;
        Ok(Located { path, place, sha256, found: Found::Cache })
    }
}

/// The hexadecimal digits between the last hyphen of a file name and its first dot after it.
fn hash_in_name(name: &str) -> Option<&str> {
    let digits = name.rsplit_once('-')?.1.split('.').next()?;
    let is_hash = digits.len() >= FEWEST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::hash_in_name;

    #[test]
    fn the_hash_is_what_stands_between_the_last_hyphen_and_the_dot() {
        assert_eq!(hash_in_name("squeezenet1_1-b8a52dc0.pth"), Some("b8a52dc0"));
        assert_eq!(hash_in_name("vit_b_16-c867db91.pth"), Some("c867db91"));
        assert_eq!(hash_in_name("googlenet.pth"), None);
        assert_eq!(hash_in_name("resnet-50.pth"), None);
        assert_eq!(hash_in_name("resnet-untitled.pth"), None);
    }
}
