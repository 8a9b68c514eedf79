//! The gateway is killed again and again while it tells the app.

use astria_gateway::clock::Clock;

use super::super::command::{Served, Site};
use super::super::harness::tokens;
use super::super::ownership::neighbour;
use super::*;

pub(super) fn config(site: &Site, app: &App) -> String {
    site.write("webhook.secret", &format!("{SECRET}\n"));
    format!(
        "{}\n[reconcile]\npoll_fresh_ms = 0\n[notifications]\nallow_private_hosts = true\n[notifications.endpoints.app]\nurl = \"{}\"\n\
         secret_file = \"{}\"\n",
        site.config().replace("limit = 20", "limit = 2000"),
        app.url(),
        site.path("webhook.secret").display(),
    )
}

pub(super) fn user(site: &Site, served: &Served, name: &str) -> Client {
    let claims = tokens::claims(Clock::system().now(), name, "free");
    served.with_token(&tokens::hs256(site.signing.as_bytes(), &claims))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_24_a_gateway_killed_while_it_tells_the_app_loses_no_event_and_tells_none_under_two_ids() {
    let (site, app) = (Site::new().await, App::start().await);
    app.answer(Answer::Status(200, 3));
    let config = config(&site, &app);
    let conn = || neighbour(&site.path("gateway.db"));
    for round in 0..12_u64 {
        let served = site.serve(&config, &[]).await;
        // Some seconds later: whoever was killed has its lease no more.
        conn().execute("DELETE FROM leases", []).unwrap();
        let user = user(&site, &served, "first");
        let before = app.received().len();
        for _ in 0..3 {
            a_prompt(&user).await;
        }
        // Between the event and its notification, between an attempt and its record, after some of them.
        match round % 4 {
            0 => {}
            1 => tokio::time::sleep(Duration::from_millis(round)).await,
            2 => eventually("an attempt", || app.received().len() > before).await,
            _ => eventually("some attempts", || app.received().len() > before + 3).await,
        }
        drop(served); // SIGKILL
    }
    let _served = site.serve(&config, &[]).await;
    conn().execute("DELETE FROM leases", []).unwrap();
    let count = |question: &str| conn().query_row(question, [], |row| row.get::<_, i64>(0)).unwrap();
    eventually("the last", || {
        count("SELECT COUNT(*) FROM outbox") == 0
            && count("SELECT MIN(seq) FROM outbox_cursors") == count("SELECT MAX(seq) FROM events")
    })
    .await;

    let received = app.received();
    each_event_has_one_id(&received);
    let mut told: Vec<u64> = received.iter().map(Received::event).collect();
    told.sort_unstable();
    told.dedup();
    let all = u64::try_from(count("SELECT COUNT(*) FROM events")).unwrap();
    assert!(all >= 72);
    assert_eq!(told, (1..=all).collect::<Vec<_>>());
    // Of what came for the first time: a repetition may come late.
    let mut seen = std::collections::BTreeSet::new();
    let firsts: Vec<Received> = received.into_iter().filter(|one| seen.insert(one.id().to_owned())).collect();
    each_objects_order_is_kept(&firsts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_gateways_on_one_file_one_tells_the_app_and_the_other_goes_on_when_it_stops() {
    let (site, app) = (Site::new().await, App::start().await);
    let config = config(&site, &app);
    let one = site.serve(&config, &[]).await;
    let other = site.serve(&config, &[]).await;
    for served in [&one, &other] {
        for _ in 0..5 {
            a_prompt(&user(&site, served, "first")).await;
        }
    }
    eventually("all events of both", || app.received().len() == 20).await;
    // It gives its lease back.
    one.process.terminate();
    assert_eq!(one.process.ended().await.0, 0);
    for _ in 0..5 {
        a_prompt(&user(&site, &other, "first")).await;
    }
    eventually("those after it", || app.received().len() == 30).await;
    each_event_has_one_id(&app.received());
    each_objects_order_is_kept(&app.received());
    let ids: std::collections::BTreeSet<_> = app.received().iter().map(|one| one.id().to_owned()).collect();
    assert_eq!(ids.len(), 30, "each came once");
}
