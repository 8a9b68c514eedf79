//! A caller, and a reply that was already looked at.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::sse::Listener;

/// Everything that a reply may carry.
const ALLOWED: [&str; 39] = [
    // of sign-ins, looked at in `check_cookies`
    "set-cookie",
    "location",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "cache-control",
    "cache-status",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "gateway-clamped-params",
    "gateway-dropped-params",
    "gateway-quota-left",
    "idempotent-replayed",
    "ratelimit",
    "ratelimit-policy",
    "referrer-policy",
    "retry-after",
    "vary",
    "www-authenticate",
    "x-content-type-options",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
    "transfer-encoding",
    // of images
    "accept-ranges",
    "content-range",
    "cross-origin-resource-policy",
    "last-modified",
    // of streams of events
    "x-accel-buffering",
];

/// Tickets that this run gave out: as secret as tokens.
pub type Tickets = Arc<Mutex<Vec<String>>>;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
    secrets: Arc<Vec<String>>,
    extra: HeaderMap,
    tickets: Tickets,
}

impl Client {
    pub fn new(http: reqwest::Client, url: String, token: Option<String>, secrets: Arc<Vec<String>>) -> Self {
        Self { http, url, token, secrets, extra: HeaderMap::new(), tickets: Tickets::default() }
    }

    /// Where tickets are noted that it gets.
    #[must_use]
    pub fn noting(mut self, tickets: &Tickets) -> Self {
        self.tickets = Arc::clone(tickets);
        self
    }

    /// The same caller over HTTP/2, without TLS.
    pub fn over_http2(&self) -> Self {
        let http = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
        Self { http, ..self.clone() }
    }

    /// Opens a stream of events.
    pub async fn listen(&self, path: &str) -> Listener {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        Listener::new(response, Arc::clone(&self.secrets), Arc::clone(&self.tickets))
    }

    /// The same caller, sending one more header.
    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.extra.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        other
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn method(&self, method: Method, path: &str) -> Reply {
        self.send(self.request(method, path)).await
    }

    /// A body of any kind by any method.
    pub async fn method_with(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        self.send(self.request(method, path).header("content-type", content_type).body(body)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Reply {
        self.post(path, "application/json", body.to_string()).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Reply {
        self.send(self.request(Method::POST, path).header("content-type", content_type).body(body)).await
    }

    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(path, "application/x-www-form-urlencoded", body).await
    }

    /// Text fields, then files of (name, bytes).
    pub async fn post_multipart(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Reply {
        let mut form = Form::new();
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        for (name, bytes) in files {
            let part =
                Part::bytes(bytes.to_vec()).file_name("C:\\secret\\me.jpg").mime_str("image/jpeg").unwrap();
            form = form.part((*name).to_owned(), part);
        }
        self.send(self.request(Method::POST, path).multipart(form)).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request =
            self.http.request(method, format!("{}{path}", self.url)).headers(self.extra.clone());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        let reply = Reply { status, headers, body };
        reply.check(&self.secrets);
        for ticket in self.tickets.lock().unwrap().iter() {
            let is_in =
                |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).contains(ticket.as_str());
            let others = reply.headers.iter().filter(|(name, _)| *name != "set-cookie");
            assert!(!others.map(|(_, value)| value).any(is_in), "a header holds a ticket or a session's id");
        }
        for (name, id) in reply.cookies() {
            assert!(!reply.text().contains(&id) || id.is_empty(), "a body holds the cookie {name}");
            if !id.is_empty() {
                self.tickets.lock().unwrap().push(id);
            }
        }
        if reply.status == StatusCode::CREATED
            && let Ok(Value::Object(body)) = serde_json::from_slice(&reply.body)
            && let Some(ticket) = body.get("ticket").and_then(Value::as_str)
        {
            self.tickets.lock().unwrap().push(ticket.to_owned());
        }
        reply
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    fn check(&self, secrets: &[String]) {
        for (name, value) in &self.headers {
            assert!(ALLOWED.contains(&name.as_str()), "a reply carried {name}");
            for secret in secrets {
                assert!(
                    !String::from_utf8_lossy(value.as_bytes()).contains(secret.as_str()),
                    "{name} holds a secret"
                );
            }
        }
        self.check_cookies();
        let text = self.text();
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "a body holds a secret");
        }
        let id = self.header("x-request-id").expect("every reply names its request");
        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        if self.status.is_client_error() || self.status.is_server_error() {
            self.check_problem(id);
        }
    }

    /// The cookies that it sets: name and value, which is empty for one to forget.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let set = self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let pair = |text: &str| {
            text.split(';').next().unwrap().split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()))
        };
        set.map(|text| pair(text).unwrap()).collect()
    }

    /// bff_02: each cookie is for this host alone and for no script; the development switch leaves `Secure` out.
    fn check_cookies(&self) {
        for value in self.headers.get_all("set-cookie") {
            let text = value.to_str().unwrap();
            let attributes: Vec<_> = text.split(';').skip(1).map(str::trim).collect();
            let has = |attribute: &str| attributes.contains(&attribute);
            assert!(has("HttpOnly") && has("Path=/"), "{attributes:?}");
            assert!(has("SameSite=Lax") || has("SameSite=Strict"), "{attributes:?}");
            assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{attributes:?}");
            assert_eq!(text.starts_with("__Host-astria_"), has("Secure"), "{attributes:?}");
            assert!(text.starts_with("__Host-astria_") || text.starts_with("astria_"));
        }
    }

    fn check_problem(&self, id: &str) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        if self.body.is_empty() {
            return; // HEAD
        }
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        // One that is given again names the request that it was first given to.
        if self.header("idempotent-replayed").is_none() {
            assert_eq!(problem["request_id"], id);
        }
        for member in ["type", "title", "detail", "instance", "code", "error"] {
            assert!(problem[member].is_string(), "a problem lacks {member}: {problem}");
        }
        assert!(problem["base"].is_array());
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body of a success.
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text());
        self.json()
    }

    /// Asserts status and code, and gives the Problem.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.json()["code"].as_str().unwrap_or("")),
            (status, code),
            "{}",
            self.text()
        );
        self.json()
    }
}
