//! Too many requests at once: the next one is shed at the door.

use std::time::Duration;

use mock_astria::{Fault, FaultRule};

use super::retry_after_s;
use crate::harness::{eventually, spawn_gateway};

#[tokio::test]
async fn when_all_places_are_taken_the_next_request_is_shed_before_its_token_is_looked_at() {
    let gw = spawn_gateway().config(|config| config.server.max_in_flight = 1).start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(500))).path("/packs"));
    let (first, shed) = (gw.user("first"), async {
        eventually("the first request's call upstream", || !gw.mock.requests().is_empty()).await;
        for client in [gw.user("second"), gw.with_token("nonsense"), gw.anonymous()] {
            let reply = client.get("/gateway/account").await;
            reply.problem(503, "overloaded");
            assert!(retry_after_s(&reply) >= 1);
            assert_eq!(reply.header("ratelimit"), None);
        }
        gw.anonymous().get("/healthz").await.ok();
        gw.anonymous().get("/readyz").await.ok();
        gw.anonymous().get("/nowhere").await.problem(404, "not_found");
    });

    let (served, ()) = tokio::join!(first.get("/packs"), shed);

    served.ok();
    gw.user("second").get("/gateway/account").await.ok();
    gw.with_token("nonsense").get("/gateway/account").await.problem(401, "invalid_token");
    assert_eq!(gw.mock.requests().len(), 1);
}

#[tokio::test]
async fn a_callback_is_never_shed() {
    let gw = spawn_gateway().config(|config| config.server.max_in_flight = 1).start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(500))).path("/packs"));
    let (first, calling) = (gw.user("first"), async {
        eventually("the first request's call upstream", || !gw.mock.requests().is_empty()).await;
        let call = gw.anonymous().post("/gateway/callbacks/made-up", "application/json", "{}").await;
        call.problem(404, "not_found");
    });

    let (served, ()) = tokio::join!(first.get("/packs"), calling);

    served.ok();
}
