//! The checkout: a shopper looks at an order, decides, and is sent back.
//!
//! How a shopper arrives is each provider's own; from the page on, all are
//! alike. A press is decided by the provider on its state, and the browser
//! goes where the order as it then stands sends it. Closing the tab sends
//! nothing.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State as Extracted};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::Markup;
use serde::{Deserialize, Serialize};

use crate::call::asked_fault;
use crate::faults::{Fault, FaultRefused, Kind, Operation};
use crate::host::Host;
use crate::journal::Broken;
use crate::page;
use crate::server::pause;
use crate::simulator::{OrderKey, Simulator};
use crate::state::{Event, State};

/// The pages of one provider.
pub(crate) trait Checkout: Simulator {
    /// What the pages call the host.
    const NAME: &'static str;
    /// The operation of `OPERATIONS` that is the browser's way back.
    const RETURN: Operation;
    /// The operation of `OPERATIONS` that is the shopper paying, where an order can be paid late.
    const PAYMENT: Option<Operation> = None;

    /// The order whose checkout has this address.
    fn order_by_token(&self, token: &str) -> Option<OrderKey>;

    /// The page of an order, as it stands.
    fn page(&self, key: &OrderKey) -> Option<Markup>;

    /// What a press changes; nothing where the order is decided already.
    fn press(
        &self,
        key: &OrderKey,
        decision: Decision,
        digest: Option<String>,
    ) -> Result<Vec<Event<Self::Event>>, CheckoutRefused>;

    /// An open order's expiry, before its time; nothing where it has none.
    fn expire(&self, _key: &OrderKey) -> Vec<Event<Self::Event>> {
        Vec::new()
    }

    /// How an order was decided, once it is.
    fn standing(&self, key: &OrderKey) -> Option<Standing>;

    /// Lets a shopper arrive at an order this host has not heard of, where the provider works like that.
    fn open(_host: &Host<Self>, _key: &OrderKey) -> impl Future<Output = Result<(), CheckoutRefused>> + Send {
        async { Err(CheckoutRefused::UnknownOrder) }
    }
}

/// What the shopper, or the credit check, decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    /// The shopper pays, or the lender accepts.
    Approve,
    /// The lender or the bank says no.
    Decline,
    /// The shopper goes back without paying.
    Leave,
    /// The lender has to look at it.
    Refer,
    /// The shopper pays although the order has expired.
    PayLate,
}

impl Decision {
    /// The one whose presses go to this address.
    fn named(word: &str) -> Option<Decision> {
        serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
    }

    /// The last part of the address a press goes to.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Decision::Approve => "approve",
            Decision::Decline => "decline",
            Decision::Leave => "leave",
            Decision::Refer => "refer",
            Decision::PayLate => "pay_late",
        }
    }

    /// How the ledger calls it.
    pub(crate) fn past(self) -> &'static str {
        match self {
            Decision::Approve => "approved",
            Decision::Decline => "declined",
            Decision::Leave => "left",
            Decision::Refer => "referred",
            Decision::PayLate => "paid_late",
        }
    }
}

/// The decision that stands, and where it sends the browser.
pub(crate) struct Standing {
    pub(crate) decision: Decision,
    /// The provider's own word for it.
    pub(crate) status: String,
    pub(crate) return_url: String,
}

