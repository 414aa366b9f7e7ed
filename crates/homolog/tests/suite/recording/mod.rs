//! Recordings and their file formats.

mod arbitrary;
mod damaged;
mod declared;
mod for_python;
mod input;
mod operations;
mod python_files;
mod round_trip;
mod zarr;

/// An error and what it came from, as the program prints it.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
