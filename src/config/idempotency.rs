//! What must hold of `[idempotency]`.

use super::Idempotency;

/// A retry by a person comes within minutes, one by a queue within hours; longer, and the store fills.
const KEEP_S: std::ops::RangeInclusive<u64> = 60..=30 * 86_400;
/// Whoever wants the same thing twice must not have to wait long for it.
const DERIVED_KEEP_S: std::ops::RangeInclusive<u64> = 1..=3_600;

/// Appends everything that makes no sense.
pub(super) fn check(idempotency: &Idempotency, wrong: &mut impl FnMut(&str, String)) {
    let within =
        |range: &std::ops::RangeInclusive<u64>| format!("must be {} to {}", range.start(), range.end());
    if !KEEP_S.contains(&idempotency.keep_s) {
        wrong("idempotency.keep_s", within(&KEEP_S));
    }
    if !DERIVED_KEEP_S.contains(&idempotency.derived_keep_s) {
        wrong("idempotency.derived_keep_s", within(&DERIVED_KEEP_S));
    }
    if idempotency.required && idempotency.derive {
        wrong(
            "idempotency.derive",
            "means nothing beside idempotency.required: no create is without a key".into(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, load_text};

    fn errors(lines: &str) -> Vec<String> {
        let text = format!("[idempotency]\n{lines}");
        let loaded = load_text(&text, &Environment::default());
        loaded.err().unwrap_or_default().iter().map(|error| error.key.clone()).collect()
    }

    #[test]
    fn times_have_bounds_and_a_key_is_required_or_derived_but_not_both() {
        for good in ["", "required = true", "derive = true\nderived_keep_s = 1", "keep_s = 60"] {
            assert_eq!(errors(good), Vec::<String>::new(), "{good}");
        }
        assert_eq!(errors("keep_s = 59"), ["idempotency.keep_s"]);
        assert_eq!(errors("keep_s = 2592001"), ["idempotency.keep_s"]);
        assert_eq!(errors("derived_keep_s = 0"), ["idempotency.derived_keep_s"]);
        assert_eq!(errors("derived_keep_s = 3601"), ["idempotency.derived_keep_s"]);
        assert_eq!(errors("required = true\nderive = true"), ["idempotency.derive"]);
    }
}
