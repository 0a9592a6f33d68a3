//! The layout of a payload as JSON Schema, draft 7: what every tool reads, `AsyncAPI`'s among them.

use std::collections::BTreeSet;

use eventsource_core::Declaration;
use serde_json::{Map, Value, json};

use crate::layout::{Kind, Layout, Node, Tagging};
use crate::path::{Path, Step};

/// The schema of a payload. What holds itself refers to `base`, where the schema stands in its document: `#`, if it is one
/// by itself.
pub(super) fn schema(layout: &Layout, declaration: &Declaration, base: &str) -> Value {
    let same = layout.0.values().filter_map(|node| match &node.kind {
        Kind::Same(above) if !above.0.is_empty() => Some(above.clone()),
        _ => None,
    });
    let writer = Writer {
        layout,
        declaration,
        base,
        shared: same.collect(),
    };
    let root = Path::default();
    let mut schema = writer.kind(&root, &Kind::Struct);
    if let Some(node) = layout.0.get(&root) {
        schema = match node.kind {
            // A payload with nothing in it is stored as an object.
            Kind::Nothing => json!({ "type": "object" }),
            _ => writer.node(&root, node),
        };
    }
    if !declaration.docs.is_empty() {
        schema["description"] = declaration.docs.clone().into();
    }
    let definitions: Map<_, _> = writer
        .shared
        .iter()
        .filter_map(|path| {
            Some((
                definition(path),
                writer.kind(path, &layout.0.get(path)?.kind),
            ))
        })
        .collect();
    if !definitions.is_empty() {
        schema["definitions"] = definitions.into();
    }
    schema
}

struct Writer<'l> {
    layout: &'l Layout,
    declaration: &'l Declaration,
    base: &'l str,
    /// What is referred to from within itself.
    shared: BTreeSet<Path>,
}

/// The name of a definition, which is safe in a pointer.
fn definition(path: &Path) -> String {
    let name = path.to_string();
    let safe = |character: char| match character.is_ascii_alphanumeric() {
        true => character,
        false => '_',
    };
    name.chars().map(safe).collect()
}

