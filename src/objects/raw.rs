//! A JSON object taken apart and put together without reading its values.
//!
//! A reply of Astria's is shown with fewer members and otherwise as it came, so its values need not become a
//! tree: they are checked to be JSON, and copied as text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object that are on a list; of a name that comes twice, the last one, as Rails reads it.
pub(super) struct RawObject<'a> {
    /// Sorted.
    names: &'static [&'static str],
    /// One for each name.
    values: Vec<Option<&'a RawValue>>,
}

impl<'a> RawObject<'a> {
    /// The listed members of an object; `names` must be sorted.
    pub(super) fn parse(json: &'a [u8], names: &'static [&'static str]) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let object = Listed(names).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        Some(object)
    }

    /// The same of an object, or of the only element of a list.
    pub(super) fn parse_one(json: &'a [u8], names: &'static [&'static str]) -> Option<Self> {
        if !json.trim_ascii_start().starts_with(b"[") {
            return Self::parse(json, names);
        }
        let [only]: [&RawValue; 1] = serde_json::from_slice(json).ok()?;
        Self::parse(only.get().as_bytes(), names)
    }

    /// A member as text of JSON.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let place = self.names.binary_search(&name).ok()?;
        self.values.get(place).copied().flatten().map(RawValue::get)
    }

    /// A member that is a whole number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Without the members whose text of JSON is refused.
    pub(super) fn keep(mut self, accept: impl Fn(&str) -> bool) -> Self {
        for value in &mut self.values {
            *value = value.filter(|value| accept(value.get()));
        }
        self
    }
}

struct Listed(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Listed {
    type Value = RawObject<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Listed {
    type Value = RawObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = vec![None; self.0.len()];
        while let Some(Name(name)) = map.next_key()? {
            let place = self.0.binary_search(&&*name).ok();
            match place.and_then(|place| values.get_mut(place)) {
                Some(value) => *value = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(RawObject { names: self.0, values })
    }
}

/// A member's name, copied only if it is written with escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// Writes an object member by member.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Begins an object that will hold these members and a few more.
    pub(super) fn with_room_for(members: &RawObject<'_>) -> Self {
        let sizes = members.names.iter().zip(&members.values).filter_map(|(name, value)| {
            // Quotes, colon and comma.
            Some(name.len() + value.as_ref()?.get().len() + 4)
        });
        let mut text = Vec::with_capacity(sizes.sum::<usize>() + 128);
        text.push(b'{');
        Self(text)
    }

    /// Adds the members that `shown` lets through, each as it says.
    pub(super) fn members<'v>(
        &mut self,
        members: &RawObject<'v>,
        shown: impl Fn(&'static str, &'v str) -> Option<Cow<'v, str>>,
    ) {
        for (name, value) in members.names.iter().zip(&members.values) {
            if let Some(value) = value.and_then(|value| shown(name, value.get())) {
                self.raw(name, &value);
            }
        }
    }

    /// Adds a value that is JSON.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.extend_from_slice(value.as_bytes());
    }

    /// Adds a text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        // A text always serializes, and writing to a Vec cannot fail.
        let _ = serde_json::to_writer(&mut self.0, text);
    }

    /// The whole object.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    /// The same as text: what it is made of was.
    pub(super) fn finish_text(self) -> String {
        String::from_utf8(self.finish()).unwrap_or_default()
    }

    /// Names of ours need no escapes.
    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["a", "b", "c"];

    fn shown(json: &str) -> Option<String> {
        let members = RawObject::parse_one(json.as_bytes(), NAMES)?;
        let mut writer = Writer::with_room_for(&members);
        writer.members(&members, |_, value| Some(value.into()));
        String::from_utf8(writer.finish()).ok()
    }

    #[test]
    fn only_listed_members_come_through_as_they_were_written() {
        let json = r#" {"z":{"a":1},"c":[1, {"x":2}],"a":"\u00e9\n","secret":"s"} "#;
        assert_eq!(shown(json).as_deref(), Some(r#"{"a":"\u00e9\n","c":[1, {"x":2}]}"#));
    }

    #[test]
    fn of_a_name_that_comes_twice_in_any_spelling_the_last_counts() {
        assert_eq!(shown(r#"{"a":1,"b":0,"\u0061":2}"#).as_deref(), Some(r#"{"a":2,"b":0}"#));
    }

    #[test]
    fn a_list_of_one_object_is_that_object_and_nothing_else_is_one() {
        assert_eq!(shown(r#"[{"a":1}]"#).as_deref(), Some(r#"{"a":1}"#));
        for odd in
            ["[]", r#"[{"a":1},{"a":1}]"#, "null", "7", r#""a""#, r#"{"a":1}x"#, r#"{"a":}"#, "", "[[{}]]"]
        {
            assert_eq!(shown(odd), None, "{odd}");
        }
    }

    #[test]
    fn numbers_are_whole_and_not_negative() {
        let number = |json: &str| RawObject::parse(json.as_bytes(), NAMES).unwrap().number("a");
        assert_eq!(number(r#"{"a":42}"#), Some(42));
        for odd in [r#"{"a":-1}"#, r#"{"a":1.5}"#, r#"{"a":"1"}"#, r#"{"a":1e3}"#, "{}", r#"{"a":null}"#] {
            assert_eq!(number(odd), None, "{odd}");
        }
    }
}
