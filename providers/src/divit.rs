//! divit: bank transfers and instalments in Hong Kong, with miles for the customer; Hong Kong dollars only.
//!
//! We create an order there, send the browser to the answer's URL with the answer's token, and hear the end by a signed
//! event. The present API (product `directpay`) spells a little otherwise and gives no token. Only the event 2001, "paid",
//! is believed; the other events (cancelled, expired, refunded, refund cancelled) make us ask for the status, whose word
//! and counters decide. An event that is signed and old is asked about too.
//!
//! ```text
//! Create ─▶ browser to redirectURI&token=… ─▶ 2001 (captured) ─▶ Refund (accepted) ─▶ 2100 (hint) ─▶ Sync: counters
//! ```
//!
//! Paths below the account's URL, the first three told to divit with each order:
//!
//! | path | who comes |
//! |---|---|
//! | `/divit/events` | divit, with an event (`webhookEvents`, and `callbackURI` of refunds) |
//! | `/divit/success/{order}` | the browser, or divit with an event (`webhookSuccess`) |
//! | `/divit/failure/{order}` | the browser, or divit with an event (`webhookFailure`) |
//!
//! Begin with `table`. Then read `request` and `reply` (we ask), `inbound` and `signature` (we are told), `miles`.

mod check;
mod inbound;
mod items;
mod miles;
mod reply;
mod request;
mod signature;
mod table;

pub use table::SPEC;

use crate::json::Json;
use crate::{Currency, InboundReply, Money, Provider};

/// divit.
pub const DIVIT: Provider = Provider {
    spec: &SPEC,
    check: check::check,
    encode: request::encode,
    decode: reply::decode,
    found: reply::found,
    ingest: inbound::ingest,
    answer: InboundReply::receipt,
    reject: InboundReply::rejection,
    described: table::described::DESCRIBED,
    sign: signature::sign,
    verify: signature::verify,
};

/// An amount that divit says: whole cents of Hong Kong dollars, beside their currency or, in some documents, bare.
fn cents(said: &Json) -> Option<Money> {
    let bare = said.amount("", table::CENTS, Currency::Hkd).ok().flatten();
    bare.or_else(|| said.money("", table::CENTS).ok()).filter(|amount| amount.currency == Currency::Hkd)
}
