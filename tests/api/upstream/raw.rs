//! An upstream of bare bytes: for replies that no server library would send, and to see each byte that came.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use crate::harness::SHARED_TUNE;

/// What happens to one request.
#[derive(Clone)]
pub enum Answer {
    /// These bytes; the connection stays open.
    Bytes(Vec<u8>),
    /// These bytes; then the connection is closed, without a word about it.
    Last(Vec<u8>),
    /// The connection is closed as soon as it is accepted: not a byte is read.
    Refuse,
    /// These bytes again and again, until nobody takes them any more.
    Flood(&'static [u8]),
    /// This head, then one byte each so many milliseconds.
    Drip(&'static [u8], u64),
}

impl Answer {
    pub fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }

    /// A prompt, as Astria shows it.
    pub fn good() -> Self {
        Self::Bytes(good())
    }
}

/// Every create makes another prompt: this is the first one's id.
const FIRST_ID: u64 = 7_000_000;

pub fn json() -> String {
    format!(r#"{{"id":{FIRST_ID},"tune_id":{SHARED_TUNE},"num_images":1,"text":"a cat"}}"#)
}

pub fn good() -> Vec<u8> {
    let body = json();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into()
}

/// (which connection, the whole request).
type Seen = Vec<(usize, String)>;

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    connections: Mutex<Vec<AbortOnDropHandle<()>>>,
}

/// Dropping it closes its port.
pub struct RawUpstream {
    pub url: String,
    shared: Arc<Shared>,
    _accepting: AbortOnDropHandle<()>,
}

impl RawUpstream {
    /// A list of answers for each connection, in the order in which they are made; whatever is not listed is
    /// answered well.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tasks end with the upstream, which ends with its test"
    )]
    pub async fn start(script: Vec<Vec<Answer>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let accepting = {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                for index in 0.. {
                    let Ok((stream, _)) = listener.accept().await else { break };
                    let answers = script.get(index).cloned().unwrap_or_default();
                    let serving = tokio::spawn(serve(stream, index, answers, Arc::clone(&shared)));
                    shared.connections.lock().unwrap().push(AbortOnDropHandle::new(serving));
                }
            })
        };
        Self { url, shared, _accepting: AbortOnDropHandle::new(accepting) }
    }

    pub fn seen(&self) -> Seen {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.lock().unwrap().len()
    }

    /// Whether the connection's task has ended: everything was answered and closed, or the peer left.
    pub fn is_over(&self, connection: usize) -> bool {
        self.shared.connections.lock().unwrap().get(connection).is_some_and(AbortOnDropHandle::is_finished)
    }
}

async fn serve(mut stream: TcpStream, index: usize, answers: Vec<Answer>, shared: Arc<Shared>) {
    let mut answers = answers.into_iter().peekable();
    loop {
        if matches!(answers.peek(), Some(Answer::Refuse)) {
            return;
        }
        let Some(request) = read_request(&mut stream).await else { return };
        let number =
            shared.seen.lock().unwrap().iter().filter(|(_, request)| request.starts_with("POST")).count();
        let is_create = request.starts_with("POST");
        shared.seen.lock().unwrap().push((index, request));
        let anew = |bytes: Vec<u8>| if is_create { numbered(bytes, number) } else { bytes };
        let written = match answers.next().unwrap_or_else(Answer::good) {
            Answer::Bytes(bytes) => stream.write_all(&anew(bytes)).await,
            Answer::Last(bytes) => {
                let _ = stream.write_all(&anew(bytes)).await;
                return;
            }
            Answer::Refuse => return,
            Answer::Flood(bytes) => loop {
                if let Err(error) = stream.write_all(bytes).await {
                    break Err(error);
                }
            },
            Answer::Drip(head, each_ms) => {
                let _ = stream.write_all(head).await;
                loop {
                    tokio::time::sleep(Duration::from_millis(each_ms)).await;
                    if let Err(error) = stream.write_all(b" ").await {
                        break Err(error);
                    }
                }
            }
        };
        if written.is_err() {
            return;
        }
    }
}

/// The answer to the n-th create, with an id of its own.
fn numbered(bytes: Vec<u8>, number: usize) -> Vec<u8> {
    let (first, own) = (FIRST_ID.to_string(), (FIRST_ID + number as u64).to_string());
    match String::from_utf8(bytes) {
        Ok(text) => text.replace(&first, &own).into_bytes(),
        Err(other) => other.into_bytes(),
    }
}

/// One request with its body; `None` when the peer has left.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}
