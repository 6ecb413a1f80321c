//! The calls of a merchant's system to PayBy, as its documents list them.
//!
//! Every call is verified before it is read: the merchant's number, its signature over the raw body, the time. Each is
//! then a pure function from the state and `bizContent` to what changes and what is answered, signed. The HTTP status
//! is always 200: what went wrong is in `head`.

mod answer;
mod orders;
mod place;
mod refunds;
mod statement;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, Uri};
use axum::routing::post;
use jiff::Timestamp;

use super::account::Merchant;
use super::event::Event as Own;
use super::operation;
use super::order::Order;
use super::state::PayBy;
use crate::call::{self, Answer, answered};
use crate::exact::{Fault, Fields};
use crate::host::Host;
use crate::seal::Seal;
use crate::simulator::OrderKey;
use crate::simulator::Simulator as _;
use answer::{Refusal, Voice};

type Event = crate::state::Event<Own>;
type Shared = Extracted<Arc<Host<PayBy>>>;

/// What a call changes, and what is in `body`; the order of both is as they happened.
type Outcome = Result<(Vec<Event>, Said), Refusal>;

/// What a successful call says.
pub(crate) enum Said {
    /// An order, as it stands once the events have happened.
    Order(OrderKey),
    /// The same of an order that the state does not know yet.
    Fresh(Box<Order>),
    /// A refund, by its number.
    Refund(String),
    /// A file.
    File { name: String, bytes: Vec<u8> },
}

/// The largest amount, in minor units: twelve digits before the point (S2 L42-44).
const AMOUNT_MAX: i64 = 99_999_999_999_999;
/// How far a request's time may be from ours (S2 L26-27).
const WINDOW_MS: i64 = 15 * 60 * 1_000;

/// Everything below `/sgs/api`, and at the root too, where a shop's `api_url` has no path.
pub(crate) fn routes() -> Router<Arc<Host<PayBy>>> {
    let calls = || {
        let call = |operation| {
            post(move |host: Shared, uri: Uri, headers: HeaderMap, body: Bytes| async move {
                let call = call::Call::new(operation, &uri, headers, body);
                let seal = host.clone();
                let now = host.now(|own| own.account_with(call.header("partner-id")));
                answered(&host, call, order_key, move |own, call| execute(own, call, (&seal.seal, now))).await
            })
        };
        Router::new()
            .route("/acquire2/placeOrder", call(operation::PLACE_ORDER))
            .route("/acquire2/getOrder", call(operation::GET_ORDER))
            .route("/acquire2/cancelOrder", call(operation::CANCEL_ORDER))
            .route("/acquire2/revokeOrder", call(operation::REVOKE_ORDER))
            .route("/acquire2/updateExpiredTime", call(operation::UPDATE_EXPIRED_TIME))
            .route("/acquire2/refund/placeOrder", call(operation::REFUND))
            .route("/acquire2/refund/getOrder", call(operation::GET_REFUND))
            .route("/acquire2/download/getOrderStatement", call(operation::STATEMENT))
    };
    Router::new().nest("/sgs/api", calls()).merge(calls())
}

/// One call being decided.
struct Call<'a> {
    state: &'a PayBy,
    merchant: &'a Merchant,
    content: Fields<'a>,
    raw: serde_json::Value,
    now: Timestamp,
    request_ms: i64,
    digest: Option<String>,
    seal: &'a Seal,
}

fn execute(state: &PayBy, call: &call::Call, (seal, now): (&Seal, Timestamp)) -> (Vec<Event>, Answer) {
    let Some(merchant) = state.merchants.get(call.header("partner-id")) else {
        return (Vec::new(), answer::stranger());
    };
    let decided = decide(state, merchant, call, (seal, now));
    let (host, voice) = (call.header("host"), Voice { merchant, twist: call.twist() });
    match decided {
        Ok((events, said)) => {
            let answer = answer::said(state, voice, (&events, &said), (host, now));
            (events, answer)
        }
        Err(refusal) => (Vec::new(), answer::refused(voice, &refusal)),
    }
}

