//! What was measured at one size after the other, as a Markdown table and as lines.

use std::fmt::Write as _;
use std::path::Path;

use plotters::prelude::*;

use crate::{COLOURS, Result, grouped};

/// A size, and for each column what was measured there.
pub struct Table {
    /// What it is about: its heading.
    pub title: &'static str,
    /// The name of its plot's file.
    pub name: &'static str,
    /// What grows.
    pub size: &'static str,
    /// What each column is, with its unit.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<(u64, Vec<f64>)>,
}

impl Table {
    /// As Markdown, with the plot.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "## {}\n\n![{}](growth/{}.svg)\n\n| {} |",
            self.title, self.title, self.name, self.size
        );
        for column in &self.columns {
            let _ = write!(text, " {column} |");
        }
        let _ = write!(text, "\n|---|{}\n", "---|".repeat(self.columns.len()));
        for (size, values) in &self.rows {
            let _ = write!(text, "| {} |", grouped(*size));
            for value in values {
                let _ = match *value {
                    value if value >= 100.0 => write!(text, " {} |", grouped(value.round() as u64)),
                    value => write!(text, " {value:.1} |"),
                };
            }
            text.push('\n');
        }
        text
    }

    /// As a plot with logarithmic axes: what is flat costs the same however much there is.
    pub fn plot(&self, folder: &Path) -> Result<()> {
        let path = folder.join(format!("{}.svg", self.name));
        let area = SVGBackend::new(&path, (860, 460)).into_drawing_area();
        let values = || {
            self.rows
                .iter()
                .flat_map(|(_, values)| values.iter().copied())
                .filter(|value| *value > 0.0)
        };
        let (least, most) = (
            values().fold(f64::MAX, f64::min),
            values().fold(0.0, f64::max),
        );
        let sizes =
            self.rows.first().map_or(1, |row| row.0)..self.rows.last().map_or(2, |row| row.0);
        let draw = || -> std::result::Result<(), DrawingAreaErrorKind<_>> {
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .margin(12)
                .margin_right(48)
                .x_label_area_size(42)
                .y_label_area_size(64)
                .build_cartesian_2d(
                    sizes.clone().log_scale(),
                    (least / 1.5..most * 12.0).log_scale(),
                )?;
            chart
                .configure_mesh()
                .x_desc(self.size)
                .light_line_style(WHITE)
                .draw()?;
            for (number, column) in self.columns.iter().enumerate() {
                let colour = COLOURS[number % COLOURS.len()];
                let line = self
                    .rows
                    .iter()
                    .map(|(size, values)| (*size, values[number]));
                chart
                    .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
                    .label(column)
                    .legend(move |(x, y)| {
                        PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2))
                    });
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperMiddle)
                .background_style(WHITE.mix(0.8))
                .draw()?;
            area.present()
        };
        draw().map_err(|error| format!("{}: {error}", path.display()).into())
    }
}
