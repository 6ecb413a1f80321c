//! What a table says of the wire is what is on it: every amount in its form, every proof in its place.

use super::all;
use super::genuine::{Message, Taken, To, messages};
use super::sample::Sample;
use ordain_providers::inbound::{InboundKind, Verdict};
use ordain_providers::wire::{AmountField, BodyForm, MoneyForm, Proof, Speaker};
use ordain_providers::{Call, InboundError, Outcome, Request};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::BTreeSet;

/// Every request of a sample, with the parts that can hold an amount or a secret.
fn requests(sample: &Sample) -> Vec<Request> {
    let calls = sample
        .operations()
        .into_iter()
        .map(|op| sample.with_cx(&sample.order, |cx| sample.provider.encode(&op, cx)));
    calls.filter_map(|call| if let Ok(Call::Http(request)) = call { Some(request) } else { None }).collect()
}

/// What we say: requests, and the answers to pulls.
fn said(sample: &Sample) -> Vec<Vec<(String, String)>> {
    let requests = requests(sample);
    let bodies = requests.iter().map(|request| match sample.provider.spec().wire.body {
        BodyForm::Json => json_leaves(request.body.expose()),
        BodyForm::PhpForm => form_fields(request),
    });
    let pulls = messages(sample).into_iter().filter_map(|message| answered(sample, &message));
    bodies.chain(pulls.map(|body| json_leaves(&body))).collect()
}

fn answered(sample: &Sample, message: &Message) -> Option<Vec<u8>> {
    let Taken::Inbound(Ok(told)) = message.with_body(sample, &message.body.to_string()) else { return None };
    let verdict = Verdict::Accepted(Some(&sample.order));
    let reply = sample.with_cx(&sample.order, |cx| sample.provider.answer(&told, &verdict, cx));
    (told.kind == InboundKind::Pull).then(|| reply.body.expose().clone())
}

fn json_leaves(body: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    leaves(String::new(), &serde_json::from_slice(body).unwrap_or(Value::Null), &mut found);
    found
}

/// Numbers and texts by their path, indexes left out.
fn leaves(path: String, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            leaves(below, value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| leaves(format!("{path}[]"), item, found)),
        Value::Number(digits) => found.push((path, digits.to_string())),
        Value::String(text) => found.push((path, text.clone())),
        Value::Null | Value::Bool(_) => {}
    }
}

fn form_fields(request: &Request) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(request.body.expose()).into_owned();
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let without_digits = |name: String| name.replace(|letter: char| letter.is_ascii_digit(), "");
    pairs.map(|(name, value)| (without_digits(plain(name)), plain(value))).collect()
}

/// Amounts that the sample's order or a part of it can come to.
fn amounts_of(sample: &Sample) -> BTreeSet<i64> {
    let order = &sample.order;
    let lines = order.lines.iter().flat_map(|line| [line.unit_price.minor, line.total.minor]);
    let rest = order.total.minor - order.lines[0].unit_price.minor;
    lines.chain([0, order.total.minor, rest]).collect()
}

#[track_caller]
fn check(sample: &Sample, field: &AmountField, said: &[Vec<(String, String)>]) {
    let (id, currency, known) = (sample.provider.spec().id, sample.order.currency, amounts_of(sample));
    let found: Vec<_> = said.iter().flatten().filter(|(path, _)| path == field.path).collect();
    assert!(!found.is_empty(), "{id}: no message has the amount `{}`", field.path);
    for (path, digits) in found {
        let money = field.form.read(currency, digits);
        let money = money.unwrap_or_else(|why| panic!("{id}: `{path}` is {digits}: {why}"));
        let is_booked = field.form != MoneyForm::ExactDecimal;
        assert!(!is_booked || known.contains(&money.minor), "{id}: `{path}` is {digits}, read as {money}");
        assert!(field.said_by == Speaker::Provider || field.form.write(money).is_ok(), "{id}: `{path}`");
    }
}

#[test]
fn amounts_are_written_as_the_table_says() {
    for sample in all().map(Sample::of) {
        let ours = said(&sample);
        let bodies = messages(&sample).into_iter().map(|message| message.body.to_string());
        let theirs: Vec<_> = bodies.map(|body| json_leaves(body.as_bytes())).collect();
        for field in sample.provider.spec().wire.amounts {
            let said = if field.said_by == Speaker::Us { &ours } else { &theirs };
            check(&sample, field, said);
        }
    }
}

#[test]
fn requests_carry_every_proof_of_the_table() {
    for sample in all().map(Sample::of) {
        let (id, wire) = (sample.provider.spec().id, &sample.provider.spec().wire);
        for (request, proof) in
            requests(&sample).iter().flat_map(|it| wire.requests.iter().map(move |proof| (it, proof)))
        {
            let header = request.headers.iter().find(|(name, _)| *name == proof.header());
            let shown =
                format!("{}?{}", request.url.expose(), String::from_utf8_lossy(request.body.expose()));
            match proof {
                Proof::Fields { secrets } => {
                    let is_there =
                        |name: &&str| shown.contains(sample.account.secrets[*name].expose().as_str());
                    assert!(secrets.iter().all(is_there), "{id}: a request lacks {secrets:?}");
                }
                _ => {
                    assert!(header.is_some_and(|(_, value)| !value.expose().is_empty()), "{id}: no {proof:?}")
                }
            }
        }
    }
}

#[test]
fn message_whose_proof_is_broken_is_not_believed() {
    for sample in all().map(Sample::of) {
        let wire = &sample.provider.spec().wire;
        for message in messages(&sample) {
            let proofs = if matches!(message.to, To::Op(_)) { wire.replies } else { wire.inbound };
            // Of several the account has what the first one takes.
            let Some(proof) = proofs.first() else { continue };
            let broken = match message.with_broken(&sample, proof) {
                Taken::Reply(outcome) => matches!(outcome, Outcome::Unknown { .. } | Outcome::Refused { .. }),
                Taken::Inbound(told) => told == Err(InboundError::Unauthenticated),
            };
            let whole = message.with_body(&sample, &message.body.to_string());
            assert!(
                broken,
                "{} `{}` is believed without {proof:?}: {whole:?}",
                sample.provider.spec().id,
                message.name
            );
        }
    }
}
