//! Values that are looked at before they are read, as `serde_json::Value`, untagged enums and what is flattened are: what
//! they are given first is what they are taken for.

use serde::de::{Deserializer, Error, Visitor};
use serde_json::Value;

use super::access::Once;
use super::candidates::{self, Text};
use super::fault::Fault;
use super::state::State;
use super::tracer::Tracer;
use crate::layout::Kind;
use crate::path::{Path, Step};

/// What a value that is looked at is given, in this order. After them come the other texts.
const ANY_KINDS: [&str; 7] = ["text", "number", "fraction", "bool", "map", "list", "null"];

/// Past the candidates that tell what something that is looked at may be.
pub(super) const LAST_USUAL: usize = ANY_KINDS.len();

impl Tracer<'_> {
    /// Something that looks at what is there: what it is given first is what it is taken for.
    pub(super) fn anything<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let probe = self.state.borrow().pass.probe.clone();
        if let Some((path, value)) = probe
            && path == self.path
        {
            self.slot.clone_from(&value);
            return value.deserialize_any(visitor).map_err(Error::custom);
        }
        let given = self.given();
        let mut texts = candidates::texts(None, &self.state.borrow().tried);
        let usual = ANY_KINDS.len() + texts.len() - 1;
        let candidate = self.candidate(usual + usize::from(given.is_some()));
        if let Some(given) = given
            && candidate == usual
        {
            self.learn_given(&given);
            self.slot.clone_from(&given);
            let read = given.deserialize_any(visitor);
            return read.map_err(Error::custom);
        }
        let kind = ANY_KINDS.get(candidate).copied();
        if kind != Some("map") {
            self.learn(Kind::Any([kind.unwrap_or("text").to_owned()].into()));
        }
        match kind {
            Some("text") | None => {
                let text = candidate.saturating_sub(ANY_KINDS.len() - 1);
                let Text { text, format } = texts.swap_remove(text);
                if format.is_some() {
                    self.learn(Kind::Text(format.map(str::to_owned)));
                }
                *self.slot = text.clone().into();
                visitor.visit_string(text)
            }
            Some("number") => {
                *self.slot = 1.into();
                visitor.visit_u64(1)
            }
            Some("fraction") => {
                *self.slot = 1.5.into();
                visitor.visit_f64(1.5)
            }
            Some("bool") => {
                *self.slot = true.into();
                visitor.visit_bool(true)
            }
            Some("list") => {
                *self.slot = Value::Array(Vec::new());
                visitor.visit_seq(Once(None))
            }
            Some("map") => {
                let mut state = self.state.borrow_mut();
                state.open.entry(self.path.clone()).or_default();
                if state.tagging(&self.path).is_none() {
                    state.learn(&self.path, Kind::Struct);
                }
                drop(state);
                self.open(visitor)
            }
            Some(_) => {
                *self.slot = Value::Null;
                visitor.visit_unit()
            }
        }
    }

    /// The kinds of what an example has here, and of all that is in it.
    fn learn_given(&self, given: &Value) {
        fn learn(state: &mut State, path: &Path, given: &Value) {
            let any = |kind: &str| Kind::Any([kind.to_owned()].into());
            match given {
                Value::Null => state.learn(path, any("null")),
                Value::Bool(_) => state.learn(path, Kind::Bool),
                Value::Number(_) => state.learn(path, any("number")),
                Value::String(_) => state.learn(path, Kind::Text(None)),
                Value::Array(items) => {
                    state.learn(path, Kind::List);
                    let items = items.iter();
                    items.for_each(|item| learn(state, &path.then(Step::Item), item));
                }
                Value::Object(fields) => {
                    state.learn(path, Kind::Struct);
                    for (name, value) in fields {
                        learn(state, &path.then(Step::Field(name.clone())), value);
                    }
                }
            }
        }
        learn(&mut self.state.borrow_mut(), &self.path, given);
    }
}
