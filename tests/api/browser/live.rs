//! Jobs on the page, by the stream of events and without it.

use serde_json::json;

use super::cutting_proxy::{CuttingProxy, Lets};
use super::driver::Browser;
use super::{AT_MOST, Demo, NOBODY_YET};

async fn sign_in(browser: &Browser) {
    browser.click("[data-testid=user-free-user]").await;
    browser.until("the quota", "left('images') === '20'").await;
    browser.until("the stream", "stream === 'open' && text('live') === 'Live'").await;
}

async fn create(browser: &Browser, text: &str) {
    browser.write("[data-testid=prompt-text]", text).await;
    browser.click("[data-testid=create]").await;
    browser.see("[data-testid=job][data-state=running][data-id]").await;
}

async fn see_pictures(browser: &Browser, count: usize) {
    let shown = format!("all('picture').length === {count} && loaded('[data-testid=picture]') === {count}");
    browser.until("the pictures", &shown).await;
}

#[tokio::test]
async fn a_prompts_pictures_appear_without_reload_and_without_asking() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;
        sign_in(&browser).await;

        create(&browser, "A lighthouse at dawn").await;
        see_pictures(&browser, 4).await;
        browser.until("the quota's count-down", "left('images') === '16'").await;

        let looks = browser.ask("looks").await.as_u64().unwrap();
        assert!(looks <= 1, "it might have been there already; since then nobody asks");
        let callback = demo.created().await[0]["params"]["prompt"]["callback"].clone();
        let to_us = format!("http://{}/gateway/callbacks/", demo.gateway());
        assert!(callback.as_str().unwrap().starts_with(&to_us), "Astria can call the demo back");
        browser.screenshot("demo-live.png").await;
        browser.close_without_complaints(&[NOBODY_YET]).await;
    })
    .await
    .expect("it takes less than a minute");
}

#[tokio::test]
async fn with_the_stream_cut_in_between_the_pictures_still_appear() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let proxy = CuttingProxy::before(demo.gateway()).await;
        let browser = Browser::open(&format!("http://{}/demo", proxy.addr)).await;
        sign_in(&browser).await;

        create(&browser, "A lighthouse at dawn").await;
        let first = browser.ask("one('job').dataset.id").await;
        proxy.lets(Lets::AllButStreams);
        browser.until("polling", "stream === 'polling' && text('live').startsWith('Not live')").await;
        see_pictures(&browser, 4).await;
        assert_ne!(browser.ask("looks").await, 0, "there was no stream to tell of them");
        proxy.lets(Lets::Everything);
        browser.until("the stream again", "stream === 'open'").await;

        create(&browser, ", and at dusk").await;
        let second = browser.ask("one('job').dataset.id").await;
        proxy.lets(Lets::Nothing);
        browser.until("polling", "stream === 'polling'").await;
        demo.until_finished().await;
        assert_eq!(browser.ask("all('picture').length").await, 4, "nobody could tell of the others");
        proxy.lets(Lets::Everything);
        see_pictures(&browser, 8).await;
        browser.until("the stream again", "stream === 'open'").await;

        let jobs = "all('job').length === 2 && all('job').every((job) => job.dataset.state === 'done')";
        assert_eq!(browser.ask(jobs).await, true);
        assert_eq!(demo.creates().await, 2);
        let refused = [first, second].map(|id| format!("/prompts/{}", id.as_str().unwrap()));
        let [first, second] = &refused;
        browser
            .close_without_complaints(&[NOBODY_YET, "/gateway/events", "/gateway/account", first, second])
            .await;
    })
    .await
    .expect("it takes less than a minute");
}

#[tokio::test]
async fn the_page_reads_a_stream_as_the_standard_says_however_it_is_cut_into_pieces() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;
        // Every line end, several lines of data, a comment, a field without a colon, one without a space, an id with a
        // NUL, which does not count, and a message that nothing completes.
        let text = "retry: 2000\n\nid: 41\nevent: stream.open\ndata: {}\n\n: heartbeat\n\nid:42\r\nevent:x\r\n\
            data: one\r\ndata:two\r\ndata:  three\r\n\r\nid\rdata\r\rid: a\0b\rretry: 1s\rdata: æ\n\ndata: cut off\nid: 43\n";

        let read = browser
            .import(
                "astria-client.js",
                "[1, 2, 3, 5, 8, 1000].map((size) => {
                    const reader = new page.SseReader();
                    const messages = [];
                    for (let at = 0; at < given.length; at += size) messages.push(...reader.read(given.slice(at, at + size)));
                    return [reader.retryMs, reader.lastId, ...messages.map(({ type, data, id }) => [type, data, id])];
                })",
                json!(text),
            )
            .await;

        let expected = json!([2000, "", ["stream.open", "{}", "41"], ["x", "one\ntwo\n three", "42"],
            ["message", "", ""], ["message", "æ", ""]]);
        assert_eq!(read, json!([expected, expected, expected, expected, expected, expected]));
        browser.close_without_complaints(&[NOBODY_YET]).await;
    })
    .await
    .expect("it takes less than a minute");
}
