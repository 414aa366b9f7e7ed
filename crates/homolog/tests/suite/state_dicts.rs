//! State dicts as PyTorch writes them (`goldens/pytorch/state_dicts`), good and bad.

use std::collections::BTreeMap;
use std::path::Path;

use homolog::network::tensor::HostTensor;
use homolog::network::weights::{StateDict, WeightsError};

use crate::golden::golden_path;

fn read(name: &str) -> Result<StateDict, WeightsError> {
    StateDict::read(&golden_path(&format!("pytorch/state_dicts/{name}.pth")))
}

/// Name, shape and elements of every tensor.
fn content(state: &StateDict) -> BTreeMap<&str, (Vec<usize>, Vec<f32>)> {
    let numbers = |tensor: &HostTensor| match tensor {
        HostTensor::F32(array) => (array.shape().to_vec(), array.iter().copied().collect()),
        other => panic!("weights are floats, not {:?}", other.dtype()),
    };
    state.tensors.iter().map(|(name, tensor)| (name.as_str(), numbers(tensor))).collect()
}

#[test]
fn every_wrapping_and_float_type_gives_the_same_weights() {
    let expected = BTreeMap::from([
        ("fc.bias", (vec![2], vec![-1.0, 3.0])),
        ("fc.weight", (vec![2, 3], vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5])),
    ]);
    for name in ["plain", "half", "bfloat16", "double", "strided", "batch_norm", "checkpoint", "stream"] {
        let state = read(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(content(&state), expected, "{name}");
    }
}

#[test]
fn a_pickle_that_asks_for_more_than_tensors_is_refused_by_name_and_not_executed() {
    let refused = read("asks_for_the_system").expect_err("asks for os.system").to_string();
    assert!(refused.contains("its pickle asks for posix.system at \"extra\""), "{refused}");
    assert!(refused.contains("Nothing in it was executed"), "{refused}");
    let refused = read("is_a_call").expect_err("is os.system").to_string();
    assert!(refused.contains("posix.system at \"the top\""), "{refused}");
    assert!(!Path::new("executed").exists());
}

#[test]
fn tensors_that_are_no_weights_are_refused() {
    assert!(matches!(read("integers"), Err(WeightsError::ElementType { name, .. }) if name == "fc.weight"));
    assert!(matches!(read("sparse"), Err(WeightsError::NotOnlyTensors { .. })));
    assert!(matches!(read("no_tensors"), Err(WeightsError::Empty { .. })));
    let missing = StateDict::read(Path::new("there/is/no.pth"));
    assert!(matches!(missing, Err(WeightsError::Unreadable { .. })));
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for name in ["plain", "stream"] {
        let whole = std::fs::read(golden_path(&format!("pytorch/state_dicts/{name}.pth"))).expect("read");
        let cut = tempfile::NamedTempFile::new().expect("a temporary file");
        for length in 0..whole.len() {
            std::fs::write(cut.path(), &whole[..length]).expect("written");
            assert!(StateDict::read(cut.path()).is_err(), "{length} of {} bytes of {name} were enough", whole.len());
        }
    }
}

proptest::proptest! {
    #[test]
    fn a_file_with_changed_bytes_never_panics(
        changes in proptest::collection::vec((0usize..2200, proptest::num::u8::ANY), 1..4),
        which in 0usize..3,
    ) {
        let name = ["plain", "stream", "checkpoint"][which];
        let mut bytes = std::fs::read(golden_path(&format!("pytorch/state_dicts/{name}.pth"))).expect("read");
        for (place, byte) in changes {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        let changed = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(changed.path(), bytes).expect("written");
        let _ = StateDict::read(changed.path());
    }
}
