//! A shop that listens to notifications, a simulated DOKU, and the ways to talk to both.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ordain_sandbox::Config;
use ordain_sandbox::kredivo::{Account, Running, start};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

pub const CLIENT: &str = "MCH-1";
const SECRET: &str = "SK-test";
const NOTIFICATIONS: &str = "/doku/notification";
pub const GENERATE: &str = "/kredivo-peer-to-peer/v2/generate-order";
/// Long enough for the slowest machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub host: Running,
    pub client: Client,
    notifications: watch::Receiver<Vec<Value>>,
    _folder: TempDir,
    _stop: oneshot::Sender<()>,
}

/// The signature as the documents put it together, written a second time here.
pub fn signature(headers: &[(&str, &str)], target: &str, body: &str) -> String {
    let mut lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    lines.push(format!("Request-Target:{target}"));
    if !body.is_empty() {
        lines.push(format!("Digest:{}", STANDARD.encode(Sha256::digest(body))));
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(lines.join("\n").as_bytes());
    format!("HMACSHA256={}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn check(headers: &HeaderMap, clock: &str, target: &str, body: &str) {
    let value = |name: &str| headers[name].to_str().unwrap();
    let signed = [("Client-Id", CLIENT), ("Request-Id", value("request-id")), (clock, value(clock))];
    assert_eq!(signature(&signed, target, body), value("signature"));
}

async fn heard(State(all): State<Arc<watch::Sender<Vec<Value>>>>, headers: HeaderMap, body: String) {
    check(&headers, "Request-Timestamp", NOTIFICATIONS, &body);
    all.send_modify(|all| all.push(serde_json::from_str(&body).unwrap()));
}

impl World {
    pub async fn new() -> World {
        let (sender, notifications) = watch::channel(Vec::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route(NOTIFICATIONS, post(heard)).with_state(Arc::new(sender));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (folder, (stop, stopped)) = (tempfile::tempdir().unwrap(), oneshot::channel::<()>());
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            folder: folder.path().join("kredivo"),
            webhook_delay: Duration::ZERO,
            settle_after: Duration::ZERO,
            webhook_speed: 1_000,
        };
        let host = start(config, async { stopped.await.unwrap_or(()) }).await.unwrap();
        let account = Account {
            client_id: CLIENT.into(),
            secret_key: SECRET.into(),
            notification_url: format!("{shop}{NOTIFICATIONS}"),
            merchant_name: "Demo".into(),
            refuses_like_checkout: false,
        };
        host.put_account(account).await.unwrap();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        World { host, client, notifications, _folder: folder, _stop: stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.addr)
    }

    pub fn order(invoice: &str) -> Value {
        json!({
            "order": {
                "invoice_number": invoice,
                "line_items": [{"name": "T-Shirt", "price": 30_000, "quantity": 3, "id": "1002",
                    "type": "CLOTHING", "url": "https://merchant.example/p/1002"}],
                "amount": 90_000,
                "callback_url": "https://merchant.example/return",
                "callback_url_cancel": "https://merchant.example/cancel",
            },
            "peer_to_peer_info": {"expired_time": 60, "merchant_unique_reference": "MUR-1"},
            "customer": {"first_name": "Anton", "last_name": "Budiman", "phone": "6285694566147",
                "email": "anton@example.com", "address": "Menara Mulia Lantai 8"},
            "shipping_address": {"first_name": "Anton", "last_name": "Budiman",
                "address": "Menara Mulia Lantai 8", "city": "Jakarta Selatan", "postal_code": "12960",
                "phone": "6285694566147", "country_code": "IDN"},
        })
    }

    /// A signed call; the answer's signature is checked.
    pub async fn call(&self, target: &str, request_id: &str, body: &str) -> (u16, Value) {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let signed = [("Client-Id", CLIENT), ("Request-Id", request_id), ("Request-Timestamp", now.as_str())];
        let mut request = match body {
            "" => self.client.get(self.url(target)),
            body => self
                .client
                .post(self.url(target))
                .header("content-type", "application/json")
                .body(body.to_owned()),
        };
        for (name, value) in signed {
            request = request.header(name, value);
        }
        let answer = request.header("Signature", signature(&signed, target, body)).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.text().await.unwrap();
        assert_eq!(headers["request-id"], request_id);
        check(&headers, "Response-Timestamp", target, &body);
        (status, serde_json::from_str(&body).unwrap())
    }

    pub async fn generate(&self, request_id: &str, order: &Value) -> (u16, Value) {
        self.call(GENERATE, request_id, &order.to_string()).await
    }

    pub async fn status(&self, id: &str) -> (u16, Value) {
        self.call(&format!("/orders/v1/status/{id}"), "asked", "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(self.url(path)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    pub async fn decide(&self, invoice: &str, decision: &str) -> (u16, Value) {
        self.post(&format!("/_sandbox/orders/{invoice}/decide"), &json!({"decision": decision})).await
    }

    /// Waits for the first notification of this status, and returns it.
    pub async fn notified(&self, status: &str) -> Value {
        let mut all = self.notifications.clone();
        let is_it = |one: &&Value| one["transaction"]["status"] == status;
        let arrived = all.wait_for(|all| all.iter().any(|one| is_it(&one)));
        let all = tokio::time::timeout(PATIENCE, arrived).await.expect("it arrives").unwrap();
        all.iter().find(is_it).unwrap().clone()
    }
}
