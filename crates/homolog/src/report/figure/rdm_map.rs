//! Dissimilarity matrices side by side, with the stimuli along their edges.

use std::ops::Range;

use ndarray::Array2;

use super::colour::{ColourMap, SERIES};
use super::label::shortened;
use super::picture::{COLOUR_BAR_ROOM, ColourBar, Thumbnail, matrix_uri};
use super::scale::Scale;
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX, text_width};

/// Between panels.
const GAP: f64 = 22.0;

/// Width of the strip that shows the categories, with its distance from the matrix.
const STRIP: f64 = 8.0;

/// A thumbnail smaller than this shows nothing.
const SMALLEST_THUMBNAIL: f64 = 11.0;

/// Rows of thumbnails that stand staggered where there are more stimuli than room.
const MOST_LANES: usize = 3;

/// Dissimilarity matrices over the same stimuli under one colour bar.
#[derive(Clone, Debug, PartialEq)]
pub struct RdmMap {
    /// What it shows, in a sentence.
    pub description: String,
    /// The matrices.
    pub panels: Vec<RdmPanel>,
    /// What is shown of each dissimilarity.
    pub shown: RdmShown,
    /// A small picture of each stimulus, in the order of the matrices; empty for none.
    pub thumbnails: Vec<Thumbnail>,
    /// The category of each stimulus, in the order of the matrices; empty for none. Neighbours of one category make a block.
    pub categories: Vec<String>,
}

/// One matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct RdmPanel {
    /// Written above it.
    pub title: String,
    /// Written above it, smaller, under the title.
    pub subtitle: String,
    /// The whole matrix, `[[stimulus, stimulus]]`; NaN where there is no value.
    pub dissimilarities: Array2<f64>,
}

/// What is shown of each dissimilarity.
#[derive(Clone, Debug, PartialEq)]
pub enum RdmShown {
    /// Its percentile among those of its own matrix, as Kriegeskorte et al. (2008) show them: a rank comparison sees nothing
    /// else, and two measures need not share a unit.
    Percentile,
    /// Its value, on one scale for all matrices; the measure, with its unit, is the title of the colour bar.
    Value {
        /// The measure.
        measure: String,
    },
}

impl RdmMap {
    /// Draws it, at most `width` pixels wide: the panels beside each other where each has 150 pixels, else below each other.
    pub fn figure(&self, width: f64) -> Figure {
        let layout = Layout::of(self, width);
        let (shares, range) = self.shares();
        let mut canvas = Canvas::default();
        for (position, (panel, shares)) in self.panels.iter().zip(&shares).enumerate() {
            let left = layout.edge + (position % layout.n_across) as f64 * (layout.cell_width() + GAP);
            let top = (position / layout.n_across) as f64 * (layout.cell_height() + GAP);
            self.draw_panel(&mut canvas, panel, shares, &layout, (left, top), position % layout.n_across == 0);
        }
        let n_down = self.panels.len().max(1).div_ceil(layout.n_across) as f64;
        let bar_top = n_down * layout.cell_height() + (n_down - 1.0) * GAP + 16.0;
        let bar_left = layout.edge + layout.margin;
        let used = layout.edge + layout.n_across as f64 * (layout.cell_width() + GAP) - GAP;
        let bar = ColourBar {
            map: ColourMap::Viridis,
            title: match &self.shown {
                RdmShown::Percentile => "dissimilarity (percentile)".to_owned(),
                RdmShown::Value { measure } => measure.clone(),
            },
            range,
            has_missing: shares.iter().any(|shares| shares.iter().any(|share| share.is_nan())),
        };
        let area = Area { left: bar_left, top: bar_top, width: layout.side.min(220.0), height: 8.0 };
        bar.draw(&mut canvas, area, used - bar_left);
        canvas.finish(used, bar_top + COLOUR_BAR_ROOM, self.description.clone())
    }

