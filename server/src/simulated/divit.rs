//! divit's account, on both sides.

use super::{Kind, Ours, as_json, started};
use ordain_sandbox::divit::{Account, start};

const API_KEY: &str = "dvt_dEm0rREeGJ4FXp69nQEJ7Arq08stvtacFyPrTzKr";
const SIGNATURE_KEY: &str = "s4ndb0x-signature-key";
const PROMO_CODES: &str = r#"{"standard":{"code":"XYZ01","ratio":"1:2"}}"#;

/// divit.
pub const KIND: Kind = Kind {
    id: "divit",
    credential: "api_key",
    id_member: "branch_id",
    port: 7712,
    start: |config, stop| started(&KIND, start(config, stop.cancelled_owned())),
    account: |store_url| {
        as_json(&Account {
            branch_id: "69a14250-5459-4980-b47b-2096e19c5087".into(),
            merchant_id: "4303c954-afbf-463c-ae37-bdcff2ac106a".into(),
            merchant_name: "Demo Shop".into(),
            api_key: API_KEY.into(),
            signature_key: SIGNATURE_KEY.into(),
            promo_codes: [("XYZ01".to_owned(), "1:2".to_owned())].into(),
            webhook_url: format!("{store_url}/divit/events"),
            mile_cost_minor: 0,
            shows_unpaid_orders: false,
            wraps_status: false,
            events_everywhere: false,
        })
    },
    ours: |host| {
        Ours::new(
            &[("api_url", host)],
            &[("api_key", API_KEY), ("signature_key", SIGNATURE_KEY), ("promo_codes", PROMO_CODES)],
        )
    },
};