fn decide(state: &PayBy, merchant: &Merchant, call: &call::Call, (seal, now): (&Seal, Timestamp)) -> Outcome {
    if !merchant.signs.has_signed(&call.body, call.header("sign")) {
        return Err(Refusal::Signature);
    }
    if !call.is_json() {
        return Err(Fault::Malformed.into());
    }
    let envelope = Fields::parse(&call.body)?;
    let (content, request_ms) = (envelope.object("bizContent")?, envelope.whole("requestTime")?);
    let raw: serde_json::Value = serde_json::from_slice(&call.body).map_err(|_| Fault::Malformed)?;
    let now = call.by_clock(now);
    let digest = Some(call.digest());
    let raw = raw["bizContent"].clone();
    let decided = Call { state, merchant, content, raw, now, request_ms, digest, seal };
    // "The request timestamp is not validated for idempotency purposes."
    if call.operation == operation::PLACE_ORDER
        && let Some(again) = place::again(&decided)
    {
        return again;
    }
    decided.in_time()?;
    match call.operation {
        operation::PLACE_ORDER => place::place(&decided),
        operation::GET_ORDER => Ok((Vec::new(), Said::Order(decided.order()?.key.clone()))),
        operation::CANCEL_ORDER => orders::cancel(&decided),
        operation::REVOKE_ORDER => orders::revoke(&decided),
        operation::UPDATE_EXPIRED_TIME => orders::extend(&decided),
        operation::REFUND => refunds::place(&decided),
        operation::GET_REFUND => refunds::get(&decided),
        _ => statement::download(&decided),
    }
}

impl<'a> Call<'a> {
    fn in_time(&self) -> Result<(), Refusal> {
        match self.request_ms.saturating_sub(self.now.as_millisecond()) {
            late if late > WINDOW_MS => Err(Refusal::Code("400", "REQUESTTIME_TOO_LATER")),
            early if early < -WINDOW_MS => Err(Refusal::Code("400", "REQUESTTIME_TOO_EARLY")),
            _ => Ok(()),
        }
    }

    /// A number of the merchant's own: letters, digits, `-` and `_`.
    fn number(&self, name: &str) -> Result<String, Refusal> {
        let number = self.content.text(name)?;
        let plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if plain && number.len() <= 64 {
            Ok(number)
        } else {
            Err(wrong(name, "1 to 64 letters, digits, - or _"))
        }
    }

    /// The order named by exactly one of two numbers.
    fn order_by(&self, own: &str, paybys: &str) -> Result<&'a Order, Refusal> {
        let account = &self.merchant.partner_id;
        match (self.content.has(own), self.content.has(paybys)) {
            (true, false) => {
                let key = OrderKey { account: account.clone(), order: self.number(own)? };
                self.state.orders.get(&key).ok_or(Refusal::Code("62004", "MERCHANT_ORDER_NO_NOT_EXIST"))
            }
            (false, true) => {
                let number = self.content.text(paybys)?;
                let order =
                    self.state.key_of_number(account, &number).and_then(|key| self.state.orders.get(key));
                order.ok_or(Refusal::Code("62035", "ORDER_NO_NOT_EXIST"))
            }
            _ => Err(wrong(own, "given, or the other number, and not both")),
        }
    }

    fn order(&self) -> Result<&'a Order, Refusal> {
        self.order_by("merchantOrderNo", "orderNo")
    }

    /// A text of at most so many characters, where it is given.
    fn text(&self, name: &str, max: usize) -> Result<Option<String>, Refusal> {
        if !self.content.has(name) {
            return Ok(None);
        }
        let text = self.content.text(name)?;
        if text.chars().count() <= max { Ok(Some(text)) } else { Err(wrong(name, "short enough")) }
    }

    /// Where notifications go, where it is given.
    fn notify_url(&self) -> Result<Option<String>, Refusal> {
        let url = self.text("notifyUrl", 200)?;
        match &url {
            Some(address) if !super::account::is_address(address, 200) => {
                Err(wrong("notifyUrl", "an address"))
            }
            _ => Ok(url),
        }
    }

    /// Tells the same parameters from others.
    fn fingerprint(&self) -> String {
        call::digest(self.raw.to_string().as_bytes())
    }
}

/// An amount: a number above zero with at most two decimals, in the one currency.
fn amount(fields: &Fields<'_>, name: &str) -> Result<i64, Refusal> {
    let money = fields.object(name)?;
    if money.text("currency")? != super::order::CURRENCY {
        return Err(wrong("currency", "AED"));
    }
    match money.amount_up_to("amount", AMOUNT_MAX)? {
        amount if amount > 0 => Ok(amount),
        _ => Err(wrong("amount", "above zero")),
    }
}

fn wrong(name: &str, expected: &'static str) -> Refusal {
    crate::exact::wrong(name, expected).into()
}

/// The order a body is about, as far as it can be told before the call is looked at.
fn order_key(state: &PayBy, call: &call::Call) -> Option<OrderKey> {
    let content = Fields::parse(&call.body).ok()?.object("bizContent").ok()?;
    let account = call.header("partner-id").to_owned();
    if let Ok(number) = content.text("refundMerchantOrderNo")
        && let Some(refund) = state.refunds.get(&(account.clone(), number))
    {
        return Some(refund.key.clone());
    }
    let order = content.text("originMerchantOrderNo").or_else(|_| content.text("merchantOrderNo")).ok()?;
    Some(OrderKey { account, order })
}
