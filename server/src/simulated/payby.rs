//! PayBy's account, on both sides.

use super::{Kind, Ours, as_json, started};
use ordain_sandbox::payby::{demo, start};

/// The columns of the documented statement.
const COLUMNS: &str = "order=merchantOrderNo,origin=originMerchantOrderNo,provider_order=orderNo,kind=transactionType,\
    amount=totalAmount,currency=orderCurrency";

/// PayBy.
pub const KIND: Kind = Kind {
    id: "payby",
    credential: "partner_id",
    id_member: "partner_id",
    port: 7713,
    start: |config, stop| started(&KIND, start(config, stop.cancelled_owned())),
    account: |_| as_json(&demo("Demo Shop").account),
    ours: |host| {
        let both = demo("Demo Shop");
        Ours::new(
            &[
                ("api_url", &format!("{host}/sgs/api")),
                ("partner_id", &both.account.partner_id),
                ("payby_public_key", &both.payby_public_key),
                ("statement_columns", COLUMNS),
            ],
            &[("private_key", &both.merchant_private_key)],
        )
    },
};
