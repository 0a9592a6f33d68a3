//! Times as RFC 3339 has them; the core writes them, and here they are read.

use eventsource_core::Timestamp;

/// Midnight of 0001-01-01, and the last microsecond of 9999-12-31.
const FIRST: i64 = -62_135_596_800_000_000;
const LAST: i64 = 253_402_300_799_999_999;

/// Whether every reader of RFC 3339 can read it: its years have four digits, and many begin with 1.
pub(crate) fn has_four_digits(time: Timestamp) -> bool {
    (FIRST..=LAST).contains(&time.as_micros())
}

/// Reads a time of any offset. What is finer than a microsecond is cut off; second 60 is the first of the next minute.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let rest = rest.strip_prefix(['T', 't'])?;
    let (time, rest) = (rest.get(..8)?, rest.get(8..)?);
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let (micros, rest) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            let (digits, rest) = rest.split_at(end);
            let six: String = digits.chars().chain("000000".chars()).take(6).collect();
            (number(digits.get(..1).map(|_| &*six)?)?, rest)
        }
    };
    let offset = match rest.strip_prefix(['+', '-']) {
        None if rest.eq_ignore_ascii_case("z") => 0,
        None => return None,
        Some(offset) => {
            let [hours, minutes] = numbers(offset, ':', [2, 2])?;
            let minutes = (hours <= 23 && minutes <= 59).then_some(hours * 60 + minutes)?;
            if rest.starts_with('-') {
                -minutes
            } else {
                minutes
            }
        }
    };
    let real = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    let minutes = days(year, month, day) * 1_440 + hour * 60 + minute - offset;
    real.then(|| Timestamp::from_micros((minutes * 60 + second) * 1_000_000 + micros))
}

/// Numbers with so many digits each, between separators.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (into, digits) in numbers.iter_mut().zip(digits) {
        *into = number(parts.next().filter(|part| part.len() == digits)?)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn number(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn days_of(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, by Howard Hinnant's `days_from_civil`, which the core does the other way round.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_the_core_writes_is_read(micros in FIRST..=LAST) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(read(&time.to_string()), Some(time));
        }

        #[test]
        fn no_text_panics(text in "[0-9TZtz:.+é-]{0,40}") {
            let _ = read(&text);
        }
    }

    #[test]
    fn the_ends_have_four_digits() {
        for micros in [FIRST, LAST] {
            let time = Timestamp::from_micros(micros);
            assert!(has_four_digits(time));
            assert_eq!(read(&time.to_string()), Some(time));
        }
        assert!(!has_four_digits(Timestamp::from_micros(FIRST - 1)));
        assert!(!has_four_digits(Timestamp::from_micros(LAST + 1)));
    }

    #[test]
    fn other_writers_times_are_read() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:01z", 1_000_000),
            ("1970-01-01T00:00:00.5Z", 500_000),
            ("1970-01-01T00:00:00.123456789Z", 123_456),
            ("1970-01-01T01:30:00+01:30", 0),
            ("1969-12-31T16:00:00-08:00", 0),
            ("1969-12-31T23:59:60Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
        ] {
            assert_eq!(read(text), Some(Timestamp::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1",
            "1970-01-01T00:00:00+1:00",
            "1970-01-01T00:00:00+24:00",
            "+970-01-01T00:00:00Z",
            "1970-01-01T00:00:00Zé",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
