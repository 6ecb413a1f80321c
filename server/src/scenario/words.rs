//! Events, deadlines, sums and verbs in words.

use super::verb::{Act, Verb};
use ordain_workflows::order::{
    Amounts, Command, Deadline, Event, EventKind, LineQuantity, Order, OrderState,
};
use serde_json::Value;

/// The change of state that an event tells, if it does.
pub(super) fn change(event: &Event) -> Option<(OrderState, OrderState)> {
    let state = |end: &str| serde_json::from_value(event.data.get(end)?.clone()).ok();
    Some((state("from")?, state("to")?))
}

/// An event.
pub(super) fn event(event: &Event) -> String {
    use EventKind as E;

    if let Some((from, to)) = change(event) {
        return format!("{from} ─▶ {to}");
    }
    let said = |name: &str| word(&event.data[name]);
    match event.kind {
        E::OrderCreated => {
            format!("the order is accepted; an unpaid checkout ends at {}", said("expires_at"))
        }
        E::CustomerArrived => "the customer is at the checkout".to_owned(),
        E::PaymentAcknowledged => "the provider knows that we know".to_owned(),
        E::ExpiryBegan => format!("it is to expire ({}): the provider is asked first", said("reason")),
        E::ExpiryExtended => format!("the checkout lives until {}", said("expires_at")),
        E::ExpiryShortened => format!("the way to the checkout closes at {}", said("expires_at")),
        E::ExpiryNotExtended => "the checkout does not live longer".to_owned(),
        E::LatePaymentAccepted => "the late payment is good".to_owned(),
        E::OperationRequested => {
            format!("{} {} of {} is wanted", lower(&said("kind")), said("id"), sum(event))
        }
        E::OperationSubmitted => format!("operation {} is on its way", said("id")),
        E::OperationPending => format!("operation {} is taken on, its end comes later", said("id")),
        E::ShipmentReported => format!("shipment {} of {} is reported", said("id"), sum(event)),
        E::ShipmentReversed => format!("reversal {} of {} is done", said("id"), sum(event)),
        E::RefundAccepted => format!("refund {} of {} is done", said("id"), sum(event)),
        E::CancellationAccepted => format!("cancellation {} of {} is done", said("id"), sum(event)),
        E::OperationFailed => format!("operation {} failed: {}", said("id"), said("code")),
        E::OperationNotSent => format!("operation {} was not sent", said("id")),
        E::OperationOutcomeUnknown => format!("operation {}: nobody knows whether it happened", said("id")),
        E::OperationParked => format!("{} waits for a person: {}", said("step"), said("why")),
        E::OperationRetried => format!("{} is sent again, on a person's word", said("step")),
        E::CancellationUndone => format!("cancellation {} is undone", said("id")),
        E::ObservationRecorded => format!("{}: {}", said("effect"), said("why")),
        E::ConditionRaised => format!("{} ({}): {}", said("condition"), said("subject"), said("message")),
        E::ConditionCleared => format!("{} ({}) is over", said("condition"), said("subject")),
        kind => format!("{kind:?}"),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

fn sum(event: &Event) -> String {
    let amount = serde_json::from_value::<ordain_providers::Money>(event.data["amount"].clone());
    amount.map(|amount| amount.to_string()).unwrap_or_default()
}

/// Why an order is looked at.
pub(super) const fn deadline(deadline: Deadline) -> &'static str {
    match deadline {
        Deadline::Expiry => "the checkout has been open long enough",
        Deadline::DecisionOverdue => "the provider has been deciding long enough",
        Deadline::Poll => "it is time to ask again",
        Deadline::Complete => "nothing more is expected",
    }
}

/// Sums that are not zero.
pub(super) fn sums(amounts: &Amounts) -> String {
    let named = [
        ("approved", amounts.authorized),
        ("captured", amounts.captured),
        ("cancelled", amounts.cancelled),
        ("refunded", amounts.refunded),
        ("held", amounts.reserved),
    ];
    let said = named.iter().filter(|(_, sum)| sum.minor != 0).map(|(name, sum)| format!("{name} {sum}"));
    let said: Vec<String> = said.collect();
    if said.is_empty() { "no money yet".to_owned() } else { said.join(", ") }
}

/// What is bought: `2 × lamp, 1 × hour`.
pub(super) fn lines(order: &Order) -> String {
    let said = order.lines.iter().map(|line| format!("{} × {}", line.line.quantity, line.line.name));
    said.collect::<Vec<_>>().join(", ")
}

/// A verb; none where it tells nothing that is not told anyhow.
pub(super) fn verb(verb: &Verb) -> Option<String> {
    Some(match verb {
        Verb::Note(_) | Verb::Sent(_) | Verb::Expect(_) => return None,
        Verb::Reply { said, .. } => format!("the provider answers: {}", said.name),
        Verb::Silence { .. } => "the provider does not answer".to_owned(),
        Verb::Unreachable { .. } => "the provider cannot be reached".to_owned(),
        Verb::Always(None) => "questions wait for an answer again".to_owned(),
        Verb::Always(Some(_)) => "from now on questions are answered alike".to_owned(),
        Verb::Inbound { said, forged: true } => format!("somebody forges {}", said.name),
        Verb::Inbound { said, .. } => format!("in comes {}", said.name),
        Verb::Again => "the same comes again".to_owned(),
        Verb::Shop(command) => shop(command),
        Verb::Extend(span) => format!("the shop wants the checkout to live {span:#} longer"),
        Verb::Person { act: Act::Retry, step } => format!("a person sends {step} again"),
        Verb::Person { act: Act::Skip, step } => format!("a person says that {step} never happened"),
        Verb::Person { act: Act::Complete, step } => format!("a person says that {step} happened"),
        Verb::Wait(span) => format!("{span:#} pass"),
    })
}

fn shop(command: &Command) -> String {
    let of = |lines: &[LineQuantity]| {
        let named: Vec<String> = lines.iter().map(|it| format!("{} × {}", it.quantity, it.line_id)).collect();
        if named.is_empty() { "everything".to_owned() } else { named.join(", ") }
    };
    match command {
        Command::Fulfil { lines, .. } => format!("the shop ships {}", of(lines)),
        Command::ReverseFulfilment { id } => format!("the shop takes shipment {id} back"),
        Command::Refund { attempt: Some(attempt), .. } => format!("the shop refunds attempt {attempt}"),
        Command::Cancel { attempt: Some(attempt), .. } => format!("the shop cancels attempt {attempt}"),
        Command::Refund { lines, amount: Some(amount), .. } if lines.is_empty() => {
            format!("the shop refunds {amount}")
        }
        Command::Refund { lines, .. } => format!("the shop refunds {}", of(lines)),
        Command::Cancel { lines, .. } => format!("the shop cancels {}", of(lines)),
        Command::Expire { .. } => "the shop gives the checkout up".to_owned(),
        Command::AcceptPayment => "the shop takes the late payment".to_owned(),
        Command::Extend { expires_at } => format!("the shop lets the checkout live until {expires_at}"),
        Command::Sync => "the shop wants to know".to_owned(),
        Command::Pull => "the provider wants the content".to_owned(),
    }
}
