//! A browser of the test's: keeps cookies as a browser does, and sends what a page of the gateway's own would.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::Value;

use super::client::{Client, Reply};
use super::sse::Listener;

/// See the module. Clones share their cookies, as tabs do.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
    csrf_token: Arc<Mutex<Option<String>>>,
}

impl Browser {
    /// One without cookies.
    pub fn new(client: Client) -> Self {
        Self { client, jar: Arc::default(), csrf_token: Arc::default() }
    }

    /// Exchanges a token for a session.
    pub async fn sign_in(&self, token: &str) -> Value {
        let client = self.with_cookies().header("authorization", &format!("Bearer {token}"));
        let reply = client.method(Method::POST, "/gateway/session").await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        self.keep(&reply);
        self.note(&reply.json());
        reply.json()
    }

    /// Remembers the CSRF token that the gateway tells.
    pub fn note(&self, session: &Value) {
        *self.csrf_token.lock().unwrap() = session["csrf_token"].as_str().map(str::to_owned);
    }

    /// As a page reads it.
    pub fn csrf_token(&self) -> String {
        self.csrf_token.lock().unwrap().clone().unwrap()
    }

    /// A client that sends the cookies and nothing that proves more.
    pub fn with_cookies(&self) -> Client {
        let cookies: Vec<_> =
            self.jar.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() {
            self.client.clone()
        } else {
            self.client.header("cookie", &cookies.join("; "))
        }
    }

    /// The same with the CSRF token, as a page of the gateway's own sends it.
    pub fn page(&self) -> Client {
        self.with_cookies().header("x-csrf-token", &self.csrf_token()).header("sec-fetch-site", "same-origin")
    }

    pub async fn get(&self, path: &str) -> Reply {
        let reply = self.with_cookies().get(path).await;
        self.keep(&reply);
        reply
    }

    pub async fn method(&self, method: Method, path: &str) -> Reply {
        let reply = self.page().method(method, path).await;
        self.keep(&reply);
        reply
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Reply {
        let reply = self.page().post_json(path, body).await;
        self.keep(&reply);
        reply
    }

    pub async fn listen(&self, path: &str) -> Listener {
        self.with_cookies().listen(path).await
    }

    /// Does what a reply says of cookies.
    pub fn keep(&self, reply: &Reply) {
        for (name, value) in reply.cookies() {
            let mut jar = self.jar.lock().unwrap();
            if value.is_empty() {
                jar.remove(&name)
            } else {
                jar.insert(name, value)
            };
        }
    }

    /// The value of a cookie that it keeps.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    /// Keeps another value of a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }
}
