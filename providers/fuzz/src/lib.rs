//! What every fuzz target does: the same bytes as a reply to each operation and as a message on each path.
//!
//! The account and the order are those of the conformance suite, which asks the same with random bytes on stable Rust.

#[path = "../../tests/conformance/sample.rs"]
mod sample;

use ordain_providers::{Inbound, Private, Reply};
use sample::Sample;
use std::sync::OnceLock;

static SAMPLE: OnceLock<Sample> = OnceLock::new();

/// Feeds the codec of one provider. Two bytes are a status, up to the first newline is a header and a query, the rest a
/// body.
pub fn feed(id: &str, bytes: &[u8]) {
    let provider = || ordain_providers::find(id).expect("the target is named after a provider");
    let sample = SAMPLE.get_or_init(|| Sample::of(provider()));
    let Some((status, rest)) = bytes.split_first_chunk::<2>() else { return };
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (text, body) = (String::from_utf8_lossy(&rest[..line]).into_owned(), rest[line..].to_vec());
    let headers: Vec<(String, String)> = ["signature", "sign", "x-divit-signature", "x-divido-hmac-sha256"]
        .map(|name| (name.to_owned(), text.clone()))
        .to_vec();
    let status = u16::from_be_bytes(*status);
    let reply = Reply { status, headers: headers.clone(), body: Private::new(body.clone()) };
    for op in sample.operations().into_iter().filter(|op| sample.offers(op)) {
        let _ = sample.with_cx(&sample.order, |cx| sample.provider.decode(&op, &reply, cx));
    }
    for path in paths(id) {
        let query = Private::new(text.clone());
        let (headers, body) = (headers.clone(), Private::new(body.clone()));
        let method = if body.expose().is_empty() { "GET" } else { "POST" }.to_owned();
        let message = Inbound { method, path: (*path).to_owned(), query, headers, body, sender: None };
        let _ = sample.with_cx(&sample.order, |cx| sample.provider.ingest(&message, cx));
    }
}

/// Where each provider knocks, as its module says.
fn paths(id: &str) -> &'static [&'static str] {
    match id {
        "divit" => &["/divit/events", "/divit/success/01J"],
        "dividebuy" => {
            &["/dividebuy/api/getorderdetails", "/dividebuy/api/response", "/dividebuy/payment/response"]
        }
        "kredivo" => &["/doku/notification", "/doku/return/01J"],
        "divido" => &["/divido/webhook", "/divido/return/01J"],
        _ => &["/payby/notify", "/payby/return"],
    }
}
