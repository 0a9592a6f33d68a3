//! The code that a message proposes: a version as it was, as a struct that reads it.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::contract::{Event, Key};
use crate::layout::{Kind, Layout, Node, Tagging};
use crate::path::{Path, Step};

/// What to write so that a version is read as it was stored, and becomes today's event.
pub(crate) fn next_version(
    (name, version): &Key,
    event: &Event,
    was: &Layout,
    is: &Layout,
) -> String {
    let (label, next) = (&event.label, version + 1);
    let former = former_name(label, *version);
    let before = match event.before.as_slice() {
        [] => String::new(),
        before => format!(", from = {}", before.join(" + ")),
    };
    let aliases = event
        .aliases
        .iter()
        .map(|alias| format!(", alias = {alias:?}"));
    let aliases = aliases.collect::<String>();
    let mut text = format!("#[event(version = {version}, of = {label}{before})]\n");
    text.push_str(&declaration(&former, event, was, is, *version));
    let _ = write!(
        text,
        "\n#[event(name = {name:?}, version = {next}, from = {former}{aliases})]\npub struct {label} {{ … }}\n\n\
         impl From<{former}> for {label} {{ … }}\n"
    );
    text
}

/// A version as it was stored: its struct, with the structs and enums in it that are not today's.
pub(crate) fn declaration(
    name: &str,
    event: &Event,
    was: &Layout,
    is: &Layout,
    version: u32,
) -> String {
    let mut writer = Writer {
        event,
        was,
        is,
        version,
        items: Vec::new(),
        names: BTreeMap::from([(Path::default(), name.to_owned())]),
    };
    let root = Path::default();
    let body = match was.0.get(&root).map(|node| &node.kind) {
        Some(Kind::Struct) => writer.fields(&root, "pub "),
        Some(Kind::Nothing) | None => ";".to_owned(),
        Some(_) => {
            let inner = writer.kind(&root, name);
            format!("(pub {inner});")
        }
    };
    let mut text = format!("pub struct {name}{body}\n");
    for item in writer.items {
        let _ = write!(text, "\n{item}\n");
    }
    text
}

/// What an earlier version of a struct is called.
pub(crate) fn former_name(label: &str, version: u32) -> String {
    format!("{label}V{version}")
}

struct Writer<'l> {
    event: &'l Event,
    was: &'l Layout,
    is: &'l Layout,
    version: u32,
    /// Types that stand in the struct.
    items: Vec<String>,
    names: BTreeMap<Path, String>,
}

