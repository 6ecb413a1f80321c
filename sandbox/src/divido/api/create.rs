//! Credit requests, and the finalizing of those that are not signed directly.

use super::{Asking, Outcome};
use crate::divido::application::{Asked, Currency, Person};
use crate::divido::event::Event as Own;
use crate::divido::form::Form;
use crate::divido::json::{Json, object};
use crate::divido::plan::Plan;
use crate::divido::product::{Product, sum};
use crate::divido::refusal::Refusal;
use crate::simulator::OrderKey;

/// A new proposal. Not idempotent: the same request again is another one.
pub(super) fn request(asking: &Asking<'_>) -> Outcome {
    let asked = asked(asking)?;
    let person = person(asking.form);
    let key = OrderKey { account: asking.account.merchant_id.clone(), order: asking.new.proposal.clone() };
    let plain = serde_json::to_vec(&person).expect("a person is plain data");
    let (token, application) = (asking.new.token.clone(), asking.new.application.clone());
    let body = opened(asking, &key.order, &token);
    let sealed_person = (asking.new.sealed)(&key, &plain);
    let (asked, digest) = (Box::new(asked), asking.digest.clone());
    Ok((vec![Own::Requested { key, application, token, asked, sealed_person, digest }.into()], body))
}

/// The terms of an accepted application are settled, and the customer can sign. Again is the same again.
pub(super) fn finalize(asking: &Asking<'_>) -> Outcome {
    let application = asking.application("application")?;
    if application.asked.direct_sign {
        return Err(Refusal::rule("The application signs directly and needs no finalizing"));
    }
    if application.status() != "ACCEPTED" {
        return Err(Refusal::rule(&format!(
            "The application is {} and cannot be finalized",
            application.status()
        )));
    }
    let form = asking.form;
    let amount = total(form, &form.products(&[])?)?;
    let deposit =
        form.amount("deposit")?.ok_or_else(|| Refusal::rule("Missing required parameter: deposit"))?;
    let plan = plan(asking)?;
    plan.quote(amount, deposit).map_err(Refusal::rule)?;
    let redirect = form.text("redirectUrl").map(str::to_owned);
    let asked = Box::new(Asked {
        amount,
        deposit,
        plan: plan.clone(),
        products: form.products(&[])?,
        redirect_url: redirect.unwrap_or_else(|| application.asked.redirect_url.clone()),
        ..application.asked.clone()
    });
    let (key, digest) = (application.key.clone(), asking.digest.clone());
    Ok((
        vec![Own::Finalized { key, asked, digest }.into()],
        opened(asking, &application.id, &application.token),
    ))
}

fn opened(asking: &Asking<'_>, id: &str, token: &str) -> Json {
    object([
        ("id", id.into()),
        ("status", "ok".into()),
        ("token", token.into()),
        ("url", format!("{}/token/{token}", asking.new.base).into()),
    ])
}

fn asked(asking: &Asking<'_>) -> Result<Asked, Refusal> {
    let form = asking.form;
    let deposit = form.required("deposit").and(form.amount("deposit"))?.unwrap_or_default();
    let (country, currency) = (form.required("country")?.to_owned(), form.required("currency")?);
    form.required("language")?;
    let currency = Currency::named(currency).ok_or_else(|| Refusal::rule("Invalid parameter: currency"))?;
    let products = form.products(&[])?;
    let amount = total(form, &products)?;
    let plan = plan(asking)?;
    plan.quote(amount, deposit).map_err(Refusal::rule)?;
    let reference = form.text_or_empty("reference");
    let marks = form.metadata.iter().fold(reference.clone(), |marks, (_, value)| format!("{marks} {value}"));
    Ok(Asked {
        amount,
        deposit,
        plan: plan.clone(),
        direct_sign: direct_sign(form)?,
        country,
        currency,
        products,
        metadata: form.metadata.clone(),
        response_url: url(form, "responseUrl")?,
        checkout_url: url(form, "checkoutUrl")?,
        redirect_url: url(form, "redirectUrl")?,
        marks,
        reference,
    })
}

fn plan<'a>(asking: &'a Asking<'_>) -> Result<&'a Plan, Refusal> {
    let id = asking.form.required("finance")?;
    let found = asking.account.plans.iter().find(|plan| plan.id == id);
    found.ok_or(Refusal::NotFound("Finance"))
}

/// What the products come to; `amount` only checks it.
fn total(form: &Form, products: &[Product]) -> Result<i64, Refusal> {
    let lines = if products.is_empty() { None } else { sum(products) };
    match (form.amount("amount")?, lines) {
        (Some(amount), Some(lines)) if amount != lines => {
            Err(Refusal::rule("The amount does not match the total of the products"))
        }
        (_, Some(lines)) => Ok(lines),
        // Shipped plugins without product lines exist: the amount alone is a total too.
        (Some(amount), None) if products.is_empty() => Ok(amount),
        _ => Err(Refusal::rule("The products do not come to an amount")),
    }
}

/// `true` and `false`; clients in C# write them with a capital.
fn direct_sign(form: &Form) -> Result<bool, Refusal> {
    match form.text("directSign").unwrap_or("true").to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Refusal::rule("Invalid parameter: directSign")),
    }
}

fn url(form: &Form, name: &'static str) -> Result<String, Refusal> {
    let url = form.text_or_empty(name);
    let usable = |url: &str| {
        reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    };
    if url.is_empty() || usable(&url) {
        Ok(url)
    } else {
        Err(Refusal::Error(format!("Invalid parameter: {name}")))
    }
}

fn person(form: &Form) -> Person {
    Person {
        first_name: form.text_or_empty("customer[firstName]"),
        last_name: form.text_or_empty("customer[lastName]"),
        email: form.text_or_empty("customer[email]"),
        told: form.customer(),
    }
}
