//! The catalogue to be read.

use std::fmt::Write;

use crate::catalogue::{Catalogue, MessageFacts};

pub(super) fn write(catalogue: &Catalogue) -> String {
    let mut text = String::from("# Events and commands\n\n");
    let _ = write!(text, "```mermaid\n{}```\n", catalogue.to_mermaid());
    for aggregate in &catalogue.aggregates {
        let _ = write!(text, "\n## {}\n\n", aggregate.name);
        paragraph(&mut text, &aggregate.docs);
        let _ = writeln!(
            text,
            "Aggregate `{}`, {}.",
            aggregate.type_name,
            file(&aggregate.place)
        );
        if !aggregate.retired.is_empty() {
            let _ = writeln!(text, "Retired: {}.", codes(&aggregate.retired));
        }
        for consumer in &catalogue.consumers {
            if consumer.is_process_of(aggregate) && !consumer.commands.is_empty() {
                let _ = writeln!(text, "A process: it sends {}.", codes(&consumer.commands));
            }
        }
        for name in &aggregate.commands {
            let commands = catalogue
                .commands
                .iter()
                .filter(|command| command.name == *name);
            commands.for_each(|command| message(&mut text, "command", command));
        }
        for name in &aggregate.events {
            let events = catalogue.events.iter().filter(|event| event.name == *name);
            events.for_each(|event| message(&mut text, "event", event));
        }
        for timer in &catalogue.timers {
            if timer.aggregates.contains(&aggregate.name) {
                message(&mut text, "timer", timer);
            }
        }
    }
    let alone: Vec<_> = catalogue
        .events
        .iter()
        .filter(|event| event.aggregates.is_empty())
        .collect();
    if !alone.is_empty() {
        text.push_str("\n## Events of no aggregate\n");
        for event in alone {
            message(&mut text, "event", event);
        }
    }
    if !catalogue.consumers.is_empty() {
        text.push_str("\n## Who reads events\n\n| name | what it is | events | defined in |\n|---|---|---|---|\n");
        for consumer in &catalogue.consumers {
            let kind = match consumer.version {
                Some(version @ 2..) => format!("{} {version}", consumer.kind),
                _ => consumer.kind.clone(),
            };
            let events = match &consumer.events {
                Some(events) => codes(events),
                None => "every event".to_owned(),
            };
            let _ = writeln!(
                text,
                "| {} | {kind} | {events} | {} |",
                cell(&consumer.name),
                file(&consumer.place)
            );
        }
    }
    text
}

fn message(text: &mut String, kind: &str, message: &MessageFacts) {
    let MessageFacts {
        name,
        version,
        type_name,
        place,
        docs,
        fields,
        earlier,
        consumers,
        sent_by,
        example,
        not_learnt,
        ..
    } = message;
    let _ = write!(text, "\n### {name}\n\n");
    paragraph(text, docs);
    let _ = writeln!(
        text,
        "The {kind} `{type_name}`, version {version}, {}.",
        file(place)
    );
    if !consumers.is_empty() {
        let _ = writeln!(text, "Read by {}.", codes(consumers));
    }
    if !sent_by.is_empty() {
        let _ = writeln!(text, "Sent by {}.", codes(sent_by));
    }
    for earlier in earlier {
        let how = match &earlier.type_name {
            Some(type_name) => format!("`{type_name}`"),
            None => "JSON".to_owned(),
        };
        let _ = writeln!(
            text,
            "Made of `{}` version {} ({how}).",
            earlier.name, earlier.version
        );
    }
    if let Some(reason) = not_learnt {
        let _ = writeln!(text, "\nIts layout could not be learnt: {reason}.");
        return;
    }
    if !fields.is_empty() {
        text.push_str("\n| field | type | stored as | |\n|---|---|---|---|\n");
        for field in fields {
            let mut about: Vec<String> = Vec::new();
            if field.optional {
                about.push("optional".to_owned());
            }
            if !field.tags.is_empty() {
                about.push(format!("tag {}", codes(&field.tags)));
            }
            if !field.docs.is_empty() {
                about.push(cell(&field.docs));
            }
            let _ = writeln!(
                text,
                "| `{}` | `{}` | {} | {} |",
                cell(&field.name),
                cell(&field.type_name),
                cell(&field.stored_as),
                about.join("; ")
            );
        }
    }
    let _ = write!(text, "\n```json\n{example}\n```\n");
}

/// The file of a place: a line would change the text with every edit above it.
fn file(place: &str) -> String {
    let file = place.rsplit_once(':').map_or(place, |(file, _)| file);
    // As `#[path = "…"]` leads to it.
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split('/') {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn paragraph(text: &mut String, docs: &str) {
    if !docs.is_empty() {
        let _ = write!(text, "{docs}\n\n");
    }
}

fn codes(names: &[String]) -> String {
    let names: Vec<_> = names
        .iter()
        .map(|name| format!("`{}`", cell(name)))
        .collect();
    names.join(", ")
}

/// A text in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
