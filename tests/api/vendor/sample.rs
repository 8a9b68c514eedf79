//! One sample as a program: what is put into it, where it runs, and what it did.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::harness::{Process, photos};
use super::tap::{Exchange, Tap};

const PICTURE: &str = "https://i.imgur.com/HLHBnl9.jpeg";

/// Who runs the samples, and against whom.
pub struct Reader<'a> {
    pub tap: &'a Tap,
    pub token: String,
    /// What `@GEMINI_TUNE_ID` in a path stands for, where no name does.
    pub gemini_in_paths: Option<u64>,
}

/// A file of `tests/vendor/samples`.
pub struct Sample(pub PathBuf);

impl Sample {
    /// The samples of a page.
    pub fn all(page: &str) -> Vec<Self> {
        let folder = folder().join("samples").join(page);
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files: Vec<_> = entries.map(|entry| Self(entry.unwrap().path())).collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    }

    pub fn name(&self) -> String {
        self.0.strip_prefix(folder().join("samples")).unwrap().display().to_string()
    }

    /// For a shell script: how often it asks. `None`: only running it tells.
    pub fn requests(&self) -> Option<usize> {
        let text = std::fs::read_to_string(&self.0).unwrap();
        self.is("sh").then(|| text.lines().filter(|line| line.starts_with("curl ")).count())
    }

    fn is(&self, extension: &str) -> bool {
        self.0.extension().is_some_and(|found| found == extension)
    }

    /// Runs it to its end, in a folder with the pictures that the samples name; gives what it asked.
    pub async fn run(&self, reader: &Reader<'_>) -> Vec<Exchange> {
        let text = self.filled_in(reader).await;
        let place = TempDir::new().unwrap();
        set_up(place.path());
        let file = place.path().join(self.0.file_name().unwrap());
        std::fs::write(&file, text).unwrap();
        let mut command = if self.is("sh") {
            let mut bash = Command::new("bash");
            bash.args(["-e", "-o", "pipefail"]);
            bash
        } else {
            Command::new(if self.is("py") { python() } else { "node" })
        };
        command
            .arg(&file)
            .current_dir(place.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", place.path())
            .env("LANG", "C.UTF-8")
            .env("API_KEY", &reader.token)
            .env("ASTRIA_AUTH_TOKEN", &reader.token)
            .env("ASTRIA_BASE_URL", &reader.tap.url)
            .env("WORKSPACE_ID", "1")
            .env("GEMINI_TUNE_ID", mock_astria::GEMINI_TUNE_ID.to_string())
            .env("SEEDREAM_TUNE_ID", mock_astria::SEEDREAM_TUNE_ID.to_string());
        let process = Process::start(command).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        let (code, out, err) = process.ended().await;
        let exchanges = reader.tap.exchanges();
        assert_eq!(code, 0, "{} failed\n{out}{err}\n{exchanges:#?}", self.name());
        exchanges
    }

    /// The text with base URL, token, placeholders and ids of this run: `tests/vendor/REPAIRS.md` lists them.
    async fn filled_in(&self, reader: &Reader<'_>) -> String {
        let mut text = std::fs::read_to_string(&self.0).unwrap();
        let needs_objects =
            ["/tunes/1/", "/tunes/1'", "/tunes/1\n", "/prompts/1", "/tunes/123", "tune_ids", "[123]", "[89]"]
                .into_iter()
                .chain(["tune_id:strength", ":prompt_id", "<faceid:"])
                .any(|mark| text.contains(mark));
        let mut fill = |from: &str, to: &str| text = replaced(&text, from, to);
        if needs_objects {
            let (tune, prompt) = reader.own_objects().await;
            fill("/tunes/1", &format!("/tunes/{tune}"));
            fill("/tunes/123", &format!("/tunes/{tune}"));
            fill("/prompts/1", &format!("/prompts/{prompt}"));
            fill(":prompt_id", &prompt.to_string());
            fill("tune_id:strength", &format!("{tune}:1.0"));
            fill("[tune_ids][]=123", &format!("[tune_ids][]={tune}"));
            for list in ["[123]", "[89]"] {
                fill(list, &format!("[{tune}]"));
            }
            for id in ["4076525", "4035726", "4076806", "4043875", "4042961"] {
                fill(&format!("<faceid:{id}:"), &format!("<faceid:{tune}:"));
            }
        }
        fill("/p/43/", "/p/260/");
        if self.name().contains("pack") {
            fill("tune[name]=cat", "tune[name]=woman");
            fill(r#""name": "cat""#, r#""name": "woman""#);
        }
        if let Some(id) = reader.gemini_in_paths {
            fill("@GEMINI_TUNE_ID", &id.to_string());
        }
        fill("/path/to/your/image.jpg", "1.jpg");
        fill("https://api.astria.ai", &reader.tap.url);
        for placeholder in ["YOUR_API_KEY", "sd_XXXXXX", "sd_XXXX"] {
            fill(placeholder, &reader.token);
        }
        text
    }
}

impl Reader<'_> {
    /// A tune and a prompt on it, made by this reader.
    async fn own_objects(&self) -> (u64, u64) {
        let tune = json!({ "title": "Mine", "name": "man", "model_type": "lora", "base_tune_id": 1_504_944, "image_urls": [PICTURE] });
        let tune = self.create("/tunes", &json!({ "tune": tune })).await;
        let prompt = json!({ "prompt": { "text": "ohwx man" } });
        let prompt = self.create(&format!("/tunes/{tune}/prompts"), &prompt).await;
        self.tap.exchanges();
        (tune, prompt)
    }

    async fn create(&self, path: &str, body: &Value) -> u64 {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("{}{path}", self.tap.url)).bearer_auth(&self.token).json(body);
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 201, "POST {path}: {}", reply.text().await.unwrap());
        reply.json::<Value>().await.unwrap()["id"].as_u64().unwrap()
    }
}

/// `tests/vendor`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vendor")
}

/// The files that the samples name.
fn set_up(place: &Path) {
    let modules = folder().join("node_modules");
    assert!(modules.is_dir(), "tests/vendor/node_modules is missing: ./scripts/test installs it");
    std::os::unix::fs::symlink(modules, place.join("node_modules")).unwrap();
    let [(_, jpeg), (_, png), ..] = photos::SAMPLES;
    for folder in ["samples", "assets"] {
        std::fs::create_dir(place.join(folder)).unwrap();
    }
    for name in ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "samples/1.jpg", "samples/2.jpg", "assets/image.jpeg"] {
        std::fs::write(place.join(name), jpeg).unwrap();
    }
    std::fs::write(place.join("samples/pose.png"), png).unwrap();
}

/// Every occurrence; where `from` ends with a digit, only whole numbers.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from) {
        let goes_on =
            from.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(before);
        out.push_str(if goes_on { from } else { to });
        rest = after;
    }
    out + rest
}

/// Whichever Python has `requests`: one beside the system's may come first.
fn python() -> &'static str {
    static FOUND: LazyLock<&str> = LazyLock::new(|| {
        let has_it = |python: &&&str| {
            let import = Command::new(python).args(["-c", "import requests"]).output();
            import.is_ok_and(|output| output.status.success())
        };
        ["python3", "/usr/bin/python3"]
            .iter()
            .find(has_it)
            .expect("Python with requests: ./scripts/test installs it")
    });
    &FOUND
}
