//! Tests of the library that need nothing but the repository.

mod recording;
