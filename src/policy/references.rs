//! Finds references to models in a text: `<lora:ID:weight>` and `<faceid:ID:weight>`.
//!
//! All tunes of one account can be loaded by their number, another end user's face included (L-03), so every number
//! is collected, for ownership to prove. Anything that looks like a reference and is not spelled exactly is refused, because
//! nobody knows how leniently the upstream reads it.
//!
//! Source: the samples of the Astria API reference (read 2026-11-21); public clients also use names in place of
//! ids (`<lora:SDXLrender_v2.0:1>`), which are the upstream's own models.

use crate::ids::TuneId;

use super::PolicyRules;
use super::judge::Findings;
use super::look_alike::Folded;
use super::text::Refusal;

const KINDS: [&str; 2] = ["lora", "faceid"];
const MAX_NAME_BYTES: usize = 64;

const INEXACT: &str =
    "has something like a model reference; write it exactly as <lora:ID:weight> or <faceid:ID:weight>";

/// Judges every reference in a text; adds to `found` the tunes that it names.
pub(super) fn judge(
    text: &str,
    folded: &Folded,
    rules: &PolicyRules,
    found: &mut Findings,
) -> Result<(), Refusal> {
    for place in 0..folded.len() {
        if !looks_like_one(folded, place) {
            continue;
        }
        let start = folded.offset(place);
        let inside =
            text.get(start..).and_then(|rest| rest.strip_prefix('<')).and_then(|rest| rest.split_once('>'));
        match inside.and_then(|(inside, _)| exact_target(inside)) {
            Some(Target::Id(id)) => found.use_tune(id)?,
            Some(Target::Name(name)) if rules.lora_names.contains(name) => {}
            Some(Target::Name(_)) => {
                return Err("refers to a model by a name that does not exist here".into());
            }
            None => return Err(INEXACT.into()),
        }
    }
    Ok(())
}

/// `<lora`, `<faceid` (not `<lorax`), `<word:`, or a bare `lora:1`.
fn looks_like_one(folded: &Folded, place: usize) -> bool {
    let is_word = |place: usize| folded.at(place).is_some_and(|c| c.is_alphanumeric() || c == '_');
    if folded.at(place) == Some('<') {
        if KINDS.iter().any(|kind| folded.after_word(place + 1, kind).is_some_and(|after| !is_word(after))) {
            return true;
        }
        let end = (place + 1..folded.len()).find(|place| !is_word(*place));
        return end.is_some_and(|end| end > place + 1 && folded.at(end) == Some(':'));
    }
    let starts_word =
        place.checked_sub(1).is_none_or(|before| !is_word(before) && folded.at(before) != Some('<'));
    starts_word
        && KINDS.iter().filter(|kind| folded.at(place).is_some_and(|c| kind.starts_with(c))).any(|kind| {
            let colon = folded.after_word(place, kind).map(|after| folded.skip_spaces(after));
            let digit = colon.filter(|at| folded.at(*at) == Some(':')).map(|at| folded.skip_spaces(at + 1));
            digit.and_then(|at| folded.at(at)).is_some_and(|c| c.is_ascii_digit()) && !opened(folded, place)
        })
}

/// Whether the last bracket before a place is `<` with nothing but spaces in between: it was judged from there.
fn opened(folded: &Folded, place: usize) -> bool {
    (0..place).rev().map(|place| folded.at(place)).find(|c| *c != Some(' ')) == Some(Some('<'))
}

enum Target<'a> {
    Id(TuneId),
    Name(&'a str),
}

/// Reads what stands between `<` and `>`: `(lora|faceid):ID(:weight)?`, nothing else.
fn exact_target(inside: &str) -> Option<Target<'_>> {
    let mut fields = inside.split(':');
    let (kind, target, weight) = (fields.next()?, fields.next()?, fields.next());
    if !KINDS.contains(&kind) || !weight.is_none_or(is_weight) || fields.next().is_some() {
        return None;
    }
    if target.bytes().all(|byte| byte.is_ascii_digit()) {
        return TuneId::parse(target).map(Target::Id);
    }
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (target.len() <= MAX_NAME_BYTES && target.bytes().all(named) && !target.contains("--"))
        .then_some(Target::Name(target))
}

/// `1`, `0.8`, `.8`, `-0.5`: short, decimal.
fn is_weight(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    unsigned.len() <= 8 && digits(whole) && digits(part) && !part.is_empty() && !unsigned.is_empty()
}
