//! What a run shows: figures, a page, JSON.
