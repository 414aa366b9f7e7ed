//! Colours: of series, of magnitudes, and the style sheet that figures share with the page.

/// How many series have a colour of their own.
pub const SERIES: usize = 7;

/// Light and dark colour of each series: the palette of Okabe & Ito (2008), which readers with any colour vision can tell
/// apart, without its yellow, which vanishes on white; the dark ones are lightened where the original is too dim on black.
///
/// Reference: Okabe M, Ito K (2008). Color universal design: how to make figures and presentations that are friendly to
/// colorblind people.
const SERIES_COLOURS: [(&str, &str); SERIES] = [
    ("#0072b2", "#5fb4f0"),
    ("#d55e00", "#f58f4a"),
    ("#009e73", "#3ccb9f"),
    ("#b0568b", "#e29cc6"),
    ("#b37c00", "#f0b83c"),
    ("#3a91c4", "#9ad4f7"),
    ("#5b5b5b", "#b5b5b5"),
];

/// Ten colours at equal steps of matplotlib's colour map viridis.
///
/// Reference: Smith NJ, van der Walt S (2015). The default colour map of matplotlib 2; in the public domain (CC0).
const VIRIDIS: [[u8; 3]; 10] = [
    [0x44, 0x01, 0x54],
    [0x48, 0x28, 0x78],
    [0x3e, 0x49, 0x89],
    [0x31, 0x68, 0x8e],
    [0x26, 0x82, 0x8e],
    [0x1f, 0x9e, 0x89],
    [0x35, 0xb7, 0x79],
    [0x6e, 0xce, 0x58],
    [0xb5, 0xde, 0x2b],
    [0xfd, 0xe7, 0x25],
];

/// What stands for a number that is missing.
pub(super) const MISSING: [u8; 3] = [0x99, 0x99, 0x99];

/// Straight lines between anchors at equal steps.
fn between(anchors: &[[u8; 3]], share: f64) -> [u8; 3] {
    if share.is_nan() {
        return MISSING;
    }
    let position = share.clamp(0.0, 1.0) * (anchors.len() - 1) as f64;
    let below = (position.floor() as usize).min(anchors.len() - 2);
    let weight = position - below as f64;
    let mix = |channel: usize| {
        let (from, to) = (f64::from(anchors[below][channel]), f64::from(anchors[below + 1][channel]));
        (from + (to - from) * weight).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

/// Deep blue over white to deep orange, for numbers on either side of a middle; readers with any colour vision can tell the
/// two sides apart, and both grow darker away from the middle.
const BLUE_TO_ORANGE: [[u8; 3]; 5] =
    [[0x0b, 0x3c, 0x6e], [0x4f, 0x9c, 0xcd], [0xf7, 0xf7, 0xf5], [0xe8, 0x92, 0x4a], [0x8a, 0x3a, 0x05]];

/// White to deep blue, for shares: nothing is white.
const WHITE_TO_BLUE: [[u8; 3]; 4] = [[0xff, 0xff, 0xff], [0xa6, 0xcd, 0xe6], [0x2b, 0x80, 0xb9], [0x08, 0x30, 0x60]];

/// How magnitudes become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourMap {
    /// Dark violet to bright yellow: magnitudes.
    #[default]
    Viridis,
    /// Blue over white to orange: numbers on either side of a middle.
    BlueToOrange,
    /// White to deep blue: shares and counts.
    WhiteToBlue,
}

impl ColourMap {
    /// Red, green and blue of a share from 0 to 1; shares outside are taken to the nearer end, and what is not a number is
    /// grey.
    pub fn colour(self, share: f64) -> [u8; 3] {
        match self {
            ColourMap::Viridis => between(&VIRIDIS, share),
            ColourMap::BlueToOrange => between(&BLUE_TO_ORANGE, share),
            ColourMap::WhiteToBlue => between(&WHITE_TO_BLUE, share),
        }
    }
}

/// The class of text that can be read on a colour.
pub(super) fn text_class_on(colour: [u8; 3]) -> &'static str {
    if luma(colour) > 140.0 { "on-light" } else { "on-dark" }
}

/// How light a colour looks, 0 to 255 (Rec. 709).
fn luma([red, green, blue]: [u8; 3]) -> f64 {
    0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)
}

/// The style of every class that figures use: light, and dark on a screen whose system is set to dark where the page's root
/// element has the class `follows-system`. Print is always light.
pub fn style_sheet() -> String {
    let dark: Vec<&str> = SERIES_COLOURS.iter().map(|(_, dark)| *dark).collect();
    let dark = colours(
        ":root.follows-system ",
        &dark,
        &Surface { paper: "#15171a", ink: "#ececec", quiet: "#a8a8a8", axis: "#7d7d7d", band: "#2e3035" },
    );
    format!("{}@media screen and (prefers-color-scheme:dark){{{dark}}}", light_style_sheet())
}

