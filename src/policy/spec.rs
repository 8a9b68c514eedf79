//! What a parameter's value may be, and how it is written upstream.
//!
//! Rails casts leniently (`"8abc"` is 8, `8.9` is 8), so a value that is only nearly right would be priced as one
//! thing and run as another (PARAM-25). Here a value is of its kind or refused, and always written in one way.

use serde_json::Number;

use crate::operation::Operation;
use crate::params::{Content, UNJUDGED_TYPE, Upload, Value};
use crate::photo;

use super::judge::Judge;
use super::text::{self, Refusal};
use super::{PolicyError, client_url};

/// Most files or URLs in one list of a prompt.
pub(super) const MAX_LIST: usize = 16;
/// Bytes of a text that the operator lets through by name.
pub(super) const MAX_EXTRA_BYTES: usize = 2048;
/// Bytes of a [`Kind::Token`].
pub(super) const MAX_TOKEN_BYTES: usize = 64;

/// Names that no config lets through, whatever the operation.
const NEVER: [&str; 13] = [
    "_method",
    "authenticity_token",
    "action",
    "base_pack",
    "commit",
    "controller",
    "format",
    "id",
    "pack",
    "pack_id",
    "user",
    "utf8",
    "workspace",
];

/// What a value may be.
pub(super) enum Kind {
    /// Free text, judged for references, flags and templates.
    Text {
        /// Limit, in bytes.
        max_bytes: usize,
    },
    /// A short name of `[A-Za-z0-9._ -]`.
    Token,
    /// A whole number: `min ..= max`, in steps of `step`.
    Whole { min: u64, max: u64, step: u64 },
    /// A number: `min ..= max`.
    Decimal { min: f64, max: f64 },
    /// `true`, `false`, `1`, `0`, in any case and as text; written as JSON booleans.
    Bool,
    /// One of these, exactly.
    Choice(&'static [&'static str]),
    /// One photo.
    Photo,
    /// Photos in a list, so many at most.
    Photos { max: usize },
    /// An https URL that the upstream fetches.
    Url,
    /// Such URLs in a list, so many at most.
    Urls { max: usize },
    /// What the operator added by name: a text, number or boolean; a URL if the name says so.
    Extra,
}

impl Kind {
    /// Of a parameter that the operator added by name.
    pub(super) fn of_extra(name: &str) -> Self {
        if name.ends_with("_url") {
            Self::Url
        } else if name.ends_with("_urls") {
            Self::Urls { max: MAX_LIST }
        } else {
            Self::Extra
        }
    }
}

/// One line of an operation's table.
pub(super) struct Spec {
    /// The upstream's name.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The permission that a plan must give.
    pub(super) needs: Option<&'static str>,
}

/// Whether an operator may add this parameter to an operation (`prompt[new_thing]`, `tune[new_thing]`; `new_thing` for
/// an inspection). What is added to prompts holds for nested and duplicated ones too.
/// Never a callback, an id, nested attributes, or a name that Rails itself reads.
pub fn may_be_added(operation: Operation, path: &str) -> bool {
    let inside = |wrapper| path.strip_prefix(wrapper).and_then(|rest| rest.strip_suffix(']'));
    let name = match operation {
        Operation::CreatePrompt => inside("prompt["),
        Operation::CreateTune => inside("tune["),
        Operation::InspectImage => Some(path),
        _ => None,
    };
    name.is_some_and(|name| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        name.bytes().all(plain)
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !NEVER.contains(&name)
            && !name.contains("callback")
            && !["_id", "_ids", "_attributes"].iter().any(|suffix| name.ends_with(suffix))
    })
}

