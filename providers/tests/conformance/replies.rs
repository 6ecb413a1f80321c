//! Every operation that is sent takes its documented answers for what they are: the yes, the same again, the no, and
//! whatever may come in place of them.
//!
//! The answers are the documents' own, in `replies.json` beside the worked messages. Where a provider signs its replies,
//! the suite signs them anew: a changed answer fails because of what it says, not because of its signature.

use super::all;
use super::genuine::{To, name_of, proven};
use super::sample::{PEOPLE, Sample};
use super::secrecy::check;
use ordain_providers::call::Standing;
use ordain_providers::question::Question;
use ordain_providers::spec::Effect;
use ordain_providers::{Call, Money, Op, Outcome, Private, Reply};
use serde_json::{Value, json};

/// Cuts that are tried of one answer, the first and the last byte among them.
const CUTS_MAX: usize = 60;

/// One operation that is sent, and the answers that the documents show.
struct Answered {
    op: Op,
    name: String,
    yes: Value,
    again: Value,
    no: Value,
}

fn answered(sample: &Sample) -> Vec<Answered> {
    let id = sample.provider.spec().id;
    let sent = sample.operations().into_iter().filter_map(|op| {
        match sample.with_cx(&sample.order, |cx| sample.provider.encode(&op, cx)) {
            Ok(Call::Http(_)) => Some(op),
            _ => None,
        }
    });
    let answered = sent.map(|op| {
        let name = name_of(&op);
        let shown = |case: &str| sample.replies[&name][case].clone();
        let (yes, no) = (shown("yes"), shown("no"));
        assert!(yes.is_object() && no.is_object(), "{id}: replies.json lacks a yes or a no to `{name}`");
        let again = Some(shown("again")).filter(Value::is_object).unwrap_or_else(|| yes.clone());
        Answered { op, name, yes, again, no }
    });
    answered.collect()
}

/// Body and status of an answer in `replies.json`.
fn parts(answer: &Value) -> (u16, String) {
    let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let body = answer["body"].as_str().map_or_else(|| answer["body"].to_string(), str::to_owned);
    (status.expect("an answer has a status"), body)
}

impl Answered {
    /// What comes of an answer.
    fn outcome(&self, sample: &Sample, answer: &Value) -> Outcome {
        let (status, body) = parts(answer);
        self.outcome_of(sample, answer, status, &body)
    }

    /// What comes of another status and another body, with the headers of an answer.
    fn outcome_of(&self, sample: &Sample, answer: &Value, status: u16, body: &str) -> Outcome {
        self.decoded(sample, &self.reply(sample, answer, status, body))
    }

    fn decoded(&self, sample: &Sample, reply: &Reply) -> Outcome {
        sample.with_cx(&sample.order, |cx| sample.provider.decode(&self.op, reply, cx))
    }

    fn reply(&self, sample: &Sample, answer: &Value, status: u16, body: &str) -> Reply {
        let shown = answer["headers"].as_object().into_iter().flatten();
        let shown = shown.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        let headers = shown.chain(proven(sample, &To::Op(Box::new(self.op.clone())), body)).collect();
        Reply { status, headers, body: Private::new(body.as_bytes().to_vec()) }
    }

    /// Whether nobody may believe that this is a yes: where something was to be changed, it may have happened.
    fn is_open(&self, sample: &Sample, outcome: &Outcome) -> bool {
        match sample.provider.spec().operation(&self.op).effect {
            Effect::Mutates(_) => matches!(outcome, Outcome::Unknown { .. }),
            Effect::Reads => !is_yes(outcome),
        }
    }
}

fn is_yes(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done(_) | Outcome::Pending(_))
}

#[track_caller]
fn each(check: impl Fn(&Sample, &Answered, &str)) {
    for sample in all().map(Sample::of) {
        for answered in answered(&sample) {
            let at = format!("{}, {}", sample.provider.spec().id, answered.name);
            check(&sample, &answered, &at);
        }
    }
}

#[test]
fn every_answer_is_to_an_operation_that_is_sent() {
    for sample in all().map(Sample::of) {
        let sent: Vec<_> = answered(&sample).into_iter().map(|answered| answered.name).collect();
        let shown = sample.replies.as_object().expect("replies.json holds an object");
        let stray: Vec<_> = shown.keys().filter(|name| *name != "about" && !sent.contains(name)).collect();
        assert!(stray.is_empty() && !sent.is_empty(), "{}: {stray:?}", sample.provider.spec().id);
    }
}

#[test]
fn documented_yes_is_a_yes() {
    each(|sample, answered, at| {
        let outcome = answered.outcome(sample, &answered.yes);
        let (Outcome::Done(facts) | Outcome::Pending(facts)) = &outcome else { panic!("{at}: {outcome:?}") };
        match &answered.op {
            Op::Create => assert!(facts.next_action.is_some(), "{at}: nowhere to go"),
            Op::Sync => {
                assert!(
                    facts.standing.is_some_and(|standing| standing != Standing::Unpaid),
                    "{at}: {facts:?}"
                );
                let foreign = |money: Money| money.currency != sample.order.currency;
                assert!(!facts.amounts.iter().any(|fact| foreign(fact.amount)), "{at}: {facts:?}");
            }
            Op::Ask(_) => assert!(facts.answer.is_some(), "{at}: no answer"),
            _ => {}
        }
    });
}

