//! Ten thousand objects cost no more than ten.

use astria_gateway::ids::{PromptId, TuneId};

use super::super::harness::{SHARED_TUNE, TestGateway, spawn_gateway};
use super::{adopt, listed, newest_first};

/// Look-ups in the index so far, by kind.
async fn lookups(gw: &TestGateway, of: &str) -> u64 {
    let metrics = gw.operator("/metrics").await;
    let name = "astria_gateway_store_lookups_total{";
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(name)?.split_once("} "));
    lines.filter(|(labels, _)| labels.contains(of)).map(|(_, n)| n.parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn ten_thousand_objects_are_listed_with_one_query_and_only_stale_ones_are_fetched() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("a");
    let prompts = gw.mock.seed_prompts(SHARED_TUNE, 9_000);
    let tunes = gw.mock.seed_tunes(1_000);
    adopt(&gw, "a", &prompts).await;
    adopt(&gw, "a", &tunes).await;
    let (account, state) = (gw.own_account(), gw.state());

    for (path, template, all) in
        [("/prompts", "/prompts/:id", newest_first(prompts)), ("/tunes", "/tunes/:id", newest_first(tunes))]
    {
        let before = lookups(&gw, "\"list\"").await;
        for (query, from) in [("?limit=120", 0), ("?limit=120&offset=800", 800)] {
            assert_eq!(listed(&user, &format!("{path}{query}")).await, all[from..from + 120]);
        }
        assert_eq!(lookups(&gw, "\"list\"").await - before, 2, "one query a list");
        assert_eq!(lookups(&gw, "\"find\"").await, 0);
        assert_eq!(gw.mock.count("GET", template), 0, "all of it is fresh");

        // Five of the page and one beyond it must be looked at.
        for place in [0, 3, 40, 41, 119, 120] {
            let id = all[place];
            let object =
                if path == "/tunes" { TuneId::from_u64(id).into() } else { PromptId::from_u64(id).into() };
            state.ownership.index().doubt(&account.key, object).await.unwrap();
        }
        let before = lookups(&gw, "\"list\"").await;
        assert_eq!(listed(&user, &format!("{path}?limit=120")).await, all[..120]);
        assert_eq!(gw.mock.count("GET", template), 5);
        assert_eq!(lookups(&gw, "\"list\"").await - before, 2, "once more after the look");

        assert_eq!(listed(&user, &format!("{path}?limit=120")).await, all[..120]);
        assert_eq!(gw.mock.count("GET", template), 5, "a second list asks nothing");
    }
}
