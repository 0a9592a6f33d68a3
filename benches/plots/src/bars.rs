//! How fast each of several systems does the same, as one group of bars for each thing that they do.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::{Result, grouped};

const WIDTH: u32 = 860;
const NAMES: i32 = 190;
const FIGURES: i32 = 80;
const BAR: i32 = 18;
const TITLE: i32 = 34;

/// Bars of rates: longer is faster.
pub struct Bars<'a> {
    /// The names of the systems; a bar has the colour of its kind.
    pub systems: &'a [(String, Kind)],
    /// What they do, and the rate of each system. `None` where it was not measured.
    pub groups: &'a [(String, Vec<Option<f64>>)],
}

/// Which colour a bar has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The framework that the page is about.
    Ours,
    /// The same written by hand.
    ByHand,
    /// Somebody else's.
    Peer,
}

impl Kind {
    fn colour(self) -> RGBColor {
        match self {
            Self::Ours => RGBColor(0, 90, 181),
            Self::ByHand => RGBColor(150, 150, 150),
            Self::Peer => RGBColor(200, 130, 0),
        }
    }
}

impl Bars<'_> {
    /// Writes the plot. The bars of a group share a scale that begins at zero; each has its figure beside it.
    pub fn plot(&self, path: &Path) -> Result<()> {
        let height = |group: &(String, Vec<Option<f64>>)| {
            TITLE + BAR * group.1.iter().flatten().count() as i32 + 12
        };
        let all: i32 = self.groups.iter().map(height).sum();
        let area = SVGBackend::new(path, (WIDTH, all as u32 + 8)).into_drawing_area();
        let draw = || -> std::result::Result<(), DrawingAreaErrorKind<_>> {
            area.fill(&WHITE)?;
            let mut top = 4;
            for group in self.groups {
                self.group(&area, top, group)?;
                top += height(group);
            }
            area.present()
        };
        draw().map_err(|error| format!("{}: {error}", path.display()).into())
    }

    fn group<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, plotters::coord::Shift>,
        top: i32,
        (title, rates): &(String, Vec<Option<f64>>),
    ) -> std::result::Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
        let text = |size: i32, hpos| {
            TextStyle::from(("sans-serif", size)).pos(Pos::new(hpos, VPos::Center))
        };
        let title_style = text(16, HPos::Left);
        area.draw(&Text::new(
            title.as_str(),
            (12, top + TITLE / 2),
            title_style,
        ))?;
        let most = rates.iter().flatten().copied().fold(1.0, f64::max);
        let room = f64::from(WIDTH as i32 - NAMES - FIGURES);
        let measured = self.systems.iter().zip(rates);
        let measured = measured.filter_map(|(system, rate)| rate.map(|rate| (system, rate)));
        for (number, ((name, kind), rate)) in measured.enumerate() {
            let upper = top + TITLE + BAR * number as i32;
            let middle = upper + BAR / 2;
            let end = NAMES + (room * rate / most).round() as i32;
            area.draw(&Text::new(
                name.as_str(),
                (NAMES - 8, middle),
                text(13, HPos::Right),
            ))?;
            let corners = [(NAMES, upper + 2), (end.max(NAMES + 1), upper + BAR - 2)];
            area.draw(&Rectangle::new(corners, kind.colour().filled()))?;
            let figure = grouped(rate.round() as u64);
            area.draw(&Text::new(figure, (end + 6, middle), text(13, HPos::Left)))?;
        }
        Ok(())
    }
}
