//! The file format of the PKDD'99 financial data set ("Berka"): a header, semicolons, text in double quotes.
//!
//! A file is read line by line, so its size does not matter, and a bad line is told and left out.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::str::FromStr;

use crate::account::{
    AccountCommand, AccountId, ChargeFee, ChargeSanctionInterest, CreditInterest, Deposit, Open,
    Withdraw,
};
use crate::date::{Date, NotADate};
use crate::money::Money;

/// No line of the format comes near to this many bytes.
const LONGEST_LINE: u64 = 4096;

/// One line of a file: a struct with the columns that it is made of.
pub trait Record: Sized {
    const COLUMNS: &'static [&'static str];

    fn read(fields: &Fields<'_>) -> Result<Self, Problem>;
}

/// A line of the TRANS file: what the bank booked, and the balance that it noted after it.
#[derive(Debug)]
pub struct Transaction {
    pub id: u64,
    pub account: AccountId,
    pub date: Date,
    pub amount: Money,
    pub balance: Money,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Deposit,
    Withdrawal,
    Interest,
    SanctionInterest,
    Fee,
}

impl Record for Transaction {
    const COLUMNS: &'static [&'static str] = &[
        "trans_id",
        "account_id",
        "date",
        "type",
        "operation",
        "amount",
        "balance",
        "k_symbol",
        "bank",
        "account",
    ];

    fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        Ok(Self {
            id: fields.parse("trans_id")?,
            account: fields.parse("account_id")?,
            date: fields.with("date", date)?,
            kind: kind(fields)?,
            amount: fields.parse("amount")?,
            balance: fields.parse("balance")?,
        })
    }
}

impl Transaction {
    /// What the bank is asked to do.
    pub fn command(&self) -> AccountCommand {
        let Self {
            amount, date: on, ..
        } = *self;
        match self.kind {
            Kind::Deposit => Deposit { amount, on }.into(),
            Kind::Withdrawal => Withdraw { amount, on }.into(),
            Kind::Interest => CreditInterest { amount, on }.into(),
            Kind::SanctionInterest => ChargeSanctionInterest { amount, on }.into(),
            Kind::Fee => ChargeFee { amount, on }.into(),
        }
    }
}

/// PRIJEM is a credit, VYDAJ and VYBER are debits; the `k_symbol` says of some what they are for.
fn kind(fields: &Fields<'_>) -> Result<Kind, Problem> {
    let credit = match fields.text("type") {
        "PRIJEM" => true,
        "VYDAJ" | "VYBER" => false,
        other => {
            return Err(Problem::new(
                "type",
                format!("`{}` is not PRIJEM, VYDAJ or VYBER", other.escape_debug()),
            ));
        }
    };
    match (fields.text("k_symbol"), credit) {
        ("UROK", true) => Ok(Kind::Interest),
        ("SANKC. UROK", false) => Ok(Kind::SanctionInterest),
        ("SLUZBY", false) => Ok(Kind::Fee),
        (symbol @ "UROK", false) => Err(Problem::new(
            "k_symbol",
            format!("{symbol} is a credit, and this is a debit"),
        )),
        (symbol @ ("SANKC. UROK" | "SLUZBY"), true) => Err(Problem::new(
            "k_symbol",
            format!("{symbol} is a debit, and this is a credit"),
        )),
        (_, true) => Ok(Kind::Deposit),
        (_, false) => Ok(Kind::Withdrawal),
    }
}

/// A line of the ACCOUNT file: that an account was opened.
#[derive(Debug)]
pub struct Opening {
    pub account: AccountId,
    pub date: Date,
}

impl Record for Opening {
    const COLUMNS: &'static [&'static str] = &["account_id", "district_id", "frequency", "date"];

    fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        Ok(Self {
            account: fields.parse("account_id")?,
            date: fields.with("date", date)?,
        })
    }
}

impl Opening {
    pub fn command(&self) -> Open {
        Open { on: self.date }
    }
}

/// YYMMDD, in the twentieth century.
fn date(text: &str) -> Result<Date, NotADate> {
    let two = |at: usize| text.get(at..at + 2)?.parse::<u8>().ok();
    let parsed = || Date::new(1900 + u16::from(two(0)?), two(2)?, two(4)?);
    let all_digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits
        .then(parsed)
        .flatten()
        .ok_or_else(|| NotADate(text.chars().take(40).collect()))
}

/// The fields of one line, by the names of their columns.
pub struct Fields<'a> {
    columns: &'static [&'static str],
    texts: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    /// Splits a line at its semicolons, except for those in quotes.
    fn split(line: &'a str, columns: &'static [&'static str]) -> Result<Self, Problem> {
        let mut texts = Vec::with_capacity(columns.len());
        let mut rest = Some(line);
        while let Some(text) = rest {
            let column = columns.get(texts.len()).copied().unwrap_or("line");
            let (field, after) = match text.strip_prefix('"') {
                Some(quoted) => {
                    let end = quoted.split_once('"');
                    end.ok_or_else(|| Problem::new(column, "a quotation mark is not closed"))?
                }
                None => text.split_at(text.find(';').unwrap_or(text.len())),
            };
            rest = match after.strip_prefix(';') {
                None if after.is_empty() => None,
                None => {
                    return Err(Problem::new(
                        column,
                        "something stands after the closing quotation mark",
                    ));
                }
                some => some,
            };
            texts.push(field);
        }
        match texts.len() {
            found if found == columns.len() => Ok(Self { columns, texts }),
            found => Err(Problem::new(
                "line",
                format!("{found} fields instead of {}", columns.len()),
            )),
        }
    }

    fn text(&self, column: &str) -> &'a str {
        let found = self.columns.iter().position(|name| *name == column);
        found.map_or("", |index| self.texts[index])
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&self, column: &'static str) -> Result<T, Problem> {
        self.with(column, str::parse)
    }

    fn with<T, E: fmt::Display>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Result<T, Problem> {
        let text = self.text(column);
        parse(text).map_err(|error| match text {
            "" => Problem::new(column, "it is empty"),
            _ => Problem::new(column, error.to_string()),
        })
    }
}

