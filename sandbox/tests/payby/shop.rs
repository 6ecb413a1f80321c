//! A shop that listens to notifications, and says what it is told to say.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Long enough for the slowest machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// One notification as it came.
#[derive(Clone)]
pub struct Told {
    pub sign: String,
    pub body: Vec<u8>,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub struct Shop {
    addr: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    /// What the next notifications are answered; the documented word once it is empty.
    answers: Mutex<Vec<(u16, &'static str)>>,
    told: watch::Sender<Vec<Told>>,
}

impl Shop {
    pub async fn open() -> Shop {
        let inner = Arc::new(Inner { answers: Mutex::default(), told: watch::Sender::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Router::new().route("/notify", post(notified)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Shop { addr, inner }
    }

    pub fn notify_url(&self) -> String {
        format!("http://{}/notify", self.addr)
    }

    /// Answers the next notifications like this; the last of them first.
    pub fn answer(&self, answers: &[(u16, &'static str)]) {
        self.inner.answers.lock().unwrap().extend(answers);
    }

    /// Waits until so many notifications have come, and returns all of them.
    pub async fn told(&self, count: usize) -> Vec<Told> {
        let mut told = self.inner.told.subscribe();
        let all = tokio::time::timeout(PATIENCE, told.wait_for(|told| told.len() >= count));
        all.await.expect("the notification comes").unwrap().clone()
    }
}

async fn notified(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let sign = headers["sign"].to_str().unwrap().to_owned();
    inner.told.send_modify(|told| told.push(Told { sign, body: body.to_vec() }));
    let answer = inner.answers.lock().unwrap().pop();
    let (status, text) = answer.unwrap_or((200, r#"{"response":"SUCCESS"}"#));
    (StatusCode::from_u16(status).unwrap(), text).into_response()
}