/// Why a shopper cannot check out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckoutRefused {
    /// The address is incomplete, or its key was not made for this account.
    #[error("this checkout link is not valid: {0}")]
    Link(&'static str),
    /// The shop has switched the option off, or never on.
    #[error("this shop does not offer {0} at the moment")]
    Disabled(&'static str),
    /// There is no such order.
    #[error("there is no such order")]
    UnknownOrder,
    /// There is no such button.
    #[error("there is no such button; there are approve, decline, leave, refer and pay_late")]
    UnknownDecision,
    /// The shop was asked about the order and its answer was not taken.
    #[error("{0}")]
    Shop(String),
    /// The order does not allow this any more, or not yet.
    #[error("{0}")]
    Rule(&'static str),
    /// The host cannot write anything down.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The request asked for a fault that does not exist.
    #[error(transparent)]
    Fault(#[from] FaultRefused),
}

impl CheckoutRefused {
    /// The status a page or answer about it has.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            CheckoutRefused::Link(_) | CheckoutRefused::Fault(_) => StatusCode::BAD_REQUEST,
            CheckoutRefused::Disabled(_) => StatusCode::FORBIDDEN,
            CheckoutRefused::UnknownOrder | CheckoutRefused::UnknownDecision => StatusCode::NOT_FOUND,
            CheckoutRefused::Rule(_) => StatusCode::CONFLICT,
            CheckoutRefused::Shop(_) => StatusCode::BAD_GATEWAY,
            CheckoutRefused::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The pages after the arrival.
pub(crate) fn routes<S: Checkout>() -> Router<Arc<Host<S>>> {
    Router::new()
        .route("/checkout/{token}", get(look::<S>))
        .route("/checkout/{token}/lost", get(|| async { page::lost(S::NAME) }))
        .route("/checkout/{token}/{decision}", post(press::<S>))
}

async fn look<S: Checkout>(Extracted(host): Extracted<Arc<Host<S>>>, Path(token): Path<String>) -> Response {
    shown(&host, |own| own.order_by_token(&token)).await
}

/// The page of the order that `find` finds.
pub(crate) async fn shown<S: Checkout>(
    host: &Host<S>,
    find: impl FnOnce(&S) -> Option<OrderKey>,
) -> Response {
    let content = host.read(|state| state.own.page(&find(&state.own)?)).await;
    match content {
        Ok(Some(content)) => page::page(StatusCode::OK, S::NAME, "Checkout", content),
        Ok(None) => page::refused(S::NAME, &CheckoutRefused::UnknownOrder),
        Err(broken) => page::refused(S::NAME, &broken.into()),
    }
}

async fn press<S: Checkout>(
    Extracted(host): Extracted<Arc<Host<S>>>,
    Path((token, decision)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let pressed = async {
        let asked = asked_fault(&headers, &acting::<S>())?;
        let decision = Decision::named(&decision).ok_or(CheckoutRefused::UnknownDecision)?;
        let key = host.read(|state| state.own.order_by_token(&token)).await?;
        decide(&host, &key.ok_or(CheckoutRefused::UnknownOrder)?, decision, (asked, None)).await
    };
    let location = match pressed.await {
        Ok(Pressed { return_url: Some(url), .. }) => url,
        Ok(_) => format!("/checkout/{token}/lost"),
        Err(refused) => return page::refused(S::NAME, &refused),
    };
    let headers = [(header::LOCATION, location), (header::REFERRER_POLICY, "no-referrer".to_owned())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// What a press does.
pub(crate) fn acting<S: Checkout>() -> Vec<Operation> {
    [S::RETURN, S::WEBHOOK].into_iter().chain(S::PAYMENT).collect()
}

/// What became of a press.
pub(crate) struct Pressed {
    /// The decision that stands.
    pub(crate) decision: Decision,
    /// The provider's own word for it.
    pub(crate) status: String,
    /// Whether this press changed anything.
    pub(crate) first: bool,
    /// Where the browser goes; None when the return is lost on purpose.
    pub(crate) return_url: Option<String>,
}

/// Decides an order. `cause` is the fault the request asked for and the digest of its body.
pub(crate) async fn decide<S: Checkout>(
    host: &Host<S>,
    key: &OrderKey,
    decision: Decision,
    (asked, digest): (Option<Fault>, Option<String>),
) -> Result<Pressed, CheckoutRefused> {
    let decision = in_time_or_late(host, key, decision, asked).await?;
    let decided = host.commit(asked, |own| match own.press(key, decision, digest) {
        Ok(events) => {
            let first = !events.is_empty();
            (events, Ok(first))
        }
        Err(refused) => (Vec::new(), Err(refused)),
    });
    let first = decided.await??;
    let fault = if first { host.take_fault(S::RETURN, asked, Some(key.clone())).await? } else { None };
    match fault {
        Some(fault @ Fault { kind: Kind::Delay, .. }) => pause(fault.delay(), &host.stop).await,
        Some(fault @ Fault { kind: Kind::WebhookBeforeResponse, .. }) => host.told(key, fault.delay()).await,
        _ => {}
    }
    let dropped = fault.is_some_and(|fault| fault.kind == Kind::DropReturn);
    let stands = host.read(|state| state.own.standing(key)).await?;
    let Standing { decision, status, return_url } = stands.ok_or(CheckoutRefused::UnknownOrder)?;
    tracing::info!(provider = S::ID, decision = decision.past(), first, dropped, "the shopper decided");
    Ok(Pressed { decision, status, first, return_url: (!dropped).then_some(return_url) })
}

/// The decision as it is to be taken: a payment may be late on purpose, after the order has expired and the shop could
/// hear of it.
async fn in_time_or_late<S: Checkout>(
    host: &Host<S>,
    key: &OrderKey,
    decision: Decision,
    asked: Option<Fault>,
) -> Result<Decision, Broken> {
    let Some(payment) = S::PAYMENT.filter(|_| decision == Decision::Approve) else { return Ok(decision) };
    let fault = host.take_fault(payment, asked, Some(key.clone())).await?;
    let Some(fault) = fault.filter(|fault| fault.kind == Kind::PaidAfterExpiry) else { return Ok(decision) };
    let expired = host.commit(None, |own| {
        let events = own.expire(key);
        let expired = !events.is_empty();
        (events, expired)
    });
    if !expired.await? {
        return Ok(decision);
    }
    pause(fault.delay(), &host.stop).await;
    Ok(Decision::PayLate)
}

/// The order that an id means.
pub(crate) enum Wished {
    /// The only one of that id.
    Known(OrderKey),
    /// Nobody has heard of it, and there is only one account whose it could be.
    New(OrderKey),
    /// It could be one of several.
    Several,
    /// There is none, and no account whose it could be.
    Unknown,
}

/// The order an id means. Where one order of the shop's has several checkouts, each goes by the host's own number of it.
pub(crate) fn wished<S: Checkout>(state: &State<S>, order: &str, account: Option<&str>) -> Wished {
    let fits = |id: &str| account.is_none_or(|wanted| wanted == id);
    let accounts: Vec<&String> = state.accounts.keys().filter(|id| fits(id)).collect();
    let known = state.own.orders().into_iter().map(|(key, _)| key);
    let meant = |key: &OrderKey| state.own.shop_order(key) == order || key.order == order;
    let known: Vec<OrderKey> = known.filter(|key| meant(key) && fits(&key.account)).collect();
    match (known.as_slice(), accounts.as_slice()) {
        ([only], _) => Wished::Known(only.clone()),
        ([], [only]) => Wished::New(OrderKey { account: (*only).clone(), order: order.to_owned() }),
        ([], []) => Wished::Unknown,
        ([], _) | ([_, _, ..], _) => Wished::Several,
    }
}

/// A new secret part of a checkout's address. Unguessable: whoever has it can decide for the shopper.
pub(crate) fn new_token() -> String {
    crate::seal::random::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}
