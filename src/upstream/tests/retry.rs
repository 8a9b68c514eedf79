use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use http::{Method, Request};
use tower::Layer as _;

use crate::operation::Operation;
use crate::upstream::UpstreamError;
use crate::upstream::body::Segments;
use crate::upstream::retry::RetryLayer;
use crate::upstream::step::{Call, Reply, Step};

/// Never answers well.
#[derive(Default)]
struct Down(AtomicUsize);

impl Step for Arc<Down> {
    async fn call(&self, _: Box<Call>) -> Reply {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(UpstreamError::Cut)
    }
}

fn call(operation: Operation, method: Method, probe: bool) -> Box<Call> {
    let mut request = Request::new(Segments::empty());
    *request.method_mut() = method;
    Box::new(Call { operation, user: 1, probe, streamed_bytes: None, request })
}

#[tokio::test]
async fn up_02_retries_add_a_fifth_of_the_traffic_and_ten_a_second_at_most() {
    let down = Arc::new(Down::default());
    let step = RetryLayer::new(2).layer(Arc::clone(&down));

    join_all((0..2000).map(|_| step.call(call(Operation::GetPrompt, Method::GET, false)))).await;

    let retries = down.0.load(Ordering::SeqCst) - 2000;
    // Ten a second for the ten seconds of the window; a fifth of what succeeded, which is nothing.
    assert!((1..=110).contains(&retries), "{retries}");
}

#[tokio::test]
async fn up_01_neither_a_create_nor_a_probe_is_tried_again() {
    for (method, probe) in [(Method::POST, false), (Method::DELETE, false), (Method::GET, true)] {
        let down = Arc::new(Down::default());
        let step = RetryLayer::new(5).layer(Arc::clone(&down));
        step.call(call(Operation::CreatePrompt, method, probe)).await.unwrap_err();
        assert_eq!(down.0.load(Ordering::SeqCst), 1);
    }
}
