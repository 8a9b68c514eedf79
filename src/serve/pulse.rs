//! What a connection is waiting for and since when: the one place that knows its deadlines.
//!
//! Its stream, its HTTP machinery and its driver share it. A clock is read only where a poll ended without progress,
//! and hyper's timer for heads is a mark here instead of an entry in the runtime's timers, so a request on an open
//! connection pays for one clock reading and no timer.
//!
//! What it does *not* do: it closes nothing; `driver` asks [`Pulse::due`] and acts.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

use super::{Ended, Settings};

/// An HTTP/2 connection gets so long to end after GOAWAY, once it has no request.
const GOODBYE: Duration = Duration::from_secs(5);
/// Bytes between two requests of HTTP/2: control frames only, and honest clients send a few dozen.
const MAX_IDLE_BYTES: u64 = 256 * 1024;
/// Requests that the client itself reset before their reply; more, and most of all, is an attack.
const MAX_RESETS: u64 = 100;

/// An HTTP/1 connection that waits so long between two requests gives its buffers back.
const REST_AFTER: Duration = Duration::from_secs(1);

const NO_HEAD: u8 = 0;
const HEAD_AWAITED: u8 = 1;
const HEAD_BEGUN: u8 = 2;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It may give its buffers back.
    Rest,
    /// It must end.
    End(Ended),
}

/// See the module. Times are microseconds since the connection began, plus one; 0: not set.
pub(super) struct Pulse {
    began: Instant,
    settings: Arc<Settings>,
    is_http2: AtomicBool,
    head: AtomicU8,
    head_since: AtomicU64,
    first_since: AtomicU64,
    spoke: AtomicBool,
    write_since: AtomicU64,
    ended: AtomicBool,
    at_once: AtomicBool,
    streams: AtomicUsize,
    no_stream_since: AtomicU64,
    requests: AtomicU64,
    resets: AtomicU64,
    idle_bytes: AtomicU64,
    untaken: AtomicUsize,
    untaken_since: AtomicU64,
    goodbye_since: AtomicU64,
}

