//! Figures as SVG and PNG.
//!
//! A figure is SVG with real text. Its colours are classes, so that a page can show it in light or dark ([`Figure::inline`],
//! with the page's style sheet from [`style_sheet`]), and a file of its own carries them ([`Figure::standalone`],
//! [`Figure::save`]). Nothing here knows what a score is: a figure takes arrays and names. Every figure can be read at 340
//! pixels, one column of a journal (89 mm); colours can be told apart with any colour vision; what is not a number is shown as
//! missing, never as zero.
//!
//! | figure | what it is for |
//! |---|---|
//! | [`RdmMap`] | dissimilarity matrices side by side, with stimuli and categories along their edges |
//! | [`MdsPlot`] | stimuli or models in a plane |
//! | [`BarChart`] | models with errors, subjects, noise ceiling, and which pairs differ |
//! | [`CurveChart`] | time courses, power curves, psychometric functions |
//! | [`TimeMap`] | a value for each pair of times, clusters outlined |
//! | [`LineChart`] | scores by stage |
//! | [`LabelledMatrix`] | confusions, model recovery, p-values of pairs |
//! | [`StackedBars`] | variance partitions |
//! | [`SpectrumPlot`] | eigenspectra and their power laws |
//! | [`ScatterPlot`] | two systems item by item |
//! | [`Histogram`] | values of many units |
//! | [`TuningSheet`] | curves and maps of single units, a row each |
//! | [`AtlasMap`] | an activation atlas |
//! | [`CircuitTree`] | a unit, its strongest inputs and theirs, with images of units and weights between them |

mod atlas_map;
mod axis;
mod bar_chart;
mod circuit_tree;
mod colour;
mod curve_chart;
mod histogram;
mod label;
mod labelled_matrix;
mod legend;
mod lettering;
mod line_chart;
mod mds_plot;
mod pair_marks;
mod picture;
mod rdm_map;
mod save;
mod scale;
mod scatter_plot;
mod spectrum_plot;
mod stacked_bars;
mod svg;
mod time_map;
mod tuning_sheet;

pub use atlas_map::{AtlasIcon, AtlasMap, icon_side};
pub use axis::{Horizontal, Labels};
pub use bar_chart::{Bar, BarChart, MarkRow};
pub use circuit_tree::{CircuitLink, CircuitNode, CircuitTree};
pub use colour::{ColourMap, SERIES, style_sheet};
pub use curve_chart::{Curve, CurveChart, CurvePoint, Reference, Spacing};
pub use histogram::Histogram;
pub use label::{short_model_name, short_model_names, shortened};
pub use labelled_matrix::LabelledMatrix;
pub(crate) use lettering::{LINE_PX, lettered};
pub use line_chart::{Band, LineChart, Point, Series};
pub use mds_plot::MdsPlot;
pub use pair_marks::PairMarks;
pub use picture::Thumbnail;
pub use rdm_map::{RdmMap, RdmPanel, RdmShown};
pub use save::FigureError;
pub use scale::{Scale, number};
pub use scatter_plot::{ScatterPlot, ScatterPoint};
pub use spectrum_plot::{FittedPowerLaw, Spectrum, SpectrumPlot};
pub use stacked_bars::{StackedBar, StackedBars};
pub use svg::{Figure, escape};
pub use time_map::TimeMap;
pub use tuning_sheet::{TuningPanel, TuningRow, TuningSheet};
