//! Finds flags in a text: `--video`, `--upscale_v4`, `--num_images 8`.
//!
//! The upstream promotes them to parameters, so a prompt for one image can become a video that costs a hundred
//! times as much (L-02). A flag is judged as the parameter that it stands for; an unknown one is refused, and so
//! is one that is not spelled exactly, because nobody knows how leniently the upstream reads it. So is one that stands
//! for a parameter of the table (`--num_images 8`): it would go round that parameter's range and the plan's bound. None
//! of the known ones names an object by its id.
//!
//! Source: the create and duplicate pages of the Astria documentation and its changelog (read 2026-11-20).

use super::judge::Findings;
use super::look_alike::{DASH, EM_DASH, Folded};
use super::text::Refusal;
use super::{PlanRules, PolicyError, prompt_params};

/// What a flag may bring with it.
enum Argument {
    /// Whatever follows is more text and is judged as such.
    Any,
    /// Seconds of a video, in this range, must follow.
    Duration(u64, u64),
    /// The name of a video model follows.
    VideoModel,
}

/// flag, the parameter it stands for, the permission it needs, what follows it. `outpaint…` is added by [`find`].
const FLAGS: &[(&str, &str, &str, Argument)] = &[
    ("video", "video_model", "video_model", Argument::Any),
    ("video_model", "video_model", "video_model", Argument::VideoModel),
    ("video_prompt", "video_prompt", "video_model", Argument::Any),
    ("duration", "video_duration", "video_model", DURATION),
    ("video_duration", "video_duration", "video_model", DURATION),
    ("upscale_v4", "upscale_v4", "upscale_v4", Argument::Any),
    ("tiled_upscale", "tiled_upscale", "tiled_upscale", Argument::Any),
    ("tiled_upscale_v2", "tiled_upscale_v2", "tiled_upscale_v2", Argument::Any),
    ("only_upscale", "only_upscale", "only_upscale", Argument::Any),
    ("multi", "multi", "multi", Argument::Any),
    OUTPAINT,
];
const OUTPAINT: (&str, &str, &str, Argument) = ("outpaint", "outpaint", "outpaint", Argument::Any);
const DURATION: Argument =
    Argument::Duration(prompt_params::VIDEO_DURATION_S.0, prompt_params::VIDEO_DURATION_S.1);

/// Judges every flag in a text; adds to `found` the permissions that they make use of, and what enters a price.
pub(super) fn judge(
    text: &str,
    folded: &Folded,
    plan: &PlanRules<'_>,
    found: &mut Findings,
) -> Result<(), Refusal> {
    let mut place = 0;
    while place < folded.len() {
        let run = Run::at(folded, place);
        if run.end == place {
            place += 1;
            continue;
        }
        if run.is_flag(folded) {
            let (_, param, permission, argument) = judge_spelling(text, folded, &run)?;
            if !plan.permits(permission) {
                return Err(Refusal::Hard(PolicyError::PlanForbids { param: format!("prompt[{param}]") }));
            }
            let given = argument_of(text, folded, &run).unwrap_or_default();
            match argument {
                Argument::Any => {}
                Argument::VideoModel => found.asks.video.name(given),
                Argument::Duration(min, max) => {
                    let is_number = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit());
                    let seconds = is_number.then(|| given.parse::<u64>().ok()).flatten();
                    let Some(seconds) = seconds.filter(|seconds| (*min..=*max).contains(seconds)) else {
                        return Err(Refusal::Message(format!(
                            "has a flag whose value must be a whole number between {min} and {max}"
                        )));
                    };
                    found.asks.video.last(seconds);
                }
            }
            found.grant(permission);
        }
        place = run.end;
    }
    Ok(())
}

/// Whether a dash and a flag's word follow at `place`: what a template before it could complete. Parameters whose
/// names are plain English words do not count (`{{color}}-style`).
pub(super) fn follows(folded: &Folded, place: usize) -> bool {
    let run = Run::at(folded, place);
    let word = word(folded, run.end);
    run.end > place && (find(&word).is_some() || (word.contains('_') && is_known(&word)))
}

