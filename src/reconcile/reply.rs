//! What the key of a create whose answer was lost is answered with, once it is found.

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use crate::handlers::view_on;
use crate::idempotency::StoredReply;
use crate::ids::RequestId;
use crate::objects::{Prompt, Tune};
use crate::operation::Operation;
use crate::ownership::{ObjectKind, Seen};
use crate::problem::Problem;
use crate::quota::Create;
use crate::spend::status_url;
use crate::state::State;

/// As its own answer would have been, as far as it is known; `None`: not yet.
pub(super) fn of(state: &State, create: &Create, objects: &[Seen]) -> Option<StoredReply> {
    let known = create.objects.iter().map(|record| (record.object, record.members.as_deref()));
    let seen = objects.iter().map(|seen| (seen.object, Some(&*seen.members)));
    let all: Vec<_> = seen.chain(known).collect();
    let of_kind = |kind| all.iter().find(|(object, _)| object.kind == kind).and_then(|(_, members)| *members);
    let view = view_on(state, &create.account, create.owner.as_ref());
    let created = StatusCode::CREATED.as_u16();
    let (status, body): (u16, Bytes) = match create.operation {
        Operation::CreatePrompt | Operation::DuplicatePrompt => {
            let members = of_kind(ObjectKind::Prompt)?;
            (created, Prompt::find(members.as_bytes())?.show(&view, false).into())
        }
        Operation::CreateTheme => (state.config.replies.theme_status, Bytes::new()),
        Operation::RunPack if create.trail.title.is_none() => {
            let tunes: Vec<u64> = create.trail.tunes.iter().map(|tune| tune.get()).collect();
            let mut prompts: Vec<u64> = all.iter().map(|(object, _)| object.id).collect();
            prompts.sort_unstable();
            prompts.dedup();
            let body = json!({ "order": { "tune_ids": tunes }, "prompt_ids": prompts });
            (created, body.to_string().into())
        }
        _ => {
            let members = of_kind(ObjectKind::Tune)?;
            (created, Tune::find(members.as_bytes())?.show(&view).into())
        }
    };
    Some(StoredReply { status, is_problem: false, body, dropped: Vec::new(), clamped: Vec::new() })
}

/// Of a create that nobody can find.
pub(super) fn lost(state: &State, create: &Create) -> StoredReply {
    let problem = Problem::outcome_unknown(None, status_url(state, create.reservation));
    StoredReply {
        status: problem.status().as_u16(),
        is_problem: true,
        body: problem.render(&RequestId::generate()).into(),
        dropped: Vec::new(),
        clamped: Vec::new(),
    }
}
