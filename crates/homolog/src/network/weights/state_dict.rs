//! The tensors of a weights file by name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{WeightsError, pth, safetensors};
use crate::network::tensor::HostTensor;

/// What a weights file holds: float tensors by name, and the hash of the file that they came from.
///
/// `num_batches_tracked` counters of batch normalization are left out. Weights that are saved under the key `state_dict`,
/// `model_state_dict` or `model`, and names that all begin with `module.` (as PyTorch's data-parallel wrapper writes them),
/// come without these prefixes.
#[derive(Clone, Debug)]
pub struct StateDict {
    /// The file.
    pub path: PathBuf,
    /// Hash of the whole file, 64 hexadecimal digits.
    pub sha256: String,
    /// The tensors, as `f32`.
    pub tensors: BTreeMap<String, Arc<HostTensor>>,
}

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// PyTorch's zip archive (1.6 and later) or its stream of pickles (0.1.10 to 1.5).
    Pth,
    Safetensors,
}

impl StateDict {
    /// Reads a `.pth` or safetensors file; which of the two it is, its content says, not its name.
    ///
    /// # Errors
    /// [`WeightsError`], never a panic, whatever the bytes are; what is only partly there is not read partly.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let unreadable = |source| WeightsError::Unreadable { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        let format = format(path, &mut file).map_err(unreadable)??;
        file.rewind().map_err(unreadable)?;
        let (sha256, tensors) = match format {
            Format::Pth => (sha256_of(file).map_err(unreadable)?, pth::read(path)?),
            Format::Safetensors => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(unreadable)?;
                (hexadecimal(&Sha256::digest(&bytes)), safetensors::read(path, &bytes)?)
            }
        };
        let tensors = without_wrappers(tensors);
        if tensors.is_empty() {
            return Err(WeightsError::Empty { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), sha256, tensors })
    }
}

/// The format, or the words for what else the file is.
fn format(path: &Path, file: &mut File) -> std::io::Result<Result<Format, WeightsError>> {
    let mut head = Vec::new();
    file.by_ref().take(262).read_to_end(&mut head)?;
    let unknown = |found| WeightsError::UnknownFormat { path: path.to_owned(), found };
    let old = |found| WeightsError::OldFormat { path: path.to_owned(), found };
    // The magic number that opens a stream of pickles, in protocol 2.
    let stream_magic = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    Ok(if head.is_empty() {
        Err(unknown("an empty file"))
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(&stream_magic) {
        Ok(Format::Pth)
    } else if head.get(8) == Some(&b'{') {
        Ok(Format::Safetensors)
    } else if head.get(257..262) == Some(b"ustar") {
        Err(old("a tar archive of PyTorch before 0.1.10"))
    } else if head.starts_with(&[0x80]) {
        Err(old("a bare pickle"))
    } else if head.starts_with(b"\x89HDF") {
        Err(unknown("an HDF5 file (Keras?)"))
    } else if head.starts_with(&[0x08]) {
        Err(unknown("perhaps an ONNX file, which is a whole network and is given without NAME@"))
    } else {
        Err(unknown("neither a zip archive nor safetensors"))
    })
}

/// The hash of what is left to read.
fn sha256_of(mut file: File) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The weights among `tensors`, without what checkpoints wrap around them.
fn without_wrappers(mut tensors: BTreeMap<String, Arc<HostTensor>>) -> BTreeMap<String, Arc<HostTensor>> {
    for wrapper in ["state_dict.", "model_state_dict.", "model."] {
        if tensors.keys().any(|name| name.starts_with(wrapper)) {
            tensors = stripped(tensors, wrapper);
            break;
        }
    }
    if tensors.keys().all(|name| name.starts_with("module.")) {
        tensors = stripped(tensors, "module.");
    }
    tensors.retain(|name, _| !name.ends_with("num_batches_tracked"));
    tensors
}

fn stripped(tensors: BTreeMap<String, Arc<HostTensor>>, prefix: &str) -> BTreeMap<String, Arc<HostTensor>> {
    tensors.into_iter().filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.to_owned(), tensor))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::weights::WeightsError;

    /// A safetensors file of one tensor per name, each `[1.5, 2.5]`.
    fn safetensors_file(names: &[&str]) -> tempfile::NamedTempFile {
        let numbers: Vec<u8> = [1.5f32, 2.5].iter().flat_map(|number| number.to_le_bytes()).collect();
        let header: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(i, name)| {
                format!(r#""{name}":{{"dtype":"F32","shape":[2],"data_offsets":[{},{}]}}"#, 8 * i, 8 * i + 8)
            })
            .collect();
        let header = format!("{{{}}}", header.join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(numbers.repeat(names.len()));
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("written");
        file
    }

    #[test]
    fn wrappers_of_checkpoints_are_taken_off() {
        let file = safetensors_file(&[
            "state_dict.module.fc.bias",
            "optimizer.fc.bias",
            "state_dict.module.fc.num_batches_tracked",
        ]);
        let state = StateDict::read(file.path()).expect("a state dict");
        assert_eq!(state.tensors.keys().collect::<Vec<_>>(), ["fc.bias"]);
        assert_eq!(state.sha256.len(), 64);
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error() {
        let file = safetensors_file(&["a", "b"]);
        let whole = std::fs::read(file.path()).expect("read");
        for length in 0..whole.len() {
            std::fs::write(file.path(), &whole[..length]).expect("written");
            assert!(StateDict::read(file.path()).is_err(), "{length} of {} bytes were enough", whole.len());
        }
    }

    #[test]
    fn old_and_foreign_formats_are_named() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        std::fs::write(file.path(), tar).expect("written");
        assert!(matches!(StateDict::read(file.path()), Err(WeightsError::OldFormat { .. })));
        std::fs::write(file.path(), b"\x80\x02}q\x00.").expect("written");
        assert!(matches!(StateDict::read(file.path()), Err(WeightsError::OldFormat { .. })));
        std::fs::write(file.path(), b"not weights").expect("written");
        assert!(matches!(StateDict::read(file.path()), Err(WeightsError::UnknownFormat { .. })));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400), start in 0usize..4) {
            let file = tempfile::NamedTempFile::new().expect("a temporary file");
            let stream = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.'];
            let start: &[u8] = [&b""[..], b"PK\x03\x04", &stream, b"\x20\0\0\0\0\0\0\0{"][start];
            std::fs::write(file.path(), [start, &bytes].concat()).expect("written");
            let _ = StateDict::read(file.path());
        }
    }
}
