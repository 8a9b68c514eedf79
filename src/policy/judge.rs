//! One judgement: walks an operation's table, and gathers what is wrong, left out, lowered, named and granted.

use crate::ids::TuneId;
use crate::operation::Operation;
use crate::ownership::References;
use crate::params::{Object, Value};

use super::characteristics::Characteristics;
use super::plan::Resolution;
use super::priced::Asks;
use super::spec::{Kind, Spec, may_be_added};
use super::text::Refusal;
use super::{FieldErrors, PlanRules, PolicyError, PolicyRules};

/// References that one request may hold, repetitions included: each is looked up.
const MAX_REFERENCES: usize = 64;

/// What texts and ids turned out to ask for.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What may cost more.
    pub(super) asks: Asks,
    /// Every object that is named.
    pub(super) names: References,
    /// How many times one was named.
    pub(super) references: usize,
}

impl Findings {
    /// Makes use of a permission.
    pub(super) fn grant(&mut self, permission: &'static str) {
        if !self.asks.granted.contains(&permission) {
            self.asks.granted.push(permission);
        }
    }

    /// The request uses a tune.
    pub(super) fn use_tune(&mut self, id: TuneId) -> Result<(), Refusal> {
        self.count()?;
        self.names.use_tune(id);
        Ok(())
    }

    /// The request acts on a tune.
    pub(super) fn own_tune(&mut self, id: TuneId) -> Result<(), Refusal> {
        self.count()?;
        self.names.own_tune(id);
        Ok(())
    }

    fn count(&mut self) -> Result<(), Refusal> {
        self.references += 1;
        if self.references > MAX_REFERENCES {
            return Err(Refusal::Message(format!("refers to more than {MAX_REFERENCES} models")));
        }
        Ok(())
    }
}

/// Where a table's parameters stand in the request.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// What the client wrote around them: `prompt`, or nothing for an unwrapped body.
    pub(super) spelled: &'a str,
    /// What is written around them upstream.
    pub(super) sent: &'a str,
    /// What is written around them in messages.
    pub(super) shown: &'a str,
}

impl<'a> Place<'a> {
    /// The parameters of a resource, which an unwrapped body leaves unnamed.
    pub(super) const fn of(resource: &'a str, is_wrapped: bool) -> Self {
        Self { spelled: if is_wrapped { resource } else { "" }, sent: resource, shown: "" }
    }

    /// As the client spelled it.
    pub(super) fn spelled(self, name: &str) -> String {
        within(self.spelled, name)
    }

    /// As messages name it.
    pub(super) fn shown(self, name: &str) -> String {
        within(self.shown, name)
    }
}

/// `parent[name]`, or just the name.
pub(super) fn within(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}[{name}]") }
}

