//! No file makes a reader panic or ask for more memory than the file can mean.

use homolog::recording::ContentProblem;
use homolog::recording::format::table::Table;
use homolog::recording::format::{mat5, mat73, netcdf, npy, npz};
use proptest::prelude::*;

use super::python_files::{bytes_of, golden};

type Reader = fn(&[u8]) -> Result<(), ContentProblem>;

/// Every reader with a file that it reads.
fn readers() -> Vec<(&'static str, Reader, Vec<u8>)> {
    let golden = golden();
    let npy: Reader = |bytes| npy::parse(bytes).map(drop);
    let mat5: Reader = |bytes| mat5::parse(bytes).map(drop);
    vec![
        ("npy", npy, bytes_of(&golden["npy"]["float64"])),
        ("npy text", npy, bytes_of(&golden["npy"]["text"])),
        ("npz", |bytes| npz::parse(bytes).map(drop), bytes_of(&golden["npz"])),
        ("mat5", mat5, bytes_of(&golden["mat5"])),
        ("mat5 compressed", mat5, bytes_of(&golden["mat5_compressed"])),
        ("mat73", |bytes| mat73::parse(bytes.to_vec()).map(drop), bytes_of(&golden["mat73"])),
        ("netcdf", |bytes| netcdf::parse(bytes.to_vec()).map(drop), bytes_of(&golden["netcdf"])),
        ("table", |bytes| Table::parse(bytes, b',').map(drop), b"a,b\n1,\"x\ny\"\n2,z\n".to_vec()),
    ]
}

#[test]
fn every_reader_reads_its_file_and_refuses_every_beginning_of_it_without_a_panic() {
    for (name, read, whole) in readers() {
        read(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
        let step = (whole.len() / 400).max(1);
        let refused = (0..whole.len()).step_by(step).filter(|length| read(&whole[..*length]).is_err()).count();
        // Tables have no end mark; a version 5 file may end after any variable.
        assert!(refused > 0 || name == "table", "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (_, read, whole) in readers() {
            let _ = read(&bytes);
            // Past the mark that every file of the format begins with.
            let mark = whole.iter().copied().take(if whole.len() > 128 { 128 } else { 6 });
            let _ = read(&mark.chain(bytes.iter().copied()).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn no_changed_bytes_make_a_reader_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        for (_, read, mut bytes) in readers() {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            let _ = read(&bytes);
        }
    }

    #[test]
    fn no_huge_lengths_make_a_reader_panic(at in any::<prop::sample::Index>(), length in prop::sample::select(vec![0xff_u8, 0x7f, 0x80])) {
        for (_, read, mut bytes) in readers() {
            let at = at.index(bytes.len());
            for byte in bytes.iter_mut().skip(at).take(8) {
                *byte = length;
            }
            let _ = read(&bytes);
        }
    }
}

#[test]
fn a_header_that_claims_more_than_the_file_has_is_refused_before_anything_is_made_for_it() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    let message = npy::parse(&bytes).expect_err("there is no data").to_string();
    assert_eq!(message, "the data needs 8000000000000 bytes and 0 are left: the file is cut short or damaged");
}

#[test]
fn a_file_of_another_format_is_said_to_be_one() {
    let message = npy::parse(b"PK\x03\x04 not an array").expect_err("a zip").to_string();
    assert!(message.starts_with("the start of the file is "), "{message}");
    let message = mat5::parse(&[b' '; 200]).expect_err("spaces").to_string();
    assert!(message.starts_with("the byte order mark in the header is \"  \", where MI or IM"), "{message}");
}
