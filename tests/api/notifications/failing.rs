//! An app that does not take what it is sent, and is well again later.

use super::*;

const S: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Down,
    Answers(u16),
    Silent,
    Cuts,
    Redirects(u16),
}

/// Everything comes in the end, in each object's order, each event under one id, and nothing goes anywhere else.
async fn survives_an_hour_of(trouble: Trouble) {
    let (app, elsewhere) = (App::start().await, App::start().await);
    match trouble {
        Trouble::Down => app.go_down().await,
        Trouble::Answers(status) => app.answer(Answer::Status(status, 0)),
        Trouble::Silent => app.answer(Answer::Silence),
        Trouble::Cuts => app.answer(Answer::Cut),
        Trouble::Redirects(status) => {
            app.answer(Answer::With(status, format!("location: {}", elsewhere.url())));
        }
    }
    let gw = telling(&app).manual_clock().start().await;
    let mut made = 0;
    let mut attempts = app.received().len();
    // Something happens all the while.
    for pause in [S, 30 * S, 300 * S, 1200 * S, 2069 * S] {
        a_prompt(&gw.user("first")).await;
        made += 2;
        gw.clock.advance(pause);
        if !matches!(trouble, Trouble::Down) {
            in_time(&gw, S, "an attempt", || app.received().len() > attempts).await;
            attempts = app.received().len();
        }
    }
    so_many_wait(&gw, made).await;
    assert!(app.taken().is_empty());

    // It is back: what waits comes after one pause of the endpoint's at most, not when each notification's own ends.
    app.come_up_if(trouble).await;
    app.answer(Answer::Status(200, 0));
    let started = tokio::time::Instant::now();
    while waiting(&gw).await > 0 {
        assert!(started.elapsed().as_secs() < 20, "{trouble:?}: {} wait", waiting(&gw).await);
        gw.clock.advance(if is_of_endpoint(trouble) { 5 * S } else { 60 * S });
        hurry(&gw);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let taken = app.taken();
    assert_eq!(sorted(app.told()), sorted(names(&events(&gw, "first").await)), "{trouble:?}");
    each_objects_order_is_kept(&taken);
    each_event_has_one_id(&app.received());
    assert!(taken.iter().all(|one| one.header("webhook-signature") == one.signature_by(SECRET)));
    assert!(elsewhere.received().is_empty(), "a redirect was followed");
}

fn is_of_endpoint(trouble: Trouble) -> bool {
    !matches!(trouble, Trouble::Redirects(_) | Trouble::Answers(400..=428))
}

impl App {
    async fn come_up_if(&self, trouble: Trouble) {
        if matches!(trouble, Trouble::Down) {
            self.come_up().await;
        }
    }
}

macro_rules! troubles {
    ($($name:ident: $trouble:expr;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                survives_an_hour_of($trouble).await;
            }
        )*
    };
}

troubles! {
    an_app_that_was_down_for_an_hour_hears_of_everything_in_order: Trouble::Down;
    an_app_that_answered_500_for_an_hour_hears_of_everything_in_order: Trouble::Answers(500);
    an_app_that_was_gone_for_an_hour_hears_of_everything_in_order: Trouble::Answers(410);
    an_app_that_was_silent_for_an_hour_hears_of_everything_in_order: Trouble::Silent;
    an_app_that_cut_connections_for_an_hour_hears_of_everything_in_order: Trouble::Cuts;
    cb_10_an_app_that_redirected_for_an_hour_hears_of_everything_and_nobody_else_of_anything: Trouble::Redirects(307);
    cb_10_a_redirect_of_the_kind_that_makes_posts_gets_is_not_followed_either: Trouble::Redirects(302);
}

#[tokio::test]
async fn an_app_that_is_down_is_asked_once_a_minute_however_much_waits_and_catches_up_at_once() {
    let app = App::start().await;
    app.answer(Answer::Status(503, 0));
    let gw = telling(&app).manual_clock().start().await;
    let user = gw.user("first");
    for _ in 0..10 {
        a_prompt(&user).await;
    }
    // Until the pause is the longest.
    for _ in 0..8 {
        let before = app.received().len();
        in_time(&gw, 15 * S, "a probe", || app.received().len() > before).await;
        settled(&gw, &app).await;
    }
    let before = app.received().len();
    // Nothing is sent while the endpoint is left alone, and one when it is not.
    gw.clock.advance(59 * S);
    a_prompt(&gw.user("second")).await;
    so_many_wait(&gw, 22).await;
    settled(&gw, &app).await;
    assert_eq!(app.received().len(), before);
    gw.clock.advance(17 * S);
    settled(&gw, &app).await;
    assert_eq!(app.received().len(), before + 1);

    app.answer(Answer::Status(200, 0));
    gw.clock.advance(76 * S);
    hurry(&gw);

    // Without another move of the clock.
    nothing_waits(&gw).await;
    assert_eq!(app.taken().len(), 22);
    each_objects_order_is_kept(&app.taken());
}

#[tokio::test]
async fn one_object_whose_notifications_are_refused_holds_up_no_other() {
    for poison in [Answer::Status(400, 0), Answer::Status(500, 0)] {
        let app = App::start().await;
        let gw = telling(&app).manual_clock().start().await;
        let user = gw.user("first");
        let path = format!("/tunes/{SHARED_TUNE}/prompts");
        let made = user.post_json(&path, &json!({"prompt": {"text": "a cat"}})).await.ok();
        let bad = made["id"].as_u64().unwrap();
        eventually("its first event", || app.received().len() == 1).await;
        app.answer_for(bad, poison);
        finished(&user, &format!("/prompts/{bad}")).await;
        eventually("a refusal", || app.received().len() == 2).await;

        let mut good = Vec::new();
        for _ in 0..5 {
            good.push(a_prompt(&user).await);
            gw.clock.advance(2 * S);
            hurry(&gw);
        }

        in_time(&gw, S / 2, "the others", || app.taken().len() == 11).await;
        let told = app.told();
        assert!(good.iter().all(|id| told.contains(&(*id, "prompt.finished".into()))));
        let tries = |app: &App| app.received().iter().filter(|one| one.object() == bad).count() - 1;
        assert!(tries(&app) <= 3, "it has its own pauses: {}", tries(&app));
        app.answer_for_as_usual(bad);
        in_time(&gw, 5 * S, "its last event", || app.taken().len() == 12).await;
        nothing_waits(&gw).await;
        each_event_has_one_id(&app.received());
    }
}

#[tokio::test]
async fn what_an_app_asks_for_with_retry_after_is_kept() {
    let app = App::start().await;
    app.answer(Answer::With(429, "retry-after: 1800".into()));
    let gw = telling(&app).manual_clock().start().await;
    a_prompt(&gw.user("first")).await;
    eventually("an attempt", || app.received().len() == 1).await;
    so_many_wait(&gw, 2).await;
    settled(&gw, &app).await;
    app.answer(Answer::Status(200, 0));

    // What is due is looked at, and nothing is.
    gw.clock.advance(1790 * S);
    a_prompt(&gw.user("second")).await;
    so_many_wait(&gw, 4).await;
    settled(&gw, &app).await;
    assert_eq!(app.received().len(), 1);

    gw.clock.advance(11 * S);
    hurry(&gw);
    nothing_waits(&gw).await;
    assert_eq!(app.taken().len(), 4);
}
