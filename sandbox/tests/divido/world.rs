//! A shop that listens to webhooks, a simulated Divido, and the ways to talk to both.

use std::path::PathBuf;
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
use ordain_sandbox::divido::{Account, Running, documented_plans, start};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

/// The documents' key.
pub const KEY: &str = "live_c31be25be.fb2ee4bc8a66e1ecd797c56f03621102";
pub const SECRET: &str = "ABC123SharedSecret";
/// Long enough for the slowest machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub shop: String,
    pub host: Running,
    pub client: Client,
    secret: String,
    webhooks: watch::Receiver<Vec<Value>>,
    folder: TempDir,
    _stop: oneshot::Sender<()>,
}

type Heard = (String, Arc<watch::Sender<Vec<Value>>>);

pub fn code(secret: &str, message: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

async fn heard(State((secret, webhooks)): State<Heard>, headers: HeaderMap, body: String) {
    let signature = headers.get("x-divido-hmac-sha256").map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(signature, (!secret.is_empty()).then(|| code(&secret, &body)), "{body}");
    let message = serde_json::from_str(&body).unwrap();
    webhooks.send_modify(|all| all.push(message));
}

impl World {
    /// Nothing settles by itself within a test.
    pub async fn new() -> World {
        World::with("", Duration::from_secs(3_600)).await
    }

    pub async fn with(secret: &str, settle_after: Duration) -> World {
        let (sender, webhooks) = watch::channel(Vec::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let state = (secret.to_owned(), Arc::new(sender));
        let router = Router::new().route("/{*path}", post(heard)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (folder, (stop, stopped)) = (tempfile::tempdir().unwrap(), oneshot::channel::<()>());
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            folder: folder.path().join("divido"),
            webhook_delay: Duration::ZERO,
            settle_after,
            webhook_speed: 1_000,
        };
        let host = start(config, async { stopped.await.unwrap_or(()) }).await.unwrap();
        let account = Account {
            merchant_id: "M7470B82C-B1EE-158F-D965-CFFD3158992A".into(),
            api_key: KEY.into(),
            shared_secret: secret.into(),
            webhook_url: String::new(),
            brand: "Sofa & Table".into(),
            plans: documented_plans(),
        };
        host.put_account(account).await.unwrap();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let secret = secret.to_owned();
        World { shop, host, client, secret, webhooks, folder, _stop: stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.addr)
    }

    /// What the host keeps.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path().join("divido")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_file()).collect()
    }

    /// The documents' credit request, with this reference and these fields set.
    pub fn request(&self, reference: &str, set: &[(&str, &str)]) -> Vec<(String, String)> {
        let response = format!("{}/response.php", self.shop);
        let mut fields: Vec<(String, String)> = crate::printed::CREDIT_REQUEST
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        for (name, value) in [("reference", reference), ("responseUrl", &response)].iter().chain(set) {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        fields
    }

    pub async fn post(&self, path: &str, fields: &[(String, String)]) -> (u16, Value) {
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        self.send(path, pairs.collect::<Vec<_>>().join("&"), None).await
    }

    pub async fn send(&self, path: &str, body: String, bearer: Option<&str>) -> (u16, Value) {
        let mut request = self.client.post(self.url(path));
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if !self.secret.is_empty() {
            request = request.header("X-DIVIDO-HMAC-SHA256", code(&self.secret, &format!("{path}?{body}")));
        }
        if let Some(key) = bearer {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let answer = request.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Asks with the documents' key; `rest` follows it.
    pub async fn get(&self, path: &str, rest: &str) -> (u16, Value) {
        let answer = self.client.get(self.url(&format!("{path}?merchant={KEY}{rest}"))).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// A new proposal's id.
    pub async fn proposed(&self, reference: &str, set: &[(&str, &str)]) -> String {
        let (status, answer) = self.post("/v1/creditrequest", &self.request(reference, set)).await;
        assert_eq!((status, &answer["status"]), (200, &json!("ok")), "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// A proposal that the customer and the lender are done with.
    pub async fn ready(&self, reference: &str) -> String {
        let proposal = self.proposed(reference, &[]).await;
        assert_eq!(self.decide(reference, "approve").await, 200);
        proposal
    }

    pub async fn decide(&self, reference: &str, decision: &str) -> u16 {
        let url = self.url(&format!("/_sandbox/orders/{reference}/decide"));
        self.client.post(url).json(&json!({"decision": decision})).send().await.unwrap().status().as_u16()
    }

    /// An act on everything that is left, or on the half hour of work.
    pub async fn act(&self, path: &str, application: &str, reference: &str, products: bool) -> (u16, Value) {
        let mut fields = vec![("merchant", KEY), ("application", application), ("reference", reference)];
        fields.extend([("deliveryMethod", "delivery"), ("trackingNumber", "DHL1")]);
        if products {
            fields.extend([("products[1][sku]", "H10"), ("products[1][name]", "Restring Upgrade")]);
            fields.extend([
                ("products[1][quantity]", "0.5"),
                ("products[1][price]", "89"),
                ("amount", "44.5"),
            ]);
        }
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        self.post(path, &fields).await
    }

    /// The only application of a proposal.
    pub async fn record(&self, proposal: &str) -> Value {
        let (_, answer) = self.get("/v1/applications", &format!("&proposal={proposal}")).await;
        assert_eq!(answer["totalItems"], 1, "{answer}");
        answer["records"][0].clone()
    }

    /// Waits for the first webhook with this status or event, and returns it.
    pub async fn told(&self, reference: &str, word: &str) -> Value {
        let mut webhooks = self.webhooks.clone();
        let is_it = |told: &&Value| {
            (told["status"] == word && told["reference"] == reference) || told["event"] == word
        };
        let arrived = webhooks.wait_for(|all| all.iter().any(|told| is_it(&told)));
        let all = tokio::time::timeout(PATIENCE, arrived).await.expect("the webhook arrives").unwrap();
        all.iter().find(is_it).unwrap().clone()
    }

    /// Kind and amount of every effect.
    pub async fn ledger(&self) -> Vec<(String, i64)> {
        let (_, ledger) = self.get("/_sandbox/ledger", "").await;
        let entries = ledger["entries"].as_array().unwrap().clone();
        let of = |entry: &Value| {
            (entry["kind"].as_str().unwrap().to_owned(), entry["amount_minor"].as_i64().unwrap())
        };
        entries.iter().map(of).collect()
    }
}

pub fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
