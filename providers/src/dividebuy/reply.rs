//! DivideBuy's replies. It says no in four shapes, and `status` is the word `ok` or the number 0.
//!
//! What is not plainly understood is [`Outcome::Unknown`], because it may have happened: a 5xx, a redirect, a 2xx that
//! nobody can parse, an answer that contradicts itself or is about another order.

use super::SPEC;
use super::table::{POUNDS, refusals};
use crate::call::{AmountKind, Flag, Standing};
use crate::json::Json;
use crate::quoting::{printable, quotable};
use crate::tax::Taxed;
use crate::{Currency, Cx, Facts, LineKind, Op, OrderContent, Outcome, Reply};

/// Wire to facts.
pub(super) fn decode(op: &Op, reply: &Reply, cx: &Cx<'_>) -> Outcome {
    if matches!(op, Op::Create) {
        return Outcome::NotSent { why: "a checkout is opened without asking DivideBuy".to_owned() };
    }
    if let Some(outcome) = reply.settled(SPEC.name) {
        return outcome;
    }
    let read = Json::message(reply.body.expose());
    let said = read.as_ref().unwrap_or(&Json::Null);
    let no = says_no(said);
    // The guide shows no success of `tracking` (S1 L705); DivideBuy's own extension takes whatever is no error for one.
    let silence_is_yes = matches!(op, Op::Fulfil(_) | Op::Unfulfil(_)) && !no && passes_for_yes(said);
    let yes =
        if said.has("status") { said.text("status") == "ok" } else { silence_is_yes && reply.is_success() };
    match (yes, no) {
        (true, false) if reply.is_success() => done(op, said, cx),
        (false, true) => refusal(op, said, reply.status, cx),
        (false, _) => reply.unreadable(SPEC.name),
        _ => reply.unclear(SPEC.name),
    }
}

/// `{error:{message,status_code},status:0}`, `{errors:[…]}`, `{error:{message,errors:{…}}}`, `{error:…,message:[…]}`; and
/// `{success:0}`, as DivideBuy's own extension says it.
fn says_no(said: &Json) -> bool {
    let status = said.at("status");
    let is_false = |name| said.has(name) && !said.at(name).is_truthy();
    let complains = said.at("error").is_truthy() || said.at("errors").is_truthy() || is_false("success");
    is_false("status") || complains && matches!(status, Json::Null | Json::Text(_))
}

/// Whether an answer without `status` and without a complaint is a yes: money counts as captured then. A message may be
/// of anything, `Unauthenticated.` included, and an empty answer is of nothing.
fn passes_for_yes(said: &Json) -> bool {
    said.at("success").is_truthy() || !said.has("message") && said.fields().next().is_some()
}

fn refusal(op: &Op, said: &Json, http: u16, cx: &Cx<'_>) -> Outcome {
    let texts = ["error", "errors", "message"].map(|place| said.at(place).texts());
    let message = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    // The guide shows no "not known here" of `getuserorder`, so a question that was refused says nothing of the order.
    // That an expiry takes any answer but "paid" for unpaid is the table's rule (`unpaid_when`).
    refusals(op).outcome(http, said.word("error.status_code"), &message, cx)
}

fn done(op: &Op, said: &Json, cx: &Cx<'_>) -> Outcome {
    match op {
        Op::Sync => Outcome::of(sync(said.at("data"), cx)),
        Op::VerifyAccount => Outcome::of(
            said.need("retailerId")
                .map(|id| Facts::default().with_ref("retailer_id", Some(printable(id, cx)))),
        ),
        // For a refund this means "received, our accounts team will process it"; DivideBuy never says more (S1 L752).
        _ => Outcome::Done(Facts { wire_status: Some("ok".to_owned()), ..Facts::default() }),
    }
}

fn sync(data: &Json, cx: &Cx<'_>) -> Result<Facts, String> {
    // An object in the guide, a text that holds one for DivideBuy's own extension.
    let state = match data {
        Json::Text(text) if text.trim().is_empty() => Json::Null,
        Json::Text(text) => Json::of(text).ok_or("`data` is no order")?,
        data => data.clone(),
    };
    match &state {
        Json::Object(fields) if !fields.is_empty() => {}
        Json::Null | Json::Bool(false) | Json::Object(_) => return Ok(Facts::standing(Standing::Unpaid)),
        Json::List(items) if items.is_empty() => return Ok(Facts::standing(Standing::Unpaid)),
        _ => return Err("`data` is no order".to_owned()),
    }
    let about = state.word("store_order_id");
    if about.is_some() && !cx.is_about(about) {
        return Err("DivideBuy's answer is about another order".to_owned());
    }
    // Judged as it was said: the customer may be called like a status, and is hidden only in what is kept.
    let word = state.word("order_status");
    let standing = word.map_or(Some(Standing::Unpaid), |word| SPEC.standing(word));
    let wire_status = word.map(|word| quotable(word, cx));
    if standing != Some(Standing::Authorized) {
        // A word that the guide lacks may mean anything; one that it has means no more here than "not paid".
        return Ok(Facts { wire_status, standing: standing.and(Some(Standing::Unpaid)), ..Facts::default() });
    }
    about.ok_or("DivideBuy's answer does not say which order is paid")?;
    let total = state.amount("grandTotal", POUNDS, Currency::Gbp).ok().flatten();
    let facts = Facts {
        wire_status,
        standing,
        provider_time: state.printable("orderTime", cx),
        flags: cx.order.and_then(|order| differing(&state, order)).into_iter().collect(),
        ..Facts::default()
    };
    Ok(facts
        .with_amount(AmountKind::ProviderTotal, Some(total.ok_or("`grandTotal` is no amount in pounds")?))
        .with_ref("laravel_order_ref_id", state.printable("laravel_order_ref_id", cx))
        .with_ref("orderIncrementId", state.printable("orderIncrementId", cx)))
}

/// What a shop that took DivideBuy's data over would change in its order, as the guide wants before it is acknowledged
/// (S1 L378). Its values are not repeated: they say where somebody lives.
fn differing(state: &Json, order: &OrderContent) -> Option<Flag> {
    let shipping = Taxed::of_kinds(order, |kind| kind == LineKind::Shipping);
    // In the guide's example shipping holds no tax, so nobody knows which of the two is said (S1 L247, L440).
    let ours = [shipping.net(), shipping.gross];
    let rate = state.word("shippingRate").map(|rate| POUNDS.read(Currency::Gbp, rate));
    let other_rate = rate.is_some_and(|rate| !rate.is_ok_and(|rate| ours.contains(&rate.minor.into())));
    let other_place = state.word("address.postcode").is_some_and(|code| !order.may_be_at(code));
    let parts = [(other_rate, "its price of shipping"), (other_place, "its postcode")];
    let parts: Vec<_> = parts.into_iter().filter(|(differs, _)| *differs).map(|(_, part)| part).collect();
    let why = format!("the order at DivideBuy differs from ours in {}", parts.join(" and in "));
    (!parts.is_empty()).then_some(Flag::Alert { why })
}
