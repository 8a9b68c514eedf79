//! What a running gateway says about itself: traces, lines, gauges and readiness, seen from outside.

use std::time::Duration;

use astria_gateway::call::{Answer, Call};
use astria_gateway::config::{Issuer, IssuerKeys};
use astria_gateway::principal::EndUserId;
use astria_gateway::routes::Route;
use mock_astria::{Fault, FaultRule};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::harness::{
    AUDIENCE, Client, ISSUER, KeyServer, Reply, Signer, TestGateway, eventually, logs, photos, raw,
    spawn_gateway, tokens,
};
use crate::prompts::on_shared;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn create(user: &Client) -> Reply {
    user.post_json(&on_shared(), &json!({"prompt": {"text": "a cat", "num_images": 1}})).await
}

/// The one access-log line of a reply.
fn line_of(reply: &Reply) -> String {
    let [line] =
        logs::access_lines(reply.header("x-request-id").unwrap()).try_into().expect("one line a request");
    line
}

/// A field of a line of text, without its quotes.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let value = line.split(&format!(" {name}=")).nth(1).unwrap_or_else(|| panic!("no {name}: {line}"));
    value.split(' ').next().unwrap().trim_matches('"')
}

fn number(line: &str, name: &str) -> u64 {
    field(line, name).parse().unwrap()
}

#[tokio::test]
async fn a_trusted_proxys_trace_reaches_astria_and_the_access_log_and_a_strangers_does_not() {
    let sent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    for trusted in [true, false] {
        let gw = spawn_gateway()
            .config(|config| {
                if trusted {
                    config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
                }
            })
            .start()
            .await;
        let user = gw.user("first").header("traceparent", &sent);
        let made = create(&user).await;
        user.get(&format!("/prompts/{}", made.ok()["id"])).await.ok();

        for call in gw.mock.requests() {
            let trace =
                call.headers.get("traceparent").map(|value| value.split('-').nth(1).unwrap().to_owned());
            assert_eq!(trace.as_deref(), trusted.then_some(TRACE), "{}", call.path);
        }
        assert_eq!(line_of(&made).contains(&format!("trace_id=\"{TRACE}\"")), trusted);
        if trusted {
            let before = gw.mock.requests().len();
            for (odd, more) in [(sent.as_str(), Some(sent.as_str())), ("00-0-0-01", None), ("01-x", None)] {
                let user = gw.user("first").header("traceparent", odd);
                let user = more.iter().fold(user, |user, more| user.header("traceparent", more));
                assert!(!line_of(&create(&user).await).contains("trace_id"), "{odd}");
            }
            let odd = gw.mock.requests().split_off(before);
            assert!(odd.iter().all(|call| !call.headers.contains_key("traceparent")));
        }
    }
}

#[tokio::test]
async fn a_line_says_how_long_astria_took_how_much_came_and_went_and_what_the_cache_did() {
    let gw = spawn_gateway().start().await;
    let user = gw.user("first");
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(60))));
    let body = json!({"prompt": {"text": "a cat", "num_images": 1}});

    let made = user.post_json(&on_shared(), &body).await;

    let line = line_of(&made);
    assert!((60_000..=number(&line, "took_us")).contains(&number(&line, "upstream_us")), "{line}");
    assert_eq!(number(&line, "received_bytes"), body.to_string().len() as u64, "{line}");
    assert_eq!(number(&line, "sent_bytes"), made.body.len() as u64, "{line}");
    assert_eq!(
        (field(&line, "protocol"), field(&line, "cache"), field(&line, "spent")),
        ("HTTP/1.1", "", "yes")
    );

    let (miss, hit) = (user.get("/packs").await, user.get("/packs").await);
    assert_eq!((field(&line_of(&miss), "cache"), field(&line_of(&hit), "cache")), ("miss", "hit"));
    assert!(number(&line_of(&miss), "upstream_us") > number(&line_of(&hit), "upstream_us"));
    assert_eq!(number(&line_of(&hit), "sent_bytes"), hit.body.len() as u64);
    let packed = user.header("accept-encoding", "gzip").get("/packs").await;
    assert_eq!(number(&line_of(&packed), "sent_bytes"), packed.body.len() as u64);

    let photo: &[u8] = photos::SAMPLES[0].1;
    let inspected = user.post_multipart("/images/inspect", &[("name", "man")], &[("file", photo)]).await;
    assert!(number(&line_of(&inspected), "received_bytes") > photo.len() as u64);

    let failed = gw.anonymous().get("/packs").await;
    let line = line_of(&failed);
    assert_eq!((number(&line, "upstream_us"), number(&line, "received_bytes")), (0, 0), "{line}");
    assert_eq!(number(&line, "sent_bytes"), failed.body.len() as u64, "{line}");

    let old =
        raw::exchange(gw.host(), format!("GET /healthz HTTP/1.0\r\nHost: {}\r\n\r\n", gw.host()).as_bytes())
            .await;
    let id = old.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    assert_eq!(field(&logs::access_lines(id)[0], "protocol"), "HTTP/1.0");
}

