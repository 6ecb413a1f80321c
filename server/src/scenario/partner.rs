//! The provider's side of the wire: its account, and how it signs what it says.

use crate::simulated::{self, Kind};
use jiff::Timestamp;
use ordain_providers::{Account, Description, MessageKind, Private, Provider};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where the shop is, in every story.
const SHOP: &str = "https://shop.example";
/// Where providers are, in every story.
const HOST: &str = "https://provider.example";

type Headers = Vec<(String, String)>;

/// One account, as both sides know it.
pub(super) struct Partner {
    provider: &'static Provider,
    /// The shop's side of it.
    pub(super) account: Account,
    /// The provider's side.
    theirs: Value,
}

/// A request that left, as far as its answer's signature depends on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) request_id: String,
}

impl Partner {
    /// The demo's account, with what the story says otherwise.
    pub(super) fn of(
        provider: &'static Provider,
        otherwise: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let spec = provider.spec();
        let kind: &Kind = simulated::find(spec.id).ok_or("this provider is not simulated")?;
        let id = kind.account_id();
        let store_url = format!("{SHOP}/a/{id}");
        let (ours, theirs) = (kind.ours(HOST), kind.account(&store_url));
        let defaults = spec.account.config.iter().filter_map(|field| Some((field.name, field.default?)));
        let mut config: BTreeMap<String, String> =
            defaults.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        config.extend(ours.config);
        // DivideBuy tells a shop its number when the account is verified.
        if let Some(retailer) = theirs.get("retailer_id") {
            config.insert("retailer_id".to_owned(), retailer.to_string());
        }
        config.extend(otherwise.iter().map(|(name, value)| (name.clone(), value.clone())));
        let secrets = ours.secrets.into_iter().map(|(name, value)| (name, Private::new(value))).collect();
        Ok(Self { provider, account: Account { id, store_url, config, secrets }, theirs })
    }

    /// A word of the account's, for a message that carries it.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        let secret = self.account.secrets.get(name).map(|secret| secret.expose().clone());
        secret.or_else(|| self.account.config.get(name).cloned())
    }

    /// The key that a browser brings back from DivideBuy.
    pub(super) fn splash_key(&self, order_id: &str, status: &str) -> Option<String> {
        let account = serde_json::from_value(self.theirs.clone()).ok()?;
        Some(ordain_sandbox::dividebuy::return_key(&account, order_id, status))
    }

    /// The headers of a message that the provider sends unasked: the `n`th.
    pub(super) fn of_webhook(
        &self,
        path: &str,
        body: &str,
        (now, n): (Timestamp, u32),
    ) -> Result<Headers, String> {
        match self.provider.spec().id {
            "divit" => {
                let said = json!({"signatureKey": self.word("signature_key"), "timestamp": now.as_second(), "body": body});
                Ok(vec![("x-divit-signature".to_owned(), self.signed(MessageKind::Webhook, &said)?)])
            }
            "divido" => {
                let said = json!({"secret": self.word("shared_secret"), "body": body});
                Ok(vec![("x-divido-hmac-sha256".to_owned(), self.signed(MessageKind::Webhook, &said)?)])
            }
            "payby" => Ok(vec![("sign".to_owned(), self.payby(body)?)]),
            "kredivo" => {
                let url = &self.account.store_url;
                let target = format!("{}{path}", url.strip_prefix(SHOP).unwrap_or(url));
                let asked = Asked { path: target, request_id: format!("notice-{n}") };
                self.doku("request_timestamp", &asked, body, now)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The headers of an answer.
    pub(super) fn of_reply(&self, asked: &Asked, body: &str, now: Timestamp) -> Result<Headers, String> {
        match self.provider.spec().id {
            "payby" => Ok(vec![("sign".to_owned(), self.payby(body)?)]),
            "kredivo" => self.doku("response_timestamp", asked, body, now),
            _ => Ok(Vec::new()),
        }
    }

    fn signed(&self, kind: MessageKind, said: &Value) -> Result<String, String> {
        let described: Description = serde_json::from_value(said.clone()).expect("an object");
        self.provider.sign(kind, &described).map(|signed| signed.signature).map_err(|error| error.to_string())
    }

    fn payby(&self, body: &str) -> Result<String, String> {
        let key = &self.theirs["payby_private_key"];
        self.signed(MessageKind::Webhook, &json!({"private_pem_pkcs8": key, "body": body}))
    }

    fn doku(&self, clock: &str, asked: &Asked, body: &str, now: Timestamp) -> Result<Headers, String> {
        let (client, time) =
            (self.word("client_id").unwrap_or_default(), now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let mut said = json!({
            "client_id": client, "request_id": asked.request_id, "request_target": asked.path, "body": body,
            "secret_key": self.word("secret_key"),
        });
        said[clock] = time.as_str().into();
        let kind = if clock == "response_timestamp" { MessageKind::Reply } else { MessageKind::Webhook };
        let signature = self.signed(kind, &said)?;
        let headers = [
            ("client-id", client),
            ("request-id", asked.request_id.clone()),
            (if clock == "request_timestamp" { "request-timestamp" } else { "response-timestamp" }, time),
            ("signature", signature),
        ];
        Ok(headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
