//! A receiver of webhooks that answers as told and keeps what came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::mpsc;

/// One request as it came.
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What it says to one request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Status(u16),
    /// 500, and that it need not be tried again.
    Abort,
    Never,
}

/// The receiver.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: mpsc::UnboundedReceiver<Received>,
}

#[derive(Clone)]
struct Desk {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    sender: mpsc::UnboundedSender<Received>,
}

impl Receiver {
    /// Gives these answers first, then 204.
    pub(crate) async fn answering(answers: &[u16]) -> Self {
        Self::giving(answers.iter().copied().map(Reply::Status)).await
    }

    /// As [`Receiver::answering`], with further ways to answer.
    pub(crate) async fn giving(replies: impl IntoIterator<Item = Reply>) -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let desk = Desk { replies: Arc::new(Mutex::new(replies.into_iter().collect())), sender };
        let router = Router::new().route("/webhooks/clerk", post(take)).with_state(desk);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/clerk", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, received }
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> Received {
        tokio::time::timeout(Duration::from_secs(10), self.received.recv()).await.unwrap().unwrap()
    }

    /// Whether nothing comes for a while.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(400), self.received.recv()).await.is_err()
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    // A test that is over listens no more.
    let _ = desk.sender.send(Received { headers, body });
    let reply = desk.replies.lock().unwrap().pop_front().unwrap_or(Reply::Status(204));
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Abort => (StatusCode::INTERNAL_SERVER_ERROR, [("webhook-delivery", "abort-message")]).into_response(),
        Reply::Never => std::future::pending().await,
    }
}
