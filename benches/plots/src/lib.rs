//! How the benchmarks that write pages show what they measured: Markdown tables, and plots as SVG.

mod bars;
mod lines;

use plotters::style::RGBColor;

pub use bars::{Bars, Kind};
pub use lines::Table;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 90, 181),
    RGBColor(220, 50, 32),
    RGBColor(0, 128, 96),
    RGBColor(148, 80, 170),
    RGBColor(200, 130, 0),
    RGBColor(90, 90, 90),
    RGBColor(0, 150, 190),
    RGBColor(150, 60, 60),
];

/// A number with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
