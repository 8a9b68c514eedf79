//! Who is signed in on the page: by a cookie that no script can read.

use http::StatusCode;
use http::header::{COOKIE, SET_COOKIE};

use super::driver::Browser;
use super::{AT_MOST, Demo, NOBODY_YET};

/// Another device of the same end user: its cookie.
async fn another_device(demo: &Demo, user: &str) -> String {
    let token = demo.places["tokens"][user].as_str().unwrap();
    let session = format!("http://{}/gateway/session", demo.gateway());
    let reply = reqwest::Client::new().post(session).bearer_auth(token).send().await.unwrap();
    let cookie = reply.headers()[SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn status_for(demo: &Demo, cookie: &str) -> StatusCode {
    let account = format!("http://{}/gateway/account", demo.gateway());
    let reply = reqwest::Client::new().get(account).header(COOKIE, cookie).send().await.unwrap();
    reply.status()
}

#[tokio::test]
async fn a_reload_keeps_the_session_and_its_pictures_and_the_page_holds_no_token() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;
        browser.click("[data-testid=user-free-user]").await;
        browser.until("the quota", "left('images') === '20'").await;
        browser.write("[data-testid=prompt-text]", "A lighthouse at dawn").await;
        browser.click("[data-testid=create]").await;
        browser.until("the pictures", "all('picture').length === 4").await;

        browser.reload().await;

        browser.until("the same user", "text('plan') === 'plan free' && left('images') === '16'").await;
        browser.until("the same pictures", "loaded('[data-testid=picture]') === 4").await;
        let kept = "[document.cookie, localStorage.length, sessionStorage.length].join()";
        assert_eq!(browser.ask(kept).await, ",0,0", "what scripts can read");
        assert_eq!(demo.creates().await, 1);
        browser.close_without_complaints(&[NOBODY_YET, "/gateway/events"]).await;
    })
    .await
    .expect("it takes less than a minute");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_signing_out_everywhere_ends_all() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;
        browser.click("[data-testid=user-free-user]").await;
        browser.until("the plan", "text('plan') === 'plan free'").await;
        let other = another_device(&demo, "free-user").await;
        browser.click("[data-testid=sign-out]").await;
        browser.until("the way in", "text('welcome-note') === 'You are signed out.'").await;
        assert_eq!(status_for(&demo, &other).await, StatusCode::OK, "another device stays");

        browser.click("[data-testid=user-free-user]").await;
        browser.until("the plan", "text('plan') === 'plan free' && shown('devices')").await;
        browser.click("[data-testid=devices]").await;
        browser.until("both devices", "all('device').length === 2").await;
        browser.screenshot("demo-devices.png").await;
        browser.click("[data-testid=sign-out-everywhere]").await;

        browser.until("the way in", "text('welcome-note') === 'You are signed out everywhere.'").await;
        assert_eq!(status_for(&demo, &other).await, StatusCode::UNAUTHORIZED);
        browser.reload().await;
        browser.see("#welcome-users button").await;
        browser.until("nobody", "!shown('sign-out') && text('plan') === ''").await;
        browser.close_without_complaints(&[NOBODY_YET, "/gateway/events"]).await;
    })
    .await
    .expect("it takes less than a minute");
}

#[tokio::test]
async fn what_a_guest_made_is_the_users_who_signs_in_afterwards() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;
        browser.click("[data-testid=guest]").await;
        browser.until("the guest's plan", "text('plan') === 'plan trial' && left('images') === '2'").await;
        browser.write("[data-testid=prompt-text]", "A lighthouse at dawn").await;
        for _ in 0..3 {
            browser.click("#fewer").await;
        }
        browser.click("[data-testid=create]").await;
        browser.until("the picture", "loaded('[data-testid=picture]') === 1").await;
        browser.screenshot("demo-guest.png").await;

        browser.click("[data-testid=user-free-user]").await;

        browser.until("the user's plan", "text('plan') === 'plan free' && left('images') === '19'").await;
        browser.until("the guest's picture", "loaded('[data-testid=picture]') === 1").await;
        assert_eq!(demo.creates().await, 1);
        browser.close_without_complaints(&[NOBODY_YET, "/gateway/events"]).await;
    })
    .await
    .expect("it takes less than a minute");
}
