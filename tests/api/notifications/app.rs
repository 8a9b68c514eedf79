//! The operator's app, as a test wants it: what it answers, and what it was sent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use astria_gateway::clock::Timestamp;
use astria_gateway::config::NotificationEndpoint;
use astria_gateway::notifications::{SigningKey, SigningKeys};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// The secret of most tests; each run's log is searched for it.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Clone, Debug)]
pub enum Answer {
    /// This status, after so many milliseconds.
    Status(u16, u64),
    /// This status and this header.
    With(u16, String),
    /// Nothing, ever.
    Silence,
    /// The connection is closed without a word.
    Cut,
}

/// One attempt, as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// In lower case, in their order.
    pub headers: Vec<(String, String)>,
    pub text: String,
    pub body: Value,
    pub is_taken: bool,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    pub fn object(&self) -> u64 {
        self.body["data"]["object"]["id"].as_u64().unwrap()
    }

    /// The number of the event among its end user's.
    pub fn event(&self) -> u64 {
        self.body["data"]["event"].as_u64().unwrap()
    }

    /// What the signature must be for one secret.
    pub fn signature_by(&self, secret: &str) -> String {
        let keys = SigningKeys { current: SigningKey::parse(secret.as_bytes()).unwrap(), previous: None };
        let at = Timestamp::from_unix_s(self.header("webhook-timestamp").parse().unwrap());
        keys.signature(self.id(), at, self.text.as_bytes())
    }
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    usual: Mutex<Option<Answer>>,
    /// By object.
    special: Mutex<BTreeMap<u64, Answer>>,
}

pub struct App {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<AbortOnDropHandle<()>>>,
}

impl App {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Self { address, shared: Arc::default(), accepting: Mutex::default() };
        app.listen(listener);
        app
    }

    #[expect(clippy::disallowed_methods, reason = "the tasks end with their test")]
    fn listen(&self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        let accepting = tokio::spawn(async move {
            let mut serving = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                serving.push(AbortOnDropHandle::new(tokio::spawn(async move {
                    serve(stream, &shared).await;
                })));
            }
        });
        *self.accepting.lock().unwrap() = Some(AbortOnDropHandle::new(accepting));
    }

    /// Nobody listens any more.
    pub async fn go_down(&self) {
        let accepting = self.accepting.lock().unwrap().take();
        if let Some(accepting) = accepting {
            accepting.abort();
            let _ = accepting.await;
        }
    }

    pub async fn come_up(&self) {
        self.listen(TcpListener::bind(self.address).await.unwrap());
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks?key=of-the-app", self.address)
    }

    pub fn endpoint(&self) -> NotificationEndpoint {
        NotificationEndpoint { url: self.url(), ..NotificationEndpoint::default() }
    }

    pub fn answer(&self, answer: Answer) {
        *self.shared.usual.lock().unwrap() = Some(answer);
    }

    /// What notifications of one object are answered.
    pub fn answer_for(&self, object: u64, answer: Answer) {
        self.shared.special.lock().unwrap().insert(object, answer);
    }

    pub fn answer_for_as_usual(&self, object: u64) {
        self.shared.special.lock().unwrap().remove(&object);
    }

    /// Every attempt so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Those that were answered with success.
    pub fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|one| one.is_taken).collect()
    }

    /// (object, type) of those that were taken.
    pub fn told(&self) -> Vec<(u64, String)> {
        self.taken().iter().map(|one| (one.object(), one.kind().to_owned())).collect()
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) {
    while let Some((headers, text)) = read(&mut stream).await {
        let body: Value = serde_json::from_str(&text).unwrap();
        let object = body["data"]["object"]["id"].as_u64().unwrap();
        let special = shared.special.lock().unwrap().get(&object).cloned();
        let usual = shared.usual.lock().unwrap().clone();
        let answer = special.or(usual).unwrap_or(Answer::Status(204, 0));
        let is_taken = matches!(answer, Answer::Status(200..300, _) | Answer::With(200..300, _));
        let note = || shared.received.lock().unwrap().push(Received { headers, text, body, is_taken });
        let (status, header) = match answer {
            Answer::Status(status, after_ms) => {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                (status, String::new())
            }
            Answer::With(status, header) => (status, format!("{header}\r\n")),
            Answer::Silence => {
                note();
                return std::future::pending().await;
            }
            Answer::Cut => return note(),
        };
        note();
        let length = if status == 204 { "" } else { "content-length: 0\r\n" };
        let reply = format!("HTTP/1.1 {status} Answer\r\n{header}{length}\r\n");
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One request; `None`: there is none any more.
async fn read(stream: &mut TcpStream) -> Option<(Vec<(String, String)>, String)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let (line, fields) = head.split_once("\r\n").unwrap();
    assert_eq!(line, "POST /hooks?key=of-the-app HTTP/1.1");
    let headers: Vec<(String, String)> = fields
        .split("\r\n")
        .map(|field| field.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        (stream.read_buf(&mut body).await.ok()? > 0).then_some(())?;
    }
    Some((headers, String::from_utf8(body).unwrap()))
}
