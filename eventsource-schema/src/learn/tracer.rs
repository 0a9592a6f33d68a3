//! A deserializer that has nothing to read: it notes what it is asked for, and makes up an answer.

use std::cell::RefCell;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

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
fn noted<T>(state: &RefCell<State>, path: &Path, read: Result<T, Fault>) -> Result<T, Fault> {
    if let Err(fault) = &read {
        let blame = &mut state.borrow_mut().pass.blame;
        blame.get_or_insert_with(|| (path.clone(), fault.clone()));
    }
    read
}

/// Around a payload: the tuple of one in which it is read.
pub(super) struct Outside<'s>(pub(super) Tracer<'s>);

impl<'de> Deserializer<'de> for Outside<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Once(Some(self.0)))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Once<'s>(Option<Tracer<'s>>);

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        self.0.take().map(|tracer| tracer.read(seed)).transpose()
    }
}

impl<'s> Tracer<'s> {
    /// Reads with this, and notes where it failed, if nothing deeper did.
    fn read<'de, T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let (state, path) = (self.state, self.path.clone());
        noted(state, &path, seed.deserialize(self))
    }

    fn learn(&self, kind: Kind) {
        if self.inner.is_none() {
            self.state.borrow_mut().learn(&self.path, kind);
        }
    }

    fn given(&self) -> Option<Value> {
        self.state.borrow().given(&self.path).cloned()
    }

    fn candidate(&self, count: usize) -> usize {
        self.state.borrow_mut().candidate(&self.path, count)
    }

    fn integer<'de, V: Visitor<'de>>(
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

    fn fraction<'de, V: Visitor<'de>>(self, bits: u8, visitor: V) -> Result<V::Value, Fault> {
        self.learn(Kind::Float(bits));
        let mut candidates = candidates::fractions(self.given().as_ref());
        let number = candidates.swap_remove(self.candidate(candidates.len()));
        *self.slot = number.into();
        visitor.visit_f64(number)
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let given = self.given();
        let mut texts = candidates::texts(given.as_ref(), &self.state.borrow().tried);
        let Text { text, format } = texts.swap_remove(self.candidate(texts.len()));
        self.learn(Kind::Text(format.map(str::to_owned)));
        *self.slot = text.clone().into();
        visitor.visit_string(text)
    }

    /// Something that looks at what is there: what it is given first is what it is taken for.
    fn anything<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let probe = self.state.borrow().pass.probe.clone();
        if let Some((path, value)) = probe
            && path == self.path
        {
            self.slot.clone_from(&value);
            return value
                .deserialize_any(visitor)
                .map_err(serde::de::Error::custom);
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
            return read.map_err(serde::de::Error::custom);
        }
        let kind = ANY_KINDS.get(candidate).copied();
        if kind != Some("map") {
            self.learn(Kind::Any([kind.unwrap_or("text").to_owned()].into()));
        }
        match kind {
            Some("text") | None => {
                let text = candidate.checked_sub(ANY_KINDS.len() - 1).unwrap_or(0);
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

    /// A struct that does not say what its fields are: those that are known by now.
    fn open<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
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
    fn entered(mut self, own: Type) -> Result<Self, Fault> {
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

    fn struct_fields<'de, V: Visitor<'de>>(
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

/// What a value that is looked at is given, in this order. After them come the other texts.
const ANY_KINDS: [&str; 7] = ["text", "number", "fraction", "bool", "map", "list", "null"];

/// Past the candidates that tell what something that is looked at may be.
pub(super) const LAST_USUAL: usize = ANY_KINDS.len();

macro_rules! integers {
    ($($method:ident: $signed:literal $bits:literal,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.integer($signed, $bits, visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Fault;

    integers! {
        deserialize_i8: true 8,
        deserialize_i16: true 16,
        deserialize_i32: true 32,
        deserialize_i64: true 64,
        deserialize_i128: true 128,
        deserialize_u8: false 8,
        deserialize_u16: false 16,
        deserialize_u32: false 32,
        deserialize_u64: false 64,
        deserialize_u128: false 128,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.anything(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.learn(Kind::Bool);
        let given = self
            .given()
            .and_then(|given| given.as_bool())
            .unwrap_or(true);
        let value = [given, !given][self.candidate(2)];
        *self.slot = value.into();
        visitor.visit_bool(value)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.fraction(32, visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.fraction(64, visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.learn(Kind::Char);
        *self.slot = "c".into();
        visitor.visit_char('c')
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.learn(Kind::Bytes);
        *self.slot = vec![1].into();
        visitor.visit_bytes(&[1])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.learn(Kind::Bytes);
        *self.slot = vec![1].into();
        visitor.visit_byte_buf(vec![1])
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.inner.is_some() {
            *self.slot = Value::Null;
            return visitor.visit_none();
        }
        let (state, path) = (self.state, self.path.clone());
        let read = visitor.visit_some(self);
        if let Some(node) = state.borrow_mut().nodes.get_mut(&path) {
            node.null = true;
        }
        read
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.learn(Kind::Nothing);
        *self.slot = Value::Null;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.learn(Kind::List);
        *self.slot = Value::Array(Vec::new());
        let given = self.given().and_then(|given| Some(given.as_array()?.len()));
        let length = match self.inner {
            Some(_) => 0,
            None => given.unwrap_or(1).max(1),
        };
        let steps = std::iter::repeat_n(Step::Item, length).collect::<Vec<_>>();
        visitor.visit_seq(Elements {
            of: self,
            left: steps.into_iter(),
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.learn(Kind::Tuple(length));
        *self.slot = Value::Array(Vec::new());
        let steps = (0..length).map(Step::Element).collect::<Vec<_>>();
        visitor.visit_seq(Elements {
            of: self,
            left: steps.into_iter(),
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.state.borrow().open.contains_key(&self.path) {
            self.learn(Kind::Struct);
            return self.open(visitor);
        }
        self.learn(Kind::Map);
        *self.slot = Value::Object(Map::new());
        let entries = usize::from(self.inner.is_none());
        visitor.visit_map(Entries {
            of: self,
            left: entries,
            key: String::new(),
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.entered((name, fields))?.struct_fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // The field that says which variant of an adjacently tagged enum it is.
        let said_at = self.path.split_last();
        let tagged = said_at.as_ref().and_then(|(parent, step)| {
            let state = self.state.borrow();
            let (own, fields) = state.types.get(parent)?;
            match (fields, step) {
                ([tag, content], Step::Field(field)) if *own == name && tag == field => {
                    Some((parent.clone(), (*tag).to_owned(), (*content).to_owned()))
                }
                _ => None,
            }
        });
        let names: Vec<_> = variants.iter().map(|&name| name.to_owned()).collect();
        if let Some((parent, tag, content)) = tagged {
            let mut state = self.state.borrow_mut();
            state.learn(&parent, Kind::Enum(Tagging::Adjacent { tag, content }));
            let variant = match self.inner {
                None => state.choose(&self.path, &names),
                Some(_) => inner_variant(&mut state, name, &names),
            };
            state.pass.chosen.insert(self.path.clone(), variant.clone());
            drop(state);
            *self.slot = variant.clone().into();
            let variant: StrDeserializer<'_, Fault> = variant.as_str().into_deserializer();
            return visitor.visit_enum(variant);
        }
        let of = self.entered((name, variants))?;
        of.learn(Kind::Enum(Tagging::External));
        let mut state = of.state.borrow_mut();
        let variant = match of.inner {
            None => state.choose(&of.path, &names),
            Some(_) => inner_variant(&mut state, name, &names),
        };
        drop(state);
        visitor.visit_enum(Variant { of, name: variant })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let mut state = self.state.borrow_mut();
        if let Some((parent, Step::Key)) = self.path.split_last() {
            // The keys of a struct of which a part is flattened.
            state.open.entry(parent).or_default();
            state.pass.again = true;
            return Err(Fault::Other("its fields are not known".to_owned()));
        }
        let variants = state.variants.get(&self.path).cloned();
        let name = match variants {
            Some(variants) => state.choose(&self.path, &variants),
            None => "text".to_owned(),
        };
        drop(state);
        *self.slot = name.clone().into();
        noted(self.state, &self.path, visitor.visit_string(name))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        *self.slot = Value::Null;
        visitor.visit_unit()
    }
}

/// Which variant to take where a type holds itself: one that ends, as too deep a value has told.
fn inner_variant(state: &mut State, name: &'static str, names: &[String]) -> String {
    let choice = *state.inner.entry(name).or_default();
    let variant = names.get(choice % names.len().max(1));
    variant.cloned().unwrap_or_default()
}

struct Elements<'s, I> {
    of: Tracer<'s>,
    left: I,
}

impl<'de, I: Iterator<Item = Step>> SeqAccess<'de> for Elements<'_, I> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(step) = self.left.next() else {
            return Ok(None);
        };
        let mut element = Value::Null;
        let read = Tracer {
            state: self.of.state,
            path: self.of.path.then(step),
            slot: &mut element,
            inner: self.of.inner,
        }
        .read(seed);
        if let Value::Array(elements) = &mut *self.of.slot {
            elements.push(element);
        }
        read.map(Some)
    }
}

struct Fields<'s, I> {
    of: Tracer<'s>,
    left: I,
    next: Option<(String, Path)>,
    /// Where the variant of an adjacently tagged enum stands, once it is known.
    adjacent: Option<Path>,
}

impl<'de, I: Iterator<Item = (String, Path)>> MapAccess<'de> for Fields<'_, I> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some((name, at)) = self.left.next() else {
            return Ok(None);
        };
        let mut state = self.of.state.borrow_mut();
        state.pass.last.insert(self.of.path.clone(), name.clone());
        drop(state);
        let at = self.adjacent.take().unwrap_or(at);
        self.next = Some((name.clone(), at));
        let key: StrDeserializer<'_, Fault> = name.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let Some((name, path)) = self.next.take() else {
            return Err(Fault::Other(
                "a value was asked for before its key".to_owned(),
            ));
        };
        let mut value = Value::Null;
        let read = Tracer {
            state: self.of.state,
            path: path.clone(),
            slot: &mut value,
            inner: self.of.inner,
        }
        .read(seed);
        if let Value::Object(fields) = &mut *self.of.slot {
            fields.insert(name, value);
        }
        let state = self.of.state.borrow();
        if let Some(Tagging::Adjacent { .. }) = state.tagging(&self.of.path) {
            let variant = state.pass.chosen.get(&path).cloned();
            self.adjacent = variant.map(|name| self.of.path.then(Step::Variant(name)));
        }
        read
    }
}

struct Entries<'s> {
    of: Tracer<'s>,
    left: usize,
    key: String,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut key = Value::Null;
        let read = Tracer {
            state: self.of.state,
            path: self.of.path.then(Step::Key),
            slot: &mut key,
            inner: self.of.inner,
        }
        .read(seed)?;
        self.key = match key {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Some(read))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let mut value = Value::Null;
        let read = Tracer {
            state: self.of.state,
            path: self.of.path.then(Step::Value),
            slot: &mut value,
            inner: self.of.inner,
        }
        .read(seed);
        if let Value::Object(entries) = &mut *self.of.slot {
            entries.insert(std::mem::take(&mut self.key), value);
        }
        read
    }
}

struct Variant<'s> {
    of: Tracer<'s>,
    name: String,
}

impl<'de, 's> EnumAccess<'de> for Variant<'s> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.name.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'s> Variant<'s> {
    /// What is in the variant, and where its JSON goes.
    fn content(
        self,
        content: &mut Value,
        read: impl FnOnce(Tracer<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        read(Tracer {
            state: self.of.state,
            path: self.of.path.then(Step::Variant(self.name.clone())),
            slot: content,
            inner: self.of.inner,
        })?;
        let filled = Map::from_iter([(self.name, std::mem::take(content))]);
        *self.of.slot = Value::Object(filled);
        Ok(())
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        let name = self.name.clone();
        if self.of.inner.is_none() {
            let at = self.of.path.then(Step::Variant(name.clone()));
            self.of.state.borrow_mut().learn(&at, Kind::Nothing);
        }
        *self.of.slot = name.into();
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let (mut content, mut value) = (Value::Null, None);
        self.content(&mut content, |tracer| {
            value = Some(tracer.read(seed)?);
            Ok(())
        })?;
        value.ok_or(Fault::TooDeep)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let (mut content, mut value) = (Value::Null, None);
        self.content(&mut content, |tracer| {
            value = Some(tracer.deserialize_tuple(length, visitor)?);
            Ok(())
        })?;
        value.ok_or(Fault::TooDeep)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let (mut content, mut value) = (Value::Null, None);
        self.content(&mut content, |tracer| {
            value = Some(tracer.struct_fields(fields, visitor)?);
            Ok(())
        })?;
        value.ok_or(Fault::TooDeep)
    }
}