    /// Each matrix as shares of the colour bar, and the numbers at the bar's ends.
    fn shares(&self) -> (Vec<Array2<f64>>, (f64, f64)) {
        match self.shown {
            RdmShown::Percentile => {
                (self.panels.iter().map(|panel| percentiles(&panel.dissimilarities)).collect(), (0.0, 100.0))
            }
            RdmShown::Value { .. } => {
                let values = self.panels.iter().flat_map(|panel| panel.dissimilarities.iter().copied());
                let scale = Scale::holding(values, (0.0, 1.0));
                let shares = |panel: &RdmPanel| {
                    panel.dissimilarities.mapv(|value| if value.is_finite() { scale.px(value) } else { f64::NAN })
                };
                (self.panels.iter().map(shares).collect(), (scale.low, scale.high))
            }
        }
    }

    fn draw_panel(
        &self,
        canvas: &mut Canvas,
        panel: &RdmPanel,
        shares: &Array2<f64>,
        layout: &Layout,
        (left, top): (f64, f64),
        is_first_of_row: bool,
    ) {
        let matrix = Area {
            left: left + layout.margin,
            top: top + layout.heading + layout.margin,
            width: layout.side,
            height: layout.side,
        };
        let room = ((layout.cell_width() / (TEXT_PX * 0.62)) as usize).max(8);
        canvas.text("strong", (matrix.left, top + TEXT_PX), Anchor::Start, &shortened(&panel.title, room));
        let second = (matrix.left, top + 2.0 * TEXT_PX + 3.0);
        canvas.text("quiet small", second, Anchor::Start, &shortened(&panel.subtitle, room));
        if let Some(uri) = matrix_uri(shares.view(), ColourMap::Viridis) {
            canvas.image(matrix, &uri);
        }
        self.draw_categories(canvas, matrix, is_first_of_row);
        self.draw_thumbnails(canvas, matrix, layout.lanes);
    }

    /// A strip in the colour of each category along both edges, lines between categories, and their names at the left.
    fn draw_categories(&self, canvas: &mut Canvas, matrix: Area, with_names: bool) {
        let pitch = matrix.width / self.categories.len().max(1) as f64;
        let mut free_from = f64::NEG_INFINITY;
        for (block, category) in blocks(&self.categories) {
            let colour = self.colour_of(category);
            let (start, length) = (block.start as f64 * pitch, (block.end - block.start) as f64 * pitch);
            let (x, y) = (matrix.left + start, matrix.top + start);
            let class = format!("bar fill-{colour}");
            let gap = if length > 3.0 { 0.5 } else { 0.0 };
            let strip = STRIP - 3.0;
            let above = Area { left: x + gap, top: matrix.top - STRIP, width: length - 2.0 * gap, height: strip };
            let beside = Area { left: matrix.left - STRIP, top: y + gap, width: strip, height: length - 2.0 * gap };
            canvas.rect_with_tip(&class, above, category);
            canvas.rect_with_tip(&class, beside, category);
            if block.start > 0 && pitch > 1.0 {
                canvas.line("divide", (x, matrix.top), (x, matrix.bottom()));
                canvas.line("divide", (matrix.left, y), (matrix.right(), y));
            }
            let baseline = y + length / 2.0 + TEXT_PX * 0.35;
            if with_names && baseline - TEXT_PX >= free_from && length >= 5.0 {
                let x = matrix.left - STRIP - 4.0 - self.thumbnail_room(matrix.width);
                canvas.text("quiet small", (x, baseline), Anchor::End, &shortened(category, 16));
                free_from = baseline;
            }
        }
    }

    fn colour_of(&self, category: &str) -> usize {
        let mut known: Vec<&str> = Vec::new();
        for name in &self.categories {
            if !known.contains(&name.as_str()) {
                known.push(name);
            }
        }
        known.iter().position(|name| *name == category).unwrap_or(0) % SERIES
    }

    /// Room that thumbnails need beside a matrix of that side.
    fn thumbnail_room(&self, side: f64) -> f64 {
        let lanes = lanes(self.thumbnails.len(), side);
        if lanes == 0 { 0.0 } else { thumbnail_side(self.thumbnails.len(), side, lanes) * lanes as f64 + 3.0 }
    }

