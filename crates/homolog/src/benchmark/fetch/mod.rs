//! Getting the files of a benchmark: from a folder that the user gives, from the cache, from a mirror, or from the origin.
//!
//! Every file has one path, `<data set>/<file>`, that is the same in the cache (`<cache>/data/<path>`), in a mirror folder
//! and below a mirror's base URL. A file is checked against its sha256 each time it is found, so a damaged cache is noticed
//! and the hash in a score's provenance is that of the bytes that were read.
//!
//! Start at [`Sources::from_environment`]; [`Sources::find`] never uses the network, [`Sources::fetch`] does.

mod download;
mod error;
mod hash;
mod sources;
mod weights;

pub use error::FetchError;
pub use hash::{Expected, sha256_of_file};
pub use sources::{DataFile, Found, Located, Mirror, Origin, Sources};

#[cfg(test)]
mod tests;
