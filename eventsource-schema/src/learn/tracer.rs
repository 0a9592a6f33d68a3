//! What is asked for at one place of a payload that is not there, and the answer that is made up.

use std::cell::RefCell;

use serde::de::{DeserializeSeed, Visitor};
use serde_json::{Map, Value};

use super::access::Fields;
use super::candidates::{self, Text};
use super::fault::Fault;
use super::state::{State, Type};
use crate::layout::{Kind, Tagging};
use crate::path::{Path, Step};

/// What is asked for at one place. The answer is put into `slot` as well, as JSON.
pub(super) struct Tracer<'s> {
    pub(super) state: &'s RefCell<State>,
    pub(super) path: Path,
    pub(super) slot: &'s mut Value,
    /// How deep it stands in a value that holds itself; nothing new is learnt there, and no more than needed is given.
    pub(super) inner: Option<u8>,
}

/// Notes where something failed, if nothing deeper did. It is noted as soon as it is known: on the way out through erased
/// types a fault becomes words.
pub(super) fn noted<T>(
    state: &RefCell<State>,
    path: &Path,
    read: Result<T, Fault>,
) -> Result<T, Fault> {
    if let Err(fault) = &read {
        let blame = &mut state.borrow_mut().pass.blame;
        blame.get_or_insert_with(|| (path.clone(), fault.clone()));
    }
    read
}

impl Tracer<'_> {
    /// Reads with this, and notes where it failed, if nothing deeper did.
    pub(super) fn read<'de, T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let (state, path) = (self.state, self.path.clone());
        noted(state, &path, seed.deserialize(self))
    }

    pub(super) fn learn(&self, kind: Kind) {
        if self.inner.is_none() {
            self.state.borrow_mut().learn(&self.path, kind);
        }
    }

    pub(super) fn given(&self) -> Option<Value> {
        self.state.borrow().given(&self.path).cloned()
    }

    pub(super) fn candidate(&self, count: usize) -> usize {
        self.state.borrow_mut().candidate(&self.path, count)
    }

    pub(super) fn integer<'de, V: Visitor<'de>>(
        self,
        signed: bool,
        bits: u8,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let most = u128::MAX >> (128 - u32::from(bits) + u32::from(signed));
        let least = match signed {
            true => i128::MIN >> (128 - u32::from(bits)),
            false => 0,
        };
        self.learn(Kind::Integer { signed, bits });
        let mut candidates = candidates::integers(self.given().as_ref(), least, most);
        let number = candidates.swap_remove(self.candidate(candidates.len()));
        match u64::try_from(number) {
            Ok(number) => {
                *self.slot = number.into();
                visitor.visit_u64(number)
            }
            Err(_) => {
                let number = i64::try_from(number).unwrap_or(i64::MIN);
                *self.slot = number.into();
                visitor.visit_i64(number)
            }
        }
    }

    pub(super) fn fraction<'de, V: Visitor<'de>>(
        self,
        bits: u8,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.learn(Kind::Float(bits));
        let mut candidates = candidates::fractions(self.given().as_ref());
        let number = candidates.swap_remove(self.candidate(candidates.len()));
        *self.slot = number.into();
        visitor.visit_f64(number)
    }

    pub(super) fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let given = self.given();
        let mut texts = candidates::texts(given.as_ref(), &self.state.borrow().tried);
        let Text { text, format } = texts.swap_remove(self.candidate(texts.len()));
        self.learn(Kind::Text(format.map(str::to_owned)));
        *self.slot = text.clone().into();
        visitor.visit_string(text)
    }

    /// A struct that does not say what its fields are: those that are known by now.
    pub(super) fn open<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let mut fields = Vec::new();
        {
            let mut state = self.state.borrow_mut();
            let tag = match state.tagging(&self.path) {
                Some(Tagging::Internal(tag)) => Some(tag.clone()),
                _ => None,
            };
            let place = match tag {
                None => self.path.clone(),
                Some(tag) => {
                    let said = self.path.then(Step::Field(tag.clone()));
                    let variants = state.variants.get(&said).cloned().unwrap_or_default();
                    let variant = state.choose(&said, &variants);
                    fields.push((tag, said));
                    let place = self.path.then(Step::Variant(variant));
                    state.learn(&place, Kind::Struct);
                    state.open.entry(place.clone()).or_default();
                    place
                }
            };
            let known = state.open.get(&place).cloned().unwrap_or_default();
            let known = known.into_iter().map(|name| {
                let at = place.then(Step::Field(name.clone()));
                (name, at)
            });
            fields.extend(known);
        }
        self.fields(fields, visitor)
    }

    /// Gives fields, each from its own place.
    fn fields<'de, V: Visitor<'de>>(
        self,
        fields: Vec<(String, Path)>,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let omitted = self.state.borrow().pass.omitted.clone();
        let given = fields
            .into_iter()
            .filter(|(_, at)| Some(at) != omitted.as_ref())
            .collect::<Vec<_>>();
        *self.slot = Value::Object(Map::new());
        let (state, path) = (self.state, self.path.clone());
        let read = visitor.visit_map(Fields {
            of: self,
            left: given.into_iter(),
            next: None,
            adjacent: None,
        });
        noted(state, &path, read)
    }

    /// The place further up where the same type stands, if it stands there.
    fn held_by(&self, own: Type) -> Option<Path> {
        let state = self.state.borrow();
        let mut above = self.path.clone();
        while above.0.pop().is_some() {
            if state.types.get(&above) == Some(&own) {
                return Some(above);
            }
        }
        None
    }

    /// Goes on as the place further up where the same type stands; or, if it stands nowhere, notes that it stands here.
    pub(super) fn entered(mut self, own: Type) -> Result<Self, Fault> {
        if let Some(depth) = self.inner {
            if depth > 40 {
                return noted(self.state, &self.path, Err(Fault::TooDeep));
            }
            self.inner = Some(depth + 1);
            if let Some(above) = self.held_by(own) {
                self.path = above;
            }
            return Ok(self);
        }
        match self.held_by(own) {
            Some(above) => {
                self.learn(Kind::Same(above.clone()));
                self.inner = Some(0);
                self.path = above;
            }
            None => {
                let mut state = self.state.borrow_mut();
                state.types.insert(self.path.clone(), own);
            }
        }
        Ok(self)
    }

    pub(super) fn struct_fields<'de, V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let state = self.state.borrow();
        let is_adjacent = matches!(state.tagging(&self.path), Some(Tagging::Adjacent { .. }));
        let aliases = state.aliases.get(&self.path);
        let own = |name: &&&str| aliases.is_none_or(|aliases| !aliases.contains_key(**name));
        let mut names: Vec<_> = names
            .iter()
            .filter(own)
            .map(|&name| name.to_owned())
            .collect();
        if let Some(first) = state.first.get(&self.path) {
            names.retain(|name| name != first);
            names.insert(0, first.clone());
        }
        drop(state);
        if !is_adjacent {
            self.learn(Kind::Struct);
        }
        let fields = names.into_iter().map(|name| {
            let at = self.path.then(Step::Field(name.clone()));
            (name, at)
        });
        let fields = fields.collect();
        self.fields(fields, visitor)
    }
}
