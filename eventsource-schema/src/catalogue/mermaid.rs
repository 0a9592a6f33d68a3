//! The catalogue as diagrams of Mermaid.

use std::fmt::Write;

use crate::catalogue::{AggregateFacts, Catalogue, ConsumerFacts};

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
        let node = node(catalogue, number, consumer);
        if own_aggregate(catalogue, consumer).is_none() {
            let title = label(&consumer.title());
            let _ = writeln!(text, "    {node}[/\"{title}\"/]:::consumer");
        }
        for (at, event) in catalogue.events.iter().enumerate() {
            if consumer.reads(&event.name) {
                let _ = writeln!(text, "    e{at} --> {node}");
            }
        }
        for (at, command) in catalogue.commands.iter().enumerate() {
            if consumer.commands.contains(&command.name) {
                let _ = writeln!(text, "    {node} --> c{at}");
            }
        }
        for (at, timer) in catalogue.timers.iter().enumerate() {
            if consumer.kind == "process" && timer.aggregates.contains(&consumer.name) {
                let timer = label(&timer.name);
                let _ = writeln!(text, "    t{at}((\"{timer}\")):::timer <--> {node}");
            }
        }
    }
    text.push_str(
        "    classDef command fill:#cfe2ff,stroke:#3b6fb6,color:#000\n    classDef aggregate fill:#fff3b0,stroke:#b59b00,color:#000\n    \
         classDef event fill:#ffd8a8,stroke:#c46a00,color:#000\n    classDef consumer fill:#c8f0c8,stroke:#3a8a3a,color:#000\n",
    );
    if !catalogue.timers.is_empty() {
        text.push_str("    classDef timer fill:#e8dcf5,stroke:#7a4fb0,color:#000\n");
    }
    text
}

/// How a consumer is called in a diagram: a process as the aggregate that it is.
fn node(catalogue: &Catalogue, number: usize, consumer: &ConsumerFacts) -> String {
    own_aggregate(catalogue, consumer).map_or_else(|| format!("r{number}"), |own| format!("a{own}"))
}

/// The number of the aggregate that a process is.
fn own_aggregate(catalogue: &Catalogue, consumer: &ConsumerFacts) -> Option<usize> {
    let mut aggregates = catalogue.aggregates.iter();
    aggregates.position(|aggregate| consumer.is_process_of(aggregate))
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
        let node = node(catalogue, number, consumer);
        if own_aggregate(catalogue, consumer).is_none() {
            let _ = writeln!(
                text,
                "    participant {node} as {}",
                plain(&consumer.title())
            );
        }
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
        let command_sent = plain(command);
        let _ = writeln!(text, "    caller->>a{number}: {command_sent}");
        for (at, consumer) in catalogue.consumers.iter().enumerate() {
            if consumer.commands.contains(command) {
                let process = node(catalogue, at, consumer);
                let _ = writeln!(text, "    {process}->>a{number}: {command_sent}");
            }
        }
    }
    for event in &aggregate.events {
        let _ = writeln!(text, "    a{number}->>a{number}: {}", plain(event));
        for (at, consumer) in catalogue.consumers.iter().enumerate() {
            if consumer.reads(event) {
                let reader = node(catalogue, at, consumer);
                let _ = writeln!(text, "    a{number}-->>{reader}: {}", plain(event));
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
