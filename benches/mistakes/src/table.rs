//! The page: the table, how it was judged, and the footnotes.

use crate::Column;
use crate::judge::Verdict;
use crate::mistakes::MISTAKES;
use std::fmt::Write;

const HEAD: &str = "# What is said to thirty mistakes

Written by `scripts/mistakes-table`; do not edit. The programs are in [`benches/mistakes`](../benches/mistakes), one for
each mistake and library.

";

const RULES: &str = "
A cell has the number of errors, whether the first one points at the user's token, and whether it names the fix. *Not
found* means that the program compiles: the mistake shows when it runs, or never; *a warning* that at least a warning points
at it.

- Each program is the smallest complete one that has the mistake and no other, written as the library's own documentation
  writes it. Beside them stands `correct.rs`, the same program without a mistake, which compiles.
- **Errors** are the messages of level `error` that `cargo check` prints; what reads the same twice is printed once.
- **The token** is marked by carets in the program. The error's primary span must lie within a mark. Where more than one
  place may be called the mistake, each is marked. The name of a macro is not the user's token: it is the same for every
  mistake.
- **The fix** is named if the first error, in its message, labels, notes, helps or suggestions, has one of the words below.
  They are the same for all libraries. To say which trait is not implemented, which parameter or return type the trait
  wants, or where the other one of two stands, is enough.
- A mistake that rustc finds without the library's help counts for the library as any other.
- The newest release of each library is taken. Where it asks for a newer compiler than the one that is here, that is
  ignored: its correct program compiles.
";

/// The whole page.
pub fn write(columns: &[Column], compiler: &str) -> String {
    let mut page = HEAD.to_owned();
    let mut notes = Vec::new();
    let shown: Vec<_> = columns
        .iter()
        .filter(|column| column.left_out.is_none())
        .collect();

    row(&mut page, "", &shown, |column| {
        format!("{} {}", column.library.name, column.version)
    });
    let _ = writeln!(page, "|---|{}", "---|".repeat(shown.len()));
    row(
        &mut page,
        "**1 error, at the token, with the fix**",
        &shown,
        |column| {
            let best = column
                .verdicts
                .values()
                .filter(|verdict| verdict.is_best())
                .count();
            format!("**{best} of {}**", column.verdicts.len())
        },
    );
    for mistake in MISTAKES {
        row(&mut page, mistake.title, &shown, |column| {
            match column.verdicts.get(mistake.name) {
                Some(verdict) => cell(verdict),
                None => absence(column.library.absence(mistake.name), &mut notes),
            }
        });
    }
    let _ = writeln!(page, "\nWith {compiler}.\n");
    for (number, reason) in (1..).zip(&notes) {
        let _ = writeln!(page, "- <sup>{number}</sup> {reason}");
    }

    page.push_str("\n## How it is judged\n");
    page.push_str(RULES);
    page.push_str("\n## The libraries\n\n| | what its macros are for |\n|---|---|\n");
    for Column {
        library,
        version,
        asks_for,
        left_out,
        ..
    } in columns
    {
        let _ = write!(page, "| {} {version}", library.package);
        if let Some(rust) = asks_for {
            let _ = write!(page, ", asks for Rust {rust}");
        }
        let _ = write!(page, " | {}", library.macros);
        if let Some(reason) = left_out {
            let _ = write!(
                page,
                "; left out, since its correct program does not compile: {reason}"
            );
        }
        page.push_str(" |\n");
    }
    page.push_str("\n## The words that name the fix\n\n| mistake | one of these |\n|---|---|\n");
    for mistake in MISTAKES {
        let words = mistake
            .fix
            .iter()
            .map(|words| format!("“{}”", words.replace('`', "\\`")));
        let _ = writeln!(
            page,
            "| {} | {} |",
            mistake.title,
            words.collect::<Vec<_>>().join(", ")
        );
    }
    page
}

fn row(
    page: &mut String,
    head: &str,
    columns: &[&Column],
    mut cell: impl FnMut(&Column) -> String,
) {
    let _ = write!(page, "| {head} |");
    for column in columns {
        let _ = write!(page, " {} |", cell(column));
    }
    page.push('\n');
}

fn cell(verdict: &Verdict) -> String {
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    match *verdict {
        Verdict::NotFound { warning: false } => "not found".to_owned(),
        Verdict::NotFound { warning: true } => "not found, a warning".to_owned(),
        Verdict::Found {
            errors,
            at_token,
            fix_named,
        } => format!("{errors} · {} · {}", yes(at_token), yes(fix_named)),
    }
}

/// A dash and the number of its footnote, which is the same for the same reason.
fn absence(reason: Option<&'static str>, notes: &mut Vec<&'static str>) -> String {
    let reason = reason.unwrap_or("not judged");
    let at = notes
        .iter()
        .position(|note| *note == reason)
        .unwrap_or_else(|| {
            notes.push(reason);
            notes.len() - 1
        });
    format!("– <sup>{}</sup>", at + 1)
}
