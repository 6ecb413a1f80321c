//! Kredivo through DOKU: pay-later in Indonesia; rupiah, which DOKU writes without decimals.
//!
//! We generate an order, send the browser to the answer's page, and hear the end by a signed notification. Requests,
//! replies and notifications all carry DOKU's signature. A failed attempt is not the end: the customer may try again.
//! Money goes back in DOKU's back office only, and REFUNDED tells us of it.
//!
//! ```text
//! Create ─▶ browser to payment.url ─▶ SUCCESS (captured)      FAILED: stays open      REFUNDED: by the back office
//! ```
//!
//! Paths below the account's URL:
//!
//! | path | who comes |
//! |---|---|
//! | `/doku/notification` | DOKU; enter the whole URL in its back office: the path is part of what is signed |
//! | `/doku/return/{order}` | the browser (`callback_url`) |
//! | `/doku/cancel/{order}` | the browser (`callback_url_cancel`) |
//!
//! Begin with `table`. Then read `request` and `reply` (we ask), `inbound` (we are told) and `signature`.

mod check;
mod inbound;
mod reply;
mod request;
mod signature;
mod state;
mod table;

pub use table::SPEC;

use crate::{InboundReply, Provider};

/// Kredivo through DOKU.
pub const KREDIVO: Provider = Provider {
    spec: &SPEC,
    check: check::check,
    encode: request::encode,
    decode: reply::decode,
    found: crate::found_by_id,
    ingest: inbound::ingest,
    answer: InboundReply::receipt,
    reject: InboundReply::rejection,
    described: table::described::DESCRIBED,
    sign: signature::sign,
    verify: signature::verify,
};
