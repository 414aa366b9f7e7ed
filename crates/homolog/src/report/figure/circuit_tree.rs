//! A unit and what it is made of: images of units, with the weights between them.

use ndarray::Array2;

use super::colour::ColourMap;
use super::label::shortened;
use super::legend::{self, Key, Swatch};
use super::picture::{COLOUR_BAR_ROOM, ColourBar, Thumbnail, matrix_uri};
use super::scale::number;
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX, text_width};

/// Side of a unit's image in pixels.
const ICON: f64 = 72.0;

/// Room of a unit's image with its name.
const COLUMN: f64 = 104.0;

/// Side of the box that a kernel is drawn in.
const KERNEL: f64 = 46.0;

/// Height that a unit without inputs takes.
const ROW: f64 = ICON + 2.0 * TEXT_PX + 8.0;

/// Letters of a unit's name that have room below its image.
const NAME_LETTERS: usize = 17;

/// The colours of a link that excites and one that inhibits, as the ends of [`ColourMap::BlueToOrange`].
const EXCITATION: usize = 1;
const INHIBITION: usize = 0;

/// A unit with its inputs, drawn from left to right: the unit, the kernels of its inputs' weights, the inputs, theirs.
///
/// Kernels of one unit's inputs share their colours, so that their strengths can be compared; those of different units do not.
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitTree {
    /// What it shows, in a sentence.
    pub description: String,
    /// What the labels of links are, in a few words.
    pub labels: String,
    /// The unit.
    pub root: CircuitNode,
}

/// A unit in a [`CircuitTree`].
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitNode {
    /// The unit's name.
    pub name: String,
    /// Its optimised image.
    pub picture: Option<Thumbnail>,
    /// How it drives the unit that it is an input of; none for the first.
    pub link: Option<CircuitLink>,
    /// Its inputs.
    pub inputs: Vec<CircuitNode>,
}

/// How one unit drives another.
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitLink {
    /// Weights by position, rows downwards; positive ones excite.
    pub kernel: Array2<f64>,
    /// A number below the kernel.
    pub label: String,
}

impl CircuitLink {
    fn is_excitatory(&self) -> bool {
        self.kernel.iter().filter(|weight| weight.is_finite()).sum::<f64>() >= 0.0
    }

    fn largest(&self) -> f64 {
        self.kernel.iter().filter(|weight| weight.is_finite()).fold(0.0, |most, weight| weight.abs().max(most))
    }
}

impl CircuitNode {
    fn n_leaves(&self) -> usize {
        self.inputs.iter().map(CircuitNode::n_leaves).sum::<usize>().max(1)
    }

    fn depth(&self) -> usize {
        self.inputs.iter().map(|input| 1 + input.depth()).max().unwrap_or(0)
    }
}

/// Where columns stand.
struct Layout {
    /// From one column of units to the next.
    step: f64,
    top: f64,
}

impl CircuitTree {
    /// Draws it, about `width` pixels wide: narrower where there is less to show, wider where units would overlap.
    pub fn figure(&self, width: f64) -> Figure {
        let depth = self.root.depth() as f64;
        let between = ((width - COLUMN) / depth.max(1.0) - COLUMN).clamp(KERNEL + 44.0, 150.0);
        let used = (COLUMN + depth * (COLUMN + between)).max(260.0);
        let mut canvas = Canvas::default();
        let keys = [("excitation", EXCITATION), ("inhibition", INHIBITION)]
            .map(|(name, colour)| Key { name: name.to_owned(), swatch: Swatch::Line(colour) });
        let top = legend::room(&keys, used);
        legend::draw(&mut canvas, &keys, (0.0, 0.0), used);
        let layout = Layout { step: COLUMN + between, top: top + 8.0 };
        let height = self.root.n_leaves() as f64 * ROW;
        layout.draw(&mut canvas, &self.root, 0, 0.0);
        let bottom = layout.top + height + 10.0;
        let bar = ColourBar {
            map: ColourMap::BlueToOrange,
            title: "weight, as a share of the largest into the same unit".to_owned(),
            range: (-1.0, 1.0),
            has_missing: false,
        };
        bar.draw(&mut canvas, Area { left: 8.0, top: bottom, width: 180.0, height: 8.0 }, used - 8.0);
        let below = bottom + COLOUR_BAR_ROOM + TEXT_PX;
        canvas.text("", (8.0, below), Anchor::Start, &self.labels);
        let used = used.max(8.0 + text_width(&bar.title)).max(8.0 + text_width(&self.labels));
        canvas.finish(used, below + 6.0, self.description.clone())
    }
}

impl Layout {
    /// Draws a unit whose leaves begin `above` pixels from the top, and all below it; the height of its middle.
    fn draw(&self, canvas: &mut Canvas, node: &CircuitNode, column: usize, above: f64) -> f64 {
        let mut from = above;
        let mut middles = Vec::new();
        for input in &node.inputs {
            middles.push(self.draw(canvas, input, column + 1, from));
            from += input.n_leaves() as f64 * ROW;
        }
        let own = match (middles.first(), middles.last()) {
            (Some(first), Some(last)) => (first + last) / 2.0,
            _ => self.top + above + ICON / 2.0,
        };
        let largest =
            node.inputs.iter().filter_map(|input| input.link.as_ref()).map(CircuitLink::largest).fold(0.0, f64::max);
        for (input, middle) in node.inputs.iter().zip(&middles) {
            if let Some(link) = &input.link {
                self.draw_link(canvas, link, largest, (column, own), *middle);
            }
        }
        self.draw_unit(canvas, node, column, own);
        own
    }

