//! A shop that listens to notifications, a simulated DOKU, and the ways to talk to both.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
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
    pub shop: Shop,
    _folder: TempDir,
    _stop: oneshot::Sender<()>,
}

/// Where notifications go.
pub struct Shop {
    /// Without a path.
    pub url: String,
    told: Arc<watch::Sender<Vec<Told>>>,
    answers: Arc<Mutex<VecDeque<StatusCode>>>,
}

/// A notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub request_id: String,
    pub body: Value,
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

type Heard = (Arc<watch::Sender<Vec<Told>>>, Arc<Mutex<VecDeque<StatusCode>>>);

async fn heard(State((all, answers)): State<Heard>, headers: HeaderMap, body: String) -> StatusCode {
    check(&headers, "Request-Timestamp", NOTIFICATIONS, &body);
    let request_id = headers["request-id"].to_str().unwrap().to_owned();
    // Before it is told that it came: what follows a refusal must find the next answer.
    let answer = answers.lock().unwrap().pop_front().unwrap_or(StatusCode::OK);
    all.send_modify(|all| all.push(Told { request_id, body: serde_json::from_str(&body).unwrap() }));
    answer
}

impl Shop {
    pub async fn open() -> Shop {
        let (told, answers) = (Arc::new(watch::channel(Vec::new()).0), Arc::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state: Heard = (Arc::clone(&told), Arc::clone(&answers));
        let router = Router::new().route(NOTIFICATIONS, post(heard)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Shop { url, told, answers }
    }

    /// Where an account or an order has its notifications sent.
    pub fn notification_url(&self) -> String {
        format!("{}{NOTIFICATIONS}", self.url)
    }

    /// Refuses the next notifications, so many of them.
    pub fn refuse(&self, times: usize) {
        self.answers.lock().unwrap().extend(vec![StatusCode::SERVICE_UNAVAILABLE; times]);
    }

    /// Waits until so many notifications came, and returns them.
    pub async fn told(&self, count: usize) -> Vec<Told> {
        self.told_until(|all| all.len() >= count).await
    }

    async fn told_until(&self, enough: impl FnMut(&Vec<Told>) -> bool) -> Vec<Told> {
        let mut all = self.told.subscribe();
        let arrived = tokio::time::timeout(PATIENCE, all.wait_for(enough));
        arrived.await.expect("it arrives").unwrap().clone()
    }
}

impl World {
    pub async fn new() -> World {
        World::of_account(|_| {}).await
    }

    /// One whose account is another.
    pub async fn of_account(change: impl FnOnce(&mut Account)) -> World {
        let shop = Shop::open().await;
        let (folder, (stop, stopped)) = (tempfile::tempdir().unwrap(), oneshot::channel::<()>());
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            folder: folder.path().join("kredivo"),
            webhook_delay: Duration::ZERO,
            settle_after: Duration::ZERO,
            // A test that waits for a repeat has a clock of its own.
            webhook_speed: 1,
        };
        let host = start(config, async { stopped.await.unwrap_or(()) }).await.unwrap();
        let mut account = Account {
            client_id: CLIENT.into(),
            secret_key: SECRET.into(),
            notification_url: shop.notification_url(),
            merchant_name: "Demo".into(),
            refuses_like_checkout: false,
            refuses_like_glossary: false,
        };
        change(&mut account);
        host.put_account(account).await.unwrap();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        World { host, client, shop, _folder: folder, _stop: stop }
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

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(self.url(path)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Waits until the first notification was tried so often, and that is written down.
    pub async fn tried(&self, times: usize) {
        let is_so = async || loop {
            if self.get("/_sandbox/webhooks").await.1["webhooks"][0]["tries"] == times {
                return;
            }
            tokio::task::yield_now().await;
        };
        tokio::time::timeout(PATIENCE, is_so()).await.expect("it is tried");
    }

    pub async fn decide(&self, invoice: &str, decision: &str) -> (u16, Value) {
        self.post(&format!("/_sandbox/orders/{invoice}/decide"), &json!({"decision": decision})).await
    }

    /// Sets the account's own clock, and returns what the simulator says of it.
    pub async fn stands(&self, at: Timestamp) -> Value {
        let wish = json!({"credential": CLIENT, "at": at});
        let answer = self.client.put(self.url("/_sandbox/clock")).json(&wish).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        answer.json().await.unwrap()
    }

    /// Waits for the first notification of this status, and returns it.
    pub async fn notified(&self, status: &str) -> Value {
        let is_it = |one: &&Told| one.body["transaction"]["status"] == status;
        let all = self.shop.told_until(|all| all.iter().any(|one| is_it(&one))).await;
        all.iter().find(is_it).unwrap().body.clone()
    }
}
