//! Eigenspectra on two logarithmic axes, with the power laws fitted to them.

use super::axis::{Horizontal, Labels, draw_horizontal, draw_vertical_ticks, room_below, room_beside_ticks};
use super::colour::SERIES;
use super::label::shortened;
use super::legend::{self, Key, Swatch};
use super::scale::{Scale, logarithmic_marks};
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX};

/// Variance along each principal component, from the first, of one or more representations.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectrumPlot {
    /// What it shows, in a sentence.
    pub description: String,
    /// What the vertical axis is, with its unit.
    pub vertical: String,
    /// The spectra; their names stand in the legend where there are several.
    pub spectra: Vec<Spectrum>,
}

/// One spectrum.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// What it is of.
    pub name: String,
    /// The variance of component 1, 2, …; what is not above 0 has no place, and the line is broken there.
    pub variances: Vec<f64>,
    /// The power law through some of them.
    pub fit: Option<FittedPowerLaw>,
}

/// scale · n^−exponent over components `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedPowerLaw {
    /// The first component that it was fitted to, from 1.
    pub first: usize,
    /// The last.
    pub last: usize,
    /// Its variance at component 1.
    pub scale: f64,
    /// How fast it falls.
    pub exponent: f64,
}

impl FittedPowerLaw {
    fn at(&self, component: usize) -> f64 {
        self.scale * (component as f64).powf(-self.exponent)
    }
}

impl SpectrumPlot {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let (low, high) = self.range();
        let ticks = logarithmic_marks(low, high);
        let keys = self.keys();
        let legend_room = legend::room(&keys, width) + if keys.is_empty() { 0.0 } else { 6.0 };
        let left = room_beside_ticks(&ticks);
        let plot_width = (width - left - 12.0).clamp(40.0, 480.0);
        let height = (plot_width * 0.7).clamp(160.0, 320.0);
        let plot = Area { left, top: legend_room + TEXT_PX + 18.0, width: plot_width, height };
        let last = self.spectra.iter().map(|spectrum| spectrum.variances.len()).max().unwrap_or(1).max(2) as f64;
        let across = Scale { low: 0.0, high: last.log10(), low_px: plot.left + 6.0, high_px: plot.right() - 2.0 };
        let up = Scale { low: low.log10(), high: high.log10(), low_px: plot.bottom() - 4.0, high_px: plot.top };
        let place = |component: usize, value: f64| {
            (value.is_finite() && value > 0.0).then(|| (across.px((component as f64).log10()), up.px(value.log10())))
        };

        let mut canvas = Canvas::default();
        legend::draw(&mut canvas, &keys, (0.0, 0.0), width);
        canvas.text("", (0.0, legend_room + TEXT_PX), Anchor::Start, &self.vertical);
        for (position, spectrum) in self.spectra.iter().enumerate() {
            let line: Vec<_> =
                (1..).zip(&spectrum.variances).map(|(component, value)| place(component, *value)).collect();
            canvas.path(&format!("series stroke-{}", position % SERIES), &line);
        }
        for fit in self.spectra.iter().filter_map(|spectrum| spectrum.fit) {
            if let (Some(from), Some(to)) = (place(fit.first, fit.at(fit.first)), place(fit.last, fit.at(fit.last))) {
                canvas.line("fitted", from, to);
            }
        }
        draw_vertical_ticks(&mut canvas, &ticks, &up, plot);
        let labels = Labels::Ticks(logarithmic_marks(1.0, last));
        let axis = Horizontal { title: "principal component".to_owned(), labels };
        draw_horizontal(&mut canvas, &axis, &across, plot);
        let used = (plot.right() + 12.0).max(if keys.is_empty() { 0.0 } else { width }).min(width);
        canvas.finish(used, plot.bottom() + room_below(&axis, plot.width), self.description.clone())
    }

    /// The least and the greatest variance that has a place, a little apart where they are one.
    fn range(&self) -> (f64, f64) {
        let fits = self.spectra.iter().filter_map(|spectrum| spectrum.fit);
        let ends = fits.flat_map(|fit| [fit.at(fit.first), fit.at(fit.last)]);
        let all = self.spectra.iter().flat_map(|spectrum| spectrum.variances.iter().copied()).chain(ends);
        let placed = all.filter(|value| value.is_finite() && *value > 0.0);
        let (low, high) =
            placed.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
        match (low < high, low.is_finite()) {
            (true, _) => (low, high),
            (false, true) => (low / 2.0, low * 2.0),
            (false, false) => (0.1, 1.0),
        }
    }

    fn keys(&self) -> Vec<Key> {
        let named = |(position, spectrum): (usize, &Spectrum)| Key {
            name: shortened(&spectrum.name, 40),
            swatch: Swatch::Line(position % SERIES),
        };
        let mut keys: Vec<Key> =
            self.spectra.iter().enumerate().filter(|_| self.spectra.len() > 1).map(named).collect();
        if self.spectra.iter().any(|spectrum| spectrum.fit.is_some()) {
            keys.push(Key { name: "fitted power law".to_owned(), swatch: Swatch::Fitted });
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> SpectrumPlot {
        let of = |name: &str, exponent: f64| Spectrum {
            name: name.to_owned(),
            variances: (1..=200)
                .map(|component| f64::from(component).powf(-exponent))
                .chain([0.0, -0.1, f64::NAN])
                .collect(),
            fit: Some(FittedPowerLaw { first: 11, last: 200, scale: 1.0, exponent }),
        };
        SpectrumPlot {
            description: "spectra".to_owned(),
            vertical: "share of variance".to_owned(),
            spectra: vec![of("conv1", 1.0), of("fc", 2.0)],
        }
    }

    #[test]
    fn spectra_and_their_fits_have_names_and_round_marks() {
        let svg = plot().figure(340.0).inline();
        for words in ["conv1", "fitted power law", "principal component", ">100<", "0.01"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert_eq!(svg.matches("class=\"fitted\"").count(), 3, "one in the legend, one for each spectrum");
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn a_plot_of_nothing_or_of_one_value_is_still_a_plot() {
        let mut plot = plot();
        plot.spectra.truncate(1);
        plot.spectra[0].fit = None;
        for variances in [vec![], vec![1.0], vec![0.0, -1.0]] {
            plot.spectra[0].variances = variances;
            let svg = plot.figure(340.0).inline();
            assert!(svg.contains("principal component") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
