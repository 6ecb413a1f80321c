//! Every operation that a table offers can be said, says the money as it is, and takes what comes back for what it is.

use super::all;
use super::sample::{Sample, order};
use ordain_providers::spec::{Effect, Support};
use ordain_providers::{Call, EncodeError, Facts, Found, Op, Outcome, Private, Provider, Reply, Request};

/// The request of an operation, where it makes one.
fn request(sample: &Sample, op: &Op) -> Option<Request> {
    match sample.with_cx(&sample.order, |cx| sample.provider.encode(op, cx)) {
        Ok(Call::Http(request)) => Some(request),
        Ok(Call::Local(_)) | Err(_) => None,
    }
}

#[test]
fn offered_operations_can_be_said_and_others_cannot() {
    for sample in all().map(Sample::of) {
        let id = sample.provider.spec().id;
        for op in sample.operations() {
            let call = sample.with_cx(&sample.order, |cx| sample.provider.encode(&op, cx));
            let line = sample.provider.spec().operation(&op);
            match call {
                Ok(Call::Local(_)) => assert_eq!(line.support, Support::Local, "{id} {op:?}"),
                Ok(Call::Http(_)) => assert!(sample.offers(&op), "{id} says {op:?}, which its table lacks"),
                Err(EncodeError::Unsupported { provider }) => {
                    let elsewhere = matches!(line.support, Support::Emulated) || matches!(op, Op::Ask(_));
                    assert!(elsewhere || !sample.offers(&op), "{id} offers {op:?} and cannot say it");
                    assert_eq!(provider, id);
                }
                Err(why) => assert!(sample.offers(&op) && why.to_string().len() > 10, "{id} {op:?}: {why}"),
            }
        }
    }
}

#[test]
fn same_question_makes_the_same_bytes() {
    for sample in all().map(Sample::of) {
        for op in sample.operations() {
            let Some(request) = request(&sample, &op) else { continue };
            let again = self::request(&sample, &op).expect("said before");
            assert_eq!(request.body.expose(), again.body.expose(), "{} {op:?}", sample.provider.spec().id);
            assert_eq!(request.url.expose(), again.url.expose());
            assert_eq!(request.headers, again.headers);
        }
    }
}

/// Whether a body says this many minor units, as a minor integer or as a major decimal.
fn says(body: &str, minor: i64, exponent: u32) -> bool {
    let unit = 10_i64.pow(exponent);
    let (whole, part) = (minor / unit, minor % unit);
    let width = exponent as usize;
    let full = if exponent == 0 { whole.to_string() } else { format!("{whole}.{part:0width$}") };
    let short = full.trim_end_matches('0').trim_end_matches('.').to_owned();
    let mut forms = vec![minor.to_string(), full];
    if exponent > 0 {
        forms.push(short);
    }
    let numbers = body.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    numbers.filter(|number| !number.is_empty()).any(|number| forms.iter().any(|form| form == number))
}

#[test]
fn money_is_said_exactly_or_refused() {
    for sample in all().map(Sample::of) {
        let (id, currencies) = (sample.provider.spec().id, sample.provider.spec().currencies);
        for currency in currencies {
            for hundreds in [1, 7, 10, 99, 12_345, 99_999] {
                let order = order(*currency, hundreds, &sample.sample);
                if !sample.provider.check(&order).is_empty() {
                    continue;
                }
                let call = sample.with_cx(&order, |cx| sample.provider.encode(&Op::Create, cx));
                let Ok(Call::Http(request)) = call else { continue };
                let body = String::from_utf8_lossy(request.body.expose()).into_owned();
                assert!(
                    says(&body, order.total.minor, currency.exponent()),
                    "{id}: {} in {body}",
                    order.total
                );
            }
        }
    }
}

fn decoded(provider: &Provider, sample: &Sample, op: &Op, status: u16, body: &str) -> Outcome {
    let body = Private::new(body.as_bytes().to_vec());
    let reply = Reply { status, headers: Vec::new(), body };
    sample.with_cx(&sample.order, |cx| provider.decode(op, &reply, cx))
}

#[test]
fn nothing_is_taken_for_an_answer_that_is_none() {
    let none = [
        (200, ""),
        (200, "<html>502</html>"),
        (200, "[]"),
        (200, "null"),
        (201, "\u{fffd}"),
        (302, ""),
        (408, ""),
    ];
    let broken = (500..=599).map(|status| (status, "oops"));
    for sample in all().map(Sample::of) {
        let spec = sample.provider.spec();
        for op in sample.operations() {
            let Some(_) = request(&sample, &op) else { continue };
            for (status, body) in none.into_iter().chain(broken.clone()) {
                let outcome = decoded(sample.provider, &sample, &op, status, body);
                let fits = match spec.operation(&op).effect {
                    Effect::Mutates(_) => matches!(outcome, Outcome::Unknown { .. }),
                    Effect::Reads => {
                        !matches!(outcome, Outcome::Done(_) | Outcome::Pending(_)) || is_answer(&op, &outcome)
                    }
                };
                assert!(fits, "{} {op:?}, {status} {body:?}: {outcome:?}", spec.id);
                assert_eq!(
                    outcome,
                    decoded(sample.provider, &sample, &op, status, body),
                    "twice is the same"
                );
            }
        }
    }
}

/// A list or a document may come in any shape; what it holds is not an order's state.
fn is_answer(op: &Op, outcome: &Outcome) -> bool {
    matches!(op, Op::Ask(_)) && matches!(outcome, Outcome::Done(Facts { standing: None, .. }))
}

#[test]
fn turned_away_at_the_door_never_happened() {
    for sample in all().map(Sample::of) {
        for op in sample.operations() {
            let Some(_) = request(&sample, &op) else { continue };
            for status in [400, 401, 403, 404, 429] {
                let outcome = decoded(sample.provider, &sample, &op, status, "<html>no</html>");
                let taken = matches!(outcome, Outcome::Pending(_) | Outcome::NotSent { .. });
                assert!(!taken, "{} {op:?} {status}: {outcome:?}", sample.provider.spec().id);
            }
        }
    }
}

#[test]
fn answer_that_says_nothing_finds_nothing() {
    for sample in all().map(Sample::of) {
        for op in sample.operations() {
            let found = sample.provider.found(&op, &Facts::default());
            assert_eq!(found, Found::Absent, "{} {op:?}", sample.provider.spec().id);
        }
    }
}
