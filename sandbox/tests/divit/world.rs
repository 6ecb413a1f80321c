//! A shop that listens to events, a simulated divit, and the ways to talk to both.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ordain_sandbox::Config;
use ordain_sandbox::divit::{Account, Running, start};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

pub const API_KEY: &str = "dvt_test";
const SIGNATURE_KEY: &str = "divit-sig-key";
/// Long enough for the slowest machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub shop: String,
    pub host: Running,
    pub client: Client,
    pub folder: TempDir,
    events: watch::Receiver<Vec<Value>>,
    _stop: oneshot::Sender<()>,
}

async fn heard(
    State(events): State<Arc<watch::Sender<Vec<Value>>>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) {
    let header = headers["x-divit-signature"].to_str().unwrap();
    let (t, signature) = header.strip_prefix("t=").unwrap().split_once(",s1=").unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SIGNATURE_KEY.as_bytes()).unwrap();
    mac.update(format!("{t}.{body}").as_bytes());
    assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), signature);
    let mut event: Value = serde_json::from_str(&body).unwrap();
    event["path"] = json!(uri.path());
    events.send_modify(|all| all.push(event));
}

/// As the branch signs.
pub fn code(text: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SIGNATURE_KEY.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

pub fn account() -> Account {
    Account {
        branch_id: "branch".into(),
        merchant_id: "merchant".into(),
        merchant_name: "UAT Testing".into(),
        api_key: API_KEY.into(),
        signature_key: SIGNATURE_KEY.into(),
        promo_codes: [("XYZ01".to_owned(), "1:2".to_owned())].into(),
        webhook_url: String::new(),
        mile_cost_minor: 10,
        shows_unpaid_orders: false,
        wraps_status: false,
        events_everywhere: false,
    }
}

impl World {
    pub async fn new() -> World {
        World::with(account(), Duration::from_secs(3_600)).await
    }

    pub async fn with(account: Account, settle_after: Duration) -> World {
        let (sender, events) = watch::channel(Vec::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/{*path}", post(heard)).with_state(Arc::new(sender));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (folder, (stop, stopped)) = (tempfile::tempdir().unwrap(), oneshot::channel::<()>());
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            folder: folder.path().join("divit"),
            webhook_delay: Duration::ZERO,
            settle_after,
            webhook_speed: 1_000,
        };
        let host = start(config, async { stopped.await.unwrap_or(()) }).await.unwrap();
        host.put_account(account).await.unwrap();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        World { shop, host, client, folder, events, _stop: stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.addr)
    }

    /// An order of 1150.50 as the guide has it.
    pub fn order(&self, reference: &str) -> Value {
        json!({
            "order": {
                "totalAmount": {"amount": 115_050, "currency": "HKD"},
                "orderType": "retail",
                "orderItems": [{"itemType": "retail", "itemData":
                    {"productID": "ID", "productTitle": "Cat Food", "qty": 2, "pics": {}}}],
                "webhookSuccess": format!("{}/success", self.shop),
                "webhookFailure": format!("{}/failure", self.shop),
                "webhookEvents": format!("{}/events", self.shop),
                "merchantRef": reference,
            },
            "customer": {"firstName": "Stephen", "lastName": "Chow", "email": "a@b.hk", "tel": "+85293920190"},
        })
    }

    pub async fn call(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(self.url(path)).header("API-Key", API_KEY).json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(self.url(path)).header("api-key", API_KEY).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Creates an order and returns the answer's `data`.
    pub async fn created(&self, body: &Value) -> Value {
        let (status, answer) = self.call("/paynow/orders", body).await;
        assert_eq!((status, &answer["code"], &answer["message"]), (200, &json!(0), &json!("OK")), "{answer}");
        answer["data"].clone()
    }

    pub async fn decide(&self, reference: &str, decision: &str) -> (u16, Value) {
        self.call(&format!("/_sandbox/orders/{reference}/decide"), &json!({"decision": decision})).await
    }

    /// Waits for the first event of this id, and returns it.
    pub async fn event(&self, id: u32) -> Value {
        let mut events = self.events.clone();
        let is_it = |event: &&Value| event["event"]["eventId"] == id;
        let arrived = events.wait_for(|all| all.iter().any(|event| is_it(&event)));
        let all = tokio::time::timeout(PATIENCE, arrived).await.expect("the event arrives").unwrap();
        all.iter().find(is_it).unwrap().clone()
    }

    /// The ids of all events so far, in the order in which they came.
    pub fn told(&self) -> Vec<u64> {
        self.events.borrow().iter().filter_map(|event| event["event"]["eventId"].as_u64()).collect()
    }

    pub async fn kinds(&self) -> Vec<String> {
        let (_, ledger) = self.get("/_sandbox/ledger").await;
        let entries = ledger["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    }
}
