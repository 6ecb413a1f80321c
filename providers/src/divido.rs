//! Divido: a broker of consumer credit; a lender decides, and confirms every activation, cancellation and refund later.
//!
//! We ask for a credit proposal and send the browser to its URL. The customer's session makes it an application, which
//! the lender accepts and the customer signs; `READY` is the word to ship. An activation reports what was shipped and
//! starts the payout. Where an account does not sign directly, an accepted application waits for us to finalize it.
//!
//! ```text
//! Create ─▶ browser to `url` ─▶ ACCEPTED ─▶ (finalize) ─▶ SIGNED ─▶ READY ─▶ activation ─▶ ACTIVATED ─▶ COMPLETED
//! ```
//!
//! Every activation, cancellation and refund names its products: none would mean the whole application. It carries
//! `{order id}.{our id of the operation}` as its `reference`, which Divido lists in the application; that is how an
//! operation of unknown outcome is found again.
//!
//! Paths below the account's URL, told to Divido with each request:
//!
//! | path | who comes |
//! |---|---|
//! | `/divido/webhook` | Divido, with a status (`responseUrl`) |
//! | `/divido/return/{order}` | the browser, done (`redirectUrl`) |
//! | `/divido/checkout/{order}` | the browser, declined or given up (`checkoutUrl`) |
//!
//! Begin with `table`; `table/people` is what it is told of a customer. Then read `request` and `reply` (we ask),
//! `application` (what an application says), `inbound`.

mod application;
mod findings;
mod inbound;
mod products;
mod reply;
mod request;
mod signature;
mod table;

pub use table::SPEC;

use crate::Provider;

/// Divido.
pub const DIVIDO: Provider = Provider {
    spec: &SPEC,
    check: |_| Vec::new(),
    encode: request::encode,
    decode: reply::decode,
    found: crate::found_by_id,
    ingest: inbound::ingest,
    answer: inbound::answer,
    reject: inbound::reject,
    described: table::described::DESCRIBED,
    sign: signature::sign,
    verify: signature::verify,
};
