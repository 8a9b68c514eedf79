//! One id that is not the caller's leaves nothing proven, whatever stands beside it.

use astria_gateway::ids::{PromptId, TuneId};
use astria_gateway::ownership::{OwnershipError, References};
use astria_gateway::principal::EndUserId;

use super::super::harness::{ISSUER, SHARED_TUNE};
use super::super::lists::adopt;
use super::open;

/// A name, and how it adds what it is about.
type Foreign = (&'static str, fn(&mut References, TuneId, PromptId));

#[tokio::test]
async fn iso_01_nothing_is_proven_if_one_of_all_that_is_named_is_not_the_callers() {
    let gw = open().start().await;
    let [own, theirs] = gw.mock.seed_tunes(2).try_into().unwrap();
    let [prompt, their_prompt] = gw.mock.seed_prompts(SHARED_TUNE, 2).try_into().unwrap();
    adopt(&gw, "a", &[own, prompt]).await;
    adopt(&gw, "b", &[theirs, their_prompt]).await;
    let (state, account) = (gw.state(), gw.own_account());
    let a = EndUserId { issuer: ISSUER.into(), subject: "a".into() };
    let mut mine = References::default();
    mine.own_tune(TuneId::from_u64(own));
    mine.use_tune(TuneId::from_u64(own));
    mine.use_tune(TuneId::from_u64(SHARED_TUNE));
    mine.own_prompt(PromptId::from_u64(prompt));
    let prove =
        async |named: &References| state.ownership.prove(&account.key, &a, named, &state.rules.shared).await;

    let proven = prove(&mine).await.unwrap();

    assert!(proven.own_tune(TuneId::from_u64(own)).is_some());
    assert!(proven.tune(TuneId::from_u64(SHARED_TUNE)).is_some());
    assert!(proven.own_tune(TuneId::from_u64(SHARED_TUNE)).is_none(), "shared is not owned");
    assert!(proven.prompt(PromptId::from_u64(prompt)).is_some());
    let foreign: [Foreign; 4] = [
        ("use a tune", |named, tune, _| named.use_tune(tune)),
        ("act on a tune", |named, tune, _| named.own_tune(tune)),
        ("act on a shared tune", |named, _, _| named.own_tune(TuneId::from_u64(SHARED_TUNE))),
        ("act on a prompt", |named, _, prompt| named.own_prompt(prompt)),
    ];
    for (what, add) in foreign {
        for (tune, prompt) in [(theirs, their_prompt), (999_999_999, 999_999_999)] {
            let mut named = mine.clone();
            add(&mut named, TuneId::from_u64(tune), PromptId::from_u64(prompt));
            assert_eq!(prove(&named).await, Err(OwnershipError::NotFound), "{what} {tune}");
        }
    }
}
