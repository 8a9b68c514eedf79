//! A body as it comes in: piece by piece, within its size and its pace.
//!
//! Who sends a byte a second holds memory, a place and a connection for next to nothing. An average since the
//! first byte, after some grace, is what a slow phone can keep and an attacker cannot profit from. The timer is set
//! only when the client lets us wait, so that a body that is already here costs none.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use tokio::time::{Instant, Sleep};

use super::IntakeError;

/// How fast a client must send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The least average speed; 0 is read as 1.
    pub min_bytes_per_s: u64,
    /// How long the speed does not count: connections begin slowly.
    pub grace: Duration,
    /// For the whole body, however fast it comes.
    pub timeout: Duration,
}

impl Pace {
    /// When to give up, if no more than this has come until then.
    fn deadline(&self, started: Instant, come_bytes: u64) -> Instant {
        let earned_ms = come_bytes.saturating_mul(1000) / self.min_bytes_per_s.max(1);
        let patience = self.grace.saturating_add(Duration::from_millis(earned_ms)).min(self.timeout);
        started + patience
    }
}

/// A body that is being read.
pub struct Inflow<B> {
    body: B,
    pace: Pace,
    max_bytes: u64,
    come_bytes: u64,
    /// From the first moment of waiting on.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<B: Body<Data = Bytes> + Unpin> Inflow<B> {
    /// Begins to read a body of at most `max_bytes`.
    ///
    /// # Errors
    /// [`IntakeError::TooLarge`]: it announces more.
    pub fn new(body: B, max_bytes: u64, pace: Pace) -> Result<Self, IntakeError> {
        if body.size_hint().lower() > max_bytes {
            return Err(IntakeError::TooLarge { max_bytes });
        }
        Ok(Self { body, pace, max_bytes, come_bytes: 0, waiting: None })
    }

    /// Bytes that are announced and have not come yet; `None` if the client does not say.
    pub fn announced_bytes(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The next piece, never empty; `None` after the last.
    ///
    /// Cancel safe: a piece is returned or still to come.
    ///
    /// # Errors
    /// [`IntakeError::TooLarge`], [`IntakeError::TooSlow`] or [`IntakeError::BrokenOff`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, IntakeError> {
        poll_fn(|context| {
            loop {
                let frame = match Pin::new(&mut self.body).poll_frame(context) {
                    Poll::Ready(None) => return Poll::Ready(Ok(None)),
                    Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(IntakeError::BrokenOff)),
                    Poll::Ready(Some(Ok(frame))) => frame,
                    Poll::Pending => break,
                };
                // Trailers say nothing to us.
                let Ok(piece) = frame.into_data() else { continue };
                self.come_bytes = self.come_bytes.saturating_add(piece.len() as u64);
                if self.come_bytes > self.max_bytes {
                    return Poll::Ready(Err(IntakeError::TooLarge { max_bytes: self.max_bytes }));
                }
                if !piece.is_empty() {
                    return Poll::Ready(Ok(Some(piece)));
                }
            }
            let (started, timer) = self.waiting.get_or_insert_with(|| {
                let now = Instant::now();
                (now, Box::pin(tokio::time::sleep_until(self.pace.deadline(now, self.come_bytes))))
            });
            // The timer is left where it stands while bytes come, and moved when it fires.
            while timer.as_mut().poll(context).is_ready() {
                let deadline = self.pace.deadline(*started, self.come_bytes);
                if deadline <= timer.deadline() {
                    return Poll::Ready(Err(IntakeError::TooSlow));
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    #[test]
    fn mp_01_bytes_earn_time_up_to_the_timeout() {
        let pace =
            Pace { min_bytes_per_s: 100, grace: Duration::from_secs(5), timeout: Duration::from_secs(60) };
        let started = Instant::now();
        let patience_ms = |bytes| (pace.deadline(started, bytes) - started).as_millis();
        assert_eq!(patience_ms(0), 5_000);
        assert_eq!(patience_ms(50), 5_500);
        assert_eq!(patience_ms(1_000), 15_000);
        assert_eq!(patience_ms(5_501), 60_000);
        assert_eq!(patience_ms(u64::MAX), 60_000);
        let no_minimum = Pace { min_bytes_per_s: 0, ..pace };
        assert_eq!((no_minimum.deadline(started, 1) - started).as_secs(), 6);
    }

    /// Sends these sizes at once, then nothing more: how long it is waited for.
    async fn stalled(sizes: &[usize], pace: Pace) -> (u64, Result<(), IntakeError>, Duration) {
        let frames: Vec<_> = sizes
            .iter()
            .map(|size| Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(vec![b'x'; *size]))))
            .collect();
        let body = StreamBody::new(stream::iter(frames).chain(stream::pending()));
        let mut inflow = Inflow::new(body, 1_000, pace).unwrap();
        let (started, mut come) = (Instant::now(), 0);
        loop {
            match inflow.next().await {
                Ok(Some(piece)) => come += piece.len() as u64,
                Ok(None) => return (come, Ok(()), started.elapsed()),
                Err(error) => return (come, Err(error), started.elapsed()),
            }
        }
    }

    #[tokio::test]
    async fn mp_01_who_stops_sending_is_waited_for_as_long_as_was_earned() {
        let grace = Duration::from_millis(20);
        let pace = Pace { min_bytes_per_s: 1_000, grace, timeout: Duration::from_secs(3600) };
        for (sizes, earned_ms) in [(vec![], 20), (vec![0], 20), (vec![60, 0, 70], 150)] {
            let (come, result, waited) = stalled(&sizes, pace).await;
            assert_eq!(come, sizes.iter().sum::<usize>() as u64);
            assert_eq!(result, Err(IntakeError::TooSlow));
            assert!(waited >= Duration::from_millis(earned_ms), "{sizes:?}: {waited:?}");
        }
        let short = Pace { timeout: Duration::from_millis(30), ..pace };
        assert_eq!(stalled(&[900], short).await.1, Err(IntakeError::TooSlow));
    }

    #[tokio::test]
    async fn mp_01_a_byte_too_many_is_refused() {
        let pace =
            Pace { min_bytes_per_s: 1, grace: Duration::from_secs(9), timeout: Duration::from_secs(9) };
        let (come, result, _) = stalled(&[1_000, 1], pace).await;
        assert_eq!((come, result), (1_000, Err(IntakeError::TooLarge { max_bytes: 1_000 })));
    }
}
