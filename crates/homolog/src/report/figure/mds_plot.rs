//! Stimuli (or models) as points in a plane, as near to each other as they are alike.

use ndarray::Array2;

use super::colour::SERIES;
use super::label::shortened;
use super::legend::{self, Key, Swatch};
use super::picture::Thumbnail;
use super::svg::{Anchor, Area, Canvas, Figure, Shape, TEXT_PX, text_width};

/// Points of a plane whose distances stand for dissimilarities. The axes have no meaning of their own, so none are drawn; one
/// unit is equally long in both directions.
#[derive(Clone, Debug, PartialEq)]
pub struct MdsPlot {
    /// What it shows, in a sentence.
    pub description: String,
    /// Written above it.
    pub title: String,
    /// `[[item, 2]]`: where each item is, in the unit of the dissimilarities; an item without a place is NaN.
    pub points: Array2<f64>,
    /// What each item is called.
    pub names: Vec<String>,
    /// A small picture of each item, drawn in place of a mark; empty for none.
    pub thumbnails: Vec<Thumbnail>,
    /// The category of each item, shown by colour and shape; empty for none.
    pub categories: Vec<String>,
    /// How badly the distances fit, Kruskal's stress-1, where it is known.
    pub stress: Option<f64>,
}

impl MdsPlot {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let keys = self.keys();
        let heading = if self.title.is_empty() { 0.0 } else { TEXT_PX + 8.0 };
        let above = heading + legend::room(&keys, width) + if keys.is_empty() { 0.0 } else { 6.0 };
        let height = (width * 0.9).min(520.0);
        let frame = Area { left: 0.5, top: above + 0.5, width: width - 1.0, height };
        let mut canvas = Canvas::default();
        canvas.text("strong", (0.0, TEXT_PX), Anchor::Start, &shortened(&self.title, (width / 7.5) as usize));
        legend::draw(&mut canvas, &keys, (0.0, heading), width);
        canvas.rect("frame", frame);
        let places = self.places(frame);
        let radius = self.mark_radius(frame);
        let size = if self.thumbnails.is_empty() { radius } else { self.thumbnail_px(frame) };
        for (item, place) in places.iter().enumerate() {
            if let Some(at) = place {
                self.draw_item(&mut canvas, item, *at, size);
            }
        }
        if self.thumbnails.is_empty() {
            self.draw_names(&mut canvas, &places, frame, radius);
        }
        let n_missing = places.iter().filter(|place| place.is_none()).count();
        canvas.text("quiet", (0.0, frame.bottom() + TEXT_PX + 6.0), Anchor::Start, &self.note(n_missing));
        canvas.finish(width, frame.bottom() + TEXT_PX + 12.0, self.description.clone())
    }

    fn note(&self, n_missing: usize) -> String {
        let mut parts = Vec::new();
        if let Some(stress) = self.stress.filter(|stress| stress.is_finite()) {
            parts.push(format!("stress-1: {stress:.3}"));
        }
        if n_missing > 0 {
            parts.push(format!("{n_missing} without a place"));
        }
        parts.join("; ")
    }

    /// The categories in the order in which they first occur.
    fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = Vec::new();
        for category in &self.categories {
            if !kinds.contains(&category.as_str()) {
                kinds.push(category);
            }
        }
        kinds
    }

    fn keys(&self) -> Vec<Key> {
        let key = |(kind, name): (usize, &str)| {
            let swatch = if self.thumbnails.is_empty() {
                Swatch::Mark(kind % SERIES, Shape::of(kind))
            } else {
                Swatch::Box(kind % SERIES)
            };
            Key { name: shortened(name, 24), swatch }
        };
        self.kinds().into_iter().enumerate().map(key).collect()
    }

    fn kind_of(&self, item: usize) -> usize {
        let category = self.categories.get(item);
        category.and_then(|category| self.kinds().iter().position(|kind| kind == category)).unwrap_or(0)
    }

    /// The pixel of each item, the whole centred in the frame.
    fn places(&self, frame: Area) -> Vec<Option<(f64, f64)>> {
        let points: Vec<Option<(f64, f64)>> = self
            .points
            .rows()
            .into_iter()
            .map(|row| match (row.first(), row.get(1)) {
                (Some(x), Some(y)) if x.is_finite() && y.is_finite() => Some((*x, *y)),
                _ => None,
            })
            .collect();
        let extent = |of: fn(&(f64, f64)) -> f64| {
            let values = points.iter().flatten().map(of);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        let ((left, right), (bottom, top)) = (extent(|point| point.0), extent(|point| point.1));
        let inset = if self.thumbnails.is_empty() { 18.0 } else { 8.0 + self.thumbnail_px(frame) / 2.0 };
        let (room_x, room_y) = ((frame.width - 2.0 * inset).max(1.0), (frame.height - 2.0 * inset).max(1.0));
        let fit = (room_x / (right - left)).min(room_y / (top - bottom));
        let fit = if fit.is_finite() { fit } else { 1.0 };
        let middle = (frame.left + frame.width / 2.0, frame.top + frame.height / 2.0);
        let place = |(x, y): (f64, f64)| {
            (middle.0 + (x - (left + right) / 2.0) * fit, middle.1 - (y - (bottom + top) / 2.0) * fit)
        };
        points.into_iter().map(|point| point.map(place)).collect()
    }

    /// Radius of a mark.
    fn mark_radius(&self, frame: Area) -> f64 {
        (frame.width / (self.points.nrows().max(1) as f64).sqrt() * 0.09).clamp(2.2, 5.0)
    }

    fn thumbnail_px(&self, frame: Area) -> f64 {
        ((frame.width * frame.height / self.points.nrows().max(1) as f64).sqrt() * 0.42).clamp(14.0, 44.0)
    }

    /// Draws an item: a thumbnail whose side is `size`, or a mark of that radius.
    fn draw_item(&self, canvas: &mut Canvas, item: usize, at: (f64, f64), size: f64) {
        let name = self.names.get(item).map_or("", String::as_str);
        let tip = match self.categories.get(item) {
            Some(category) => format!("{name} ({category})"),
            None => name.to_owned(),
        };
        let kind = self.kind_of(item);
        match self.thumbnails.get(item) {
            Some(thumbnail) => {
                let area = Area { left: at.0 - size / 2.0, top: at.1 - size / 2.0, width: size, height: size };
                if !self.categories.is_empty() {
                    let rim =
                        Area { left: area.left - 2.0, top: area.top - 2.0, width: size + 4.0, height: size + 4.0 };
                    canvas.rect(&format!("bar fill-{}", kind % SERIES), rim);
                }
                canvas.photograph(area, thumbnail.uri(), &tip);
            }
            None => canvas.mark(&format!("fill-{}", kind % SERIES), Shape::of(kind), at, size, &tip),
        }
    }

    /// Names beside points, each only where it covers neither a point nor another name.
    fn draw_names(&self, canvas: &mut Canvas, places: &[Option<(f64, f64)>], frame: Area, radius: f64) {
        let mut taken: Vec<Area> = places
            .iter()
            .flatten()
            .map(|(x, y)| Area { left: x - radius, top: y - radius, width: 2.0 * radius, height: 2.0 * radius })
            .collect();
        if places.len() > 60 {
            return;
        }
        for (name, place) in self.names.iter().zip(places) {
            let Some((x, y)) = *place else { continue };
            let name = shortened(name, 20);
            let (width, height) = (text_width(&name) * 0.95, TEXT_PX * 0.8);
            let away = radius + 4.0;
            let choices = [
                (x + away, y - height / 2.0, Anchor::Start, x + away),
                (x - away - width, y - height / 2.0, Anchor::End, x - away),
                (x - width / 2.0, y - away - height, Anchor::Middle, x),
                (x - width / 2.0, y + away, Anchor::Middle, x),
            ];
            for (left, top, anchor, text_x) in choices {
                let area = Area { left, top, width, height };
                let is_inside = left > frame.left + 2.0
                    && area.right() < frame.right() - 2.0
                    && top > frame.top + 2.0
                    && area.bottom() < frame.bottom() - 2.0;
                if is_inside && !taken.iter().any(|other| area.overlaps(other)) {
                    canvas.text("quiet small", (text_x, top + height), anchor, &name);
                    taken.push(area);
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn plot() -> MdsPlot {
        MdsPlot {
            description: "three stimuli".to_owned(),
            title: "IT".to_owned(),
            points: array![[0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [f64::NAN, 1.0]],
            names: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
            thumbnails: Vec::new(),
            categories: ["face", "face", "hand", "hand"].map(str::to_owned).to_vec(),
            stress: Some(0.0314),
        }
    }

    #[test]
    fn a_unit_is_equally_long_in_both_directions() {
        let frame = Area { left: 0.0, top: 0.0, width: 400.0, height: 300.0 };
        let places: Vec<(f64, f64)> = plot().places(frame).into_iter().flatten().collect();
        let distance = |i: usize, j: usize| (places[i].0 - places[j].0).hypot(places[i].1 - places[j].1);
        assert!((distance(0, 1) / distance(0, 2) - 0.75).abs() < 1e-9);
        assert!((distance(1, 2) / distance(0, 2) - 1.25).abs() < 1e-9);
        assert!(places[2].1 < places[0].1, "up is up");
    }

    #[test]
    fn what_has_no_place_is_counted_and_not_drawn() {
        let svg = plot().figure(340.0).inline();
        assert!(svg.contains("stress-1: 0.031; 1 without a place") && !svg.contains("NaN"), "{svg}");
        assert!(svg.contains("c (hand)") && !svg.contains("d (hand)"));
    }

    #[test]
    fn points_in_one_place_and_no_points_are_still_a_plot() {
        let mut one = plot();
        one.points = array![[1.0, 1.0], [1.0, 1.0]];
        let mut none = plot();
        none.points = Array2::zeros((0, 2));
        for plot in [one, none] {
            let svg = plot.figure(340.0).inline();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn no_two_of_28_categories_look_alike() {
        // Seven colours and four shapes: both repeat, but not together.
        let looks: std::collections::BTreeSet<(usize, u8)> =
            (0..28).map(|kind| (kind % SERIES, Shape::of(kind) as u8)).collect();
        assert_eq!(looks.len(), 28);
    }
}
