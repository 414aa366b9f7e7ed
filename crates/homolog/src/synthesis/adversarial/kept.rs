//! What came of an image as bytes, so that a run that was stopped goes on as if it had not been.
//!
//! One line of JSON, numbers as their bits, then the pictures' colours one after the other.

use serde::{Deserialize, Serialize};

use super::{Attacked, Goal, Outcome};
use crate::inside::optimise::Ended;
use crate::stimuli::Image;

/// The folder of results in the store.
pub(super) const KIND: &str = "adversarial";

#[derive(Serialize, Deserialize)]
struct Header {
    id: String,
    label: usize,
    target: Option<usize>,
    clean_class: usize,
    clean_shown: Vec<usize>,
    outcomes: Vec<OutcomeHeader>,
    n_pictures: usize,
    width: usize,
    height: usize,
}

#[derive(Serialize, Deserialize)]
struct OutcomeHeader {
    budget: u64,
    linf: u64,
    l2: u64,
    class: usize,
    class_rounded: usize,
    shown: Vec<usize>,
    trajectory: Vec<u64>,
    not_finite: Option<usize>,
}

pub(super) fn to_bytes(attacked: &Attacked, pictures: &[Image]) -> Vec<u8> {
    let outcome = |one: &Outcome| OutcomeHeader {
        budget: one.budget.to_bits(),
        linf: one.linf.to_bits(),
        l2: one.l2.to_bits(),
        class: one.class,
        class_rounded: one.class_rounded,
        shown: one.shown.clone(),
        trajectory: one.trajectory.iter().map(|value| value.to_bits()).collect(),
        not_finite: if let Ended::NotFinite { step } = one.ended { Some(step) } else { None },
    };
    let header = Header {
        id: attacked.id.clone(),
        label: attacked.goal.label,
        target: attacked.goal.target,
        clean_class: attacked.clean_class,
        clean_shown: attacked.clean_shown.clone(),
        outcomes: attacked.outcomes.iter().map(outcome).collect(),
        n_pictures: pictures.len(),
        width: pictures.first().map_or(0, Image::width),
        height: pictures.first().map_or(0, Image::height),
    };
    let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
    bytes.push(b'\n');
    pictures.iter().for_each(|picture| bytes.extend_from_slice(picture.rgb()));
    bytes
}

/// `None` where the bytes are damaged; the image is then attacked again.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<(Attacked, Vec<Image>)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let header: Header = serde_json::from_slice(bytes.get(..end)?).ok()?;
    let rest = bytes.get(end + 1..)?;
    let size = header.width.checked_mul(header.height)?.checked_mul(3).filter(|size| *size > 0)?;
    if rest.len() != size.checked_mul(header.n_pictures)? {
        return None;
    }
    let picture = |rgb: &[u8]| Image::new(header.width, header.height, rgb.to_vec()).ok();
    let pictures: Option<Vec<Image>> = rest.chunks_exact(size).map(picture).collect();
    let outcome = |one: OutcomeHeader| Outcome {
        budget: f64::from_bits(one.budget),
        linf: f64::from_bits(one.linf),
        l2: f64::from_bits(one.l2),
        class: one.class,
        class_rounded: one.class_rounded,
        shown: one.shown,
        trajectory: one.trajectory.into_iter().map(f64::from_bits).collect(),
        ended: one.not_finite.map_or(Ended::Done, |step| Ended::NotFinite { step }),
    };
    let attacked = Attacked {
        id: header.id,
        goal: Goal { label: header.label, target: header.target },
        clean_class: header.clean_class,
        clean_shown: header.clean_shown,
        outcomes: header.outcomes.into_iter().map(outcome).collect(),
    };
    Some((attacked, pictures?))
}