async fn wait_for_ever(_: Call) -> Answer {
    std::future::pending().await
}

#[tokio::test]
async fn a_client_that_leaves_leaves_one_line_with_499() {
    let gw = spawn_gateway().route(Route::get("/left-by-its-client", wait_for_ever)).start().await;
    let head = |line: &str, name: &str, more: &str| {
        format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{more}\r\n",
            gw.host(),
            gw.token(name, "free")
        )
    };
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    stream.write_all(head("GET /left-by-its-client", "first", "").as_bytes()).await.unwrap();
    eventually("the request", || gw.state().in_flight.count() == 1).await;
    drop(stream);
    let lines = || logs::access_lines("route=\"/left-by-its-client\"");
    eventually("its line", || !lines().is_empty()).await;
    let [line] = lines().try_into().expect("one line");
    assert_eq!((number(&line, "status"), number(&line, "sent_bytes")), (499, 0), "{line}");

    // A create goes on without its client; its line was written when that left, and no second one follows.
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(500))));
    let name = uuid::Uuid::new_v4().to_string();
    let body = json!({"prompt": {"text": "a cat", "num_images": 1}}).to_string();
    let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let mut stream = TcpStream::connect(gw.host()).await.unwrap();
    let request = head(&format!("POST {}", on_shared()), &name, &more) + &body;
    stream.write_all(request.as_bytes()).await.unwrap();
    eventually("the call", || gw.mock.requests().len() == 1).await;
    drop(stream);
    let id = EndUserId { issuer: ISSUER.into(), subject: name.as_str().into() };
    let mark = format!("principal=\"{:012x}\"", gw.state().principal_hash(&id));
    eventually("its line", || !logs::access_lines(&mark).is_empty()).await;
    assert_eq!(gw.standing().open, 1, "the work had ended: nothing was shown");
    eventually("the end of the work", || gw.standing().open == 0).await;
    let [line] = logs::access_lines(&mark).try_into().expect("one line");
    assert_eq!(number(&line, "status"), 499, "{line}");
    let page = gw.operator("/metrics").await;
    assert!(page.contains("status=\"499\""), "{page}");
}

/// Reads the operator's page: status and body.
async fn ready(url: &str) -> (u16, Value) {
    let reply = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(format!("{url}/readyz"))
        .send()
        .await
        .unwrap();
    let status = reply.status().as_u16();
    (status, serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap())
}

