//! What Divido tells a shop: one JSON object per change of a status, signed over its raw bytes.

use std::time::Duration;

use serde_json::{Value, json};

use super::account::Account;
use super::application::Application;
use super::event::Event as Own;
use super::json::{Json, object};
use super::sign;
use crate::webhook::{Letter, Notice, Webhook};

type Event = crate::state::Event<Own>;

/// The documents say nothing of retries; these are a patient sender's.
pub(crate) const BACKOFF: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(600),
    Duration::from_secs(3_600),
    Duration::from_secs(21_600),
];

const STATUS: &str = "application-status-update";
const SESSION: &str = "proposal-new-session";

fn address<'a>(account: &'a Account, application: &'a Application) -> Option<&'a str> {
    let urls = [application.asked.response_url.as_str(), account.webhook_url.as_str()];
    urls.into_iter().find(|url| !url.is_empty())
}

/// The news of a status, where somebody listens.
pub(crate) fn status(account: &Account, application: &Application, status: &str) -> Option<Event> {
    address(account, application)?;
    Some(Event::webhook(Notice::about(&application.key, STATUS, json!({ "status": status }))))
}

/// The news that the customer came.
pub(crate) fn session(account: &Account, application: &Application) -> Option<Event> {
    address(account, application)?;
    Some(Event::webhook(Notice::about(&application.key, SESSION, Value::Null)))
}

/// A message as it goes out.
pub(crate) fn letter(account: &Account, application: &Application, webhook: &Webhook) -> Option<Letter> {
    let (notice, twist) = (&webhook.notice, webhook.twist());
    let body = if notice.kind == SESSION {
        object([
            ("event", SESSION.into()),
            ("metadata", metadata(application)),
            ("proposal", (&application.key.order).into()),
        ])
    } else {
        let name = format!("{} {}", application.person.first_name, application.person.last_name);
        object([
            ("application", (&application.id).into()),
            ("event", STATUS.into()),
            ("metadata", metadata(application)),
            ("name", name.trim().into()),
            ("proposal", (&application.key.order).into()),
            ("reference", (&application.asked.reference).into()),
            ("status", twist.status(notice.content["status"].as_str().unwrap_or_default()).into()),
        ])
    };
    let body = body.written().into_bytes();
    let secret = twist.key(&account.shared_secret);
    let signature = (!account.shared_secret.is_empty())
        .then(|| ("X-DIVIDO-HMAC-SHA256", sign::base64_hmac(&secret, &body)));
    Some(Letter {
        url: address(account, application)?.to_owned(),
        headers: signature.into_iter().collect(),
        body,
    })
}

/// As the shop gave it; PHP writes an empty one as a list.
pub(crate) fn metadata(application: &Application) -> Json {
    let entries = &application.asked.metadata;
    if entries.is_empty() {
        return Json::List(Vec::new());
    }
    Json::Object(entries.iter().map(|(name, value)| (name.clone(), value.into())).collect())
}
