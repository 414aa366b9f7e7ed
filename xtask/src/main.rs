//! Checks, goldens and generated pages.

fn main() {}
