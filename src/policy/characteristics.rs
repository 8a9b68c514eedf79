//! What Astria writes into texts in place of `{{name}}`: the characteristics of a tune.
//!
//! A value could complete a reference or a flag that its template only begins, so values have nothing that either is
//! made of; and where the values are known, each text is judged a second time as it will read.
//!
//! What it does *not* do: it knows no template of a pack; those are the operator's, and the bounds of values are what
//! keeps them as the operator wrote them.

use bytes::Bytes;

use crate::ownership::References;
use crate::params::{Object, ParamLimits, Value, parse_body};

use super::judge::Findings;
use super::look_alike::{DASH, EM_DASH, Folded};
use super::text::{self, Refusal};
use super::{FieldErrors, PlanRules, PolicyError, PolicyRules};

/// Names of one tune.
pub(super) const MAX_KEYS: usize = 64;
/// Bytes of one name.
pub(super) const MAX_KEY_BYTES: usize = 64;
/// Bytes of one value.
pub(super) const MAX_VALUE_BYTES: usize = 500;

/// Values by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Characteristics(Object);

impl Characteristics {
    /// Those of a tune as Astria showed it: whatever they are, texts are judged as they will read.
    pub fn seen(members: &serde_json::Value) -> Self {
        let parsed;
        let members = match members {
            serde_json::Value::String(text) => {
                parsed = serde_json::from_str(text).unwrap_or_default();
                &parsed
            }
            other => other,
        };
        let Some(members) = members.as_object() else { return Self::default() };
        let value = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Some(Value::Text(text.clone())),
            serde_json::Value::Number(number) => Some(Value::Number(number.clone())),
            serde_json::Value::Bool(bool) => Some(Value::Bool(*bool)),
            _ => None,
        };
        Self(members.iter().filter_map(|(key, member)| Some((key.clone(), value(member)?))).collect())
    }

    /// Judges what a client sent: an object, or the text of a JSON object. `None` if nothing was sent.
    pub(super) fn judge(value: Value, rules: &PolicyRules) -> Result<Option<Self>, Refusal> {
        let object = match value {
            Value::Null => return Ok(None),
            Value::Text(text) if text.is_empty() => return Ok(None),
            Value::Text(text) => parse(text)?,
            Value::Object(object) => object,
            _ => return Err("must be an object".into()),
        };
        if object.len() > MAX_KEYS {
            return Err(Refusal::Message(format!("has too many names (maximum is {MAX_KEYS})")));
        }
        let mut judged = Object::with_capacity(object.len());
        for (key, value) in object {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if key.is_empty() || key.len() > MAX_KEY_BYTES || !key.bytes().all(plain) {
                return Err("has a name that is not of a-z, 0-9 and _, 64 at most".into());
            }
            match value {
                Value::Null => continue,
                Value::Bool(_) | Value::Number(_) => {}
                Value::Text(ref text) => judge_value(text, rules)?,
                Value::File(_) | Value::List(_) | Value::Object(_) => {
                    return Err("has a value that is no text, number or boolean".into());
                }
            }
            judged.insert(key, value);
        }
        Ok(Some(Self(judged)))
    }

    /// As they are sent: an object.
    pub(super) fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// A text as it will read; names without a value are taken out.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) = rest.split_once("{{") {
            let Some((name, after)) = from.split_once("}}") else { break };
            filled.push_str(before);
            let name = name.trim_matches(|c: char| c.is_whitespace() || c == '{' || c == '&');
            match self.0.get(name).or_else(|| self.0.get(&name.to_lowercase())) {
                Some(Value::Text(value)) => filled.push_str(value),
                Some(Value::Number(value)) => filled.push_str(&value.to_string()),
                Some(Value::Bool(value)) => filled.push_str(if *value { "true" } else { "false" }),
                _ => {}
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// Judges a text as it will read. What it refers to then is counted instead of, not beside, what it refers to
    /// now: `counted_before` is what was counted before it was judged as it stands.
    pub(super) fn judge_filled(
        &self,
        text: &str,
        rules: &PolicyRules,
        plan: &PlanRules<'_>,
        found: &mut Findings,
        counted_before: usize,
    ) -> Result<(), Refusal> {
        if !has_template(text) {
            return Ok(());
        }
        found.references = counted_before;
        text::judge(&self.fill(text), rules, plan, found)
    }
}

/// Whether Astria will fill something in.
pub(super) fn has_template(text: &str) -> bool {
    text.contains("{{")
}

/// Judges texts that exist already as they would read with new characteristics, for a change of these.
///
/// What they refer to then is returned, to be proven; a flag that they do not have without the characteristics is
/// refused whatever the plan, because what they cost was settled long ago.
///
/// # Errors
/// [`PolicyError::Invalid`] and [`PolicyError::PlanForbids`].
pub fn judge_characteristics_for(
    texts: &[&str],
    characteristics: &Characteristics,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
) -> Result<References, PolicyError> {
    let mut found = Findings::default();
    for text in texts.iter().filter(|text| has_template(text)) {
        let mut alone = Findings::default();
        let is_sound = text::judge(text, rules, plan, &mut alone).is_ok();
        found.asks.granted.clear();
        let refused = text::judge(&characteristics.fill(text), rules, plan, &mut found);
        let adds = found.asks.granted.iter().any(|permission| !alone.asks.granted.contains(permission));
        match refused {
            Ok(()) if is_sound && !adds => {}
            Err(Refusal::Hard(error)) => return Err(error),
            Ok(()) | Err(Refusal::Message(_)) => {
                let message = "would change what a prompt of this tune asks for";
                return Err(PolicyError::Invalid(FieldErrors::one("characteristics", message)));
            }
        }
    }
    Ok(found.names)
}

fn parse(text: String) -> Result<Object, Refusal> {
    let limits = ParamLimits { max_depth: 1, ..ParamLimits::default() };
    parse_body(Some(b"application/json"), &Bytes::from(text), &limits)
        .map(|params| params.root)
        .map_err(|_| "must be an object, or the text of one flat JSON object".into())
}

/// A value has nothing that a reference, a flag or a template is made of, in any spelling.
fn judge_value(text: &str, rules: &PolicyRules) -> Result<(), Refusal> {
    if text.len() > MAX_VALUE_BYTES {
        return Err(Refusal::Message(format!(
            "has a value that is too long (maximum is {MAX_VALUE_BYTES} bytes)"
        )));
    }
    let folded = Folded::new(text);
    let is_dash = |place: usize| matches!(folded.at(place), Some(DASH | EM_DASH));
    let last = folded.len().saturating_sub(1);
    for place in 0..folded.len() {
        let is_bad = match folded.at(place) {
            Some('<' | '>' | '{' | '}' | EM_DASH) => true,
            Some(DASH) => place == 0 || place == last || is_dash(place + 1),
            _ => false,
        };
        if is_bad {
            return Err("has a value with <, >, {, }, -- or a - at its begin or end".into());
        }
    }
    let none = std::collections::BTreeSet::new();
    text::judge(text, rules, &PlanRules::new(&none), &mut Findings::default())
}
