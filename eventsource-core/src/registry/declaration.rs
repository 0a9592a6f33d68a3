//! What the source says of a message: its documentation and its fields, as the macros give them to the registry.

/// A message as it is declared. [`Row::declaration`](crate::message::Row::declaration) gives it.
///
/// ```
/// use eventsource_core::prelude::*;
/// use eventsource_core::Declaration;
///
/// /// A seat was taken.
/// #[event(name = "seat.taken")]
/// pub struct Taken {
///     /// Which show it is for.
///     #[tag]
///     pub show: u32,
///     pub by: Option<String>,
/// }
///
/// let taken = Declaration::parse(Taken::SOURCE.text);
/// assert_eq!(taken.docs, "A seat was taken.");
/// assert_eq!(taken.fields[0].tags, ["show"]);
/// assert_eq!(taken.fields[1].type_name, "Option<String>");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declaration {
    /// Its documentation.
    pub docs: String,
    /// Its fields, in their order.
    pub fields: Vec<DeclaredField>,
}

/// A field of a message as it is declared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeclaredField {
    /// Its name in Rust; a number in a tuple struct.
    pub name: String,
    /// The name of its own that `#[serde(rename = "…")]` on it gives it where it is stored.
    pub renamed: Option<String>,
    /// Its type, as it is written.
    pub type_name: String,
    /// The names of the tags that it is.
    pub tags: Vec<String>,
    /// Its documentation.
    pub docs: String,
}

impl Declaration {
    /// Reads the text of a [`Source`](crate::Source), which [`Event::SOURCE`](crate::Event::SOURCE) is for an event.
    #[must_use]
    pub fn parse(source: &str) -> Self {
        let mut all = Self::default();
        let mut next = DeclaredField::default();
        for line in source.lines() {
            if let Some(doc) = line.strip_prefix("//!") {
                add_line(&mut all.docs, doc);
            } else if let Some(doc) = line.strip_prefix("///") {
                add_line(&mut next.docs, doc);
            } else if let Some(tag) = line.strip_prefix('#') {
                next.tags.push(tag.to_owned());
            } else if let Some(name) = line.strip_prefix('=') {
                next.renamed = Some(name.to_owned());
            } else if let Some((name, type_name)) = line.split_once(": ") {
                name.clone_into(&mut next.name);
                type_name.clone_into(&mut next.type_name);
                all.fields.push(std::mem::take(&mut next));
            }
        }
        all
    }

    /// The field that is stored under this name, as far as its own attributes and the usual ways to write names tell.
    #[must_use]
    pub fn stored_as(&self, stored: &str) -> Option<&DeclaredField> {
        let bare = |name: &str| name.replace(['_', '-'], "").to_lowercase();
        let own = self.fields.iter().find(|field| match &field.renamed {
            Some(renamed) => renamed == stored,
            None => field.name == stored,
        });
        own.or_else(|| {
            self.fields
                .iter()
                .find(|field| field.renamed.is_none() && bare(&field.name) == bare(stored))
        })
    }
}

fn add_line(docs: &mut String, line: &str) {
    if !docs.is_empty() {
        docs.push('\n');
    }
    docs.push_str(line.strip_prefix(' ').unwrap_or(line));
}