impl Writer<'_> {
    /// A place, of which others may speak.
    fn node(&self, at: &Path, node: &Node) -> Value {
        let schema = match self.shared.contains(at) {
            true => json!({ "$ref": format!("{}/definitions/{}", self.base, definition(at)) }),
            false => self.kind(at, &node.kind),
        };
        if !node.null {
            return schema;
        }
        match schema
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned)
        {
            Some(kind) if schema.get("enum").is_none() => {
                let mut schema = schema;
                schema["type"] = json!([kind, "null"]);
                schema
            }
            _ => json!({ "anyOf": [schema, { "type": "null" }] }),
        }
    }

    fn inner(&self, at: &Path, step: Step) -> Value {
        let at = at.then(step);
        match self.layout.0.get(&at) {
            Some(node) => self.node(&at, node),
            None => json!(true),
        }
    }

    fn kind(&self, at: &Path, kind: &Kind) -> Value {
        match kind {
            Kind::Nothing => json!({ "type": "null" }),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Integer { signed, bits } => integer(*signed, *bits),
            Kind::Float(_) => json!({ "type": "number" }),
            Kind::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Kind::Text(format) => match format.as_deref() {
                // Draft 7 does not know the format.
                Some("uuid") => json!({ "type": "string", "format": "uuid", "pattern": UUID }),
                Some(format @ ("date-time" | "date" | "email" | "uri" | "ipv4" | "ipv6")) => {
                    json!({ "type": "string", "format": format })
                }
                _ => json!({ "type": "string" }),
            },
            Kind::Bytes => json!({ "type": "array", "items": integer(false, 8) }),
            Kind::List => json!({ "type": "array", "items": self.inner(at, Step::Item) }),
            Kind::Tuple(length) if self.layout.0.contains_key(&at.then(Step::Item)) => json!({
                "type": "array", "items": self.inner(at, Step::Item), "minItems": length, "maxItems": length
            }),
            Kind::Tuple(length) => {
                let items: Vec<_> = (0..*length)
                    .map(|number| self.inner(at, Step::Element(number)))
                    .collect();
                json!({
                    "type": "array", "items": items, "minItems": length, "maxItems": length, "additionalItems": false
                })
            }
            Kind::Map => {
                let key = self
                    .layout
                    .0
                    .get(&at.then(Step::Key))
                    .map(|node| &node.kind);
                let mut schema = json!({ "type": "object", "additionalProperties": self.inner(at, Step::Value) });
                if let Some(Kind::Integer { .. }) = key {
                    schema["propertyNames"] = json!({ "pattern": "^-?[0-9]+$" });
                }
                schema
            }
            Kind::Struct => self.fields(at),
            Kind::Enum(tagging) => self.variants(at, tagging),
            Kind::Same(above) if above.0.is_empty() => json!({ "$ref": self.base }),
            Kind::Same(above) => {
                json!({ "$ref": format!("{}/definitions/{}", self.base, definition(above)) })
            }
            Kind::Any(kinds) => {
                let types: Vec<_> = kinds.iter().filter_map(|kind| json_type(kind)).collect();
                match types.len() {
                    6 => json!(true),
                    _ => json!({ "type": types }),
                }
            }
        }
    }

    fn fields(&self, at: &Path) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (step, node) in self.layout.children(at) {
            let Step::Field(name) = step else { continue };
            let mut schema = self.node(&at.then(step.clone()), node);
            let declared =
                at.0.is_empty()
                    .then(|| self.declaration.stored_as(name))
                    .flatten();
            if let Some(declared) = declared
                && !declared.docs.is_empty()
            {
                // Beside a reference nothing is read.
                schema = match schema.get("$ref") {
                    Some(_) => json!({ "allOf": [schema] }),
                    None => schema,
                };
                if schema.is_object() {
                    schema["description"] = declared.docs.clone().into();
                }
            }
            if !node.absent {
                required.push(name.clone());
            }
            properties.insert(name.clone(), schema);
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        schema
    }

    fn variants(&self, at: &Path, tagging: &Tagging) -> Value {
        let variants = self
            .layout
            .children(at)
            .filter_map(|(step, node)| match step {
                Step::Variant(name) => Some((name, step, node)),
                _ => None,
            });
        let (mut names, mut schemas) = (Vec::new(), Vec::new());
        for (name, step, node) in variants {
            let place = at.then(step.clone());
            match tagging {
                Tagging::External if node.kind == Kind::Nothing => names.push(name.clone()),
                Tagging::External => schemas.push(json!({
                    "type": "object",
                    "properties": { name: self.node(&place, node) },
                    "required": [name],
                    "additionalProperties": false
                })),
                Tagging::Internal(tag) => {
                    let mut schema = self.fields(&place);
                    schema["properties"][tag] = json!({ "const": name });
                    match &mut schema["required"] {
                        Value::Array(required) => required.push(tag.clone().into()),
                        required => *required = json!([tag]),
                    }
                    schemas.push(schema);
                }
                Tagging::Adjacent { tag, content } => {
                    let mut required = vec![tag];
                    if node.kind != Kind::Nothing {
                        required.push(content);
                    }
                    schemas.push(json!({
                        "type": "object",
                        "properties": { tag: { "const": name }, content: self.node(&place, node) },
                        "required": required
                    }));
                }
            }
        }
        if !names.is_empty() {
            let unit = json!({ "type": "string", "enum": names });
            if schemas.is_empty() {
                return unit;
            }
            schemas.insert(0, unit);
        }
        json!({ "oneOf": schemas })
    }
}

const UUID: &str = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$";

fn integer(signed: bool, bits: u8) -> Value {
    let mut schema = json!({ "type": "integer" });
    if !signed {
        schema["minimum"] = 0.into();
    }
    if (8..=64).contains(&bits) {
        match signed {
            true => {
                schema["minimum"] = (i64::MIN >> (64 - bits)).into();
                schema["maximum"] = (i64::MAX >> (64 - bits)).into();
            }
            false => schema["maximum"] = (u64::MAX >> (64 - bits)).into(),
        }
    }
    schema
}

fn json_type(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "bool" => "boolean",
        "list" => "array",
        "map" => "object",
        "null" => "null",
        "number" => "number",
        "text" => "string",
        _ => return None,
    })
}
