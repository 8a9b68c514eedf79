//! A model of one's own on the page: photos in, pictures out.

use super::driver::Browser;
use super::{AT_MOST, Demo, NOBODY_YET};

#[tokio::test]
async fn a_model_is_trained_from_photos_and_makes_pictures() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page()).await;
        browser.click("[data-testid=user-pro-user]").await;
        browser.until("the stream", "stream === 'open'").await;
        for photo in ["jpeg.jpg", "png.png"] {
            browser.choose_file("[data-testid=drop-input]", photo).await;
        }

        browser.write("[data-testid=tune-title]", "My face").await;
        browser.until("the photos", "text('train') === 'Train on 2 photos'").await;
        browser.click("[data-testid=train]").await;
        browser.see("[data-testid=tune-card][data-state=running][data-id]").await;
        browser.see("[data-testid=tune-card][data-state=done]").await;
        browser.click("[data-testid=use-tune]").await;
        browser
            .until("its words", "one('prompt-text').value === 'ohwx woman' && one('tune').selectedOptions[0].text === 'My face'")
            .await;
        browser.click("[data-testid=create]").await;
        browser.until("pictures of it", "all('picture').length === 4").await;
        browser.screenshot("demo-trained.png").await;

        let created = demo.created().await;
        let trained = created.iter().find(|request| request["path"] == "/tunes").unwrap();
        assert_eq!(trained["files"].as_array().unwrap().len(), 2);
        browser.close_without_complaints(&[NOBODY_YET]).await;
    })
    .await
    .expect("it takes less than a minute");
}
