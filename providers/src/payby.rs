//! PayBy, also Botim Money: cards, wallets and QR codes in the United Arab Emirates, in dirhams.
//!
//! Every message, in either direction, is JSON with an RSA signature over its raw bytes in the header `sign`; each
//! merchant has a key pair and a key of PayBy's. A payment is captured at once. Orders and refunds go by our own
//! numbers (`{order}` and `{order}-R{refund}`), and the same number with the same content is the same order, so a
//! create is repeated and a refund is looked up by number.
//!
//! ```text
//! Create ─▶ CREATED, a link or a code ─▶ the payer pays ─▶ acquireOrder: PAID_SUCCESS ─▶ SETTLED
//!              ├─ cancelOrder, expiry ─▶ FAILURE           └─ refund/placeOrder ─▶ refundOrder: SUCCESS
//! ```
//!
//! Our paths below the account's URL: `POST /payby/notify`, which is every order's `notifyUrl`, and
//! `GET /payby/return?order=…`, its `redirectUrl` unless the shop names one.
//!
//! Begin with `table`. Then read `options` (what an order may say), `request` and `reply` (we ask), `inbound` (we are
//! told). Retries keep the number and everything else but `requestTime`, which PayBy takes for at
//! most 15 minutes (T11).

mod inbound;
mod options;
mod reply;
mod request;
mod table;
mod wire;

pub use table::SPEC;

use crate::Provider;
use crate::signing::rsa;

/// Below the account's URL: where PayBy notifies us, and where the browser comes back.
const NOTIFY_PATH: &str = "/payby/notify";
const RETURN_PATH: &str = "/payby/return";

/// PayBy.
pub const PAYBY: Provider = Provider {
    spec: &SPEC,
    check: options::check,
    encode: request::encode,
    decode: reply::decode,
    found: reply::found,
    ingest: inbound::ingest,
    answer: inbound::answer,
    reject: inbound::reject,
    described: table::described::DESCRIBED,
    sign: |_, described| rsa::sign(SPEC.id, described),
    verify: |_, described| rsa::verify(described),
};
