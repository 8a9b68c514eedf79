//! The contract's page, `/gateway/docs`: what a newcomer reads.

use astria_gateway::config::Config;

use super::super::contract::Contract;
use super::{AT_MOST, Browser, Demo};

#[tokio::test]
async fn the_contracts_page_lists_every_operation_finds_one_and_says_how_to_call_it() {
    tokio::time::timeout(AT_MOST, async {
        let demo = Demo::start().await;
        let browser = Browser::open(&demo.page().replace("/demo", "/gateway/docs")).await;
        browser.until("the page", "document.documentElement.dataset.drawn === 'yes'").await;
        let operations = Contract::of(&Config::default()).operations().len();
        assert_eq!(browser.ask("all('operation').length").await, operations);

        browser.write("#search", "post num_images duplicate").await;
        browser
            .until("what was looked for", "all('operation').filter((one) => !one.hidden).length === 1")
            .await;
        assert_eq!(browser.ask("all('operation').find((one) => !one.hidden).id").await, "duplicatePrompt");
        browser.click("#duplicatePrompt > summary").await;
        browser
            .until(
                "parameters, answers and a line for a shell",
                "['image_index', 'quota_exhausted', 'curl -s', '/prompts/123/duplicate'].every((word) => \
                 document.querySelector('#duplicatePrompt').innerText.includes(word))",
            )
            .await;
        browser.screenshot("contract.png").await;
        browser.close_without_complaints(&[]).await;
    })
    .await
    .expect("the browser took too long");
}
