//! Activations, cancellations and refunds. Without products each is of everything that is left.

use super::{Asking, Outcome};
use crate::divido::application::{Act, Application, Kind};
use crate::divido::event::Event as Own;
use crate::divido::json::object;
use crate::divido::product::{Product, sum};
use crate::divido::record;
use crate::divido::refusal::Refusal;

/// Takes an act on; the lender confirms it later. There is no key: the same request again is another act.
pub(super) fn act(asking: &Asking<'_>, kind: Kind) -> Outcome {
    let application = asking.application("application")?;
    let act = wanted(asking, application, kind)?;
    let mut after = application.clone();
    after.acted(kind, act.clone(), asking.new.now);
    let (key, digest) = (application.key.clone(), asking.digest.clone());
    let acted = Own::Acted { key, kind, act, due: asking.new.settled, digest };
    let told = asking.state.told(application, &after);
    let body = object([("result", record::result(&after)), ("status", "ok".into())]);
    Ok((std::iter::once(acted.into()).chain(told).collect(), body))
}

fn wanted(asking: &Asking<'_>, application: &Application, kind: Kind) -> Result<Act, Refusal> {
    let form = asking.form;
    if kind == Kind::Activation {
        form.required("deliveryMethod")?;
    }
    let (room, mut products) = (application.room(kind), form.products(&application.asked.products)?);
    let amount = if products.is_empty() { room } else { amount(asking, &products)? };
    if room == 0 {
        let (word, status) = (word(kind), application.status());
        return Err(Refusal::Error(format!("The application is {status} and cannot be {word}")));
    }
    if amount <= 0 || amount > room {
        return Err(Refusal::Error(format!(
            "The amount cannot be {}: it is more than what is left",
            word(kind)
        )));
    }
    if products.is_empty() {
        products.clone_from(&application.asked.products);
    }
    Ok(Act {
        amount,
        comment: form.text_or_empty("comment"),
        reference: form.text_or_empty("reference"),
        delivery_method: form.text_or_empty("deliveryMethod"),
        tracking_number: form.text_or_empty("trackingNumber"),
        skus: products.iter().filter_map(Product::article).collect(),
    })
}

fn amount(asking: &Asking<'_>, products: &[Product]) -> Result<i64, Refusal> {
    let lines = sum(products).ok_or_else(|| Refusal::rule("The products do not come to an amount"))?;
    match asking.form.amount("amount")? {
        Some(amount) if amount != lines => {
            Err(Refusal::rule("The amount does not match the total of the products"))
        }
        _ => Ok(lines),
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Activation => "activated",
        Kind::Cancellation => "cancelled",
        Kind::Refund => "refunded",
    }
}
