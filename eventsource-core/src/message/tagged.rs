//! A message as a value of its own, `{"name": payload}`: serde's two, for the generated enums.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeOwned, IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{MessageReader, MessageSet, MessageWriter, NO_SUCH_VARIANT};

/// Serializes a message as `{"name": payload}`.
pub fn serialize<M: MessageSet, S: Serializer>(
    message: &M,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    message.write(Tagged(serializer))
}

/// Serializes a message as `{"name": payload}`.
struct Tagged<S>(S);

impl<S: Serializer> MessageWriter for Tagged<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn write<T: Serialize>(
        self,
        name: &'static str,
        _: u32,
        payload: &T,
    ) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = self.0.serialize_map(Some(1))?;
        map.serialize_entry(name, payload)?;
        map.end()
    }
}

/// Reads `{"name": payload}`, or `"name"` alone where there is nothing in the payload.
pub fn deserialize<'de, M: MessageSet, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<M, D::Error> {
    deserializer.deserialize_any(MessageVisitor(PhantomData))
}

struct MessageVisitor<M>(PhantomData<M>);

impl<'de, M: MessageSet> de::Visitor<'de> for MessageVisitor<M> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message as {\"name\": {…}}, where the name is one of")?;
        M::ROWS
            .iter()
            .try_for_each(|row| write!(f, " `{}`", row.name))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<M, E> {
        M::read(
            variant::<M, E>(name)?,
            Payload(de::value::UnitDeserializer::new(), PhantomData),
        )
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<M, A::Error> {
        let Some(Name(variant, _)) = map.next_key::<Name<M>>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let message = M::read(variant, Value(&mut map, PhantomData))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(message),
            Some(_) => Err(de::Error::custom("more than one message")),
        }
    }
}

/// The newest variant of a name.
fn variant<M: MessageSet, E: de::Error>(name: &str) -> Result<u16, E> {
    let named = M::ROWS.iter().filter(|row| row.name == name);
    named
        .max_by_key(|row| row.version)
        .map(|row| row.variant)
        .ok_or_else(|| {
            let known: Vec<_> = M::ROWS
                .iter()
                .map(|row| format!("`{}`", row.name))
                .collect();
            E::custom(format_args!(
                "unknown message `{}`, expected {}",
                name.escape_debug(),
                known.join(" or ")
            ))
        })
}

struct Name<M>(u16, PhantomData<M>);

impl<'de, M: MessageSet> Deserialize<'de> for Name<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self(variant::<M, D::Error>(&name)?, PhantomData))
    }
}

struct Payload<'de, D>(D, PhantomData<&'de ()>);

impl<'de, D: Deserializer<'de>> MessageReader for Payload<'de, D> {
    type Error = D::Error;

    fn read<T: DeserializeOwned>(self) -> Result<T, D::Error> {
        T::deserialize(self.0)
    }

    fn no_such_variant(self) -> D::Error {
        de::Error::custom(NO_SUCH_VARIANT)
    }
}

struct Value<'a, 'de, A>(&'a mut A, PhantomData<&'de ()>);

impl<'de, A: MapAccess<'de>> MessageReader for Value<'_, 'de, A> {
    type Error = A::Error;

    fn read<T: DeserializeOwned>(self) -> Result<T, A::Error> {
        self.0.next_value()
    }

    fn no_such_variant(self) -> A::Error {
        de::Error::custom(NO_SUCH_VARIANT)
    }
}
