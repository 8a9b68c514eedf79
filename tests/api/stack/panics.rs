//! F40: a bug in the midst of spending. Nothing is lost of what was held, and nobody else notices.

use astria_gateway::call::{Answer, Call};
use astria_gateway::callback::Slot;
use astria_gateway::ids::TuneId;
use astria_gateway::money::Millicents;
use astria_gateway::operation::Operation;
use astria_gateway::ownership::{Proven, References};
use astria_gateway::params::{Params, Value as Param, encode};
use astria_gateway::policy::{PlanRules, PolicyError, PolicyRules};
use astria_gateway::prices::Job;
use astria_gateway::quota::{Amounts, Measure, Trail};
use astria_gateway::routes::{BodyCap, Route};
use astria_gateway::spend::{Creation, Making, Notes, Outcome, spend};
use astria_gateway::state::State;
use astria_gateway::upstream::{Path, UpstreamError, UpstreamRequest};
use serde_json::json;

use crate::harness::{SHARED_TUNE, Spawn, logs, spawn_gateway};
use crate::prompts::on_shared;

/// A create of two images with a bug: before its call, or in reading the answer.
#[derive(Clone, Copy)]
struct Buggy {
    before_the_call: bool,
}

impl Creation for Buggy {
    type Judged = Params;
    const OPERATION: Operation = Operation::CreatePrompt;

    fn judge(&self, params: Params, _: &PolicyRules, _: &PlanRules<'_>) -> Result<Params, PolicyError> {
        Ok(params)
    }

    fn jobs(&self, _: &Params, _: &State) -> (Vec<Job>, Option<Millicents>) {
        (Vec::new(), None)
    }

    fn amounts(&self, _: &Params, _: &Making<'_>) -> Amounts {
        Amounts::none().with(Measure::Images, 2)
    }

    fn notes(&self, _: &mut Params) -> Notes {
        Notes::default()
    }

    fn names(&self, _: &Params) -> References {
        let mut names = References::default();
        names.use_tune(TuneId::from_u64(SHARED_TUNE));
        names
    }

    fn is_free(&self, _: &Params, _: &Proven) -> bool {
        false
    }

    fn trail(&self, _: &Params, _: &Making<'_>) -> Trail {
        Trail::default()
    }

    fn request(&self, judged: &mut Params, making: &Making<'_>) -> Option<UpstreamRequest> {
        assert!(!self.before_the_call, "a bug before the call; its words are nobody's business");
        judged.insert("prompt[callback]", Param::Text(making.callback(Slot::Prompt(0))));
        let body = encode(judged);
        let tune = making.proven.tune(TuneId::from_u64(SHARED_TUNE))?;
        let path = Path::new().literal("tunes").tune(tune).literal("prompts");
        Some(UpstreamRequest::post(Self::OPERATION, path, body.content_type, body.segments))
    }

    fn conclude(&self, _: &Params, _: &[u8], _: &Making<'_>) -> Result<Outcome, UpstreamError> {
        panic!("a bug behind the call; its words are nobody's business")
    }
}

async fn answer(call: Call, buggy: Buggy) -> Answer {
    spend(call, buggy).await?;
    unreachable!("it panics")
}

fn with_bugs() -> Spawn {
    let buggy = |path, before_the_call| {
        let route = Route::post(path, move |call| answer(call, Buggy { before_the_call }));
        route.does(Operation::CreatePrompt).body(BodyCap::Small)
    };
    spawn_gateway().route(buggy("/bug/before", true)).route(buggy("/bug/behind", false))
}

#[tokio::test]
async fn f40_a_panic_behind_the_call_leaves_what_was_held_unknown_and_disturbs_nobody() {
    let gw = with_bugs().start().await;
    gw.expect_unknown();
    let (user, other) = (gw.user("first"), gw.user("second"));
    let cat = json!({"prompt": {"text": "a cat", "num_images": 2}});
    let bugged = || user.post_json("/bug/behind", &cat);

    let on_shared = on_shared();
    let (reply, undisturbed) = tokio::join!(bugged(), other.post_json(&on_shared, &cat));

    let problem = reply.problem(500, "internal");
    assert_eq!(problem["spent"], "unknown");
    assert!(!reply.text().contains("nobody's business"));
    undisturbed.ok();
    assert_eq!(gw.mock.requests().len(), 2, "the call was made once");
    assert_eq!(gw.quota(&user, "images").await, (0, 2, 18), "what nobody knows stays held");
    assert_eq!((gw.standing().open, gw.standing().unknown), (0, 1));
    assert_eq!(gw.state().bodies.used_bytes(), 0);
    assert_eq!(gw.own_account().upstream.reading().in_flight, 0);
    // The next one works, and so does the connection.
    user.post_json(&on_shared, &cat).await.ok();
    assert_eq!(gw.quota(&user, "images").await, (2, 2, 16));
    // Whoever must mend it is told.
    assert!(gw.operator("/metrics").await.contains("\nastria_gateway_panics_total 1\n"));
    let id = reply.header("x-request-id").unwrap();
    let told = logs::text().lines().filter(|line| line.contains(id) && line.contains("panicked")).count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn f40_a_panic_before_the_call_sends_and_holds_nothing() {
    let gw = with_bugs().start().await;
    let user = gw.user("first");

    let reply = user.post_json("/bug/before", &json!({"prompt": {"text": "a cat"}})).await;

    reply.problem(500, "internal");
    assert!(gw.mock.requests().is_empty());
    assert_eq!(gw.quota(&user, "images").await, (0, 0, 20));
    assert_eq!(gw.state().bodies.used_bytes(), 0);
}
