//! A picture of the crowd: latency and memory against the number of conversations, as SVG.

use std::fmt::Write as _;

use crate::report::Table;

/// One panel: what its axis shows, and the figures it draws.
struct Panel {
    title: &'static str,
    figures: &'static [&'static str],
}

const PANELS: [Panel; 2] = [
    Panel {
        title: "round trip of one, µs",
        figures: &["p50", "p99"],
    },
    Panel {
        title: "memory of all, MiB",
        figures: &["memory"],
    },
];

/// Colours that the colour-blind tell apart too, on white and on black.
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

const WIDTH: f64 = 380.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 40.0;
const GAP: f64 = 70.0;
const LEGEND: f64 = 60.0;

/// A point: conversations, and the figure's median.
type Point = (f64, f64);

/// Draws the crowd's tables. `None` where there are not two sizes to draw a line between.
pub fn crowd(tables: &[Table], relays: &[&str]) -> Option<String> {
    let crowds: Vec<(f64, &Table)> = tables
        .iter()
        .filter(|table| table.setting.scenario == "crowd")
        .filter_map(|table| Some((table.setting.case.split(' ').next()?.parse().ok()?, table)))
        .collect();
    let most = crowds.iter().map(|(size, _)| *size).fold(0.0, f64::max);
    if crowds.len() < 2 {
        return None;
    }
    let total_width = 2.0 * (LEFT + WIDTH) + GAP;
    let total_height = TOP + HEIGHT + LEGEND;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total_width} {total_height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (panel, left) in PANELS.iter().zip([LEFT, 2.0 * LEFT + WIDTH + GAP / 2.0]) {
        let mut lines: Vec<(String, Vec<Point>)> = Vec::new();
        for relay in relays {
            for figure in panel.figures {
                let points: Vec<Point> = crowds
                    .iter()
                    .filter_map(|(size, table)| Some((*size, table.cell(relay, figure)?.median)))
                    .collect();
                lines.push((format!("{relay}, {figure}"), points));
            }
        }
        svg += &panel.draw(left, most, &lines);
    }
    svg += "</svg>\n";
    Some(svg)
}

impl Panel {
    fn draw(&self, left: f64, most_x: f64, lines: &[(String, Vec<Point>)]) -> String {
        let highest = lines
            .iter()
            .flat_map(|(_, points)| points)
            .map(|(_, y)| *y)
            .fold(0.0, f64::max);
        let step = round_step(highest);
        let top_value = (highest / step).ceil() * step;
        let decades = most_x.log10().ceil().max(1.0);
        let place = |(x, y): Point| {
            let across = left + WIDTH * x.log10() / decades;
            (across, TOP + HEIGHT * (1.0 - y / top_value))
        };
        let mut svg = format!(
            "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{}</text>\n",
            TOP - 16.0,
            self.title
        );
        let mut value = 0.0;
        while value <= top_value + step / 2.0 {
            let (_, y) = place((1.0, value));
            put(
                &mut svg,
                &format!(
                    "<line x1=\"{left}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
                    left + WIDTH,
                    left - 6.0,
                    y + 4.0
                ),
            );
            value += step;
        }
        for decade in 0..=decades as i32 {
            let (x, y) = place((10f64.powi(decade), 0.0));
            let label = 10u64.pow(decade as u32);
            put(
                &mut svg,
                &format!(
                    "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                    y + 16.0
                ),
            );
        }
        for (index, (name, points)) in lines.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let places: Vec<(f64, f64)> = points.iter().map(|point| place(*point)).collect();
            let path: Vec<String> = places
                .iter()
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            put(
                &mut svg,
                &format!(
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                    path.join(" ")
                ),
            );
            for (x, y) in places {
                put(
                    &mut svg,
                    &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"),
                );
            }
            let x = left + WIDTH / 2.0 * (index % 2) as f64;
            let y = TOP + HEIGHT + 34.0 + 16.0 * (index / 2) as f64;
            put(
                &mut svg,
                &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">● {name}</text>"),
            );
        }
        svg
    }
}

/// 1, 2 or 5 times a power of ten: four to ten steps up to the highest.
fn round_step(highest: f64) -> f64 {
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let decade = 10f64.powf(highest.log10().floor() - 1.0);
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0].map(|step| step * decade);
    steps
        .into_iter()
        .find(|step| highest / step <= 6.0)
        .unwrap_or(highest)
}

fn put(svg: &mut String, element: &str) {
    writeln!(svg, "{element}").expect("a String takes everything");
}
