//! Real Rails as a child of a test, and what it understood.

use std::fmt;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use super::super::harness::Process;

/// A running `tests/rails/config.ru`. Dropped, it is killed.
pub struct Rails {
    pub url: String,
    http: reqwest::Client,
    _puma: Process,
}

/// One request, as Rails understood it. What no controller saw has no `action`.
#[derive(Deserialize)]
pub struct Note {
    /// After overrides.
    pub method: Option<String>,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub workspace: Option<String>,
    pub action: Option<String>,
    #[serde(default)]
    pub query_params: Value,
    /// What the body alone says.
    #[serde(default)]
    pub body_params: Value,
    /// Body, query and path, merged.
    #[serde(default)]
    pub params: Value,
    pub status: u16,
    pub exception: Option<String>,
}

/// Without the content of files.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, query, status, exception, params, .. } = self;
        write!(f, "{method:?} {path}?{query} {} => {status} {exception:?}", printed(params))
    }
}

impl Rails {
    pub async fn start() -> Self {
        let mut puma = Command::new("puma");
        puma.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rails"))
            .env("LANG", "C.UTF-8")
            .args([
                "--threads",
                "4:4",
                "--environment",
                "production",
                "--bind",
                "tcp://127.0.0.1:0",
                "config.ru",
            ]);
        let mut puma = Process::start(puma).expect("puma is missing: ./scripts/test says what to install");
        let line = puma.line(|line| line.contains("Listening on http://")).await;
        let url = line.split_once("Listening on ").unwrap().1.to_owned();
        Self { url, http: reqwest::Client::builder().no_proxy().build().unwrap(), _puma: puma }
    }

    pub fn host(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// What came since the last time.
    pub async fn notes(&self) -> Vec<Note> {
        self.http.get(format!("{}/__log", self.url)).send().await.unwrap().json().await.unwrap()
    }

    /// What Rails reads in a client's own body, whatever `_method` in it says. `None`: it refuses.
    pub async fn reads(&self, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Option<Value> {
        let mut request = self.http.post(format!("{}/__plain{path}", self.url)).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let note: Note = request.send().await.unwrap().json().await.unwrap();
        note.action.is_some().then_some(note.body_params)
    }
}

/// The content of a file in a note.
pub fn content(file: &Value) -> Vec<u8> {
    use base64::Engine as _;
    let text = file["<file>"]["base64"].as_str().unwrap_or_else(|| panic!("no file: {file}"));
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// A note's parameters as `tests/fixtures/rails-params/` and the imitation print them: `<file "name" type>`.
pub fn printed(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(printed).collect(),
        Value::Object(object) => match object.get("<file>") {
            Some(file) => {
                let part = |name: &str| file[name].as_str().unwrap_or_default();
                format!("<file {:?} {}>", part("filename"), part("content_type")).into()
            }
            None => object.iter().map(|(name, value)| (name.clone(), printed(value))).collect(),
        },
        other => other.clone(),
    }
}
