//! A shop as the guide asks for one: it answers `getorderdetails` and listens to the response webhook.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::documented;

/// Long enough for the slowest machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Shop {
    pub addr: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    /// What is answered about an order, as text so that a number's writing is kept.
    details: Mutex<HashMap<String, String>>,
    /// Statuses for the next webhooks; 200 once it is empty.
    statuses: Mutex<Vec<u16>>,
    received: watch::Sender<Vec<Value>>,
}

impl Shop {
    pub async fn open() -> Shop {
        let inner = Arc::new(Inner {
            details: Mutex::default(),
            statuses: Mutex::default(),
            received: watch::Sender::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/a/demo/dividebuy/api/getorderdetails", post(details))
            .route("/a/demo/dividebuy/api/response", post(response))
            .with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Shop { addr, inner }
    }

    pub fn url(&self) -> String {
        format!("http://{}/a/demo", self.addr)
    }

    pub fn draft(&self, order: &str, details: &Value) {
        self.draft_text(order, details.to_string());
    }

    pub fn draft_text(&self, order: &str, details: String) {
        self.inner.details.lock().unwrap().insert(order.to_owned(), details);
    }

    pub fn answer_webhooks_with(&self, statuses: &[u16]) {
        *self.inner.statuses.lock().unwrap() = statuses.iter().rev().copied().collect();
    }

    /// Waits until `count` webhooks of `method` arrived, and returns them.
    pub async fn webhooks(&self, method: &str, count: usize) -> Vec<Value> {
        let of_method = |all: &Vec<Value>| -> Vec<Value> {
            all.iter().filter(|one| one["method"] == method).cloned().collect()
        };
        let mut received = self.inner.received.subscribe();
        let arrived = received.wait_for(|all| of_method(all).len() >= count);
        let all = tokio::time::timeout(PATIENCE, arrived).await.expect("the webhooks arrive").unwrap();
        of_method(&all)
    }

    pub fn webhook_count(&self, method: &str) -> usize {
        self.inner.received.borrow().iter().filter(|one| one["method"] == method).count()
    }
}

async fn details(State(shop): State<Arc<Inner>>, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let credentials_fit = asked["storeToken"] == documented::TOKEN
        && asked["storeAuthentication"] == documented::AUTHENTICATION
        && asked["retailerStoreCode"] == documented::STORE_CODE;
    let known = shop.details.lock().unwrap().get(asked["orderId"].as_str().unwrap()).cloned();
    match known {
        Some(details) if credentials_fit => details.into_response(),
        _ => {
            let refusal = json!({"error": 1, "success": 0, "message": "Store Authentication Failed <b>"});
            refusal.to_string().into_response()
        }
    }
}

async fn response(State(shop): State<Arc<Inner>>, body: String) -> StatusCode {
    let status = shop.statuses.lock().unwrap().pop().unwrap_or(200);
    shop.received.send_modify(|all| all.push(serde_json::from_str(&body).unwrap()));
    StatusCode::from_u16(status).unwrap()
}