#[tokio::test]
async fn readyz_says_what_it_waits_for_and_that_it_is_ready() {
    let key = Signer::es256();
    let server = KeyServer::start_broken().await;
    let name = "https://published.test";
    let issuer = Issuer {
        issuer: name.into(),
        audiences: vec![AUDIENCE.into()],
        jwks_url: server.url(),
        ..Issuer::default()
    };
    let gw = spawn_gateway()
        .manual_clock()
        .config(|config| config.auth.jwks_cooldown_s = 1)
        .issuer(issuer, IssuerKeys::Jwks)
        .start()
        .await;
    let operator = gw.operator_url();
    let missing = format!("keys of issuer {name} not fetched yet");
    assert_eq!(ready(&operator).await, (200, json!({"status": "ready", "without": [missing]})));
    // From here on nobody's keys stand in a file.
    gw.reload(|now| {
        now.config.auth.issuers.remove(0);
        now.issuer_keys.remove(0);
    });
    let waiting = (503, json!({"status": "waiting", "for": [missing]}));
    assert_eq!(ready(&operator).await, waiting);
    assert_eq!(ready(&gw.url).await, waiting, "the public listener says the same");
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["iss"] = json!(name);
    let user = gw.with_token(&key.token("k", &claims));
    user.get("/gateway/account").await.problem(503, "auth_unavailable");
    assert_eq!(ready(&operator).await, waiting);

    server.publish(&[key.jwk("k")]);
    gw.clock.advance(Duration::from_secs(1));
    user.get("/gateway/account").await.ok();

    assert_eq!(ready(&operator).await, (200, json!({"status": "ready"})));
    assert_eq!(ready(&gw.url).await.0, 200);
}

#[tokio::test]
async fn up_06_while_it_drains_the_operator_is_told_and_nobody_new_is_let_in() {
    let mut gw = spawn_gateway().start().await;
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(1_500))));
    let (user, operator, host) = (gw.user("first"), gw.operator_url(), gw.host().to_owned());
    let state = gw.state();
    assert_eq!(ready(&operator).await.0, 200);
    let stopping = async {
        eventually("the call upstream", || !gw.mock.requests().is_empty()).await;
        gw.stop().await
    };
    let looking = async {
        eventually("the drain", || state.tasks.is_closed()).await;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(&host).await.is_ok() {
            assert!(tokio::time::Instant::now() < deadline, "the door stays open");
            tokio::task::yield_now().await;
        }
        ready(&operator).await
    };

    let (made, finished, said) = tokio::join!(create(&user), stopping, looking);

    assert_eq!(said, (503, json!({"status": "draining"})));
    assert!(finished);
    made.ok();
}

/// A gauge as the operator's page shows it.
async fn gauge(gw: &TestGateway, name: &str) -> Option<u64> {
    let page = gw.operator("/metrics").await;
    let line = page.lines().find(|line| {
        line.strip_prefix("astria_gateway_").is_some_and(|line| line.starts_with(&format!("{name} ")))
    });
    line.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

/// Scrapes until the gauge is as wanted.
async fn shows(gw: &TestGateway, name: &str, wanted: u64) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let shown = gauge(gw, name).await;
        if shown == Some(wanted) {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{name} is {shown:?}, not {wanted}");
    }
}

#[tokio::test]
async fn gauges_follow_connections_requests_and_bodies() {
    let gw = spawn_gateway().route(Route::get("/waits", wait_for_ever)).start().await;
    let before = gauge(&gw, "open_connections").await.unwrap();
    let mut open = Vec::new();
    for _ in 0..7 {
        open.push(TcpStream::connect(gw.host()).await.unwrap());
    }
    shows(&gw, "open_connections", before + 7).await;
    let bearer = format!("Authorization: Bearer {}\r\n", gw.token("first", "free"));
    for stream in &mut open[..3] {
        let head = format!("GET /waits HTTP/1.1\r\nHost: {}\r\n{bearer}\r\n", gw.host());
        stream.write_all(head.as_bytes()).await.unwrap();
    }
    shows(&gw, "requests_in_flight", 3).await;
    let head = format!(
        "POST /images/inspect HTTP/1.1\r\nHost: {}\r\n{bearer}Content-Type: multipart/form-data; boundary=X\r\n\
         Content-Length: 54321\r\n\r\n--X",
        gw.host()
    );
    open[3].write_all(head.as_bytes()).await.unwrap();
    shows(&gw, "body_budget_used_bytes", 54_321).await;
    shows(&gw, "requests_in_flight", 4).await;

    drop(open);

    for (name, wanted) in
        [("open_connections", before), ("requests_in_flight", 0), ("body_budget_used_bytes", 0)]
    {
        shows(&gw, name, wanted).await;
    }
    let config = &gw.state().config;
    assert_eq!(gauge(&gw, "max_connections").await, Some(config.server.max_connections as u64));
    assert_eq!(gauge(&gw, "max_requests_in_flight").await, Some(config.server.max_in_flight as u64));
    assert_eq!(gauge(&gw, "body_budget_limit_bytes").await, Some(config.limits.bodies_in_flight_bytes));
}