impl Pulse {
    pub(super) fn new(began: Instant, settings: Arc<Settings>) -> Arc<Self> {
        Arc::new(Self {
            began,
            settings,
            is_http2: AtomicBool::new(false),
            head: AtomicU8::new(NO_HEAD),
            head_since: AtomicU64::new(0),
            first_since: AtomicU64::new(1),
            spoke: AtomicBool::new(false),
            write_since: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            at_once: AtomicBool::new(false),
            streams: AtomicUsize::new(0),
            no_stream_since: AtomicU64::new(1),
            requests: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            idle_bytes: AtomicU64::new(0),
            untaken: AtomicUsize::new(0),
            untaken_since: AtomicU64::new(0),
            goodbye_since: AtomicU64::new(0),
        })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn is_http2(&self) -> bool {
        self.is_http2.load(Relaxed)
    }

    /// It will be HTTP/2.
    pub(super) fn speaks_http2(&self) {
        self.is_http2.store(true, Relaxed);
    }

    /// TLS stands: the first head's time begins now.
    pub(super) fn handshaken(&self) {
        let now = self.now();
        self.first_since.store(now, Relaxed);
        self.no_stream_since.store(now, Relaxed);
        self.spoke.store(false, Relaxed);
        self.write_flows();
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Bytes came in; 0: the client sends no more.
    pub(super) fn came(&self, size: usize) {
        if size == 0 {
            self.ended.store(true, Relaxed);
        } else if self.is_http2() {
            if self.streams.load(Relaxed) == 0 {
                self.idle_bytes.fetch_add(size as u64, Relaxed);
            }
        } else {
            self.spoke.store(true, Relaxed);
            if self.head.load(Relaxed) == HEAD_AWAITED {
                self.head.store(HEAD_BEGUN, Relaxed);
                self.head_since.store(0, Relaxed);
            }
        }
    }

    /// So many bytes were read before the pulse began.
    pub(super) fn came_before(&self, size: usize) {
        self.spoke.store(size > 0, Relaxed);
    }

    /// Whether the client said that it sends no more.
    pub(super) fn client_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// A write found no room.
    pub(super) fn write_blocked(&self) {
        if self.write_since.load(Relaxed) == 0 {
            self.write_since.store(self.now(), Relaxed);
        }
    }

    /// The client took enough, or everything.
    pub(super) fn write_flows(&self) {
        self.write_since.store(0, Relaxed);
    }

    pub(super) fn is_write_blocked(&self) -> bool {
        self.write_since.load(Relaxed) != 0
    }

    fn head_awaited(&self) {
        // The first head's time began with the connection.
        let first = self.first_since.load(Relaxed);
        self.first_since.store(0, Relaxed);
        self.head_since.store(first, Relaxed);
        self.head.store(if first == 0 { HEAD_AWAITED } else { HEAD_BEGUN }, Relaxed);
    }

    /// Whether a request that nobody has answered may be on its way: the client's first, or one whose head has begun.
    pub(super) fn expects_request(&self) -> bool {
        if self.is_http2() {
            return self.requests.load(Relaxed) == 0;
        }
        // So is the first head's time from its beginning on.
        self.head.load(Relaxed) == HEAD_BEGUN
    }

    /// From now on the kernel is asked for bytes that the runtime has not heard of. `true`: not so before.
    pub(super) fn read_at_once(&self) -> bool {
        !self.at_once.swap(true, Relaxed)
    }

    pub(super) fn reads_at_once(&self) -> bool {
        self.at_once.load(Relaxed)
    }

    /// Whether some of a head came.
    pub(super) fn is_in_head(&self) -> bool {
        self.head.load(Relaxed) == HEAD_BEGUN && self.spoke.load(Relaxed)
    }

    /// A request of HTTP/2 begins.
    pub(super) fn stream_opened(&self) {
        self.streams.fetch_add(1, Relaxed);
        self.requests.fetch_add(1, Relaxed);
        self.idle_bytes.store(0, Relaxed);
    }

    /// It ended; `answered`: not before its reply.
    pub(super) fn stream_closed(&self, answered: bool) {
        if !answered {
            self.resets.fetch_add(1, Relaxed);
        }
        self.no_stream_since.store(self.now(), Relaxed);
        self.streams.fetch_sub(1, Relaxed);
    }

    /// A reply's next bytes wait for the client (`true`), or no longer.
    pub(super) fn untaken(&self, waits: bool) {
        if waits {
            self.untaken.fetch_add(1, Relaxed);
        } else {
            self.untaken.fetch_sub(1, Relaxed);
        }
        self.untaken_moved();
    }

    /// The client took some bytes of a reply.
    pub(super) fn untaken_moved(&self) {
        self.untaken_since.store(self.now(), Relaxed);
    }

    /// GOAWAY was sent.
    pub(super) fn goodbye(&self) {
        self.goodbye_since.store(self.now(), Relaxed);
    }

    /// Whether this client does what no honest one does.
    pub(super) fn is_flood(&self) -> bool {
        let resets = self.resets.load(Relaxed);
        resets > MAX_RESETS && resets * 2 > self.requests.load(Relaxed)
            || self.idle_bytes.load(Relaxed) > MAX_IDLE_BYTES
    }

    /// When this connection's patience ends, and with what; `None`: it waits for us, not for the client.
    pub(super) fn due(&self) -> Option<(Instant, Due)> {
        let settings = &self.settings;
        let mut due: Option<(Instant, Due)> = None;
        let mut or_rest = |since: u64, patience: Duration, how: Due| {
            let at = self.at(since) + patience;
            if due.is_none_or(|(first, _)| at < first) {
                due = Some((at, how));
            }
        };
        if self.head.load(Relaxed) == HEAD_AWAITED
            && settings.idle_timeout > REST_AFTER
            && !self.is_write_blocked()
        {
            or_rest(self.head_since(), REST_AFTER, Due::Rest);
        }
        let mut or = |since, patience, how| or_rest(since, patience, Due::End(how));
        match self.write_since.load(Relaxed) {
            0 => {}
            since => or(since, settings.write_timeout, Ended::WriteTimeout),
        }
        match self.head.load(Relaxed) {
            HEAD_AWAITED => or(self.head_since(), settings.idle_timeout, Ended::IdleTimeout),
            HEAD_BEGUN => or(self.head_since(), settings.header_read_timeout, Ended::HeadTimeout),
            _ => {}
        }
        if self.is_http2() {
            if self.streams.load(Relaxed) == 0 {
                let since = self.no_stream_since.load(Relaxed);
                match (self.goodbye_since.load(Relaxed), self.requests.load(Relaxed)) {
                    (0, 0) => or(since, settings.header_read_timeout, Ended::HeadTimeout),
                    (0, _) => or(since, settings.idle_timeout, Ended::IdleTimeout),
                    (goodbye, _) => or(since.max(goodbye), GOODBYE, Ended::IdleTimeout),
                }
            }
            if self.untaken.load(Relaxed) > 0 {
                or(self.untaken_since.load(Relaxed), settings.write_timeout, Ended::WriteTimeout);
            }
        }
        due
    }

    fn at(&self, since: u64) -> Instant {
        self.began + Duration::from_micros(since)
    }

    /// Until when the next head may begin.
    pub(super) fn idle_until(&self) -> Instant {
        self.at(self.head_since()) + self.settings.idle_timeout
    }

    /// The next head awaited has begun already: now, or (`since_before`) when the present wait began.
    pub(super) fn head_has_begun(&self, since_before: bool) {
        let since = if since_before { self.head_since() } else { self.now() };
        self.first_since.store(since, Relaxed);
        self.spoke.store(true, Relaxed);
    }

    /// Marked now if it was not yet: the mark is only needed once somebody has to wait.
    fn head_since(&self) -> u64 {
        match self.head_since.load(Relaxed) {
            0 => {
                let now = self.now();
                self.head_since.store(now, Relaxed);
                now
            }
            since => since,
        }
    }
}

/// hyper's timer for heads: tells the pulse that a head is awaited, and never rings.
pub(super) struct HeadTimer(pub(super) Arc<Pulse>);

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        self.0.head_awaited();
        Box::pin(HeadWait(Arc::clone(&self.0)))
    }

    fn sleep_until(&self, _: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(Duration::ZERO)
    }

    fn now(&self) -> std::time::Instant {
        // hyper only adds to it and gives it back to `sleep_until`.
        self.0.began.into_std()
    }

    fn reset(&self, _: &mut Pin<Box<dyn Sleep>>, _: std::time::Instant) {
        self.0.head_awaited();
    }
}

/// Dropped by hyper as soon as the head is complete.
struct HeadWait(Arc<Pulse>);

impl Future for HeadWait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for HeadWait {}

impl Drop for HeadWait {
    fn drop(&mut self) {
        self.0.head.store(NO_HEAD, Relaxed);
    }
}
