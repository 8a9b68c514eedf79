//! Programs as children of a test: what they print is kept and searched, and they never outlive it.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

/// Longer than any of these programs takes to start or to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running program. Dropped, it is killed, and nothing that it printed holds a secret.
pub struct Process {
    child: Child,
    out: Stream,
    err: Stream,
    secrets: Vec<String>,
}

impl Process {
    /// The real `astria-gateway`, with no environment but these variables. Its temporary files go to `folder`.
    pub fn gateway(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_astria-gateway"));
        command.args(arguments).env_clear().env("TMPDIR", folder).envs(variables.iter().copied());
        Self::start(command).unwrap()
    }

    pub fn start(mut command: Command) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let out = Stream::read(child.stdout.take().unwrap());
        let err = Stream::read(child.stderr.take().unwrap());
        Ok(Self { child, out, err, secrets: Vec::new() })
    }

    /// Must never be printed.
    pub fn never_prints<'a>(mut self, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        self.secrets.extend(secrets.into_iter().map(str::to_owned));
        self
    }

    /// The first line of standard output that `wanted` accepts.
    pub async fn line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        self.out.line(wanted).await.unwrap_or_else(|| panic!("no such line; it said:\n{}", self.said()))
    }

    /// The same of standard error.
    pub async fn error_line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        self.err.line(wanted).await.unwrap_or_else(|| panic!("no such line; it said:\n{}", self.said()))
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// SIGHUP.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end: exit code, standard output, standard error.
    pub async fn ended(mut self) -> (i32, String, String) {
        let both = async { tokio::join!(self.out.end(), self.err.end()) };
        let ended = tokio::time::timeout(PATIENCE, both).await.is_ok();
        assert!(ended, "it goes on; it said:\n{}", self.said());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, self.out.text(), self.err.text())
    }

    fn said(&self) -> String {
        self.out.text() + &self.err.text()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() || self.secrets.is_empty() {
            return;
        }
        self.out.read_to_end();
        self.err.read_to_end();
        let said = self.said();
        for secret in &self.secrets {
            assert!(!said.contains(secret.as_str()), "a secret of this run was printed");
        }
    }
}

/// What came out so far, fed by a thread that ends with the stream.
struct Stream {
    bytes: watch::Receiver<Vec<u8>>,
    reader: Option<JoinHandle<()>>,
}

impl Stream {
    fn read(mut from: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(Vec::new());
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(size @ 1..) = from.read(&mut buffer) {
                sender.send_modify(|bytes| bytes.extend_from_slice(&buffer[..size]));
            }
        });
        Self { bytes: receiver, reader: Some(reader) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.borrow()).into_owned()
    }

    /// `None`: it did not come.
    async fn line(&mut self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let find = |bytes: &Vec<u8>| {
            let text = String::from_utf8_lossy(bytes);
            text.split_inclusive('\n').find(|line| line.ends_with('\n') && wanted(line)).map(str::to_owned)
        };
        let waiting = self.bytes.wait_for(|bytes| find(bytes).is_some());
        let bytes = tokio::time::timeout(PATIENCE, waiting).await.ok()?.ok()?;
        find(&bytes).map(|line| line.trim_end().to_owned())
    }

    /// For a program that was killed: its last bytes may still be on their way.
    fn read_to_end(&mut self) {
        self.reader.take().map(JoinHandle::join);
    }

    async fn end(&mut self) {
        while self.bytes.changed().await.is_ok() {}
    }
}