#[tokio::test]
async fn gauges_follow_calls_queue_breaker_reservations_and_keys() {
    let key = Signer::es256();
    let server = KeyServer::start(&[key.jwk("k")]).await;
    let name = "https://published.test";
    let issuer = Issuer {
        issuer: name.into(),
        audiences: vec![AUDIENCE.into()],
        jwks_url: server.url(),
        ..Issuer::default()
    };
    let gw = spawn_gateway()
        .issuer(issuer, IssuerKeys::Jwks)
        .config(|config| {
            config.upstream.max_in_flight = 1;
            config.upstream.max_in_flight_creates = 1;
        })
        .start()
        .await;
    let of = |name: &str| format!("{name}{{account=\"upstream\"}}");
    let keys = format!("jwks_fetched{{issuer=\"{name}\"}}");
    shows(&gw, &keys, 0).await;
    let mut claims = tokens::claims(gw.clock.now(), "first", "free");
    claims["iss"] = json!(name);
    gw.with_token(&key.token("k", &claims)).get("/gateway/account").await.ok();
    shows(&gw, &keys, 1).await;

    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(1_500))));
    let (first, second) = (gw.user("first"), gw.user("second"));
    let waiting = async {
        eventually("the call", || gw.mock.requests().len() == 1).await;
        create(&second).await
    };
    let looking = async {
        shows(&gw, &of("upstream_waiting"), 1).await;
        shows(&gw, &of("upstream_in_flight"), 1).await;
        shows(&gw, "open_reservations", 2).await;
    };
    let (one, two, ()) = tokio::join!(create(&first), waiting, looking);
    one.ok();
    two.ok();
    for name in ["upstream_waiting", "upstream_in_flight", "breaker_state", "upstream_backoff_seconds"] {
        shows(&gw, &of(name), 0).await;
    }
    shows(&gw, "open_reservations", 0).await;
    shows(&gw, "limit_buckets{limit=\"user\"}", 3).await;

    gw.mock.inject(FaultRule::new(Fault::Status401));
    create(&first).await.problem(502, "upstream_credential_rejected");
    shows(&gw, &of("breaker_state"), 2).await;
    gw.expect_unknown();
}

#[tokio::test]
async fn no_end_user_stands_on_a_page_of_metrics() {
    let gw = spawn_gateway().start().await;
    let names: Vec<String> = (0..5).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    for name in &names {
        let user = gw.user(name);
        create(&user).await.ok();
        user.get("/packs").await.ok();
        user.get("/prompts/1").await.problem(404, "not_found");
    }

    let page = gw.operator("/metrics").await;

    assert!(page.contains("astria_gateway_requests_total"));
    for name in &names {
        let id = EndUserId { issuer: ISSUER.into(), subject: name.as_str().into() };
        let mark = format!("{:012x}", gw.state().principal_hash(&id));
        assert!(!page.contains(name) && !page.contains(&mark), "{page}");
    }
    // As many lines as before, whoever comes.
    let before = page.lines().count();
    create(&gw.user("another")).await.ok();
    assert_eq!(gw.operator("/metrics").await.lines().count(), before);
}