impl Judge<'_> {
    /// The value to send; `None` if there is nothing to send (null, or a form's empty field).
    pub(super) fn value(&mut self, kind: &Kind, value: Value) -> Result<Option<Value>, Refusal> {
        let is_text = matches!(kind, Kind::Text { .. });
        match &value {
            Value::Null => return Ok(None),
            Value::Text(text) if text.is_empty() && !is_text => return Ok(None),
            Value::List(list) if list.is_empty() => return Ok(None),
            _ => {}
        }
        match kind {
            Kind::Text { max_bytes } => self.text(value, *max_bytes),
            Kind::Token => token(value),
            Kind::Whole { min, max, step } => whole(&value)
                .filter(|number| (*min..=*max).contains(number) && number % step == 0)
                .map(|number| Value::Number(number.into()))
                .ok_or_else(|| {
                    let steps = if *step == 1 { String::new() } else { format!(", a multiple of {step}") };
                    Refusal::Message(format!("must be a whole number between {min} and {max}{steps}"))
                }),
            Kind::Decimal { min, max } => decimal(value)
                .filter(|number| number.as_f64().is_some_and(|number| (*min..=*max).contains(&number)))
                .map(Value::Number)
                .ok_or_else(|| Refusal::Message(format!("must be a number between {min} and {max}"))),
            Kind::Bool => boolean(&value).map(Value::Bool).ok_or_else(|| "must be true or false".into()),
            Kind::Choice(choices) => choice(&value, choices)
                .map(|choice| Value::Text(choice.to_owned()))
                .ok_or_else(|| Refusal::Message(format!("must be one of {}", choices.join(", ")))),
            Kind::Photo => self.photo(value),
            Kind::Photos { max } => list(value, *max, |element| self.photo(element)),
            Kind::Url => self.url(value),
            Kind::Urls { max } => list(value, *max, |element| self.url(element)),
            Kind::Extra => match value {
                Value::Bool(_) | Value::Number(_) => Ok(value),
                other => self.text(other, MAX_EXTRA_BYTES),
            },
        }
        .map(Some)
    }

    fn text(&mut self, value: Value, max_bytes: usize) -> Result<Value, Refusal> {
        let Value::Text(text) = value else { return Err("must be text".into()) };
        if text.len() > max_bytes {
            return Err(Refusal::Message(format!("is too long (maximum is {max_bytes} bytes)")));
        }
        self.judge_text(&text)?;
        Ok(Value::Text(text))
    }

    /// Judges a text as it stands and, where it is known what it is filled with, as it will read.
    pub(super) fn judge_text(&mut self, text: &str) -> Result<(), Refusal> {
        let counted_before = self.found.references;
        text::judge(text, self.rules, &self.plan, &mut self.found)?;
        let Some(known) = self.known else { return Ok(()) };
        known.judge_filled(text, self.rules, &self.plan, &mut self.found, counted_before)
    }

    fn url(&self, value: Value) -> Result<Value, Refusal> {
        let Value::Text(text) = value else { return Err("must be a URL".into()) };
        Ok(Value::Text(client_url::judge(&text, &self.rules.url_hosts)?))
    }

    fn photo(&self, value: Value) -> Result<Value, Refusal> {
        let Value::File(upload) = value else { return Err("must be a file".into()) };
        let refuse = |error| Refusal::Hard(PolicyError::Photo(error));
        let bytes = match upload.content {
            Content::Memory(bytes) => bytes,
            // `photo::admit_spooled` was there; without it, nothing is known of the file.
            Content::Spooled(_) if upload.content_type != UNJUDGED_TYPE => return Ok(Value::File(upload)),
            Content::Spooled(_) => return Err(refuse(photo::PhotoError::UnknownKind)),
        };
        let photo = photo::admit(bytes, &self.rules.photo).map_err(refuse)?;
        let (content_type, file_name) = (photo.kind.content_type(), photo.kind.file_name());
        Ok(Value::File(Upload { content: Content::Memory(photo.bytes), content_type, file_name }))
    }
}

fn list(
    value: Value,
    max: usize,
    one: impl FnMut(Value) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    let Value::List(list) = value else { return Err("must be a list".into()) };
    if list.len() > max {
        return Err(Refusal::Message(format!("has too many elements (maximum is {max})")));
    }
    list.into_iter().map(one).collect::<Result<_, _>>().map(Value::List)
}

/// A JSON integer, or canonical decimal digits. `8.0`, `"08"` and `"8abc"` are none.
pub(super) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::Text(text)
            if text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())) =>
        {
            text.parse().ok()
        }
        _ => None,
    }
}

/// A JSON number, or digits with at most one point between them.
fn decimal(value: Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number),
        Value::Text(text) => {
            let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if text.len() > 24 || !digits(whole) || !digits(part) {
                return None;
            }
            match text.parse::<u64>() {
                Ok(integer) => Some(integer.into()),
                Err(_) => text.parse().ok().and_then(Number::from_f64),
            }
        }
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bool) => Some(*bool),
        Value::Number(number) => match number.as_u64() {
            Some(1) => Some(true),
            Some(0) => Some(false),
            _ => None,
        },
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn choice(value: &Value, choices: &[&'static str]) -> Option<&'static str> {
    let text = match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.as_u64()?.to_string(),
        _ => return None,
    };
    choices.iter().copied().find(|choice| *choice == text)
}

fn token(value: Value) -> Result<Value, Refusal> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b' ' | b'-');
    match value {
        Value::Text(text)
            if text.len() <= MAX_TOKEN_BYTES
                && text.bytes().all(plain)
                && !text.contains("--")
                && !text.starts_with('-')
                && !text.ends_with('-') =>
        {
            Ok(Value::Text(text))
        }
        _ => Err("must be a short name".into()),
    }
}
