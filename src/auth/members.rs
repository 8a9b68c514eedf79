//! Reads the members of a token's JSON objects without copying them.
//!
//! Whoever sends bad tokens decides how often this runs, so it borrows from the text: names and values are
//! copied only where an escape has to be undone, and of what stands deeper than the second level only the
//! form is checked. The form is as strict as in [`super::json`], which says why: no repeated name at any level, bounded
//! depth, one object and nothing after it.
//!
//! It does *not* keep nested objects, or lists of anything but texts; [`super::claim_name`] looks into objects.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::json::MAX_DEPTH;

/// The members of one object, all of different names, as they were written.
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, Member<'a>)>);

/// A member's value, as far as any claim is read.
pub(super) enum Member<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(Number),
    Bool(bool),
    /// A list of nothing but texts.
    Texts(Vec<Cow<'a, str>>),
    /// Anything else.
    Other,
}

impl<'a> Members<'a> {
    /// Reads one JSON object, and nothing after it; `None` if it is anything else.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let members = reader.deserialize_map(Outermost).ok()?;
        reader.end().ok()?;
        Some(members)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Member<'a>> {
        self.0.iter().find(|(has, _)| has == name).map(|(_, value)| value)
    }

    /// The member's value, out of the object.
    pub(super) fn take(&mut self, name: &str) -> Option<Member<'a>> {
        let at = self.0.iter().position(|(has, _)| has == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The member's text; `None` if it is absent or no text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Member::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// The names of one object so far. Comparing them all is fastest for the few that tokens have; an object with many
/// must not cost their square.
#[derive(Default)]
struct Names<'a> {
    few: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

const FEW: usize = 24;

impl<'a> Names<'a> {
    /// False if it was there already.
    fn insert(&mut self, name: Cow<'a, str>) -> bool {
        if self.few.contains(&name) {
            return false;
        }
        if self.few.len() < FEW {
            self.few.push(name);
            return true;
        }
        self.many.insert(name)
    }
}

fn repeated<E: de::Error>() -> E {
    E::custom("a repeated member name")
}

struct Outermost;

impl<'de> Visitor<'de> for Outermost {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object without repeated member names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Member<'de>)> = Vec::with_capacity(12);
        let mut many = HashSet::new();
        while let Some(name) = object.next_key_seed(Name)? {
            let is_new = if members.len() < FEW {
                members.iter().all(|(other, _)| *other != name)
            } else {
                if many.is_empty() {
                    many.extend(members.iter().map(|(name, _)| name.clone()));
                }
                many.insert(name.clone())
            };
            if !is_new {
                return Err(repeated());
            }
            members.push((name, object.next_value_seed(Value::outermost())?));
        }
        Ok(Members(members))
    }
}

/// Reads a member's name.
pub(super) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Reads a member's value, as strictly as all of it.
#[derive(Clone, Copy)]
pub(super) struct Value {
    depth_left: u8,
}

impl Value {
    /// A member of the outermost object.
    pub(super) const fn outermost() -> Self {
        Self { depth_left: MAX_DEPTH - 1 }
    }

    fn inside<E: de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left }),
            None => Err(E::custom("nested too deeply")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Member<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Member<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated member names")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Member::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Member::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Member::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Number::from_f64(value).map(Member::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inside = self.inside()?;
        let mut texts = Some(Vec::new());
        while let Some(item) = items.next_element_seed(inside)? {
            match (item, &mut texts) {
                (Member::Text(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(Member::Other, Member::Texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let inside = self.inside()?;
        let mut names = Names::default();
        while let Some(name) = object.next_key_seed(Name)? {
            if !names.insert(name) {
                return Err(repeated());
            }
            object.next_value_seed(inside)?;
        }
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::json;

    /// What both readers say, which must be the same.
    fn is_read(text: &str) -> bool {
        let here = Members::read(text.as_bytes()).is_some();
        assert_eq!(here, json::object(text.as_bytes()).is_some(), "{text}");
        here
    }

    #[test]
    fn jwt_16_a_repeated_name_at_any_level_refuses_the_whole_text() {
        assert!(is_read(r#"{"a":{"b":1,"c":[{"d":1.5},null,true]},"e":-1}"#));
        for doubled in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[{"a":1,"a":2}]}"#,
            r#"{"x":[1,"t",{"y":{"a":1,"a":2}}]}"#,
        ] {
            assert!(!is_read(doubled), "{doubled}");
        }
    }

    #[test]
    fn jwt_16_a_repeated_name_among_many_is_found_too() {
        let many = |last: usize, nested: bool| {
            let members: Vec<String> = (0..100).chain([last]).map(|n| format!("\"m{n}\":{n}")).collect();
            let object = format!("{{{}}}", members.join(","));
            if nested { format!("{{\"o\":{object}}}") } else { object }
        };
        for nested in [false, true] {
            assert!(is_read(&many(100, nested)));
            for double in [0, 23, 24, 25, 99] {
                assert!(!is_read(&many(double, nested)), "{double}");
            }
        }
    }

    #[test]
    fn only_one_whole_object_is_read() {
        for other in [
            "",
            "[]",
            "1",
            "null",
            "\"text\"",
            "{} {}",
            "{}x",
            "\u{feff}{}",
            "{\"a\":1,}",
            "{'a':1}",
            "{1:1}",
            "{\"a\":1e999}",
            "{\"a\":NaN}",
            r#"{"a":"\ud800"}"#,
        ] {
            assert!(!is_read(other), "{other}");
        }
        assert!(Members::read(b"{\"a\":\"\xff\"}").is_none());
        let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_read(&nested(15)));
        assert!(!is_read(&nested(16)));
    }

    #[test]
    fn texts_are_borrowed_and_escapes_undone() {
        let members = Members::read(br#"{"sub":"a","\u0061ud":["x","\u0079"],"n":1.5,"o":["x",1]}"#).unwrap();
        assert!(matches!(members.get("sub"), Some(Member::Text(Cow::Borrowed("a")))));
        assert!(matches!(members.get("aud"), Some(Member::Texts(texts)) if *texts == ["x", "y"]));
        assert!(matches!(members.get("n"), Some(Member::Number(_))));
        assert!(matches!(members.get("o"), Some(Member::Other)));
        assert!(members.get("none").is_none());
        assert_eq!(members.text("sub"), Some("a"));
    }
}