    fn draw_thumbnails(&self, canvas: &mut Canvas, matrix: Area, lanes: usize) {
        if lanes == 0 {
            return;
        }
        let n_stimuli = self.thumbnails.len();
        let pitch = matrix.width / n_stimuli as f64;
        let side = thumbnail_side(n_stimuli, matrix.width, lanes);
        let strip = if self.categories.is_empty() { 3.0 } else { STRIP + 2.0 };
        for (stimulus, thumbnail) in self.thumbnails.iter().enumerate() {
            let middle = (stimulus as f64 + 0.5) * pitch - side / 2.0;
            let away = strip + (stimulus % lanes + 1) as f64 * side;
            let tip = self.categories.get(stimulus).map_or("", String::as_str);
            let above = Area { left: matrix.left + middle, top: matrix.top - away, width: side, height: side };
            let beside = Area { left: matrix.left - away, top: matrix.top + middle, width: side, height: side };
            canvas.photograph(above, thumbnail.uri(), tip);
            canvas.photograph(beside, thumbnail.uri(), tip);
        }
    }
}

/// Where things stand.
struct Layout {
    /// Room for category names left of the first panel.
    edge: f64,
    /// Room for strips and thumbnails left of and above a matrix.
    margin: f64,
    heading: f64,
    side: f64,
    n_across: usize,
    /// Rows of thumbnails; 0 for none.
    lanes: usize,
}

impl Layout {
    fn of(map: &RdmMap, width: f64) -> Layout {
        let names = map.categories.iter().map(|name| text_width(&shortened(name, 16)) * 0.95).fold(0.0, f64::max);
        let edge = if map.categories.is_empty() { 0.0 } else { names + 6.0 };
        let strip = if map.categories.is_empty() { 0.0 } else { STRIP };
        let n_panels = map.panels.len().max(1);
        let beside = (width - edge - GAP * (n_panels - 1) as f64) / n_panels as f64;
        let (n_across, cell) = if beside >= 150.0 { (n_panels, beside) } else { (1, width - edge) };
        // The room of the thumbnails depends on the side, and the side on that room: a few rounds settle it.
        let mut side = (cell - strip).clamp(40.0, 300.0);
        for _ in 0..4 {
            side = (cell - strip - map.thumbnail_room(side)).clamp(40.0, 300.0);
        }
        let lanes = lanes(map.thumbnails.len(), side);
        let has_heading = map.panels.iter().any(|panel| !panel.title.is_empty() || !panel.subtitle.is_empty());
        let heading = if has_heading { 2.0 * TEXT_PX + 12.0 } else { 0.0 };
        Layout { edge, margin: strip + map.thumbnail_room(side), heading, side, n_across, lanes }
    }

    fn cell_width(&self) -> f64 {
        self.margin + self.side
    }

    fn cell_height(&self) -> f64 {
        self.heading + self.margin + self.side
    }
}

/// In how many staggered rows so many thumbnails can be seen; 0 when they cannot.
fn lanes(n_thumbnails: usize, side: f64) -> usize {
    let pitch = side / n_thumbnails.max(1) as f64;
    let enough = (1..=MOST_LANES).find(|lanes| pitch * *lanes as f64 >= SMALLEST_THUMBNAIL);
    if n_thumbnails == 0 { 0 } else { enough.unwrap_or(0) }
}

fn thumbnail_side(n_thumbnails: usize, side: f64, lanes: usize) -> f64 {
    (side / n_thumbnails.max(1) as f64 * lanes as f64 * 0.96).min(30.0)
}

/// Runs of equal neighbours.
fn blocks(categories: &[String]) -> Vec<(Range<usize>, &str)> {
    let mut blocks: Vec<(Range<usize>, &str)> = Vec::new();
    for (position, category) in categories.iter().enumerate() {
        match blocks.last_mut() {
            Some((block, name)) if *name == category => block.end = position + 1,
            _ => blocks.push((position..position + 1, category)),
        }
    }
    blocks
}

