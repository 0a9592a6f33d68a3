//! The catalogue as a document of `AsyncAPI` 3.0.

use serde_json::{Map, Value, json};

use crate::catalogue::{Catalogue, ConsumerFacts, MessageFacts, json_schema};

pub(super) fn document(catalogue: &Catalogue, title: &str, version: &str) -> Value {
    let (mut messages, mut schemas) = (Map::new(), Map::new());
    for message in &catalogue.events {
        add(
            &mut messages,
            &mut schemas,
            &key("event", &message.name),
            message,
        );
    }
    for message in &catalogue.commands {
        add(
            &mut messages,
            &mut schemas,
            &key("command", &message.name),
            message,
        );
    }
    let (channels, operations) = channels(catalogue);
    json!({
        "asyncapi": "3.0.0",
        "info": { "title": title, "version": version },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    })
}

/// A key of a map of components: letters, digits, `.`, `-` and `_`. The kind keeps events and commands apart.
fn key(kind: &str, name: &str) -> String {
    let safe = |character: char| match character {
        '.' | '-' | '_' => character,
        _ if character.is_ascii_alphanumeric() => character,
        _ => '_',
    };
    format!("{kind}.{}", name.chars().map(safe).collect::<String>())
}

fn add(
    messages: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
    key: &str,
    message: &MessageFacts,
) {
    let reference = format!("#/components/schemas/{key}");
    let schema = match &message.learnt {
        Some((layout, declaration)) => json_schema::schema(layout, declaration, &reference),
        None => json!(true),
    };
    schemas.insert(key.to_owned(), schema);
    let mut entry = json!({
        "name": message.name,
        "title": message.type_name,
        "contentType": "application/json",
        "payload": { "$ref": reference },
        "x-version": message.version,
    });
    if !message.docs.is_empty() {
        entry["description"] = message.docs.clone().into();
    }
    if message.learnt.is_some() {
        entry["examples"] = json!([{ "payload": message.example }]);
    }
    messages.insert(key.to_owned(), entry);
}

fn channels(catalogue: &Catalogue) -> (Map<String, Value>, Map<String, Value>) {
    let (mut channels, mut operations) = (Map::new(), Map::new());
    for aggregate in &catalogue.aggregates {
        let streams = key("streams", &aggregate.name);
        let mut channel = json!({
            "address": format!("{}/{{id}}", aggregate.name),
            "parameters": { "id": { "description": format!("Which {}.", aggregate.name) } },
            "messages": references("event", &aggregate.events),
        });
        if !aggregate.docs.is_empty() {
            channel["description"] = aggregate.docs.clone().into();
        }
        channels.insert(streams.clone(), channel);
        operations.insert(
            key("record", &aggregate.name),
            operation("send", &streams, "event", &aggregate.events),
        );
        if !aggregate.commands.is_empty() {
            let commands = key("commands", &aggregate.name);
            // How commands come to the program is not for it to say.
            channels.insert(
                commands.clone(),
                json!({ "address": null, "messages": references("command", &aggregate.commands) }),
            );
            operations.insert(
                key("execute", &aggregate.name),
                operation("receive", &commands, "command", &aggregate.commands),
            );
        }
    }
    let alone = catalogue
        .events
        .iter()
        .filter(|event| event.aggregates.is_empty());
    let alone: Vec<_> = alone.map(|event| event.name.clone()).collect();
    if !alone.is_empty() {
        let channel = json!({ "address": null, "messages": references("event", &alone) });
        channels.insert("streams".to_owned(), channel);
        operations.insert(
            "record".to_owned(),
            operation("send", "streams", "event", &alone),
        );
    }
    for consumer in &catalogue.consumers {
        reading(&mut operations, catalogue, consumer, &alone);
        sending(&mut operations, catalogue, consumer);
    }
    (channels, operations)
}

/// What a consumer receives.
fn reading(
    operations: &mut Map<String, Value>,
    catalogue: &Catalogue,
    consumer: &ConsumerFacts,
    alone: &Vec<String>,
) {
    let aggregates = catalogue.aggregates.iter();
    let sources = aggregates
        .map(|aggregate| (key("streams", &aggregate.name), &aggregate.events))
        .chain([("streams".to_owned(), alone)]);
    for (channel, events) in sources {
        let read = events.iter().filter(|name| consumer.reads(name));
        let read: Vec<_> = read.cloned().collect();
        if !read.is_empty() {
            let mut name = key(&format!("read.{channel}"), &consumer.title());
            // A decision model, for instance, may have the name of a projection.
            if operations.contains_key(&name) {
                name = key(&name, &consumer.kind);
            }
            operations.insert(name, operation("receive", &channel, "event", &read));
        }
    }
}

/// What a process sends.
fn sending(operations: &mut Map<String, Value>, catalogue: &Catalogue, consumer: &ConsumerFacts) {
    for aggregate in &catalogue.aggregates {
        let commands = aggregate.commands.iter();
        let sent = commands.filter(|name| consumer.commands.contains(name));
        let sent: Vec<_> = sent.cloned().collect();
        if !sent.is_empty() {
            let channel = key("commands", &aggregate.name);
            let name = key(&format!("send.{channel}"), &consumer.name);
            operations.insert(name, operation("send", &channel, "command", &sent));
        }
    }
}

fn references(kind: &str, names: &[String]) -> Map<String, Value> {
    let references = names.iter().map(|name| {
        let key = key(kind, name);
        let reference = json!({ "$ref": format!("#/components/messages/{key}") });
        (key, reference)
    });
    references.collect()
}

fn operation(action: &str, channel: &str, kind: &str, names: &[String]) -> Value {
    let messages = names.iter().map(|name| {
        let key = key(kind, name);
        json!({ "$ref": format!("#/channels/{channel}/messages/{key}") })
    });
    json!({
        "action": action,
        "channel": { "$ref": format!("#/channels/{channel}") },
        "messages": messages.collect::<Vec<_>>(),
    })
}
