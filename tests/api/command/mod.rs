//! The real command as a child process: its files, its environment, its exit codes, and what it prints.

pub mod backup;
mod config;
mod demo;
mod proxies;
mod reload;
mod serve;
mod services;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mock_astria::{MockAstria, Settings};
use tempfile::TempDir;

use super::harness::{AUDIENCE, Client, ISSUER, Process, SHARED_TUNE};

/// A folder with secrets and a configuration that fit an upstream of its own.
pub struct Site {
    pub folder: TempDir,
    pub mock: MockAstria,
    pub api_key: String,
    pub workspace: String,
    pub signing: String,
}

impl Site {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same before an imitation that behaves otherwise.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        let (api_key, workspace) = (format!("sd_{}", random()), format!("ws-{}", random()));
        let signing = random() + &random();
        let mut settings = Settings {
            api_key: api_key.clone(),
            workspace_id: Some(workspace.clone()),
            generate_ms: 0,
            ..Settings::default()
        };
        change(&mut settings);
        let mock = MockAstria::start(settings).await.unwrap();
        let site = Self { folder: TempDir::new().unwrap(), mock, api_key, workspace, signing };
        // Editors end a file with a line break: it belongs to no secret.
        site.write("api-key", &format!("{}\n", site.api_key));
        site.write("hs256.secret", &format!("{}\n", site.signing));
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A whole configuration: any ports, one HS256 issuer, plans `free` (20 images a day) and `pro`.
    pub fn config(&self) -> String {
        format!(
            r#"
            plans_default = "free"
            [server]
            listen = "127.0.0.1:0"
            drain_s = 15
            [operator]
            listen = "127.0.0.1:0"
            [upstream]
            base_url = "{base_url}"
            api_key_file = "{folder}/api-key"
            workspace_id = "{workspace}"
            shared_tunes = [{SHARED_TUNE}]
            [store]
            url = "sqlite:{folder}/gateway.db"
            [balance]
            check_s = 0
            [plans.free]
            quotas = [{{ of = "images", per = "day", limit = 20 }}]
            [plans.pro]
            allow = ["inspect_image", "create_prompt", "create_tune"]
            [[auth.issuers]]
            issuer = "{ISSUER}"
            audiences = ["{AUDIENCE}"]
            hs256_secret_file = "{folder}/hs256.secret"
            "#,
            base_url = self.mock.url(),
            folder = self.folder.path().display(),
            workspace = self.workspace,
        )
    }

    /// Runs `astria-gateway COMMAND --config FILE …`.
    fn run(&self, command: &str, config: &Path, more: &[&str], variables: &[(&str, &str)]) -> Process {
        let file = config.to_str().unwrap();
        let arguments = [&[command, "--config", file], more].concat();
        Process::gateway(self.folder.path(), &arguments, variables)
            .never_prints([self.api_key.as_str(), &self.signing])
    }

    /// `serve`, ready, with this configuration.
    pub async fn serve(&self, config: &str, variables: &[(&str, &str)]) -> Served {
        let file = self.write("config.toml", config);
        self.ready(self.run("serve", &file, &[], variables)).await
    }

    /// What serves, once it is ready.
    pub async fn ready(&self, process: Process) -> Served {
        let secrets = [self.workspace.as_str(), &self.api_key, &self.signing];
        let mut process = process.never_prints(secrets);
        let ready = process.error_line(|line| line.contains("ready")).await;
        let address = |name: &str| {
            let (_, rest) = ready.split_once(&format!(" {name}=")).unwrap();
            format!("http://{}", rest.split(' ').next().unwrap())
        };
        let secrets = [&self.api_key, &self.workspace, &self.signing].map(String::clone);
        Served {
            url: address("listen"),
            operator: address("operator"),
            process,
            secrets: Arc::new(secrets.into()),
        }
    }

    async fn mint(&self, config: &Path, name: &str, plan: &str) -> String {
        let printed = self.run("mint-token", config, &["--sub", name, "--plan", plan], &[]).ended().await;
        let (0, token, errors) = printed else { panic!("{printed:?}") };
        assert_eq!(errors, "");
        token.strip_suffix('\n').unwrap().to_owned()
    }
}

pub struct Served {
    pub process: Process,
    pub url: String,
    operator: String,
    secrets: Arc<Vec<String>>,
}

impl Served {
    pub fn with_token(&self, token: &str) -> Client {
        Client::new(http(), self.url.clone(), Some(token.to_owned()), Arc::clone(&self.secrets))
    }

    pub fn anonymous(&self) -> Client {
        Client::new(http(), self.url.clone(), None, Arc::clone(&self.secrets))
    }
}

pub fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
