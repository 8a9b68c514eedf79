//! Reads a JSON body, strictly: one object, no key twice, nothing around it.
//!
//! `serde_json::Value` silently keeps the last of two equal keys, and a proxy that kept the first would price
//! another request than Rails runs (PARAM-21); so this is a visitor of our own. Depth and count are checked while
//! parsing: a megabyte of `[` is refused at its seventh byte.

use std::cell::Cell;
use std::fmt;

use indexmap::map::Entry;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Object, ParamLimits, Params, ParamsError, ParamsKind, Value, name};

/// Reads the body.
pub(super) fn parse(body: &[u8], limits: &ParamLimits) -> Result<Params, ParamsError> {
    let reading = Reading { limits, values: Cell::new(0), refusal: Cell::new(None) };
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed = Node { reading: &reading, depth: 0 }
        .deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value));
    match parsed {
        Ok(Value::Object(root)) => Ok(Params { root, kind: ParamsKind::Json }),
        Ok(_) => Err(ParamsError::RootNotObject),
        Err(error) => Err(reading
            .refusal
            .get()
            .unwrap_or(ParamsError::InvalidJson { line: error.line(), column: error.column() })),
    }
}

/// What one parse shares between its nodes.
struct Reading<'a> {
    limits: &'a ParamLimits,
    values: Cell<usize>,
    /// The typed reason behind serde's error, if it is ours.
    refusal: Cell<Option<ParamsError>>,
}

impl Reading<'_> {
    fn refuse<E: serde::de::Error>(&self, reason: ParamsError) -> E {
        self.refusal.set(Some(reason));
        E::custom("refused")
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        let values = self.values.get() + 1;
        self.values.set(values);
        let limit = self.limits.max_params;
        if values > limit { Err(self.refuse(ParamsError::TooManyParams { limit })) } else { Ok(()) }
    }

    fn text<E: serde::de::Error>(&self, text: &str) -> Result<(), E> {
        let limit = self.limits.max_text_bytes;
        if text.len() > limit {
            return Err(self.refuse(ParamsError::TextTooLong { limit }));
        }
        if text.contains('\0') { Err(self.refuse(ParamsError::NulByte)) } else { Ok(()) }
    }
}

/// A value at a depth; the root has depth 0.
#[derive(Clone, Copy)]
struct Node<'a> {
    reading: &'a Reading<'a>,
    depth: usize,
}

impl Node<'_> {
    /// The place of this container's children.
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        let limit = self.reading.limits.max_depth;
        if self.depth >= limit {
            return Err(self.reading.refuse(ParamsError::TooDeep { limit }));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("not finite"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.reading.text(text)?;
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(value) = elements.next_element_seed(inner)? {
            self.reading.count()?;
            // Rails takes nulls out of lists ("deep munge").
            if value != Value::Null {
                list.push(value);
            }
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut object = Object::new();
        while let Some(key) = members.next_key::<String>()? {
            self.reading.count()?;
            name::check_key(&key, self.reading.limits)
                .map_err(|reason| self.reading.refuse::<A::Error>(reason))?;
            let Entry::Vacant(place) = object.entry(key) else {
                return Err(self.reading.refuse(ParamsError::DuplicateKey));
            };
            place.insert(members.next_value_seed(inner)?);
        }
        Ok(Value::Object(object))
    }
}
