//! DivideBuy's account, on both sides.

use super::{Kind, Ours, as_json, started};
use ordain_sandbox::dividebuy::{Account, start};

const STORE_TOKEN: &str = "dEm0-t0k3n!x";
const STORE_AUTHENTICATION: &str = "s4ndb0x#auth";
const STORE_CODE: &str = "demo_default";
const RETAILER_ID: u64 = 150;

/// DivideBuy.
pub const KIND: Kind = Kind {
    id: "dividebuy",
    credential: "store_token",
    id_member: "retailer_id",
    port: 7711,
    start: |config, stop| started(&KIND, start(config, stop.cancelled_owned())),
    account: |store_url| {
        as_json(&Account {
            retailer_id: RETAILER_ID,
            store_token: STORE_TOKEN.into(),
            store_authentication: STORE_AUTHENTICATION.into(),
            retailer_store_code: STORE_CODE.into(),
            store_url: store_url.into(),
            brand: "Demo Shop".into(),
            active: false,
        })
    },
    ours: |host| {
        Ours::new(
            &[("api_url", host), ("checkout_url", host), ("retailer_store_code", STORE_CODE)],
            &[("store_token", STORE_TOKEN), ("store_authentication", STORE_AUTHENTICATION)],
        )
    },
};
