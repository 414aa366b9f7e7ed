//! Reading stimuli out of responses.