/// What is wrong with a line, and in which column.
#[derive(Debug)]
pub struct Problem {
    column: &'static str,
    reason: String,
}

impl Problem {
    fn new(column: &'static str, reason: impl Into<String>) -> Self {
        Self {
            column,
            reason: reason.into(),
        }
    }
}

/// A line that is left out.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {}: {}", .problem.column, .problem.reason)]
pub struct Malformed {
    pub line: u64,
    /// Whose line it is, if that much can be read.
    pub account: Option<AccountId>,
    problem: Problem,
}

/// Why a file is not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("it does not begin with the columns {expected}")]
    Header { expected: String },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A line that was read, with its number.
pub type Line<T> = (u64, Result<T, Malformed>);

/// The lines of a file after its header, one at a time.
pub struct Lines<R> {
    file: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Begins with a file that must have the columns of `T`.
    pub fn of<T: Record>(file: R) -> Result<Self, Unreadable> {
        let mut lines = Self {
            file,
            buffer: Vec::new(),
            number: 0,
        };
        lines.advance()?;
        let header = str::from_utf8(&lines.buffer).ok().map(str::trim_end);
        let fields = header.and_then(|line| Fields::split(line, T::COLUMNS).ok());
        match fields {
            Some(fields) if fields.texts == T::COLUMNS => Ok(lines),
            _ => Err(Unreadable::Header {
                expected: T::COLUMNS.join(";"),
            }),
        }
    }

    /// The next line that is not empty.
    pub fn next<T: Record>(&mut self) -> io::Result<Option<Line<T>>> {
        while self.advance()? {
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Some((self.number, self.record())));
            }
        }
        Ok(None)
    }

    fn record<T: Record>(&self) -> Result<T, Malformed> {
        let malformed = |account, problem| Malformed {
            line: self.number,
            account,
            problem,
        };
        let text = match str::from_utf8(&self.buffer) {
            Ok(_) if self.buffer.len() as u64 > LONGEST_LINE => Err("it is too long"),
            Ok(text) => Ok(text.trim_end_matches(['\r', '\n'])),
            Err(_) => Err("it is not UTF-8"),
        };
        let text = text.map_err(|reason| malformed(None, Problem::new("line", reason)))?;
        let fields = Fields::split(text, T::COLUMNS).map_err(|problem| malformed(None, problem))?;
        T::read(&fields).map_err(|problem| malformed(fields.parse("account_id").ok(), problem))
    }

    /// Reads a line into the buffer: of one that is too long, no more than shows it.
    fn advance(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        self.number += 1;
        let read = (&mut self.file)
            .take(LONGEST_LINE + 1)
            .read_until(b'\n', &mut self.buffer)?;
        if read as u64 > LONGEST_LINE && !self.buffer.ends_with(b"\n") {
            self.file.skip_until(b'\n')?;
        }
        Ok(read > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\"account_id\";\"district_id\";\"frequency\";\"date\"\n";

    fn openings(lines: &[u8]) -> Vec<String> {
        let file = [HEADER.as_bytes(), lines].concat();
        let mut lines = Lines::of::<Opening>(&file[..]).expect("the header is right");
        let mut seen = Vec::new();
        while let Some((_, line)) = lines.next::<Opening>().expect("a slice can be read") {
            seen.push(match line {
                Ok(opening) => format!("{} {}", opening.account, opening.date),
                Err(malformed) => malformed.to_string(),
            });
        }
        seen
    }

    #[test]
    fn lines_are_read_and_bad_ones_are_told() {
        let seen = openings(b"7;1;\"a;b\";960229\r\n\n8;1;\"\";930229\n9;1;\"x;930101\n;1;;930101\n1;2\n\xff\n2;1;\"\";940101");
        let expected = [
            "7 1996-02-29",
            "line 4, column date: `930229` is not a day of the calendar",
            "line 5, column frequency: a quotation mark is not closed",
            "line 6, column account_id: it is empty",
            "line 7, column line: 2 fields instead of 4",
            "line 8, column line: it is not UTF-8",
            "2 1994-01-01",
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_line_without_an_end_takes_no_memory() {
        let mut long = vec![b'x'; 1 << 20];
        long.extend(b"\n2;1;\"\";940101\n");
        assert_eq!(
            openings(&long),
            ["line 2, column line: it is too long", "2 1994-01-01"]
        );
    }

    #[test]
    fn another_file_is_not_read() {
        for file in ["", "a;b", "account_id;district_id;frequency;day\n"] {
            assert!(matches!(
                Lines::of::<Opening>(file.as_bytes()),
                Err(Unreadable::Header { .. })
            ));
        }
    }
}
