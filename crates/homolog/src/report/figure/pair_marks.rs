//! Which pairs of bars differ, drawn above them.

use super::svg::Canvas;

/// From one line of marks to the next.
const LANE: f64 = 7.0;

/// More bars than this have rows of tees, since lines between all pairs would be a thicket.
const MOST_BARS_WITH_LINES: usize = 6;

/// How pairs of bars that differ are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PairMarks {
    /// Lines for up to six bars, else tees.
    #[default]
    Automatic,
    /// A line from one bar of the pair to the other.
    Lines,
    /// A row for each bar: a large dot above it, and a small dot above each later bar that it differs from.
    Tees,
}

impl PairMarks {
    fn are_lines(self, n_bars: usize) -> bool {
        match self {
            PairMarks::Automatic => n_bars <= MOST_BARS_WITH_LINES,
            PairMarks::Lines => true,
            PairMarks::Tees => false,
        }
    }
}

/// Room in pixels that the marks need above the plot.
pub(super) fn room_for_pair_marks(different: &[(usize, usize)], n_bars: usize, marks: PairMarks) -> f64 {
    let pairs = ordered(different, n_bars);
    let n_lanes = if marks.are_lines(n_bars) {
        lanes(&pairs).into_iter().max().map_or(0, |highest| highest + 1)
    } else {
        partners(&pairs, n_bars).len()
    };
    n_lanes as f64 * LANE
}

/// Draws the marks upwards from `bottom`.
pub(super) fn draw_pair_marks(
    canvas: &mut Canvas,
    different: &[(usize, usize)],
    n_bars: usize,
    marks: PairMarks,
    centre: &dyn Fn(usize) -> f64,
    bottom: f64,
) {
    let pairs = ordered(different, n_bars);
    if marks.are_lines(n_bars) {
        for ((first, second), lane) in pairs.iter().zip(lanes(&pairs)) {
            let y = bottom - lane as f64 * LANE;
            canvas.line("whisker", (centre(*first) + 1.5, y), (centre(*second) - 1.5, y));
        }
        return;
    }
    for (lane, (bar, others)) in partners(&pairs, n_bars).into_iter().enumerate() {
        let y = bottom - lane as f64 * LANE;
        let ends = others.iter().chain([&bar]).map(|other| centre(*other));
        let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        canvas.line("link", (low, y), (high, y));
        for other in others {
            canvas.dot("tee", (centre(other), y), 1.7, "differs");
        }
        canvas.dot("tee", (centre(bar), y), 3.0, "differs from those of the small dots");
    }
}

/// The pairs that there are bars for, the left bar first, short ones first, each once.
fn ordered(different: &[(usize, usize)], n_bars: usize) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = different
        .iter()
        .map(|&(first, second)| (first.min(second), first.max(second)))
        .filter(|&(first, second)| first < second && second < n_bars)
        .collect();
    pairs.sort_by_key(|&(first, second)| (second - first, first));
    pairs.dedup();
    pairs
}

/// The lowest line on which each pair has room; those that end at one bar may share a line.
fn lanes(pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    pairs
        .iter()
        .map(|&(first, second)| {
            let is_free = |lane: &Vec<(usize, usize)>| lane.iter().all(|&(from, to)| second <= from || first >= to);
            let lane = taken.iter().position(is_free).unwrap_or(taken.len());
            if lane == taken.len() {
                taken.push(Vec::new());
            }
            taken[lane].push((first, second));
            lane
        })
        .collect()
}

/// For each bar that differs from a later one, those later ones; the last bar first, so that rows rise to the left.
fn partners(pairs: &[(usize, usize)], n_bars: usize) -> Vec<(usize, Vec<usize>)> {
    (0..n_bars)
        .rev()
        .map(|bar| (bar, pairs.iter().filter(|pair| pair.0 == bar).map(|pair| pair.1).collect::<Vec<_>>()))
        .filter(|(_, others)| !others.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_do_not_overlap_share_a_lane() {
        let pairs = ordered(&[(3, 0), (0, 1), (2, 3), (1, 2), (1, 2), (5, 9)], 4);
        assert_eq!(pairs, [(0, 1), (1, 2), (2, 3), (0, 3)]);
        assert_eq!(lanes(&pairs), [0, 0, 0, 1]);
        assert_eq!(room_for_pair_marks(&pairs, 4, PairMarks::Automatic), 14.0);
    }

    #[test]
    fn many_bars_have_a_row_of_tees_for_each_that_differs_from_a_later_one() {
        let pairs = [(0, 7), (0, 2), (3, 4)];
        assert_eq!(partners(&ordered(&pairs, 8), 8), [(3, vec![4]), (0, vec![2, 7])]);
        assert_eq!(room_for_pair_marks(&pairs, 8, PairMarks::Automatic), 14.0);
        assert_eq!(room_for_pair_marks(&[], 8, PairMarks::Automatic), 0.0);
    }
}