/// Each parameter that a flag stands for, with the permission that it needs.
pub(super) fn permissions() -> impl Iterator<Item = (&'static str, &'static str)> {
    FLAGS.iter().map(|(_, param, permission, _)| (*param, *permission))
}

/// Neighbouring dashes.
struct Run {
    start: usize,
    end: usize,
    /// Dashes that count as one.
    single: usize,
    /// Dashes that stand for two, and are also plain typography.
    em: usize,
}

impl Run {
    /// The run that starts at a place; empty if there is no dash.
    fn at(folded: &Folded, start: usize) -> Self {
        let mut run = Self { start, end: start, single: 0, em: 0 };
        loop {
            match folded.at(run.end) {
                Some(DASH) => run.single += 1,
                Some(EM_DASH) => run.em += 1,
                _ => return run,
            }
            run.end += 1;
        }
    }

    /// Whether it could open a flag. `--word` always does; `—word` is typography, unless the word is a flag.
    fn is_flag(&self, folded: &Folded) -> bool {
        let joined = folded.at(self.end).is_some_and(|c| c.is_alphabetic() || c == '_');
        let long = self.single + 2 * self.em >= 2;
        joined && long && (self.single > 0 || is_known(&word(folded, self.end)))
    }
}

/// The word at a place, hyphens read as underscores.
fn word(folded: &Folded, place: usize) -> String {
    (place..folded.len())
        .map_while(|place| folded.at(place))
        .map_while(|c| match c {
            DASH | '_' => Some('_'),
            c if c.is_alphanumeric() => Some(c),
            _ => None,
        })
        .collect()
}

fn is_known(word: &str) -> bool {
    find(word).is_some() || prompt_params::spec(word).is_some()
}

fn find(word: &str) -> Option<&'static (&'static str, &'static str, &'static str, Argument)> {
    let outpaint = || word.starts_with("outpaint").then_some(&OUTPAINT);
    FLAGS.iter().find(|(flag, ..)| *flag == word).or_else(outpaint)
}

/// The flag, if it is known and spelled exactly: start or space, `--`, `[a-z0-9_]+`, then end, space or `=`.
fn judge_spelling(
    text: &str,
    folded: &Folded,
    run: &Run,
) -> Result<&'static (&'static str, &'static str, &'static str, Argument), Refusal> {
    let start = folded.offset(run.start);
    let (before, from) = text.split_at_checked(start).unwrap_or((text, ""));
    let name: String =
        from.chars().skip(2).take_while(|c| matches!(c, 'a'..='z' | '0'..='9' | '_')).collect();
    let after = from.chars().nth(2 + name.len());
    let exact = from.starts_with("--")
        && !name.is_empty()
        && before.chars().next_back().is_none_or(char::is_whitespace)
        && after.is_none_or(|c| c.is_whitespace() || c == '=');
    if !exact {
        return Err("has something like a flag (--word) that is not spelled as one".into());
    }
    match (find(&name), prompt_params::spec(&name)) {
        (Some(flag), _) => Ok(flag),
        (None, Some(_)) => {
            Err(Refusal::Message(format!("has the flag --{name}; send it as the parameter prompt[{name}]")))
        }
        (None, None) => Err("has a flag (--word) that is not known".into()),
    }
}

/// The word after an exactly spelled flag: `--duration 5` or `--duration=5`.
fn argument_of<'a>(text: &'a str, folded: &Folded, run: &Run) -> Option<&'a str> {
    let from = text.get(folded.offset(run.start)..)?.strip_prefix("--")?;
    let after = from.trim_start_matches(|c: char| matches!(c, 'a'..='z' | '0'..='9' | '_'));
    let value = after.strip_prefix('=').unwrap_or(after).trim_start();
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    value.get(..end)
}
