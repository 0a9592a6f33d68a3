//! Business dates: the days on which a bank books, without a time and without a clock.

use std::fmt;
use std::str::FromStr;

use eventsource_core::value;

/// A day of the calendar; `1993-01-31` when it is shown and stored.
#[value]
#[derive(Copy, Eq, PartialOrd, Ord, Hash)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 });
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (1..=days)
            .contains(&day)
            .then_some(Self { year, month, day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("`{}` is not a day of the calendar", .0.escape_debug())]
pub struct NotADate(pub String);

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok());
        let mut part = || parts.next().flatten();
        let date = part()
            .zip(part())
            .zip(part())
            .and_then(|((year, month), day)| {
                Self::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
            });
        // Only the form that `Display` writes, so that a day has one text.
        date.filter(|date| date.to_string() == text)
            .ok_or_else(|| NotADate(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Date {
    type Error = NotADate;

    fn try_from(text: String) -> Result<Self, NotADate> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_it_is_shown() {
        for text in ["1993-01-31", "1996-02-29", "2000-02-29"] {
            assert_eq!(
                text.parse().map(|date: Date| date.to_string()),
                Ok(text.into())
            );
        }
    }

    #[test]
    fn what_the_calendar_does_not_have_is_refused() {
        for text in [
            "1993-02-29",
            "1900-02-29",
            "1993-13-01",
            "1993-00-10",
            "1993-04-31",
            "1993-1-1",
            "1993-01",
            "",
            "x",
        ] {
            assert_eq!(text.parse::<Date>(), Err(NotADate(text.into())));
        }
    }
}