    fn draw_unit(&self, canvas: &mut Canvas, node: &CircuitNode, column: usize, middle: f64) {
        let centre = column as f64 * self.step + COLUMN / 2.0;
        let area = Area { left: centre - ICON / 2.0, top: middle - ICON / 2.0, width: ICON, height: ICON };
        match &node.picture {
            Some(picture) => canvas.photograph(area, picture.uri(), &node.name),
            None => canvas.rect_with_tip("band", area, &node.name),
        }
        canvas.rect("frame", area);
        let name = shortened(&node.name, NAME_LETTERS);
        canvas.text("", (centre, area.bottom() + TEXT_PX + 2.0), Anchor::Middle, &name);
    }

    /// A line from a unit to its input's kernel, and from there to the input.
    fn draw_link(&self, canvas: &mut Canvas, link: &CircuitLink, largest: f64, (column, from): (usize, f64), to: f64) {
        let colour = if link.is_excitatory() { EXCITATION } else { INHIBITION };
        let class = format!("series stroke-{colour}");
        let right = column as f64 * self.step + COLUMN / 2.0 + ICON / 2.0;
        let next = (column + 1) as f64 * self.step + COLUMN / 2.0 - ICON / 2.0;
        let (n_rows, n_columns) = link.kernel.dim();
        let cell = KERNEL / n_rows.max(n_columns).max(1) as f64;
        let (width, height) = (cell * n_columns as f64, cell * n_rows as f64);
        let centre = next - 10.0 - KERNEL / 2.0;
        let kernel = Area { left: centre - width / 2.0, top: to - height / 2.0, width, height };
        let bend = right + (centre - KERNEL / 2.0 - right) / 2.0;
        canvas
            .path(&class, &[Some((right + 2.0, from)), Some((bend, from)), Some((bend, to)), Some((kernel.left, to))]);
        canvas.path(&class, &[Some((kernel.right(), to)), Some((next - 2.0, to))]);
        let shares = link.kernel.mapv(|weight| if largest > 0.0 { 0.5 + 0.5 * weight / largest } else { 0.5 });
        if let Some(uri) = matrix_uri(shares.view(), ColourMap::BlueToOrange) {
            canvas.image(kernel, &uri);
        }
        let tip = format!("{}; largest weight {}", link.label, number(link.largest(), 4));
        canvas.rect_with_tip("frame", kernel, &tip);
        let below = (centre, to + KERNEL / 2.0 + TEXT_PX + 2.0);
        canvas.text("quiet small", below, Anchor::Middle, &link.label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, kernel: Option<Array2<f64>>, inputs: Vec<CircuitNode>) -> CircuitNode {
        let link = kernel.map(|kernel| CircuitLink { kernel, label: "12 %".to_owned() });
        CircuitNode { name: name.to_owned(), picture: None, link, inputs }
    }

    fn tree() -> CircuitTree {
        let up = Array2::from_shape_fn((3, 3), |(row, _)| if row == 0 { 1.0 } else { 0.0 });
        let wheel = node("wheels:5", Some(-up.clone()), vec![node("a:1", Some(up.clone()), vec![])]);
        let root = node("car:1", None, vec![node("windows:2", Some(up), vec![]), wheel]);
        CircuitTree { description: "a car".to_owned(), labels: "share".to_owned(), root }
    }

    #[test]
    fn every_unit_is_drawn_once_with_its_name_and_every_link_in_the_colour_of_its_sign() {
        let svg = tree().figure(640.0).inline();
        for name in ["car:1", "windows:2", "wheels:5", "a:1"] {
            assert_eq!(svg.matches(&format!(">{name}</text>")).count(), 1, "{name}");
        }
        // Two paths for each of three links, and a line of the legend.
        assert_eq!(svg.matches("<path class=\"series stroke-1\"").count(), 4);
        assert_eq!(svg.matches("<path class=\"series stroke-0\"").count(), 2);
        assert_eq!(svg.matches("data:image/png").count(), 3 + 1);
    }

    #[test]
    fn it_fits_the_width_where_units_leave_room() {
        let figure = tree().figure(640.0);
        assert!(figure.width <= 640.0 && figure.height > 2.0 * ROW, "{} {}", figure.width, figure.height);
        let alone =
            CircuitTree { description: String::new(), labels: String::new(), root: node("a:1", None, Vec::new()) };
        assert!(alone.figure(640.0).width < 400.0);
    }

    #[test]
    fn a_kernel_that_is_not_finite_is_drawn_all_the_same() {
        let kernel = Array2::from_elem((2, 2), f64::NAN);
        let tree = CircuitTree {
            description: String::new(),
            labels: String::new(),
            root: node("a:1", None, vec![node("b:1", Some(kernel), vec![])]),
        };
        assert!(!tree.figure(400.0).inline().contains("NaN"));
    }
}