/// The style of every class that figures use, in light colours.
pub(super) fn light_style_sheet() -> String {
    let light: Vec<&str> = SERIES_COLOURS.iter().map(|(light, _)| *light).collect();
    let figure = ".figure{max-width:100%;height:auto;overflow:visible}\
        .figure text{font:12px \"Helvetica Neue\",Helvetica,Arial,\"Liberation Sans\",\"DejaVu Sans\",sans-serif}\
        .figure .strong{font-weight:600}.figure .small{font-size:11px}\
        .figure path,.figure line{fill:none;stroke-linecap:round;stroke-linejoin:round}\
        .figure .axis{stroke-width:1;stroke-linecap:butt}.figure .zero{stroke-width:1;stroke-dasharray:2 3}\
        .figure .series{stroke-width:1.8}.figure .error{stroke-width:1}.figure .bound{stroke-width:1;stroke-dasharray:5 3}\
        .figure .fitted{stroke-width:1.2;stroke-dasharray:5 3;stroke-linecap:butt}\
        .figure .bound-edge{stroke-width:.75}.figure .pixels{image-rendering:pixelated}\
        .figure .bar{stroke:none}.figure .median{stroke-width:1.5}\
        .figure .shade{fill-opacity:.2;stroke:none}.figure .subject{fill-opacity:.45;stroke:none}\
        .figure .significant{stroke-width:3;stroke-linecap:butt}.figure .frame{fill:none;stroke-width:1}\
        .figure .outline{stroke-width:1.4;stroke-linecap:square}.figure .halo{stroke-width:3.4;stroke-linecap:square}\
        .figure text.on-dark{fill:#fff}.figure text.on-light{fill:#1c1c1c}\
        .figure .missing{fill:#999}.figure .divide{stroke:#fff;stroke-width:.8;stroke-linecap:butt}";
    let light = colours(
        "",
        &light,
        &Surface { paper: "#ffffff", ink: "#1c1c1c", quiet: "#5f5f5f", axis: "#8a8a8a", band: "#ebe7dd" },
    );
    format!("{figure}{light}")
}

/// The colours of everything that is not data.
struct Surface {
    paper: &'static str,
    ink: &'static str,
    quiet: &'static str,
    axis: &'static str,
    band: &'static str,
}

fn colours(scope: &str, series: &[&str], surface: &Surface) -> String {
    let Surface { paper, ink, quiet, axis, band } = surface;
    let mut style = format!(
        "{scope}.figure .paper{{fill:{paper}}}{scope}.figure text{{fill:{ink}}}{scope}.figure .quiet{{fill:{quiet}}}\
         {scope}.figure .axis,{scope}.figure .zero{{stroke:{axis}}}\
         {scope}.figure .bound,{scope}.figure .bound-edge{{stroke:{axis}}}\
         {scope}.figure .band{{fill:{band}}}{scope}.figure .median,{scope}.figure .whisker,{scope}.figure .fitted{{stroke:{ink}}}\
         {scope}.figure .outline{{stroke:{ink}}}{scope}.figure .halo{{stroke:{paper}}}{scope}.figure .frame{{stroke:{axis}}}\
         {scope}.figure .tee{{fill:{ink}}}{scope}.figure .hollow{{fill:{paper};stroke:{quiet};stroke-width:1}}\
         {scope}.figure .link{{stroke:{quiet};stroke-width:1}}"
    );
    for (position, colour) in series.iter().enumerate() {
        style.push_str(&format!(
            "{scope}.figure .stroke-{position}{{stroke:{colour}}}{scope}.figure .fill-{position}{{fill:{colour}}}\
             {scope}.figure text.fill-{position}{{fill:{colour}}}\
             {scope}.figure .hollow-{position}{{stroke:{colour};fill:{paper};stroke-width:1.6}}"
        ));
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viridis(share: f64) -> [u8; 3] {
        ColourMap::Viridis.colour(share)
    }

    #[test]
    fn viridis_begins_in_violet_and_ends_in_yellow_and_is_grey_for_what_is_missing() {
        assert_eq!(viridis(-1.0), [0x44, 0x01, 0x54]);
        assert_eq!(viridis(2.0), [0xfd, 0xe7, 0x25]);
        assert_eq!(viridis(f64::NAN), [0x99, 0x99, 0x99]);
        // Half-way: matplotlib has #21918c (33, 145, 140).
        let middle = viridis(0.5);
        for (ours, theirs) in middle.iter().zip([33_i16, 145, 140]) {
            assert!((i16::from(*ours) - theirs).abs() <= 4, "{middle:?}");
        }
    }

    #[test]
    fn lightness_rises_all_along_the_colour_map() {
        let lumas: Vec<f64> = (0..=20).map(|step| luma(viridis(f64::from(step) / 20.0))).collect();
        assert!(lumas.windows(2).all(|pair| pair[0] < pair[1]), "{lumas:?}");
    }

    #[test]
    fn the_two_sides_of_a_diverging_map_darken_alike_away_from_the_middle() {
        let luma_at = |share: f64| luma(ColourMap::BlueToOrange.colour(share));
        for step in 0..10 {
            let away = f64::from(step) / 20.0;
            assert!(
                luma_at(0.5 - away) > luma_at(0.5 - away - 0.05) && luma_at(0.5 + away) > luma_at(0.5 + away + 0.05)
            );
            assert!((luma_at(0.5 - away) - luma_at(0.5 + away)).abs() < 25.0, "{away}");
        }
    }

    #[test]
    fn text_on_a_colour_can_be_read() {
        assert_eq!(text_class_on([0xff; 3]), "on-light");
        assert_eq!(text_class_on(ColourMap::WhiteToBlue.colour(1.0)), "on-dark");
    }
}
