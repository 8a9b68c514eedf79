//! The tables once more, in public: what each operation takes, for whoever writes it down for clients.
//!
//! ```
//! use astria_gateway::operation::Operation;
//! use astria_gateway::policy::{Form, Shape};
//! let form = Form::of(Operation::CreatePrompt, &[]).unwrap();
//! let num_images = form.fields.iter().find(|param| param.name == "num_images").unwrap();
//! assert_eq!(num_images.shape, Shape::Whole { min: 1, max: 8, step: 1 });
//! ```
//!
//! What it does *not* do: it judges nothing, and it has no words.

use super::characteristics::{MAX_KEY_BYTES, MAX_KEYS, MAX_VALUE_BYTES};
use super::client_url::MAX_URL_BYTES;
use super::duplicate::IMAGE_INDEX;
use super::inspection::INSPECTION;
use super::pack_run::{BRIEF, MAX_TEMPLATES, MAX_TUNES, plain_params};
use super::prompt_params::PROMPT;
use super::spec::{Kind, MAX_EXTRA_BYTES, MAX_TOKEN_BYTES, Spec, may_be_added};
use super::theme::{self, THEME, theme_params};
use super::tune::MAX_PROMPTS;
use super::tune_params::{MAX_TITLE_BYTES, PACK_TUNE, TUNE};
use super::tune_update::TUNE_UPDATE;
use crate::operation::Operation;

/// What a value may be. Sizes of texts are in bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Free text, judged for references, flags and templates.
    Text {
        /// Limit, in bytes.
        max_bytes: usize,
    },
    /// A short name of `[A-Za-z0-9._ -]`.
    Name {
        /// Limit, in bytes.
        max_bytes: usize,
    },
    /// A title: text without control characters.
    Title {
        /// Limit, in bytes.
        max_bytes: usize,
    },
    /// A whole number.
    Whole {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
        /// It is a multiple of this.
        step: u64,
    },
    /// A number.
    Decimal {
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// A truth value.
    Bool,
    /// One of these.
    Choice(&'static [&'static str]),
    /// One photo: in a multipart form only.
    Photo,
    /// Photos in a list: in a multipart form only.
    Photos {
        /// So many at most.
        max: usize,
    },
    /// An https URL that Astria fetches.
    Url {
        /// Limit, in bytes.
        max_bytes: usize,
    },
    /// Such URLs in a list.
    Urls {
        /// So many at most.
        max: usize,
        /// Limit of each, in bytes.
        max_bytes: usize,
    },
    /// What the operator added by name: a text, a number or a truth value.
    Extra {
        /// Limit of a text, in bytes.
        max_bytes: usize,
    },
    /// A tune by its id or by one of the operator's names.
    Tune,
    /// Ids in a list, none twice.
    Ids {
        /// So many at most.
        max: usize,
    },
    /// Values by name, or the text of such an object.
    Characteristics {
        /// Names at most.
        max_names: usize,
        /// Limit of a name, in bytes.
        max_name_bytes: usize,
        /// Limit of a value, in bytes.
        max_value_bytes: usize,
    },
    /// Parameters of their own.
    Object(Vec<Param>),
    /// A list of such.
    Objects {
        /// What each has.
        fields: Vec<Param>,
        /// So many at most.
        max: usize,
    },
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Astria's name.
    pub name: String,
    /// What its value may be.
    pub shape: Shape,
    /// The permission that a plan must give.
    pub needs: Option<&'static str>,
    /// A request without it is refused.
    pub is_required: bool,
}

/// What an operation takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// What the fields are wrapped in: `prompt` for `prompt[text]`.
    pub wrapper: Option<&'static str>,
    /// Inside the wrapper, in the order in which they are sent.
    pub fields: Vec<Param>,
    /// Beside it.
    pub beside: Vec<Param>,
}

