//! A person who goes to and fro between the gateway and its provider, as a browser would.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{LOCATION, SET_COOKIE};
use url::Url;

use super::super::harness::{Browser, Reply};
use super::Scene;

pub struct Person<'a> {
    scene: &'a Scene,
    pub browser: Browser,
    /// The provider's cookies.
    jar: Mutex<BTreeMap<String, String>>,
}

/// What a person does with the provider's forms.
#[derive(Clone, Copy)]
pub enum Does<'a> {
    /// Signs in by this name and consents.
    SignsIn(&'a str),
    /// Would rather not.
    Aborts,
    /// Confirms to sign out; must not be asked for a name.
    SignsOut,
}

impl<'a> Person<'a> {
    pub fn new(scene: &'a Scene) -> Self {
        Self { scene, browser: scene.gw.browser(), jar: Mutex::default() }
    }

    /// From the gateway to the provider and back.
    pub async fn signs_in(&self, name: &str) {
        let there = self.begins().await;
        let back = self.at_provider(&there, Does::SignsIn(name)).await;
        let reply = self.returns(&back).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        assert_eq!(reply.header("location"), Some("/app"));
        let session = super::session(&self.browser).await;
        self.browser.note(&session);
    }

    /// Gives the address at the provider.
    pub async fn begins(&self) -> Url {
        let reply = self.navigates("/gateway/login/test?return_to=/app").await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        Url::parse(reply.header("location").unwrap()).unwrap()
    }

    /// Comes back from the provider with this address.
    pub async fn returns(&self, back: &Url) -> Reply {
        self.navigates(&format!("{}?{}", back.path(), back.query().unwrap_or_default())).await
    }

    async fn navigates(&self, path: &str) -> Reply {
        let client = self.browser.with_cookies();
        let client = client.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
        let reply = client.header("sec-fetch-site", "cross-site").get(path).await;
        self.browser.keep(&reply);
        reply
    }

    /// Walks through the provider's forms, until it leads to the gateway: there.
    pub async fn at_provider(&self, there: &Url, does: Does<'_>) -> Url {
        let (mut url, mut form) = (there.clone(), None::<String>);
        for _ in 0..20 {
            if url.as_str().starts_with(&self.scene.gw.url) {
                return url;
            }
            let cookies: Vec<_> =
                self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
            let http = self.scene.provider.http();
            let request = match form.take() {
                None => http.get(url.clone()),
                Some(form) => http
                    .post(url.clone())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form),
            };
            let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
            for cookie in response.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
            }
            if let Some(location) = response.headers().get(LOCATION) {
                url = url.join(location.to_str().unwrap()).unwrap();
                continue;
            }
            let page = response.text().await.unwrap();
            let action = between(&page, "action=\"", "\"");
            (url, form) = match does {
                Does::Aborts => (url.join(&format!("{}/abort", url.path())).unwrap(), None),
                Does::SignsOut => {
                    assert!(!page.contains("name=\"login\""));
                    let proof = between(&page, "name=\"xsrf\" value=\"", "\"");
                    (url.join(action).unwrap(), Some(format!("xsrf={proof}&logout=yes")))
                }
                Does::SignsIn(name) if page.contains("name=\"login\"") => {
                    (url.join(action).unwrap(), Some(format!("prompt=login&login={name}&password=x")))
                }
                Does::SignsIn(_) => (url.join(action).unwrap(), Some("prompt=consent".into())),
            };
        }
        panic!("the provider leads nowhere: {url}");
    }
}

fn between<'t>(page: &'t str, before: &str, after: &str) -> &'t str {
    let found = page.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.unwrap_or_else(|| panic!("no {before} in {page}")).0
}
