//! What is good about an error: that there is one, where it points, and whether it says what to write.

use crate::mistakes::Mistake;
use serde_json::Value;

/// What a library said to one mistake.
pub enum Verdict {
    /// The program compiles. Whether a warning points at the mistake.
    NotFound { warning: bool },
    Found {
        errors: usize,
        /// Whether the first error points at the user's token, which the program marks.
        at_token: bool,
        /// Whether the first error says what to write.
        fix_named: bool,
    },
}

impl Verdict {
    pub const fn is_best(&self) -> bool {
        matches!(
            self,
            Self::Found {
                errors: 1,
                at_token: true,
                fix_named: true
            }
        )
    }
}

pub fn judge(messages: &[Value], source: &str, mistake: &Mistake) -> Result<Verdict, String> {
    let marks = marks(source);
    if marks.is_empty() {
        return Err("nothing is marked".to_owned());
    }
    let errors: Vec<_> = messages
        .iter()
        .filter(|message| is_error(message))
        .collect();
    let Some(first) = errors.first() else {
        let warning = messages
            .iter()
            .any(|message| message["level"] == "warning" && points_at(message, &marks));
        return Ok(Verdict::NotFound { warning });
    };
    let text = text(first).to_lowercase();
    Ok(Verdict::Found {
        errors: errors.len(),
        at_token: points_at(first, &marks),
        fix_named: mistake
            .fix
            .iter()
            .any(|words| text.contains(&words.to_lowercase())),
    })
}

/// An error of its own, not the count of the others at the end.
fn is_error(message: &Value) -> bool {
    let level = message["level"].as_str().unwrap_or_default();
    level.starts_with("error")
        && !message["message"]
            .as_str()
            .unwrap_or_default()
            .starts_with("aborting due to")
}

/// A marked part of a line: the line, the first column and the column after the last, all counted from one.
type Mark = (u64, u64, u64);

/// A line of carets in a comment marks what stands above them. The comment's two slashes hide two columns: carets that
/// follow them directly begin at the line's first.
fn marks(source: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (above, line) in (0..).zip(source.lines()) {
        let Some(row) = line.strip_prefix("//").filter(|row| row.contains('^')) else {
            continue;
        };
        if row.contains(|c| c != ' ' && c != '^') {
            continue;
        }
        let row = if row.starts_with('^') {
            format!("^^{row}")
        } else {
            format!("  {row}")
        };
        let mut start = None;
        for (column, c) in (1..).zip(row.chars().chain([' '])) {
            match (c, start) {
                ('^', None) => start = Some(column),
                (' ', Some(first)) => {
                    marks.push((above, first, column));
                    start = None;
                }
                _ => {}
            }
        }
    }
    marks
}

/// Whether a primary span lies within a mark.
fn points_at(message: &Value, marks: &[Mark]) -> bool {
    let spans = message["spans"].as_array().into_iter().flatten();
    spans.filter(|span| span["is_primary"] == true).any(|span| {
        let number = |key: &str| span[key].as_u64().unwrap_or_default();
        let (first, last) = (number("line_start"), number("line_end"));
        let (start, end) = (number("column_start"), number("column_end"));
        // The other lines of a span that is more than one line long are not marked.
        let within =
            |&(line, from, to): &Mark| line == first && line == last && from <= start && end <= to;
        span["file_name"]
            .as_str()
            .is_some_and(|name| name.starts_with("src/bin/"))
            && marks.iter().any(within)
    })
}

/// All that an error says in words: its message, its labels, its notes, helps and suggestions, and no line of the source.
fn text(message: &Value) -> String {
    let mut text = message["message"].as_str().unwrap_or_default().to_owned();
    for span in message["spans"].as_array().into_iter().flatten() {
        for key in ["label", "suggested_replacement"] {
            text.push('\n');
            text.push_str(span[key].as_str().unwrap_or_default());
        }
    }
    for child in message["children"].as_array().into_iter().flatten() {
        text.push('\n');
        text.push_str(&self::text(child));
    }
    text
}
