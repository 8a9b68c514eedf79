//! Which events an endpoint hears of, by the names that clients know.

use crate::events::EventKind;
use crate::ownership::ObjectKind;

/// Events by name; none means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(Vec<&'static str>);

/// No event has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no event {0:?}")]
pub struct UnknownEvent(pub String);

impl Filter {
    /// Reads names such as `prompt.finished`; none of them: everything passes.
    ///
    /// # Errors
    /// [`UnknownEvent`]: the first that is none.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownEvent> {
        let known = |name: &str| {
            let found = EventKind::parse(name).map(|(object, kind)| kind.name(object));
            found.ok_or_else(|| UnknownEvent(name.into()))
        };
        names.into_iter().map(known).collect::<Result<_, _>>().map(Self)
    }

    /// Whether such an event of such an object is told.
    pub fn passes(&self, object: ObjectKind, kind: EventKind) -> bool {
        self.0.is_empty() || self.0.contains(&kind.name(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_event_and_a_lost_job_has_failed() {
        let all = Filter::parse([]).unwrap();
        assert!(EventKind::ALL.into_iter().all(|kind| all.passes(ObjectKind::Tune, kind)));
        let failed = Filter::parse(["prompt.failed", "tune.trained"]).unwrap();
        assert!(failed.passes(ObjectKind::Prompt, EventKind::Lost));
        assert!(failed.passes(ObjectKind::Tune, EventKind::Finished));
        assert!(!failed.passes(ObjectKind::Tune, EventKind::Failed));
        let unknown = Filter::parse(["prompt.failed", "prompt.trained"]).unwrap_err();
        assert_eq!(unknown, UnknownEvent("prompt.trained".into()));
    }
}
