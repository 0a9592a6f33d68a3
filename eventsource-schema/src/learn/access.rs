//! The insides of lists, structs, maps and enums, an element after the other.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::tracer::Tracer;
use crate::layout::{Kind, Tagging};
use crate::path::{Path, Step};

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

pub(super) struct Once<'s>(pub(super) Option<Tracer<'s>>);

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        self.0.take().map(|tracer| tracer.read(seed)).transpose()
    }
}

pub(super) struct Elements<'s, I> {
    pub(super) of: Tracer<'s>,
    pub(super) left: I,
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

pub(super) struct Fields<'s, I> {
    pub(super) of: Tracer<'s>,
    pub(super) left: I,
    pub(super) next: Option<(String, Path)>,
    /// Where the variant of an adjacently tagged enum stands, once it is known.
    pub(super) adjacent: Option<Path>,
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

pub(super) struct Entries<'s> {
    pub(super) of: Tracer<'s>,
    pub(super) left: usize,
    pub(super) key: String,
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

pub(super) struct Variant<'s> {
    pub(super) of: Tracer<'s>,
    pub(super) name: String,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.name.as_str().into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl Variant<'_> {
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
