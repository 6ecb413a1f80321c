//! Signed links: a shop without a server call sends its shopper straight to divit, and the link is the order.
//!
//! ```text
//! /directpay/c/{merchantID}/{branchID}/fps/act?amount&currency&expiredAt&merchantRef&signature&timestamp
//! signature = base64(hmac-sha256(key, "{timestamp}:{path}?{query without signature and timestamp}"))
//! ```
//!
//! The documents do not say what the same link does twice: here it is one order.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State as Extracted};
use axum::response::Response;
use jiff::Timestamp;

use super::account::Account;
use super::event::Event;
use super::miles::Miles;
use super::order::{Generation, Placed};
use super::state::Divit;
use super::{CURRENCY, create};
use crate::checkout::{Checkout, CheckoutRefused, new_token, shown};
use crate::host::Host;
use crate::mac;
use crate::page::refused;
use crate::simulator::OrderKey;

/// Where it is served.
pub(crate) const PATH: &str = "/directpay/c/{merchant}/{branch}/fps/act";

/// Opens the checkout of the order that a link is.
pub(crate) async fn arrive(
    Extracted(host): Extracted<Arc<Host<Divit>>>,
    Path((merchant, branch)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    let target = uri.path_and_query().map_or("", |both| both.as_str()).to_owned();
    let now = host.now(|_| Some(branch.clone()));
    let (id, token) = (uuid::Uuid::new_v4().to_string(), new_token());
    let opened = host.commit(None, |state| {
        let account = state.accounts.get(&branch).filter(|account| account.merchant_id == merchant);
        let placed = account.and_then(|account| Link::of(&target).placed(account, now));
        let Some(placed) = placed else { return (Vec::new(), None) };
        if let Some(known) =
            state.orders.values().find(|known| known.key.account == branch && known.placed == placed)
        {
            return (Vec::new(), Some(known.key.clone()));
        }
        let key = OrderKey { account: branch.clone(), order: id };
        let created = Event::Created { key: key.clone(), token, placed, digest: None };
        (vec![created.into()], Some(key))
    });
    match opened.await {
        Ok(Some(key)) => shown(&host, |_| Some(key)).await,
        Ok(None) => {
            refused(Divit::NAME, &CheckoutRefused::Link("its signature, its time or its order is wrong"))
        }
        Err(broken) => refused(Divit::NAME, &broken.into()),
    }
}

/// A link, taken apart.
struct Link<'a> {
    path: &'a str,
    /// What is signed of the query, as it stands there.
    signed: Vec<&'a str>,
    signature: String,
    timestamp: String,
}

impl<'a> Link<'a> {
    fn of(target: &'a str) -> Link<'a> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut link = Link { path, signed: Vec::new(), signature: String::new(), timestamp: String::new() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("signature", value)) => link.signature = plain(value),
                Some(("timestamp", value)) => link.timestamp = plain(value),
                _ => link.signed.push(pair),
            }
        }
        link
    }

    fn value(&self, name: &str) -> Option<String> {
        let found =
            self.signed.iter().find_map(|pair| pair.split_once('=').filter(|(known, _)| *known == name));
        found.map(|(_, value)| plain(value))
    }

    /// The order, if the branch signed it and it can still be paid.
    fn placed(&self, account: &Account, now: Timestamp) -> Option<Placed> {
        let signed = format!("{}:{}?{}", self.timestamp, self.path, self.signed.join("&"));
        if mac::base64_hmac(account.signature_key.as_bytes(), signed.as_bytes()) != self.signature {
            return None;
        }
        let amount: i64 = self.value("amount")?.parse().ok().filter(|amount| *amount > 0)?;
        let merchant_ref = self.value("merchantRef").filter(|it| create::is_reference(it))?;
        let expires_at = Timestamp::from_second(self.value("expiredAt")?.parse().ok()?).ok()?;
        (self.value("currency")? == CURRENCY && expires_at > now).then(|| Placed {
            generation: Generation::Directpay,
            by_link: true,
            fast: false,
            amount,
            nonrefundable: 0,
            merchant_ref,
            webhook_success: String::new(),
            webhook_failure: String::new(),
            webhook_events: account.webhook_url.clone(),
            expires_at,
            items: Vec::new(),
            miles: Miles::default(),
            customer_id: String::new(),
        })
    }
}

fn plain(value: &str) -> String {
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::Link;
    use crate::divit::account::Account;
    use jiff::Timestamp;

    /// A worked example of divit's own.
    const TARGET: &str = "/directpay/c/4303c954-afbf-463c-ae37-bdcff2ac106a/69a14250-5459-4980-b47b-2096e19c5087/fps/act?amount=1200&currency=HKD&expiredAt=1736848897&merchantRef=BspR8bFE&signature=ughoO2C2lVwg2AX%2FtT36HIZgD2R9i%2FBYsiBiZ8AxPwU%3D&timestamp=1736845297";

    #[track_caller]
    fn check(target: &str, now_s: i64, expected: Option<i64>) {
        let account: Account = serde_json::from_value(serde_json::json!({
            "branch_id": "69a14250-5459-4980-b47b-2096e19c5087", "merchant_id": "m", "merchant_name": "M",
            "api_key": "dvt_x", "signature_key": "divit-sig-key",
        }))
        .unwrap();
        let placed = Link::of(target).placed(&account, Timestamp::from_second(now_s).unwrap());
        assert_eq!(placed.map(|placed| placed.amount), expected);
    }

    #[test]
    fn documented_link_is_an_order_until_it_expires_and_as_it_was_signed() {
        check(TARGET, 1_736_845_300, Some(1_200));
        check(TARGET, 1_736_848_897, None);
        check(&TARGET.replace("amount=1200", "amount=1"), 1_736_845_300, None);
        check(&TARGET.replace("timestamp=1736845297", "timestamp=1736845298"), 1_736_845_300, None);
        check("/directpay/c/m/b/fps/act", 1_736_845_300, None);
    }
}
