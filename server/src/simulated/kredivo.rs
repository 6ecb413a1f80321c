//! Kredivo's account at DOKU, on both sides.

use super::{Kind, Ours, as_json, started};
use ordain_sandbox::kredivo::{Account, start};

const CLIENT_ID: &str = "MCH-0001-10791114622547";
const SECRET_KEY: &str = "SK-s4ndb0xdEm0s3cr3tk3y";

/// Kredivo through DOKU.
pub const KIND: Kind = Kind {
    id: "kredivo",
    credential: "client_id",
    id_member: "client_id",
    port: 7715,
    start: |config, stop| started(&KIND, start(config, stop.cancelled_owned())),
    account: |store_url| {
        as_json(&Account {
            client_id: CLIENT_ID.into(),
            secret_key: SECRET_KEY.into(),
            notification_url: format!("{store_url}/doku/notification"),
            merchant_name: "Demo Shop".into(),
            refuses_like_checkout: false,
            refuses_like_glossary: false,
        })
    },
    ours: |host| {
        let shop = ("shop_url", "https://www.example.com");
        Ours::new(&[("api_url", host), ("client_id", CLIENT_ID), shop], &[("secret_key", SECRET_KEY)])
    },
};
