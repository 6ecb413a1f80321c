//! Divido's account, on both sides.

use super::{Kind, Ours, as_json, started};
use ordain_sandbox::divido::{Account, documented_plans, start};

const API_KEY: &str = "sandbox_d3m05h0p1.0f8e7d6c5b4a39281706f5e4d3c2b1a0";
const SHARED_SECRET: &str = "s4ndb0x-shared-secret";
/// The first of the documents' plans.
const PLAN: &str = "F06895E17-EE96-926E-7137-37BCABB9DCF7";

/// Divido.
pub const KIND: Kind = Kind {
    id: "divido",
    credential: "api_key",
    id_member: "merchant_id",
    port: 7714,
    start: |config, stop| started(&KIND, start(config, stop.cancelled_owned())),
    account: |store_url| {
        // No order of the demo is too small for a plan.
        let plans = documented_plans().into_iter();
        let plans = plans.map(|plan| ordain_sandbox::divido::Plan { min_amount_minor: 0, ..plan });
        as_json(&Account {
            merchant_id: "M7470B82C-B1EE-158F-D965-CFFD3158992A".into(),
            api_key: API_KEY.into(),
            shared_secret: SHARED_SECRET.into(),
            webhook_url: format!("{store_url}/divido/webhook"),
            brand: "Demo Shop".into(),
            plans: plans.collect(),
        })
    },
    ours: |host| {
        Ours::new(
            &[("api_url", host), ("finance", PLAN)],
            &[("api_key", API_KEY), ("shared_secret", SHARED_SECRET)],
        )
    },
};
