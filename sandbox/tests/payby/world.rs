//! A shop, a simulated PayBy, and the ways to talk to both.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ordain_sandbox::payby::{Account, Demo, Running, demo, start};
use ordain_sandbox::{Config, StartError};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::shop::{PATIENCE, Shop, Told};

/// The documents' merchant.
pub const PARTNER: &str = "200000000888";

pub struct World {
    pub shop: Shop,
    pub folder: TempDir,
    pub host: Running,
    pub client: Client,
    pub demo: Demo,
    stop: oneshot::Sender<()>,
}

pub async fn started(folder: &TempDir) -> Result<(Running, oneshot::Sender<()>), StartError> {
    let (stop, stopped) = oneshot::channel();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        folder: folder.path().join("payby"),
        webhook_delay: Duration::ZERO,
        settle_after: Duration::ZERO,
        // The first retry of the real host comes after two minutes.
        webhook_speed: 100_000,
    };
    let host = start(config, async { stopped.await.unwrap_or(()) }).await?;
    Ok((host, stop))
}

pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

pub fn amount(number: Value) -> Value {
    json!({"currency": "AED", "amount": number})
}

impl World {
    pub async fn new() -> World {
        World::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Account)) -> World {
        let (shop, folder, demo) = (Shop::open().await, tempfile::tempdir().unwrap(), demo("Candy Home"));
        let (host, stop) = started(&folder).await.unwrap();
        let mut account = demo.account.clone();
        change(&mut account);
        host.put_account(account).await.unwrap();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        World { shop, folder, host, client, demo, stop }
    }

    /// The same world after a restart of the host.
    pub async fn restarted(self) -> World {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.host.task).await.expect("the host ends").unwrap();
        let (host, stop) = started(&self.folder).await.unwrap();
        World { host, stop, ..self }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.addr)
    }

    /// As the merchant signs.
    pub fn sign(&self, body: &str) -> String {
        let key = RsaKeyPair::from_pkcs8(&der(&self.demo.merchant_private_key)).unwrap();
        let mut sign = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body.as_bytes(), &mut sign).unwrap();
        STANDARD.encode(sign)
    }

    /// Whether PayBy signed it.
    pub fn is_signed(&self, sign: &str, body: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(&self.demo.payby_public_key));
        key.verify(body, &STANDARD.decode(sign).unwrap()).is_ok()
    }

    /// A field encrypted for PayBy.
    pub fn encrypted(&self, text: &str) -> String {
        let key = PublicEncryptingKey::from_der(&der(&self.demo.payby_public_key)).unwrap();
        let key = Pkcs1PublicEncryptingKey::new(key).unwrap();
        let mut sealed = vec![0; key.ciphertext_size()];
        STANDARD.encode(key.encrypt(text.as_bytes(), &mut sealed).unwrap())
    }

    /// Posts these bytes with these headers.
    pub async fn post(
        &self,
        path: &str,
        body: String,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<Response> {
        let mut request = self.client.post(self.url(&format!("/sgs/api/acquire2{path}"))).timeout(PATIENCE);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.header("content-type", "application/json").body(body).send().await
    }

    /// A call as the documents want it, at this time, with this fault.
    pub async fn try_call(&self, path: &str, content: &Value, fault: &str) -> reqwest::Result<Response> {
        let body = json!({"requestTime": now_ms(), "bizContent": content}).to_string();
        let sign = self.sign(&body);
        let mut headers = vec![("partner-id", PARTNER), ("sign", sign.as_str())];
        if !fault.is_empty() {
            headers.push(("x-sandbox-fault", fault));
        }
        self.post(path, body, &headers).await
    }

    /// The answer to a call, whose signature must fit.
    pub async fn call(&self, path: &str, content: &Value) -> Value {
        self.read(self.try_call(path, content, "").await.unwrap()).await
    }

    pub async fn read(&self, answer: Response) -> Value {
        assert_eq!(answer.status(), 200);
        let sign = answer.headers()["sign"].to_str().unwrap().to_owned();
        let body = answer.bytes().await.unwrap();
        assert!(self.is_signed(&sign, &body), "{body:?}");
        serde_json::from_slice(&body).unwrap()
    }

    /// The body of a call that must succeed.
    pub async fn ok(&self, path: &str, content: &Value) -> Value {
        let answer = self.call(path, content).await;
        assert_eq!(
            (&answer["head"]["applyStatus"], &answer["head"]["code"]),
            (&json!("SUCCESS"), &json!("0")),
            "{answer}"
        );
        answer["body"].clone()
    }

    /// The code and message of a call that must fail.
    pub async fn refused(&self, path: &str, content: &Value) -> String {
        let answer = self.call(path, content).await;
        assert_eq!(answer["body"], Value::Null, "{answer}");
        format!("{} {}", answer["head"]["code"].as_str().unwrap(), answer["head"]["msg"].as_str().unwrap())
    }

    /// What the shop asks for with an order of ten dirhams.
    pub fn order(&self, number: &str) -> Value {
        json!({
            "merchantOrderNo": number, "subject": "candy flower", "totalAmount": amount(json!(10.00)),
            "paySceneCode": "PAYPAGE", "paySceneParams": {"redirectUrl": "http://shop.example/done?order=1"},
            "notifyUrl": self.shop.notify_url(),
        })
    }

    /// Places that order and has it decided without a browser.
    pub async fn decided(&self, number: &str, decision: &str) -> Value {
        self.ok("/placeOrder", &self.order(number)).await;
        self.admin(&format!("/_sandbox/orders/{number}/decide"), &json!({"decision": decision})).await.1
    }

    pub async fn shown(&self, number: &str) -> Value {
        self.ok("/getOrder", &json!({"merchantOrderNo": number})).await["acquireOrder"].clone()
    }

    pub async fn refund(&self, number: &str, of: &str, of_amount: Value) -> Value {
        self.call("/refund/placeOrder", &self.refund_of(number, of, of_amount)).await
    }

    pub fn refund_of(&self, number: &str, of: &str, of_amount: Value) -> Value {
        json!({
            "refundMerchantOrderNo": number, "originMerchantOrderNo": of, "amount": amount(of_amount),
            "notifyUrl": self.shop.notify_url(), "reason": "refund",
        })
    }

    pub async fn admin(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(self.url(path)).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// The ledger's entries as `kind amount`, or `kind amount (repeat)`.
    pub async fn effects(&self) -> Vec<String> {
        let ledger = self.client.get(self.url("/_sandbox/ledger")).send().await.unwrap();
        let ledger: Value = ledger.json().await.unwrap();
        let entry = |entry: &Value| {
            let amount =
                entry["amount_minor"].as_i64().map_or_else(String::new, |amount| format!(" {amount}"));
            let repeat = if entry["repeat"] == true { " (repeat)" } else { "" };
            format!("{}{amount}{repeat}", entry["kind"].as_str().unwrap())
        };
        ledger["entries"].as_array().unwrap().iter().map(entry).collect()
    }

    /// Waits until the order stands like this.
    pub async fn until(&self, number: &str, status: &str) -> Value {
        let waiting = async {
            loop {
                let shown = self.shown(number).await;
                if shown["status"] == status {
                    return shown;
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it gets there")
    }

    /// The notifications that have come, each with a signature that fits.
    pub async fn told(&self, count: usize) -> Vec<Value> {
        let told = self.shop.told(count).await;
        assert!(told.iter().all(|Told { sign, body }| self.is_signed(sign, body)));
        told.iter().map(Told::json).collect()
    }
}

fn der(pem: &str) -> Vec<u8> {
    let inner: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(inner).unwrap()
}