impl Writer<'_> {
    /// The fields of a struct, in braces.
    fn fields(&mut self, of: &Path, vis: &str) -> String {
        let children: Vec<_> = self
            .was
            .children(of)
            .map(|(step, node)| (step.clone(), node.clone()))
            .collect();
        if children.is_empty() {
            return match vis {
                "" => String::new(),
                _ => " {}".to_owned(),
            };
        }
        let mut text = String::from(" {\n");
        for (step, node) in children {
            let Step::Field(stored) = &step else { continue };
            let ident = ident(stored);
            if ident != *stored {
                let _ = writeln!(text, "    #[serde(rename = {stored:?})]");
            }
            for name in &node.also {
                let _ = writeln!(text, "    #[serde(alias = {name:?})]");
            }
            if node.absent && !node.null {
                text.push_str("    #[serde(default)]\n");
            }
            let ty = self.field(of, &step, &node, &ident);
            let _ = writeln!(text, "    {vis}{ident}: {ty},");
        }
        text.push('}');
        text
    }

    /// The type of a field: as it is declared today, if nothing in it has changed.
    fn field(&mut self, of: &Path, step: &Step, node: &Node, ident: &str) -> String {
        let at = of.then(step.clone());
        if let (true, Step::Field(stored)) = (of.0.is_empty(), step)
            && let Some(declared) = self.event.declaration.stored_as(stored)
            && within(self.was, &at).eq(within(self.is, &at))
        {
            return declared.type_name.clone();
        }
        self.value(&at, node, ident)
    }

    fn value(&mut self, at: &Path, node: &Node, hint: &str) -> String {
        let ty = self.kind(at, hint);
        match node.null {
            true => format!("Option<{ty}>"),
            false => ty,
        }
    }

    fn inner(&mut self, at: &Path, step: Step, hint: &str) -> String {
        let at = at.then(step);
        match self.was.0.get(&at).cloned() {
            Some(node) => self.value(&at, &node, hint),
            None => "String".to_owned(),
        }
    }

    fn kind(&mut self, at: &Path, hint: &str) -> String {
        let Some(node) = self.was.0.get(at) else {
            return "()".to_owned();
        };
        match node.kind.clone() {
            Kind::Nothing => "()".to_owned(),
            Kind::Bool | Kind::Integer { .. } | Kind::Float(_) | Kind::Char => {
                node.kind.to_string()
            }
            Kind::Text(Some(format)) if format == "uuid" => "Uuid".to_owned(),
            Kind::Text(_) => "String".to_owned(),
            Kind::Bytes => "Vec<u8>".to_owned(),
            Kind::List => format!("Vec<{}>", self.inner(at, Step::Item, hint)),
            Kind::Tuple(length) if self.was.0.contains_key(&at.then(Step::Item)) => {
                format!("[{}; {length}]", self.inner(at, Step::Item, hint))
            }
            Kind::Tuple(length) => {
                let elements =
                    (0..length).map(|number| self.inner(at, Step::Element(number), hint));
                format!("({})", elements.collect::<Vec<_>>().join(", "))
            }
            Kind::Map => {
                let key = self.inner(at, Step::Key, hint);
                format!("BTreeMap<{key}, {}>", self.inner(at, Step::Value, hint))
            }
            Kind::Same(above) => match self.names.get(&above) {
                Some(name) => format!("Box<{name}>"),
                None => "Box<…>".to_owned(),
            },
            Kind::Any(_) => "serde_json::Value".to_owned(),
            Kind::Struct => {
                let name = self.name(at, hint);
                let body = self.fields(at, "pub ");
                self.items
                    .push(format!("#[value]\npub struct {name}{body}"));
                name
            }
            Kind::Enum(tagging) => self.enumeration(at, &tagging, hint),
        }
    }

    fn enumeration(&mut self, at: &Path, tagging: &Tagging, hint: &str) -> String {
        let name = self.name(at, hint);
        let attribute = match tagging {
            Tagging::External => String::new(),
            Tagging::Internal(tag) => format!("#[serde(tag = {tag:?})]\n"),
            Tagging::Adjacent { tag, content } => {
                format!("#[serde(tag = {tag:?}, content = {content:?})]\n")
            }
        };
        let variants: Vec<_> = self
            .was
            .children(at)
            .map(|(step, node)| (step.clone(), node.kind.clone()))
            .collect();
        let mut text = format!("#[value]\n{attribute}pub enum {name} {{\n");
        for (step, kind) in variants {
            let Step::Variant(stored) = &step else {
                continue;
            };
            let ident = pascal(stored);
            if ident != *stored {
                let _ = writeln!(text, "    #[serde(rename = {stored:?})]");
            }
            let place = at.then(step.clone());
            let body = match kind {
                Kind::Nothing => String::new(),
                Kind::Struct => self.fields(&place, "").replace('\n', "\n    "),
                Kind::Tuple(length) => {
                    let elements =
                        (0..length).map(|number| self.inner(&place, Step::Element(number), &ident));
                    format!("({})", elements.collect::<Vec<_>>().join(", "))
                }
                _ => format!("({})", self.kind(&place, &ident)),
            };
            let _ = writeln!(text, "    {ident}{body},");
        }
        text.push('}');
        self.items.push(text);
        name
    }

    fn name(&mut self, at: &Path, hint: &str) -> String {
        let name = format!("{}V{}", pascal(hint), self.version);
        self.names.insert(at.clone(), name.clone());
        name
    }
}

/// All that is at a place.
fn within<'l>(layout: &'l Layout, at: &'l Path) -> impl Iterator<Item = (&'l Path, &'l Node)> {
    layout
        .0
        .range(at.clone()..)
        .take_while(move |(path, _)| path.is_within(at))
}

/// A stored name as the name of a field.
fn ident(stored: &str) -> String {
    let mut ident: String = stored
        .chars()
        .map(|character| match character.is_alphanumeric() {
            true => character,
            false => '_',
        })
        .collect();
    if ident.starts_with(|first: char| first.is_numeric()) || ident.is_empty() {
        ident.insert(0, '_');
    }
    match ident.as_str() {
        "type" | "match" | "ref" | "move" | "in" | "for" | "as" | "use" | "mod" | "fn" | "loop"
        | "where" => {
            format!("{ident}_")
        }
        _ => ident,
    }
}

fn pascal(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric());
    let mut pascal = String::new();
    for word in words {
        let mut letters = word.chars();
        pascal.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        pascal.extend(letters);
    }
    pascal
}
