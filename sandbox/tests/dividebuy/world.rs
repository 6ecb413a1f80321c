//! A shop, a simulated DivideBuy, and the ways to talk to both.

use std::time::Duration;

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ordain_sandbox::dividebuy::{Account, Running, start};
use ordain_sandbox::{Config, StartError};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::documented::{self, AUTHENTICATION, RETAILER, STORE_CODE, TOKEN};
use crate::shop::{PATIENCE, Shop};

pub struct World {
    pub shop: Shop,
    pub folder: TempDir,
    pub host: Running,
    pub client: Client,
    stop: oneshot::Sender<()>,
}

pub fn account(shop: &Shop, active: bool) -> Account {
    Account {
        retailer_id: RETAILER,
        store_token: TOKEN.into(),
        store_authentication: AUTHENTICATION.into(),
        retailer_store_code: STORE_CODE.into(),
        store_url: format!("{}/", shop.url()),
        brand: "Acme Inc".into(),
        active,
    }
}

pub async fn started(folder: &TempDir) -> Result<(Running, oneshot::Sender<()>), StartError> {
    let (stop, stopped) = oneshot::channel();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        folder: folder.path().join("dividebuy"),
        webhook_delay: Duration::ZERO,
        settle_after: Duration::ZERO,
        webhook_speed: 1_000,
    };
    let host = start(config, async { stopped.await.unwrap_or(()) }).await?;
    Ok((host, stop))
}

impl World {
    /// A world with an active account.
    pub async fn new() -> World {
        World::with_account(true).await
    }

    pub async fn with_account(active: bool) -> World {
        let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
        let (host, stop) = started(&folder).await.unwrap();
        host.put_account(account(&shop, active)).await.unwrap();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        World { shop, folder, host, client, stop }
    }

    /// Stops the host and waits for its end.
    pub async fn stopped(self) -> (Shop, TempDir, Client) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.host.task).await.expect("the host ends").unwrap();
        (self.shop, self.folder, self.client)
    }

    /// The same world after a restart of the host.
    pub async fn restarted(self) -> World {
        let (shop, folder, client) = self.stopped().await;
        let (host, stop) = started(&folder).await.unwrap();
        World { shop, folder, host, client, stop }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.addr)
    }

    pub async fn try_call(&self, path: &str, body: &str, fault: &str) -> reqwest::Result<Response> {
        let method = if path.ends_with("confirmretailer") { Method::PUT } else { Method::POST };
        let request = self.client.request(method, self.url(path)).timeout(PATIENCE);
        let request = if fault.is_empty() { request } else { request.header("x-sandbox-fault", fault) };
        request.header("content-type", "application/json").body(body.to_owned()).send().await
    }

    /// Status and body of a call of the guide.
    pub async fn call(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.try_call(path, &body.to_string(), "").await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A call that must succeed.
    pub async fn ok(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub async fn get(&self, path: &str) -> Value {
        self.client.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(self.url(path)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Drafts the documented order in the shop and has it decided without a browser.
    pub async fn decided(&self, order: &str, reference: &str, decision: &str) -> Value {
        self.shop.draft(order, &documented::order_details(order, reference));
        let path = format!("/_sandbox/orders/{order}/decide");
        let (status, answer) = self.post(&path, &json!({"decision": decision})).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The page a shopper sees who arrives for `order`.
    pub async fn arrive(&self, order: &str) -> (u16, String) {
        let plain = format!("{TOKEN}:{order}:{AUTHENTICATION}:{RETAILER}");
        let iv = format!("{AUTHENTICATION}{}", &TOKEN[..4]);
        let cipher = cbc::Encryptor::<Aes256>::new(&key().into(), iv.as_bytes().try_into().unwrap());
        let key = STANDARD.encode(cipher.encrypt_padded_vec::<Pkcs7>(plain.as_bytes()));
        let retailer = RETAILER.to_string();
        let query = [("secureVersion", "1"), ("retailerId", &retailer), ("splashKey", &key)];
        let url = reqwest::Url::parse_with_params(&self.url("/"), query).unwrap();
        let page = self.client.get(url).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    }

    /// Presses a button of a page and returns where the browser is sent.
    pub async fn press(&self, page: &str, button: &str) -> String {
        let form = page.split("action=\"").find(|part| part.contains(&format!("/{button}\""))).unwrap();
        let pressed = self.client.post(self.url(form.split('"').next().unwrap())).send().await.unwrap();
        assert_eq!(pressed.status(), 303);
        pressed.headers()["location"].to_str().unwrap().to_owned()
    }

    /// The ledger's entries as `kind`, or `kind (repeat)`.
    pub async fn effects(&self) -> Vec<String> {
        let ledger = self.get("/_sandbox/ledger").await;
        let entry = |entry: &Value| {
            let repeat = if entry["repeat"] == true { " (repeat)" } else { "" };
            format!("{}{repeat}", entry["kind"].as_str().unwrap())
        };
        ledger["entries"].as_array().unwrap().iter().map(entry).collect()
    }

    /// Waits until the host lists `state` for every webhook of `order`.
    pub async fn webhook_state(&self, order: &str, state: &str) -> Value {
        let waiting = async {
            loop {
                let list = self.get(&format!("/_sandbox/webhooks?order={order}")).await;
                if list["webhooks"].as_array().unwrap().iter().all(|one| one["state"] == state) {
                    return list["webhooks"].clone();
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the webhook gets there")
    }
}

fn key() -> [u8; 32] {
    let mut key = [0; 32];
    key[..TOKEN.len()].copy_from_slice(TOKEN.as_bytes());
    key
}

/// Reads the splash key of a return address as a shop does: split at the first colon, iv binary.
pub fn return_fields(shop: &Shop, url: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    assert!(url.as_str().starts_with(&format!("{}/dividebuy/payment/response?splashKey=", shop.url())));
    let (_, parameter) = url.query_pairs().find(|(name, _)| name == "splashKey").unwrap();
    let both = STANDARD.decode(parameter.as_bytes()).unwrap();
    let colon = both.iter().position(|byte| *byte == b':').unwrap();
    let ciphertext = STANDARD.decode(&both[..colon]).unwrap();
    let iv: [u8; 16] = both[colon + 1..].try_into().unwrap();
    let cipher = cbc::Decryptor::<Aes256>::new(&key().into(), &iv.into());
    String::from_utf8(cipher.decrypt_padded_vec::<Pkcs7>(&ciphertext).unwrap()).unwrap()
}
