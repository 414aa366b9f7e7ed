//! Figures as SVG: scales, axes, lines, heat maps, histograms.
//!
//! A figure is SVG with real text. Its colours are classes, so that a page can show it in light or dark ([`Figure::inline`],
//! with the page's style sheet from [`style_sheet`]), and a file of its own carries them ([`Figure::standalone`]). Nothing
//! here knows what a score is; `report::page` does.

mod axis;
mod colour;
mod heat_map;
mod histogram;
mod line_chart;
mod scale;
mod svg;

pub use axis::{Horizontal, Labels};
pub use colour::{SERIES, style_sheet, viridis};
pub use heat_map::{HeatMap, Panel};
pub use histogram::Histogram;
pub use line_chart::{Band, LineChart, Point, Series};
pub use scale::{Scale, number};
pub use svg::{Figure, escape};
