//! Every operation that a table offers can be said, says the money as it is, and takes what comes back for what it is.

use super::all;
use super::sample::{Sample, order};
use ordain_providers::inbound::{About, InboundKind, Then, Trust, Verdict};
use ordain_providers::spec::{Effect, Support};
use ordain_providers::{
    Call, Currency, EncodeError, Facts, FaultReason, FieldFault, Found, Ingested, Money, Op, OrderContent,
    Outcome, Private, Provider, Reply, Request,
};

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
                Err(why) => panic!("{id} offers {op:?} and cannot say it of the sample's order: {why}"),
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

/// The sample's order, its goods at another price.
fn priced(sample: &Sample, currency: Currency, minor: i64) -> OrderContent {
    let mut order = order(currency, 1, &sample.sample);
    let goods = &mut order.lines[0];
    (goods.unit_price, goods.total) = (Money::of(currency, minor), Money::of(currency, 2 * minor));
    order.total = Money::of(currency, order.lines.iter().map(|line| line.total.minor).sum());
    order.provider_options.clear();
    order
}

/// Everything that opens a checkout for an order: the request, or what the provider is told when it asks.
fn told(sample: &Sample, order: &OrderContent) -> String {
    let pull = Ingested {
        kind: InboundKind::Pull,
        about: About::Order(order.order_id.clone()),
        trust: Trust::Verified,
        facts: Facts::default(),
        dedup: String::new(),
        dedup_is_weak: true,
        then: Then::Nothing,
        gave_up: false,
        label: String::new(),
        config: None,
    };
    let bytes = sample.with_cx(order, |cx| match sample.provider.encode(&Op::Create, cx) {
        Ok(Call::Http(request)) => request.body.into_exposed(),
        Ok(Call::Local(_)) => {
            sample.provider.answer(&pull, &Verdict::Accepted(Some(order)), cx).body.into_exposed()
        }
        Err(why) => panic!("{} took the order and cannot say it: {why}", sample.provider.spec().id),
    });
    String::from_utf8(bytes).expect("a text")
}

#[test]
fn money_is_said_exactly_or_refused() {
    for sample in all().map(Sample::of) {
        let spec = sample.provider.spec();
        let mut said = 0;
        for currency in spec.currencies {
            for minor in [100, 1, 7, 10, 99, 1_050, 9_900, 1_234_500, 9_999_999] {
                let order = priced(&sample, *currency, minor);
                let faults = sample.provider.check(&order);
                if !faults.is_empty() {
                    let is_amount = |fault: &FieldFault| fault.reason == FaultReason::AmountNotRepresentable;
                    assert!(faults.iter().all(is_amount), "{}: {faults:?}", spec.id);
                    continue;
                }
                let included = order.lines.iter().filter(|line| spec.total_rule.includes(line.kind));
                let total = included.map(|line| line.total.minor).sum();
                let body = told(&sample, &order);
                assert!(says(&body, total, currency.exponent()), "{}: {} in {body}", spec.id, order.total);
                said += 1;
            }
        }
        assert!(said > 2, "{} can say hardly any amount: {said}", spec.id);
    }
}

#[test]
fn refunds_are_said_exactly() {
    for sample in all().map(Sample::of) {
        let currency = sample.order.currency;
        for minor in [100, 1, 7, 10, 99, 1_050, 9_900, 199_999] {
            for op in sample.operations() {
                let Op::Refund(mut refund) = op else { continue };
                (refund.amount, refund.portions[0].amount) =
                    (Money::of(currency, minor), Money::of(currency, minor));
                let Some(request) = request(&sample, &Op::Refund(refund)) else { continue };
                let body = String::from_utf8_lossy(request.body.expose()).into_owned();
                let at = sample.provider.spec().id;
                assert!(says(&body, minor, currency.exponent()), "{at}: {minor} in {body}");
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
