//! Neither secrets nor people are in anything that may be shown, logged or kept in a history.

use super::all;
use super::genuine::{Taken, messages};
use super::sample::{PEOPLE, Sample};
use ordain_providers::{Call, Inbound, Outcome, Private, Reply};
use serde_json::{Value, json};

/// Pieces of the account's secrets that would give them away; of a key in PEM its lines, of JSON its texts.
fn secrets(sample: &Sample) -> Vec<String> {
    let values = sample.account.secrets.values().map(|secret| secret.expose().clone());
    let pieces = values.flat_map(|value| match serde_json::from_str(&value) {
        Ok(json) => texts(&json),
        Err(_) => value.lines().map(str::to_owned).collect(),
    });
    // The kind of an identity stands in every request, and is everybody's.
    let is_telling = |piece: &String| piece.len() > 5 && !piece.starts_with("-----") && piece != "PHONE_NO";
    pieces.filter(is_telling).collect()
}

fn texts(json: &Value) -> Vec<String> {
    match json {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Fails if a text shows one of the account's secrets or one of the order's people.
#[track_caller]
pub(crate) fn check(sample: &Sample, shown: &str) {
    let planted = secrets(sample);
    for piece in planted.iter().map(String::as_str).chain(PEOPLE) {
        assert!(!shown.contains(piece), "{} shows {piece}: {shown}", sample.provider.spec().id);
    }
}

#[test]
fn requests_are_shown_without_them() {
    for sample in all().map(Sample::of) {
        for op in sample.operations() {
            match sample.with_cx(&sample.order, |cx| sample.provider.encode(&op, cx)) {
                Ok(Call::Http(request)) => {
                    check(&sample, &format!("{request:?}"));
                    check(&sample, &request.redacted);
                }
                Ok(Call::Local(facts)) => check(&sample, &format!("{facts:?}")),
                Err(error) => check(&sample, &format!("{error} {error:?}")),
            }
        }
    }
}

#[test]
fn answers_that_repeat_them_are_cleaned() {
    for sample in all().map(Sample::of) {
        let said = format!("no: {} {}", PEOPLE.join(" "), secrets(&sample).join(" "));
        let bodies = [
            json!({"code": 7, "message": said}),
            json!({"error": said}),
            json!({"status": "error", "error": said}),
            json!({"error": {"message": said, "code": said, "status_code": said}}),
            json!({"status": 0, "error": {"message": said, "errors": {"x": [said]}}, "message": [said]}),
            json!({"head": {"applyStatus": "ERROR", "code": "1", "msg": said, "traceCode": "t"}}),
            json!({"status": "ok", "data": {"order_status": said, "store_order_id": sample.order.order_id}}),
        ];
        for op in sample.operations() {
            for status in [200, 400, 401, 409, 422, 500] {
                for body in &bodies {
                    let body = Private::new(body.to_string().into_bytes());
                    let reply = Reply { status, headers: Vec::new(), body };
                    let outcome = sample.with_cx(&sample.order, |cx| sample.provider.decode(&op, &reply, cx));
                    check(&sample, &format!("{outcome:?}"));
                    let kept = serde_json::to_string(&without_next_action(outcome)).expect("JSON");
                    check(&sample, &kept);
                }
            }
        }
    }
}

#[test]
fn genuine_messages_that_repeat_secrets_are_cleaned() {
    for sample in all().map(Sample::of) {
        // Only credentials: a person's name in place of a number of the provider's is that number. And with a blank, for
        // who is signed for and calls an order like a secret has no order here.
        let secrets = sample.account.secrets.values().map(|secret| secret.expose().as_str());
        let planted = format!("see {}", secrets.collect::<Vec<_>>().join(" "));
        let planted = serde_json::to_string(&planted).expect("JSON");
        for message in messages(&sample) {
            for body in message.changed(&[&planted]) {
                let taken = message.with_body(&sample, &body);
                check(&sample, &format!("{taken:?}"));
                let kept = match taken {
                    Taken::Reply(outcome) => serde_json::to_string(&without_next_action(outcome)),
                    Taken::Inbound(told) => serde_json::to_string(&told.ok()),
                };
                check(&sample, &kept.expect("JSON"));
            }
        }
    }
}

/// What a history keeps: where the customer goes next is sealed beside it.
fn without_next_action(mut outcome: Outcome) -> Outcome {
    if let Outcome::Done(facts) | Outcome::Pending(facts) | Outcome::Refused { facts, .. } = &mut outcome {
        facts.next_action = None;
    }
    outcome
}

#[test]
fn what_comes_in_is_shown_without_them() {
    for sample in all().map(Sample::of) {
        let said = format!("{} {}", PEOPLE.join(" "), secrets(&sample).join(" "));
        let message = Inbound {
            method: "POST".to_owned(),
            path: format!("/{}", sample.provider.spec().id),
            query: Private::new(said.clone()),
            headers: Vec::new(),
            body: Private::new(said.clone().into_bytes()),
            sender: None,
        };
        check(&sample, &format!("{message:?}"));
        let error =
            sample.with_cx(&sample.order, |cx| sample.provider.ingest(&message, cx)).expect_err("garbage");
        check(&sample, &format!("{error} {error:?}"));
        check(&sample, &format!("{:?}", sample.account));
    }
}

#[test]
fn faults_repeat_none_of_them() {
    for sample in all().map(Sample::of) {
        let mut order = sample.order.clone();
        let mut who = order.customer.expose().clone();
        who.last_name = PEOPLE[1].repeat(200);
        who.phone = PEOPLE[0].to_owned();
        who.middle_names = PEOPLE[6].repeat(200);
        order.customer = Private::new(who);
        let mut to = order.shipping_to.expose().clone();
        (to.country_code, to.town) = (PEOPLE[4].to_owned(), PEOPLE[5].repeat(200));
        to.building_name = PEOPLE[8].repeat(200);
        order.shipping_to = Private::new(to);
        check(&sample, &format!("{:?}", sample.provider.check(&order)));
    }
}