impl Form {
    /// What the operation takes, with the parameters that the operator added to it by name (`prompt[new_thing]`);
    /// `None`: it takes none in a body.
    pub fn of(operation: Operation, extra: &[String]) -> Option<Self> {
        let mut form = match operation {
            Operation::CreatePrompt => Self::in_wrapper("prompt", {
                let mut fields = vec![required("tune_id", Shape::Tune)];
                fields.extend(prompt());
                fields
            }),
            Operation::DuplicatePrompt => {
                let beside = params(IMAGE_INDEX).collect();
                Self { beside, ..Self::in_wrapper("prompt", params(PROMPT).collect()) }
            }
            Operation::CreateTune => Self::in_wrapper("tune", {
                let mut fields = vec![required("title", TITLE)];
                fields.extend(params(TUNE));
                fields.push(open("base_tune_id", Shape::Tune));
                fields.push(open("characteristics", CHARACTERISTICS));
                let nested = Shape::Objects { fields: prompt().collect(), max: MAX_PROMPTS };
                fields.push(open("prompts_attributes", nested));
                fields
            }),
            Operation::UpdateTune => Self::in_wrapper("tune", {
                let mut fields = vec![open("title", TITLE)];
                fields.extend(params(TUNE_UPDATE));
                fields.push(open("characteristics", CHARACTERISTICS));
                fields
            }),
            Operation::RunPack => Self::in_wrapper("tune", {
                let mut fields = vec![open("title", TITLE)];
                fields.extend(params(PACK_TUNE));
                fields.push(open("characteristics", CHARACTERISTICS));
                fields.push(open("tune_ids", Shape::Ids { max: MAX_TUNES }));
                fields.push(open("prompt_ids", Shape::Ids { max: MAX_TEMPLATES }));
                fields.extend(params(BRIEF));
                fields.push(open("prompt_attributes", Shape::Object(params(plain_params()).collect())));
                fields
            }),
            Operation::CreateTheme => Self::in_wrapper("theme", {
                let mut fields: Vec<_> = params(THEME).map(Param::required).collect();
                fields.push(required("tune_ids", Shape::Ids { max: theme::MAX_TUNES }));
                fields.push(open("prompt_attributes", Shape::Object(params(theme_params()).collect())));
                fields
            }),
            Operation::InspectImage => Self {
                wrapper: None,
                fields: params(INSPECTION)
                    .map(|param| if param.name == "name" { param.required() } else { param })
                    .collect(),
                beside: Vec::new(),
            },
            _ => return None,
        };
        form.add(operation, extra);
        Some(form)
    }

    fn in_wrapper(wrapper: &'static str, fields: Vec<Param>) -> Self {
        Self { wrapper: Some(wrapper), fields, beside: Vec::new() }
    }

    /// As `Judge::extras` reads them: what is added to prompts holds for copies too.
    fn add(&mut self, operation: Operation, extra: &[String]) {
        let of = if operation == Operation::DuplicatePrompt { Operation::CreatePrompt } else { operation };
        for path in extra.iter().filter(|path| may_be_added(of, path)) {
            let name = path.split_once('[').map_or(path.as_str(), |(_, rest)| rest.trim_end_matches(']'));
            if !self.fields.iter().any(|param| param.name == name) {
                self.fields.push(open(name, Shape::of(&Kind::of_extra(name))));
            }
        }
    }
}

impl Param {
    fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

const TITLE: Shape = Shape::Title { max_bytes: MAX_TITLE_BYTES };
const CHARACTERISTICS: Shape = Shape::Characteristics {
    max_names: MAX_KEYS,
    max_name_bytes: MAX_KEY_BYTES,
    max_value_bytes: MAX_VALUE_BYTES,
};

fn open(name: &str, shape: Shape) -> Param {
    Param { name: name.to_owned(), shape, needs: None, is_required: false }
}

fn required(name: &str, shape: Shape) -> Param {
    open(name, shape).required()
}

/// Those of a new prompt.
fn prompt() -> impl Iterator<Item = Param> {
    params(PROMPT).map(|param| if param.name == "text" { param.required() } else { param })
}

fn params(table: impl IntoIterator<Item = &'static Spec>) -> impl Iterator<Item = Param> {
    table.into_iter().map(|spec| Param { needs: spec.needs, ..open(spec.name, Shape::of(&spec.kind)) })
}

impl Shape {
    fn of(kind: &Kind) -> Self {
        match *kind {
            Kind::Text { max_bytes } => Self::Text { max_bytes },
            Kind::Token => Self::Name { max_bytes: MAX_TOKEN_BYTES },
            Kind::Whole { min, max, step } => Self::Whole { min, max, step },
            Kind::Decimal { min, max } => Self::Decimal { min, max },
            Kind::Bool => Self::Bool,
            Kind::Choice(choices) => Self::Choice(choices),
            Kind::Photo => Self::Photo,
            Kind::Photos { max } => Self::Photos { max },
            Kind::Url => Self::Url { max_bytes: MAX_URL_BYTES },
            Kind::Urls { max } => Self::Urls { max, max_bytes: MAX_URL_BYTES },
            Kind::Extra => Self::Extra { max_bytes: MAX_EXTRA_BYTES },
        }
    }
}
