//! What every fuzz target does: the same bytes as a reply to each operation and as a message on each path, and as one
//! field of a message that is genuine.
//!
//! The account and the order are those of the conformance suite, which asks the same with random bytes on stable Rust.

#[allow(dead_code, reason = "the suite uses the rest of it")]
#[path = "../../tests/conformance/genuine.rs"]
mod genuine;
#[allow(dead_code, reason = "the suite uses the rest of it")]
#[path = "../../tests/conformance/sample.rs"]
mod sample;

use genuine::{Message, messages, places};
use ordain_providers::{Inbound, Private, Reply};
use sample::Sample;
use std::sync::OnceLock;

static KNOWN: OnceLock<(Sample, Vec<Message>)> = OnceLock::new();

/// Feeds the codec of one provider.
pub fn feed(id: &str, bytes: &[u8]) {
    let provider = || ordain_providers::find(id).expect("the target is named after a provider");
    let (sample, messages) = KNOWN.get_or_init(|| {
        let sample = Sample::of(provider());
        let messages = messages(&sample);
        (sample, messages)
    });
    let Some((&[first, second], rest)) = bytes.split_first_chunk::<2>() else { return };
    unproven(sample, u16::from_be_bytes([first, second]), rest);
    proven(sample, &messages[usize::from(first) % messages.len()], usize::from(second), rest);
}

/// Up to the first newline a header and a query, the rest a body.
fn unproven(sample: &Sample, status: u16, rest: &[u8]) {
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (text, body) = (String::from_utf8_lossy(&rest[..line]).into_owned(), rest[line..].to_vec());
    let headers: Vec<(String, String)> = ["signature", "sign", "x-divit-signature", "x-divido-hmac-sha256"]
        .map(|name| (name.to_owned(), text.clone()))
        .to_vec();
    let reply = Reply { status, headers: headers.clone(), body: Private::new(body.clone()) };
    for op in sample.operations().into_iter().filter(|op| sample.offers(op)) {
        let _ = sample.with_cx(&sample.order, |cx| sample.provider.decode(&op, &reply, cx));
    }
    for path in paths(sample.provider.spec().id) {
        let query = Private::new(text.clone());
        let (headers, body) = (headers.clone(), Private::new(body.clone()));
        let method = if body.expose().is_empty() { "GET" } else { "POST" }.to_owned();
        let message = Inbound { method, path: (*path).to_owned(), query, headers, body, sender: None };
        let _ = sample.with_cx(&sample.order, |cx| sample.provider.ingest(&message, cx));
    }
}

/// In place of one field of a genuine message, or of its whole body; proven as the provider would prove it.
fn proven(sample: &Sample, message: &Message, place: usize, piece: &[u8]) {
    let piece = String::from_utf8_lossy(piece);
    let places = places(&message.body);
    let body = places.get(place).map_or_else(|| piece.to_string(), |at| message.replaced(at, &piece));
    let _ = message.with_body(sample, &body);
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
        "payby" => &["/payby/notify", "/payby/return"],
        other => panic!("say where `{other}` knocks"),
    }
}
