//! Work that goes on when nobody waits for it any more.
//!
//! A create that was begun must be settled, also when its client leaves. The work runs where it was called,
//! which costs nothing; only if the caller is dropped before its end does it move to a task of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// The work panicked. What it held was dropped.
#[derive(Debug)]
pub struct Panicked;

/// See [`detached`].
pub struct Detached<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    tasks: TaskTracker,
}

/// Runs `work` to its end, in the caller or, should that be dropped, on `tasks`.
///
/// Cancel safe: that is what it is for.
pub fn detached<T: Send + 'static>(
    tasks: &TaskTracker,
    work: impl Future<Output = T> + Send + 'static,
) -> Detached<T> {
    Detached { work: Some(Box::pin(work)), tasks: tasks.clone() }
}

impl<T: Send + 'static> Future for Detached<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Taken out while it runs: what has panicked must not be polled again by the drop below.
        let Some(mut work) = self.work.take() else { return Poll::Ready(Err(Panicked)) };
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Ok(Poll::Pending) => {
                self.work = Some(work);
                Poll::Pending
            }
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}

impl<T: Send + 'static> Drop for Detached<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take()
            && Handle::try_current().is_ok()
        {
            self.tasks.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_whose_caller_is_dropped_goes_on_and_is_waited_for_by_its_tracker() {
        let tasks = TaskTracker::new();
        let (go, gone) = oneshot::channel();
        let (done, ended) = oneshot::channel();
        let mut work = Box::pin(detached(&tasks, async {
            gone.await.unwrap();
            done.send(()).unwrap();
        }));
        assert!(futures_util::poll!(&mut work).is_pending());
        assert_eq!(tasks.len(), 0, "it runs in its caller");

        drop(work);

        assert_eq!(tasks.len(), 1);
        go.send(()).unwrap();
        tasks.close();
        tasks.wait().await;
        ended.await.unwrap();
    }

    #[tokio::test]
    async fn work_that_panics_says_so_and_is_not_begun_again() {
        let tasks = TaskTracker::new();
        let work = {
            let tasks = tasks.clone();
            async move {
                tokio::task::yield_now().await;
                assert!(tasks.is_closed(), "a bug");
            }
        };

        assert!(detached(&tasks, work).await.is_err());

        assert_eq!(tasks.len(), 0);
    }
}
