//! The vendor's documented samples, run as programs with another base URL and another token.
//!
//! `tests/vendor/samples` holds them, a folder a page; `tests/vendor/REPAIRS.md` says what was repaired in which, and what is
//! filled in before they run. Each runs against the imitation, which shows that the sample and the imitation are right, and
//! against the gateway in front of another one.

use astria_gateway::operation::Operation;
use mock_astria::{GEMINI_TUNE_ID, MockAstria, SEEDREAM_TUNE_ID, Settings};

use super::harness::spawn_gateway;

mod sample;
mod tap;

use sample::{Reader, Sample};
use tap::{Exchange, Tap};

/// A page of samples.
struct Page {
    folder: &'static str,
    /// Everything that its samples ask for, as [`Exchange::operation`]. After `|`: what Astria sees of it, if that differs;
    /// nothing, if the gateway may answer by itself.
    operations: &'static [&'static str],
}

impl Page {
    /// What is asked for, and what Astria sees.
    fn operations(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.operations.iter().map(|line| line.split_once('|').unwrap_or((line, line)))
    }

    /// Every sample succeeds and asks for what the page is about, and for nothing else.
    async fn runs(&self, reader: &Reader<'_>) {
        let mut asked = Vec::new();
        for sample in Sample::all(self.folder) {
            let exchanges = sample.run(reader).await;
            let name = sample.name();
            assert!(!exchanges.is_empty(), "{name} asked for nothing");
            if let Some(requests) = sample.requests() {
                assert_eq!(exchanges.len(), requests, "{name}: {exchanges:#?}");
            }
            for Exchange { operation, status, reply } in exchanges {
                assert!((200..300).contains(&status), "{name}: {operation} got {status} {reply}");
                assert!(
                    self.operations().any(|(known, _)| known == operation),
                    "{name} asked for {operation}"
                );
                asked.push(operation);
            }
        }
        for (operation, _) in self.operations() {
            assert!(asked.iter().any(|seen| seen == operation), "no sample asked for {operation}");
        }
    }

    async fn against_the_imitation(&self) {
        // Nothing is ever done, so no callback goes out to the addresses in the samples.
        let settings = Settings { generate_ms: 3_600_000, train_ms: 3_600_000, ..Settings::default() };
        let token = settings.api_key.clone();
        let mock = MockAstria::start(settings).await.unwrap();
        let tap = Tap::start(&mock.url()).await;
        self.runs(&Reader { tap: &tap, token, gemini_in_paths: Some(GEMINI_TUNE_ID) }).await;
    }

    async fn against_the_gateway(&self) {
        let gw = spawn_gateway()
            .config(|c| {
                c.upstream.shared_tunes.push(SEEDREAM_TUNE_ID);
                c.upstream.models.insert("gemini_tune_id".into(), GEMINI_TUNE_ID);
                let plan = c.plans.get_mut("pro").unwrap();
                plan.allow = Operation::ALL.to_vec();
                plan.quotas.clear();
            })
            .start()
            .await;
        let tap = Tap::start(&gw.url).await;
        let token = gw.token("reader", "pro");
        self.runs(&Reader { tap: &tap, token, gemini_in_paths: None }).await;
        let sent: Vec<String> = gw
            .mock
            .requests()
            .iter()
            .map(|sent| format!("{} {}", sent.method, tap::plain(&sent.path)))
            .collect();
        for (_, operation) in self.operations().filter(|(_, operation)| !operation.is_empty()) {
            assert!(sent.iter().any(|seen| seen == operation), "Astria saw no {operation}: {sent:?}");
        }
    }
}

macro_rules! pages {
    ($($name:ident: $folder:literal, $operations:expr;)*) => {
        const PAGES: &[Page] = &[$(Page { folder: $folder, operations: &$operations },)*];
        $(
            mod $name {
                use super::*;

                const PAGE: Page = Page { folder: $folder, operations: &$operations };

                #[tokio::test]
                async fn runs_against_the_imitation() {
                    PAGE.against_the_imitation().await;
                }

                #[tokio::test]
                async fn runs_against_the_gateway() {
                    PAGE.against_the_gateway().await;
                }
            }
        )*
    };
}

pages! {
    create_theme: "s0-create-theme", ["POST /themes"];
    create_prompt: "s1-create-prompt", ["POST /tunes/:id/prompts"];
    create_tune_from_pack: "s2-create-tune-from-pack", ["POST /p/:id/tunes"];
    flux: "s3-flux", ["POST /tunes", "POST /tunes/:id/prompts"];
    inspect: "s3-inspect", ["POST /images/inspect"];
    like: "s3-like-create", ["POST /prompts/:id/like|POST /prompts/:id/likes"];
    // The page shows POST under the heading "Delete a like".
    unlike: "s3-like-delete", ["POST /prompts/:id/like|POST /prompts/:id/likes"];
    list_packs: "s3-pack-list", ["GET /packs", "GET /gallery/packs"];
    create_tune_from_pack_with_tune_ids: "s3-pack-tune-create", ["POST /p/:id/tunes"];
    delete_prompt: "s3-prompt-delete", ["DELETE /prompts/:id"];
    list_prompts: "s3-prompt-list", ["GET /tunes/:id/prompts|"];
    get_prompt: "s3-prompt-retrieve", ["GET /tunes/:id/prompts/:id|GET /prompts/:id"];
    sdxl: "s3-sdxl", ["POST /tunes/:id/prompts"];
    create_tune: "s3-tune-create", ["POST /tunes"];
    delete_tune: "s3-tune-delete", ["DELETE /tunes/:id"];
    list_tunes: "s3-tune-list", ["GET /tunes|"];
    get_tune: "s3-tune-retrieve", ["GET /tunes/:id"];
    reference: "s4-reference", [
        "GET /tunes|",
        "GET /tunes/:id",
        "POST /tunes",
        "POST /tunes/:id/prompts",
        "GET /packs",
    ];
}

#[test]
fn every_folder_of_samples_is_run() {
    let entries = std::fs::read_dir(sample::folder().join("samples")).unwrap();
    let mut folders: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    let mut run: Vec<_> = PAGES.iter().map(|page| page.folder).collect();
    run.sort_unstable();
    assert_eq!(folders, run);
}