#[test]
fn same_again_is_never_taken_for_a_refusal() {
    each(|sample, answered, at| {
        let (yes, again) =
            (answered.outcome(sample, &answered.yes), answered.outcome(sample, &answered.again));
        assert!(is_yes(&again) || matches!(again, Outcome::Unknown { .. }), "{at}: {again:?}");
        // A replay in the words of the first answer says the same.
        if answered.again["body"] == answered.yes["body"] {
            assert_eq!(again, yes, "{at}");
        }
    });
}

#[test]
fn documented_no_is_a_no() {
    each(|sample, answered, at| {
        let outcome = answered.outcome(sample, &answered.no);
        // Of a question the no may be the answer.
        let unpaid = matches!(&outcome, Outcome::Done(facts) if facts.standing == Some(Standing::Unpaid));
        let fits = matches!(outcome, Outcome::Refused { .. }) || matches!(answered.op, Op::Sync) && unpaid;
        assert!(fits, "{at}: {outcome:?}");
    });
}

#[test]
fn yes_under_a_status_that_says_otherwise_is_open() {
    each(|sample, answered, at| {
        for status in [301, 302, 408, 500, 502, 503, 504, 599] {
            let (_, body) = parts(&answered.yes);
            let outcome = answered.outcome_of(sample, &answered.yes, status, &body);
            assert!(answered.is_open(sample, &outcome), "{at}, {status}: {outcome:?}");
        }
    });
}

#[test]
fn yes_that_was_cut_on_its_way_is_open() {
    each(|sample, answered, at| {
        let (status, body) = parts(&answered.yes);
        if answered.yes["body"].is_string() {
            return;
        }
        for end in (0..body.len()).step_by(body.len() / CUTS_MAX + 1).chain([body.len() - 1]) {
            let Some(begun) = body.get(..end) else { continue };
            let outcome = answered.outcome_of(sample, &answered.yes, status, begun);
            assert!(answered.is_open(sample, &outcome), "{at}, {begun}: {outcome:?}");
        }
    });
}

#[test]
fn one_flipped_bit_of_a_signed_yes_leaves_it_open() {
    let signed = std::cell::Cell::new(0);
    each(|sample, answered, at| {
        let (status, body) = parts(&answered.yes);
        let genuine = answered.reply(sample, &answered.yes, status, &body);
        if sample.provider.spec().wire.replies.is_empty() || answered.yes["body"].is_string() {
            return;
        }
        for bit in (0..body.len() * 8).step_by(body.len() * 8 / CUTS_MAX) {
            let mut bytes = body.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let outcome = answered.decoded(sample, &Reply { body: Private::new(bytes), ..genuine.clone() });
            assert!(answered.is_open(sample, &outcome), "{at}, bit {bit}: {outcome:?}");
        }
        for bit in 0..48 {
            let mut headers = genuine.headers.clone();
            for (_, value) in headers.iter_mut().filter(|(name, _)| name != "response-timestamp") {
                let mut bytes = value.clone().into_bytes();
                bytes[bit / 3] ^= 1 << (bit % 3);
                *value = String::from_utf8(bytes).expect("low bits of letters make letters");
            }
            let outcome = answered.decoded(sample, &Reply { headers, ..genuine.clone() });
            assert!(answered.is_open(sample, &outcome), "{at}, bit {bit} of the signature: {outcome:?}");
        }
        signed.set(signed.get() + 1);
    });
    assert!(signed.get() > 8, "PayBy and DOKU sign what they say: {}", signed.get());
}

#[test]
fn yes_about_another_order_is_open() {
    let mut told = 0;
    for sample in all().map(Sample::of) {
        for answered in answered(&sample).iter().filter(|answered| !matches!(answered.op, Op::Ask(_))) {
            let (status, body) = parts(&answered.yes);
            let other = body.replace(&sample.order.order_id, "01M7YB1BR0ANOTHERNUMBER000");
            if other == body {
                continue;
            }
            let outcome = answered.outcome_of(&sample, &answered.yes, status, &other);
            let at = (sample.provider.spec().id, &answered.name);
            assert!(answered.is_open(&sample, &outcome), "{at:?}: {outcome:?}");
            told += 1;
        }
    }
    assert!(told > 10, "most answers name their order: {told}");
}

/// The same JSON with people in every object.
fn peopled(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(peopled).collect(),
        Value::Object(fields) => {
            let mut fields: serde_json::Map<_, _> =
                fields.iter().map(|(name, field)| (name.clone(), peopled(field))).collect();
            let names = ["firstName", "customerName", "customer_email", "phone", "street", "postcode"];
            for (name, known) in names.into_iter().zip(PEOPLE) {
                fields.insert(name.to_owned(), json!(known));
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

#[test]
fn people_in_an_answer_are_not_kept() {
    each(|sample, answered, at| {
        // Plans are shown as they come, and hold nobody; a document is sealed as it came.
        if matches!(answered.op, Op::Ask(Question::FinancePlans)) || answered.yes["body"].is_string() {
            return;
        }
        let (status, _) = parts(&answered.yes);
        let body = peopled(&answered.yes["body"]).to_string();
        let outcome = answered.outcome_of(sample, &answered.yes, status, &body);
        assert_eq!(outcome, answered.outcome(sample, &answered.yes), "{at}");
        check(sample, &format!("{outcome:?}"));
    });
}
