//! Finds a claim by its name, or by a path into the objects that it stands in.
//!
//! Providers put what an app adds about a person into an object of its own (`app_metadata` at Supabase). A name that
//! begins with `/` is a JSON pointer to it, `/app_metadata/plan`; any other name is a top-level claim's, whatever
//! characters it has: Auth0's `https://app.example/plan` is one name.
//! Source: RFC 6901 section 3 (read 2026-11-22).
//!
//! The reader of tokens keeps top-level members alone, so that tokens cost the same whoever signs them. A path is
//! followed in a second look at the payload, only where config has one and the token has the outermost object.
//!
//! It does *not* count into lists: what stands first in a list of roles means nothing.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::members::{Member, Name, Value};
use super::settings::IssuerFault;
use super::token::Unverified;

/// How deep a path may go: deeper than any provider nests.
const MAX_STEPS: usize = 8;

/// Where a claim stands.
pub(super) enum ClaimName {
    /// At the top, under this name.
    Top(String),
    /// Inside objects: the names on the way, outermost first, at least two.
    Path(Vec<String>),
}

/// A claim that was found.
pub(super) enum Claim<'a> {
    Top(&'a Member<'a>),
    Nested(Member<'a>),
}

impl<'a> Claim<'a> {
    pub(super) const fn member(&self) -> &Member<'a> {
        match self {
            Self::Top(member) => member,
            Self::Nested(member) => member,
        }
    }

    /// The claim if it is text.
    pub(super) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Top(Member::Text(text)) => Some(Cow::Borrowed(text)),
            Self::Nested(Member::Text(text)) => Some(text),
            _ => None,
        }
    }
}

impl ClaimName {
    /// Reads a name or a path.
    ///
    /// # Errors
    /// [`IssuerFault::ClaimName`]: it is empty, or a path with an empty step, with too many, or with a `~` that is
    /// neither `~0` (which means `~`) nor `~1` (which means `/`).
    pub(super) fn parse(text: &str) -> Result<Self, IssuerFault> {
        let Some(path) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Err(IssuerFault::ClaimName)
            } else {
                Ok(Self::Top(text.to_owned()))
            };
        };
        let steps: Option<Vec<String>> = path.split('/').map(unescaped).collect();
        let mut steps = steps.filter(|steps| steps.len() <= MAX_STEPS).ok_or(IssuerFault::ClaimName)?;
        match steps.pop() {
            Some(only) if steps.is_empty() => Ok(Self::Top(only)),
            Some(last) => {
                steps.push(last);
                Ok(Self::Path(steps))
            }
            None => Err(IssuerFault::ClaimName),
        }
    }

    /// The name of the top-level claim that holds it.
    pub(super) fn first(&self) -> &str {
        match self {
            Self::Top(name) => name,
            Self::Path(steps) => steps.first().map_or("", String::as_str),
        }
    }

    /// The names on the way, outermost first.
    pub(super) fn steps(&self) -> &[String] {
        match self {
            Self::Top(name) => std::slice::from_ref(name),
            Self::Path(steps) => steps,
        }
    }

    /// The claim, unless it or anything on the way is absent or `null`. Where something else than an object stands
    /// on the way, that is what is found: it fits no rule, and no text is read from it.
    pub(super) fn find<'a>(&self, token: &'a Unverified<'_>) -> Option<Claim<'a>> {
        let top = token.claims.get(self.first())?;
        match (self, top) {
            (_, Member::Null) => None,
            (Self::Top(_), member) => Some(Claim::Top(member)),
            (Self::Path(steps), Member::Other) => read(token.payload, steps).map(Claim::Nested),
            (Self::Path(_), _) => Some(Claim::Nested(Member::Other)),
        }
    }
}

/// A step without its escapes; `None` if it is empty or has others.
fn unescaped(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escaped, rest) = part.split_at_checked(1)?;
        text.push(match escaped {
            "0" => '~',
            "1" => '/',
            _ => return None,
        });
        text.push_str(rest);
    }
    (!text.is_empty()).then_some(text)
}

/// The payload has been read by [`super::members`] before, so its names are all different and it is not too deep.
fn read<'a>(payload: &'a [u8], steps: &[String]) -> Option<Member<'a>> {
    let mut reader = serde_json::Deserializer::from_slice(payload);
    Along { steps }.deserialize(&mut reader).unwrap_or(Some(Member::Other))
}

/// Goes on along the rest of a path.
#[derive(Clone, Copy)]
struct Along<'p> {
    steps: &'p [String],
}

impl<'de> DeserializeSeed<'de> for Along<'_> {
    type Value = Option<Member<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        if self.steps.is_empty() {
            let member = Value::outermost().deserialize(reader)?;
            return Ok(Some(member).filter(|member| !matches!(member, Member::Null)));
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Along<'_> {
    type Value = Option<Member<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Some(Member::Other))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Some(Member::Other))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Some(Member::Other))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Some(Member::Other))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Some(Member::Other))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Member::Other))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = object.next_key_seed(Name)? {
            match self.steps.split_first() {
                Some((wanted, rest)) if name == *wanted => {
                    found = object.next_value_seed(Along { steps: rest })?;
                }
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Option<Vec<String>> {
        ClaimName::parse(text).ok().map(|name| name.steps().to_vec())
    }

    #[test]
    fn a_name_that_begins_with_a_slash_is_a_path_and_any_other_is_one_name() {
        for (text, expected) in [
            ("plan", &["plan"][..]),
            ("https://app.example/plan", &["https://app.example/plan"]),
            ("cognito:groups", &["cognito:groups"]),
            ("/plan", &["plan"]),
            ("/app_metadata/plan", &["app_metadata", "plan"]),
            ("/https:~1~1app.example~1claims/plan", &["https://app.example/claims", "plan"]),
            ("/a~01/b", &["a~1", "b"]),
        ] {
            assert_eq!(
                steps(text).as_deref(),
                Some(&expected.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()[..])
            );
        }
        for bad in ["", "/", "//", "/a/", "/a//b", "/a~", "/a~2", "/~é", "/1/2/3/4/5/6/7/8/9"] {
            assert_eq!(steps(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_path_leads_through_objects_alone() {
        let payload =
            br#"{"x":{"plan":"no"},"m":{"other":{"plan":"no"},"a":{"pl\u0061n":"p\u0072o"},"n":null,
            "list":[{"plan":"no"}],"text":"no","groups":["a","b"],"on":true},"plan":"no"}"#;
        let found = |path: &str| {
            let ClaimName::Path(steps) = ClaimName::parse(path).unwrap() else { panic!("a path") };
            read(payload, &steps)
        };
        assert!(matches!(found("/m/a/plan"), Some(Member::Text(text)) if text == "pro"));
        assert!(matches!(found("/m/text"), Some(Member::Text(Cow::Borrowed("no")))));
        assert!(matches!(found("/m/groups"), Some(Member::Texts(texts)) if texts == ["a", "b"]));
        assert!(matches!(found("/m/on"), Some(Member::Bool(true))));
        for absent in ["/m/plan", "/m/n", "/m/n/plan", "/m/a/other", "/m/other/a"] {
            assert!(found(absent).is_none(), "{absent}");
        }
        for odd in ["/m/a", "/m/list/0", "/m/list/0/plan", "/m/text/plan", "/m/groups/0", "/m/on/plan"] {
            assert!(matches!(found(odd), Some(Member::Other)), "{odd}");
        }
    }
}
