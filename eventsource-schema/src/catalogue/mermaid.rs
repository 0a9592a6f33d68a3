//! The catalogue as diagrams of Mermaid.

use std::fmt::Write;

use crate::catalogue::{AggregateFacts, Catalogue};

/// Commands, aggregates, events, consumers, from left to right.
pub(super) fn flowchart(catalogue: &Catalogue) -> String {
    let mut text = String::from("flowchart LR\n");
    for (number, aggregate) in catalogue.aggregates.iter().enumerate() {
        let _ = writeln!(
            text,
            "    a{number}[[\"{}\"]]:::aggregate",
            label(&aggregate.name)
        );
        for (at, command) in catalogue.commands.iter().enumerate() {
            if aggregate.commands.contains(&command.name) {
                let _ = writeln!(
                    text,
                    "    c{at}([\"{}\"]):::command --> a{number}",
                    label(&command.name)
                );
            }
        }
        for (at, event) in catalogue.events.iter().enumerate() {
            if aggregate.events.contains(&event.name) {
                let _ = writeln!(text, "    a{number} --> e{at}");
            }
        }
    }
    for (number, event) in catalogue.events.iter().enumerate() {
        let _ = writeln!(text, "    e{number}[\"{}\"]:::event", label(&event.name));
    }
    for (number, consumer) in catalogue.consumers.iter().enumerate() {
        let _ = writeln!(
            text,
            "    r{number}[/\"{}\"/]:::consumer",
            label(&consumer.name)
        );
        for (at, event) in catalogue.events.iter().enumerate() {
            if consumer
                .events
                .as_ref()
                .is_none_or(|events| events.contains(&event.name))
            {
                let _ = writeln!(text, "    e{at} --> r{number}");
            }
        }
    }
    text.push_str(
        "    classDef command fill:#cfe2ff,stroke:#3b6fb6,color:#000\n    classDef aggregate fill:#fff3b0,stroke:#b59b00,color:#000\n    \
         classDef event fill:#ffd8a8,stroke:#c46a00,color:#000\n    classDef consumer fill:#c8f0c8,stroke:#3a8a3a,color:#000\n",
    );
    text
}

/// What happens to each aggregate, from top to bottom.
pub(super) fn event_model(catalogue: &Catalogue) -> String {
    let mut text = String::from("sequenceDiagram\n    actor caller\n");
    for (number, aggregate) in catalogue.aggregates.iter().enumerate() {
        let _ = writeln!(
            text,
            "    participant a{number} as {}",
            plain(&aggregate.name)
        );
    }
    for (number, consumer) in catalogue.consumers.iter().enumerate() {
        let _ = writeln!(
            text,
            "    participant r{number} as {}",
            plain(&consumer.name)
        );
    }
    for (number, aggregate) in catalogue.aggregates.iter().enumerate() {
        of_aggregate(&mut text, catalogue, number, aggregate);
    }
    text
}

fn of_aggregate(
    text: &mut String,
    catalogue: &Catalogue,
    number: usize,
    aggregate: &AggregateFacts,
) {
    for command in &aggregate.commands {
        let _ = writeln!(text, "    caller->>a{number}: {}", plain(command));
    }
    for event in &aggregate.events {
        let _ = writeln!(text, "    a{number}->>a{number}: {}", plain(event));
        for (at, consumer) in catalogue.consumers.iter().enumerate() {
            if consumer
                .events
                .as_ref()
                .is_none_or(|events| events.contains(event))
            {
                let _ = writeln!(text, "    a{number}-->>r{at}: {}", plain(event));
            }
        }
    }
}

/// A name in quotes.
fn label(name: &str) -> String {
    name.replace('&', "#amp;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('\n', " ")
}

/// A name that ends with its line.
fn plain(name: &str) -> String {
    label(name)
        .replace(';', "#59;")
        .replace("#amp#59;", "#amp;")
        .replace("#quot#59;", "#quot;")
        .replace("#lt#59;", "#lt;")
}