/// The rank of each value off the diagonal from 0 to 1, equal values at their mean rank; 0 on the diagonal; what is not a
/// number stays so.
fn percentiles(matrix: &Array2<f64>) -> Array2<f64> {
    let mut entries: Vec<((usize, usize), f64)> = matrix
        .indexed_iter()
        .filter(|((row, column), value)| row < column && !value.is_nan())
        .map(|(place, value)| (place, *value))
        .collect();
    entries.sort_by(|left, right| left.1.total_cmp(&right.1));
    let highest = entries.len().saturating_sub(1).max(1) as f64;
    let mut ranks = Array2::from_elem(matrix.dim(), f64::NAN);
    ranks.diag_mut().fill(0.0);
    let mut start = 0;
    for run in entries.chunk_by(|left, right| left.1 == right.1) {
        let rank = (start as f64 + (run.len() - 1) as f64 / 2.0) / highest;
        for ((row, column), _) in run {
            ranks[[*row, *column]] = rank;
            if let Some(mirrored) = ranks.get_mut([*column, *row]) {
                *mirrored = rank;
            }
        }
        start += run.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn map(n_panels: usize) -> RdmMap {
        let panel = RdmPanel {
            title: "brain".to_owned(),
            subtitle: "IT".to_owned(),
            dissimilarities: array![[0.0, 1.0, 2.0], [1.0, 0.0, f64::NAN], [2.0, f64::NAN, 0.0]],
        };
        RdmMap {
            description: "two".to_owned(),
            panels: vec![panel; n_panels],
            shown: RdmShown::Percentile,
            thumbnails: Vec::new(),
            categories: ["face", "face", "hand"].map(str::to_owned).to_vec(),
        }
    }

    #[test]
    fn equal_dissimilarities_share_their_mean_percentile() {
        // The pairs are 5, 1, 5, 3, 9 and one that is missing.
        let matrix =
            array![[0.0, 5.0, 1.0, 5.0], [5.0, 0.0, 3.0, 9.0], [1.0, 3.0, 0.0, f64::NAN], [5.0, 9.0, f64::NAN, 0.0]];
        let ranks = percentiles(&matrix);
        let pairs = [ranks[[0, 1]], ranks[[0, 2]], ranks[[0, 3]], ranks[[1, 2]], ranks[[1, 3]]];
        assert_eq!(pairs, [0.625, 0.0, 0.625, 0.25, 1.0]);
        assert!(ranks[[2, 3]].is_nan() && ranks[[3, 1]] == 1.0 && ranks[[2, 2]] == 0.0);
    }

    #[test]
    fn panels_stand_beside_each_other_where_there_is_room() {
        let (wide, narrow) = (map(2).figure(640.0), map(2).figure(280.0));
        assert!(wide.height < narrow.height && narrow.width <= 280.0 && wide.width <= 640.0);
        assert_eq!(wide.inline().matches("data:image/png;base64,").count(), 3);
    }

    #[test]
    fn missing_dissimilarities_are_explained() {
        assert!(map(1).figure(640.0).inline().contains("no value"));
        let mut whole = map(1);
        whole.panels[0].dissimilarities.mapv_inplace(|value| if value.is_nan() { 4.0 } else { value });
        let svg = whole.figure(640.0).inline();
        assert!(!svg.contains("no value") && !svg.contains("NaN"));
    }

    #[test]
    fn neighbours_of_one_category_make_a_block_and_a_name() {
        let map = map(1);
        assert_eq!(blocks(&map.categories), [(0..2, "face"), (2..3, "hand")]);
        let svg = map.figure(640.0).inline();
        assert!(svg.contains(">face<") && svg.contains("divide"));
    }

    #[test]
    fn thumbnails_are_staggered_where_they_are_many_and_left_out_where_they_are_too_many() {
        assert_eq!([lanes(0, 300.0), lanes(20, 300.0), lanes(50, 300.0), lanes(92, 200.0)], [0, 1, 2, 0]);
    }

    #[test]
    fn matrices_of_nothing_are_still_a_figure() {
        let mut empty = map(0);
        empty.categories.clear();
        let svg = empty.figure(300.0).inline();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
