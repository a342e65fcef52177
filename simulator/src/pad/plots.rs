//! The report's plots, as SVG: plain enough to be read in a diff.

use std::fmt::Write;

/// A line or a cloud of points.
#[derive(Debug, Clone)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// A CSS colour.
    pub color: &'static str,
    /// In the plot's units.
    pub points: Vec<[f64; 2]>,
    /// Joined by a line, or dots.
    pub joined: bool,
}

/// One axis.
#[derive(Debug, Clone)]
pub struct Axis {
    /// What is measured.
    pub title: &'static str,
    /// From and to.
    pub range: [f64; 2],
    /// Where to write a number.
    pub ticks: Vec<f64>,
    /// Equal ratios, not equal differences, are equally far apart.
    pub logarithmic: bool,
}

/// Colours that can be told apart, also by those who see fewer.
pub const COLORS: [&str; 11] =
    ["#0072b2", "#d55e00", "#e69f00", "#f0b400", "#009e73", "#56b4e9", "#cc79a7", "#7f7f7f", "#8c510a", "#5e3c99", "#1b1b1b"];

const SIZE: [f64; 2] = [760.0, 420.0];
const LEFT: f64 = 62.0;
const TOP: f64 = 20.0;
const RIGHT: f64 = 560.0;
const BOTTOM: f64 = 366.0;

impl Axis {
    fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        let scale = |value: f64| if self.logarithmic { value.max(1e-9).ln() } else { value };
        let [low, high] = self.range.map(scale);
        from + ((scale(value) - low) / (high - low)).clamp(0.0, 1.0) * (to - from)
    }
}

/// Draws it.
pub fn plot(title: &str, across: &Axis, up: &Axis, series: &[Series]) -> String {
    let mut svg = String::new();
    let [width, height] = SIZE;
    let x = |value: f64| across.place(value, LEFT, RIGHT);
    let y = |value: f64| up.place(value, BOTTOM, TOP);
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>"
    );
    for &tick in &across.ticks {
        let at = x(tick);
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {TOP}V{BOTTOM}\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"384\" text-anchor=\"middle\">{tick}</text>"
        );
    }
    for &tick in &up.ticks {
        let at = y(tick);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" stroke=\"#ddd\"/><text x=\"54\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
            at + 4.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.0}\" y=\"408\" text-anchor=\"middle\">{}</text>\n<text transform=\"translate(16 {:.0}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        f64::midpoint(LEFT, RIGHT),
        across.title,
        f64::midpoint(TOP, BOTTOM),
        up.title
    );
    for (number, one) in series.iter().enumerate() {
        let color = one.color;
        if one.joined {
            let points: Vec<String> = one.points.iter().map(|[px, py]| format!("{:.1},{:.1}", x(*px), y(*py))).collect();
            let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.6\"/>", points.join(" "));
        } else {
            let _ = write!(svg, "<g fill=\"{color}\" fill-opacity=\"0.55\">");
            for [px, py] in &one.points {
                let _ = write!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.4\"/>", x(*px), y(*py));
            }
            svg.push_str("</g>\n");
        }
        let line = TOP + 12.0 + 18.0 * number as f64;
        let _ = writeln!(
            svg,
            "<rect x=\"576\" y=\"{:.0}\" width=\"12\" height=\"12\" fill=\"{color}\"/><text x=\"594\" y=\"{line:.0}\">{}</text>",
            line - 10.0,
            one.name
        );
    }
    svg.push_str("</svg>\n");
    svg
}
