//! What a type may ask for: serde's whole interface, on a [`Tracer`].

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde_json::{Map, Value};

use super::access::{Elements, Entries, Variant};
use super::fault::Fault;
use super::state::State;
use super::tracer::{Tracer, noted};
use crate::layout::{Kind, Tagging};
use crate::path::Step;

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