/// What one judgement shares between its parameters.
pub(super) struct Judge<'a> {
    pub(super) rules: &'a PolicyRules,
    pub(super) plan: PlanRules<'a>,
    /// What templates in texts will be filled with, where that is known.
    pub(super) known: Option<&'a Characteristics>,
    pub(super) found: Findings,
    pub(super) errors: FieldErrors,
    /// Parameters that were left out, as the client spelled them.
    pub(super) dropped: Vec<String>,
    /// Parameters that were lowered, as the client spelled them.
    pub(super) clamped: Vec<String>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        rules: &'a PolicyRules,
        plan: &PlanRules<'a>,
        known: Option<&'a Characteristics>,
    ) -> Self {
        Self {
            rules,
            plan: *plan,
            known,
            found: Findings::default(),
            errors: FieldErrors::default(),
            dropped: Vec::new(),
            clamped: Vec::new(),
        }
    }

    /// Takes every parameter of a table out of `fields` and puts what may be sent into `judged`, in the table's order.
    ///
    /// # Errors
    /// What is an error whatever else is wrong; everything else is added to `errors`.
    pub(super) fn table(
        &mut self,
        table: impl IntoIterator<Item = &'static Spec>,
        fields: &mut Object,
        place: Place<'_>,
        judged: &mut Object,
    ) -> Result<(), PolicyError> {
        for spec in table {
            let Some(value) = fields.shift_remove(spec.name) else { continue };
            let value = match self.value(&spec.kind, value) {
                Ok(Some(value)) => value,
                Ok(None) => continue,
                Err(refusal) => {
                    self.refuse(refusal, place, spec.name)?;
                    continue;
                }
            };
            if let Some(permission) = spec.needs {
                if !self.plan.permits(permission) {
                    // Declining what the plan does not allow is what happens anyway.
                    if value != Value::Bool(false) {
                        return Err(PolicyError::PlanForbids { param: within(place.sent, spec.name) });
                    }
                    self.dropped.push(place.spelled(spec.name));
                    continue;
                }
                self.found.grant(permission);
                self.found.asks.video.notice(spec.name, &value);
            }
            let value = self.clamp(spec.name, value, place);
            judged.insert(spec.name.to_owned(), value);
        }
        Ok(())
    }

    /// Takes the operator's additions to an operation out of `fields`, in the order of the config.
    ///
    /// # Errors
    /// As [`Judge::table`].
    pub(super) fn extras(
        &mut self,
        operation: Operation,
        fields: &mut Object,
        place: Place<'_>,
        judged: &mut Object,
    ) -> Result<(), PolicyError> {
        let rules = self.rules;
        let paths = rules.extra_params.get(&operation).map_or(&[][..], Vec::as_slice);
        for path in paths.iter().filter(|path| may_be_added(operation, path)) {
            let name = path.split_once('[').map_or(path.as_str(), |(_, rest)| rest.trim_end_matches(']'));
            let Some(value) = fields.shift_remove(name) else { continue };
            match self.value(&Kind::of_extra(name), value) {
                Ok(Some(value)) => drop(judged.insert(name.to_owned(), value)),
                Ok(None) => {}
                Err(refusal) => self.refuse(refusal, place, name)?,
            }
        }
        Ok(())
    }

    /// Names everything that is left over as dropped.
    pub(super) fn drop_rest(&mut self, fields: &Object, place: Place<'_>) {
        self.dropped.extend(fields.keys().map(|name| place.spelled(name)));
    }

    /// Turns a refusal into a message of the field, or ends the judgement.
    ///
    /// # Errors
    /// The refusal, if it is an error whatever else is wrong.
    pub(super) fn refuse(
        &mut self,
        refusal: Refusal,
        place: Place<'_>,
        name: &str,
    ) -> Result<(), PolicyError> {
        match refusal {
            Refusal::Hard(error) => return Err(error),
            Refusal::Message(message) => self.errors.add(place.shown(name), message),
        }
        Ok(())
    }

    /// Lowers what the plan bounds.
    fn clamp(&mut self, name: &str, value: Value, place: Place<'_>) -> Value {
        let lowered = match (name, &value) {
            ("num_images", Value::Number(number)) => {
                let max = u64::from(self.plan.num_images());
                (number.as_u64() > Some(max)).then(|| Value::Number(max.into()))
            }
            ("resolution", Value::Text(text)) => {
                let max = self.plan.max_resolution.filter(|max| Resolution::parse(text) > Some(*max));
                max.map(|max| Value::Text(max.name().to_owned()))
            }
            _ => None,
        };
        let Some(lowered) = lowered else { return value };
        self.clamped.push(place.spelled(name));
        lowered
    }

    /// Whether a required text is there, or its absence was explained.
    pub(super) fn require_text(&mut self, judged: &Object, place: Place<'_>, name: &str) {
        if !matches!(judged.get(name), Some(Value::Text(text)) if !text.trim().is_empty()) {
            self.require(name, place);
        }
    }

    /// Says that a field is missing, unless it is wrong already.
    pub(super) fn require(&mut self, name: &str, place: Place<'_>) {
        let field = place.shown(name);
        if !self.errors.0.contains_key(&field) {
            self.errors.add(field, "can't be blank");
        }
    }
}
