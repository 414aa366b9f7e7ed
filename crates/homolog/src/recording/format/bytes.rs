//! A piece of bytes that is read from front to back and never beyond its end.

use crate::recording::error::ContentProblem;

/// Bytes that have not been read yet.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a> {
    left: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(super) fn new(left: &'a [u8]) -> Self {
        Self { left }
    }

    pub(super) fn len(&self) -> usize {
        self.left.len()
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: u64, place: &str) -> Result<&'a [u8], ContentProblem> {
        let taken = usize::try_from(count).ok().and_then(|count| self.left.split_at_checked(count));
        let Some((taken, left)) = taken else {
            let left = self.left.len() as u64;
            return Err(ContentProblem::CutShort { place: place.to_owned(), needed: count, left });
        };
        self.left = left;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self, place: &str) -> Result<[u8; N], ContentProblem> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64, place)?);
        Ok(array)
    }

    /// Passes over up to `count` bytes of padding.
    pub(super) fn skip(&mut self, count: usize) {
        self.left = self.left.get(count..).unwrap_or_default();
    }
}
