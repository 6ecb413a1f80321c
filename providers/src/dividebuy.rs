//! DivideBuy: consumer credit in the United Kingdom, in pounds sterling.
//!
//! Nobody calls DivideBuy to open a checkout. We send the browser there with an encrypted *splash key*, DivideBuy
//! asks us what the order holds (`getorderdetails`), and then says how it ended twice and in either order: by a
//! webhook and by the browser. Neither is proof, so both only make us ask `getuserorder`, and DivideBuy goes on only
//! after we say that we did (`syncretorder`). A shipment releases the money.
//!
//! ```text
//! Create (local: a URL) ─▶ pull getorderdetails ─▶ orderSuccess, splash success (hints) ─▶ Sync ─▶ Ack ─▶ Fulfil
//! ```
//!
//! Begin with `table`. Then read `request` and `reply` (we ask), `inbound` and `answer` (we are asked).
//! There is no reader for splash keys from before `secureVersion=1`: those carry no proof at all.

mod answer;
mod credentials;
mod described;
mod details;
mod inbound;
mod reply;
mod request;
mod splash_key;
mod table;

pub use described::{open, seal};
pub use table::SPEC;

use crate::{DescriptionError, Provider};

const NOT_SIGNED: DescriptionError = DescriptionError::NotSigned {
    provider: SPEC.id,
    instead: "messages carry `store_token` and `store_authentication`; browsers carry a splash key",
};

/// DivideBuy.
pub const DIVIDEBUY: Provider = Provider {
    spec: &SPEC,
    check: |_| Vec::new(),
    encode: request::encode,
    decode: reply::decode,
    found: crate::found_by_id,
    ingest: inbound::ingest,
    answer: answer::answer,
    reject: answer::reject,
    described: &[],
    sign: |_, _| Err(NOT_SIGNED),
    verify: |_, _| Err(NOT_SIGNED),
};
