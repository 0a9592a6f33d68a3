//! Money in hundredths of the currency: whole numbers, so that nothing is ever rounded.

use std::fmt;
use std::ops::{AddAssign, Neg, SubAssign};
use std::str::FromStr;

use eventsource_core::value;

/// An amount or a balance; `123.45` when it is shown.
#[value]
#[derive(Copy, Eq, PartialOrd, Ord, Default)]
pub struct Money(i64);

impl Money {
    pub const ZERO: Self = Self(0);

    pub const fn hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// The sum, unless it is more than can be counted.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it is more than can be counted.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// How far two balances are apart.
    pub fn distance(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).saturating_abs())
    }
}

/// For facts: the decision before them has seen that the sum can be counted.
impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let hundredths = self.0.unsigned_abs();
        // `pad` honours the width that a table asks for.
        f.pad(&format!(
            "{sign}{}.{:02}",
            hundredths / 100,
            hundredths % 100
        ))
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("`{}` is not an amount like 123.45", .0.escape_debug())]
pub struct NotMoney(String);

impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        parse(text).ok_or_else(|| NotMoney(text.chars().take(40).collect()))
    }
}

/// Reads `-12`, `12.5` and `12.50`: at most two digits after the point, and at least one before it.
fn parse(text: &str) -> Option<Money> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !only_digits(whole) || !only_digits(fraction) {
        return None;
    }
    let fraction: i64 = match fraction.len() {
        1 => fraction.parse::<i64>().ok()? * 10,
        2 => fraction.parse().ok()?,
        _ => return None,
    };
    let hundredths = whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(fraction)?;
    Some(Money(if negative { -hundredths } else { hundredths }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_as_it_is_shown() {
        for text in ["0.00", "0.05", "700.00", "-1024.07", "92233720368547758.07"] {
            assert_eq!(
                text.parse().map(|money: Money| money.to_string()),
                Ok(text.into())
            );
        }
        assert_eq!("7.5".parse(), Ok(Money::hundredths(750)));
        assert_eq!("7".parse(), Ok(Money::hundredths(700)));
    }

    #[test]
    fn what_is_no_money_is_refused() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1.234",
            "1,5",
            "+1",
            "1e3",
            "--1",
            "1.-5",
            "92233720368547758.08",
        ] {
            assert_eq!(text.parse::<Money>(), Err(NotMoney(text.into())));
        }
    }
}
