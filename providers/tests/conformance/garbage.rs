//! Whatever comes in, no codec panics.

use super::all;
use super::sample::Sample;
use ordain_providers::{Inbound, Private, Reply};
use proptest::prelude::*;
use serde_json::Value;

/// Bodies of the worked messages: whatever is changed in them looks almost right.
fn worked(sample: &Sample) -> Vec<String> {
    let mut found = Vec::new();
    collect(&sample.vectors, &mut found);
    found.truncate(20);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("body").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| collect(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// Paths that some provider listens on.
fn paths(sample: &Sample) -> Vec<String> {
    let id = sample.provider.spec().id;
    let order = &sample.order.order_id;
    let known = [
        "",
        "/notification",
        "/events",
        "/webhook",
        "/notify",
        "/return",
        "/success",
        "/api/response",
        "/payment/response",
    ];
    let roots = [id, "doku"];
    let plain = roots.iter().flat_map(|root| known.map(|path| format!("/{root}{path}")));
    plain.flat_map(|path| [path.clone(), format!("{path}/{order}")]).collect()
}

fn feed(sample: &Sample, status: u16, body: &[u8], text: &str) {
    let headers: Vec<(String, String)> =
        ["signature", "sign", "x-divit-signature", "x-divido-hmac-sha256", "x-penny"]
            .map(|name| (name.to_owned(), text.to_owned()))
            .to_vec();
    let reply = Reply { status, headers: headers.clone(), body: Private::new(body.to_vec()) };
    for op in sample.operations() {
        let _ = sample.with_cx(&sample.order, |cx| sample.provider.decode(&op, &reply, cx));
    }
    for path in paths(sample) {
        for method in ["GET", "POST"] {
            let message = Inbound {
                method: method.to_owned(),
                path: path.clone(),
                query: Private::new(text.to_owned()),
                headers: headers.clone(),
                body: Private::new(body.to_vec()),
                sender: None,
            };
            if let Err(error) = sample.with_cx(&sample.order, |cx| sample.provider.ingest(&message, cx)) {
                assert!(sample.provider.reject(&error).status >= 400);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_bytes_never_panic(status in any::<u16>(), bytes in prop::collection::vec(any::<u8>(), 0..120), text in "\\PC{0,40}") {
        for sample in all().map(Sample::of) {
            feed(&sample, status, &bytes, &text);
            feed(&sample, 200, &bytes, &text);
        }
    }

    #[test]
    fn changed_messages_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), text in "[a-z=,0-9]{0,30}") {
        for sample in all().map(Sample::of) {
            for body in worked(&sample) {
                let mut bytes = body.into_bytes();
                if bytes.is_empty() {
                    continue;
                }
                let place = at.index(bytes.len());
                bytes[place] = byte;
                feed(&sample, 200, &bytes, &text);
                bytes.truncate(cut.index(bytes.len()));
                feed(&sample, 200, &bytes, &text);
            }
        }
    }
}

#[test]
fn every_provider_has_a_fuzz_target() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let listed = std::fs::read_to_string(folder.join("Cargo.toml")).expect("the fuzz package is there");
    for provider in ordain_providers::ALL {
        let id = provider.spec().id;
        let target = std::fs::read_to_string(folder.join(format!("fuzz_targets/{id}.rs")));
        assert!(target.is_ok_and(|text| text.contains(&format!("feed(\"{id}\""))), "{id}");
        assert!(listed.contains(&format!("path = \"fuzz_targets/{id}.rs\"")), "{id} is not in Cargo.toml");
    }
}
