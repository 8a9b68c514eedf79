//! Judges a free text that goes upstream: what it refers to and what its flags ask for.
//!
//! To the upstream a text is also a command line: `<lora:ID:w>` loads a model, `--video` makes a video, and
//! `{{name}}` is filled in later. All three are judged here for every text that is sent.

use super::judge::Findings;
use super::look_alike::{DASH, EM_DASH, Folded};
use super::{PlanRules, PolicyError, PolicyRules, flags, references};

/// Why a text is not admitted.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A message for the field.
    Message(String),
    /// An error whatever else is wrong.
    Hard(PolicyError),
}

impl From<&str> for Refusal {
    fn from(message: &str) -> Self {
        Self::Message(message.to_owned())
    }
}

/// Judges a text; adds to `found` what it refers to and the permissions that its flags make use of.
pub(super) fn judge(
    text: &str,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
    found: &mut Findings,
) -> Result<(), Refusal> {
    if is_plain(text) { Ok(()) } else { judge_folded(text, rules, plan, found) }
}

/// The whole judgement.
pub(super) fn judge_folded(
    text: &str,
    rules: &PolicyRules,
    plan: &PlanRules<'_>,
    found: &mut Findings,
) -> Result<(), Refusal> {
    let folded = Folded::new(text);
    templates(&folded)?;
    references::judge(text, &folded, rules, found)?;
    flags::judge(text, &folded, plan, found)
}

/// Whether a text holds nothing that could be part of a reference, a flag or a template, in any spelling: most do
/// not, and folding costs more than all other judgement of a prompt.
pub(super) fn is_plain(text: &str) -> bool {
    let harmless = |byte: u8| match byte {
        b'<' | b':' | b'{' | b'}' => false,
        b'\n' | b'\r' | b'\t' => true,
        _ => (b' '..=b'~').contains(&byte),
    };
    text.bytes().all(harmless) && !text.contains("--")
}

/// Refuses templates that could complete a reference or a flag once they are filled in.
fn templates(folded: &Folded) -> Result<(), Refusal> {
    let pair = |place: usize, c: char| folded.at(place) == Some(c) && folded.at(place + 1) == Some(c);
    let before = |place: usize| place.checked_sub(1).and_then(|place| folded.at(place));
    let last_close = (0..folded.len()).rev().find(|place| folded.at(*place) == Some('>'));
    let mut inside = false;
    for place in 0..folded.len() {
        match folded.at(place) {
            Some('<') => inside = true,
            Some('>') => inside = false,
            Some('{') if pair(place, '{') => {
                if inside && last_close.is_some_and(|close| place < close) {
                    return Err("must not have a template inside <…>".into());
                }
                if matches!(before(place), Some('<' | DASH | EM_DASH | '}')) {
                    return Err("must not have a template right after <, - or another template".into());
                }
            }
            // A value that ends in a dash would complete what follows: `{{x}}-video`.
            Some('}') if pair(place, '}') && flags::follows(folded, place + 2) => {
                return Err("must not have a flag right after a template".into());
            }
            _ => {}
        }
    }
    Ok(())
}
