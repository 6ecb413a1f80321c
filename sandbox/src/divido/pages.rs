//! The pages a customer sees at Divido, how one arrives there, and what a press changes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State as Extracted};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use super::account::Account;
use super::application::{Application, Person, WAITING};
use super::event::Event as Own;
use super::message;
use super::product::Product;
use super::state::Divido;
use crate::checkout::{Checkout, CheckoutRefused, Decision, shown};
use crate::host::Host;
use crate::page::{closed, money, presses, refused};

type Event = crate::state::Event<Own>;

const NOTES: &[(Decision, &str)] = &[
    (Decision::Approve, "Approve is the lender accepting and the customer paying the deposit and signing."),
    (Decision::Refer, "Refer lets the lender think: press again to let it end."),
    (Decision::Leave, "Leave cancels the application."),
];
const SIGN: &[(Decision, &str)] = &[
    (Decision::Approve, "The lender has accepted and the shop has finalized: Approve signs the agreement."),
    (Decision::Leave, "Leave cancels it."),
];

/// What the form asks of a customer, and the fields that fill it in.
const FORM: [(&str, &[&str]); 11] = [
    ("Name", &["[firstName]", "[middleNames]", "[lastName]"]),
    ("Gender", &["[gender]"]),
    ("Date of birth", &["[dateOfBirthDay]", "[dateOfBirthMonth]", "[dateOfBirthYear]"]),
    ("E-mail", &["[email]"]),
    ("Telephone", &["[phoneNumber]"]),
    ("Address", &["[address][text]"]),
    ("Flat and house", &["[address][flat]", "[address][buildingName]", "[address][buildingNumber]"]),
    ("Street", &["[address][street]"]),
    ("Town", &["[address][town]", "[address][postcode]"]),
    ("Months at this address", &["[address][monthsAtAddress]"]),
    ("Sort code", &["[bank][sortCode]"]),
];

/// Where customers arrive.
pub(crate) fn routes() -> Router<Arc<Host<Divido>>> {
    Router::new().route("/token/{token}", get(arrive))
}

async fn arrive(Extracted(host): Extracted<Arc<Host<Divido>>>, Path(token): Path<String>) -> Response {
    let entered = host.commit(None, |state| {
        let application = state.by_token(&token);
        let new = application.filter(|application| !application.entered);
        (new.map_or_else(Vec::new, |application| entered(state, application)), ())
    });
    match entered.await {
        Ok(()) => {
            shown(&host, |state| state.by_token(&token).map(|application| application.key.clone())).await
        }
        Err(broken) => refused(Divido::NAME, &CheckoutRefused::from(broken)),
    }
}

fn entered(state: &Divido, application: &Application) -> Vec<Event> {
    let account = state.accounts.get(&application.key.account);
    let told = account.and_then(|account| message::session(account, application));
    std::iter::once(Own::Entered { key: application.key.clone() }.into()).chain(told).collect()
}

/// What may be pressed; nothing once it is decided, or while the shop has to finalize.
fn choices(application: &Application) -> &'static [Decision] {
    match application.status() {
        "DRAFT" => &[Decision::Approve, Decision::Decline, Decision::Refer, Decision::Leave],
        waiting if WAITING.contains(&waiting) => &[Decision::Approve, Decision::Decline, Decision::Leave],
        "ACCEPTED" if application.finalized => &[Decision::Approve, Decision::Leave],
        _ => &[],
    }
}

/// The statuses that a press leads through.
fn way(application: &Application, decision: Decision) -> Vec<&'static str> {
    let signed = application.status() == "ACCEPTED";
    let mut way = if signed || decision == Decision::Leave { Vec::new() } else { vec!["PROPOSAL"] };
    match decision {
        Decision::Decline => way.push("DECLINED"),
        Decision::Leave => way.push("CANCELLED"),
        Decision::Refer => way.push("REFERRED"),
        Decision::Approve | Decision::PayLate => {
            if !signed {
                way.push("ACCEPTED");
            }
            if signed || application.asked.direct_sign {
                way.extend((application.asked.deposit > 0).then_some("DEPOSIT-PAID"));
                way.extend(["SIGNED", "READY"]);
            }
        }
    }
    way
}

/// What a press changes, each status with its message.
pub(crate) fn pressed(
    state: &Divido,
    application: &Application,
    decision: Decision,
    digest: &Option<String>,
) -> Result<Vec<Event>, CheckoutRefused> {
    if decision == Decision::PayLate {
        return Err(CheckoutRefused::Rule("an application at Divido does not expire"));
    }
    if !choices(application).contains(&decision) {
        let undecided = application.decided.is_none();
        let closed = CheckoutRefused::Rule("this application is not open to the customer");
        return if undecided { Err(closed) } else { Ok(Vec::new()) };
    }
    let account = state.accounts.get(&application.key.account).ok_or(CheckoutRefused::UnknownOrder)?;
    let mut events = if application.entered { Vec::new() } else { entered(state, application) };
    for status in way(application, decision) {
        let (key, status) = (application.key.clone(), status.to_owned());
        let told = message::status(account, application, &status);
        events.push(Own::Moved { key, status, decision: Some(decision), digest: digest.clone() }.into());
        events.extend(told);
    }
    Ok(events)
}

/// The page of an application, as it stands.
pub(crate) fn checkout(account: &Account, application: &Application) -> Markup {
    let asked = &application.asked;
    let symbol = asked.currency.symbol();
    let choices = choices(application);
    html! {
        section {
            p.soft { "Your order at " (account.brand) }
            h1 { (asked.plan.text) }
            table {
                thead { tr { th { "Article" } th { "Quantity" } th { "Price" } th { "Sum" } } }
                tbody {
                    @for product in &asked.products { (line(product, symbol)) }
                    tr { td { "Deposit" } td {} td {} td { (money(symbol, asked.deposit)) } }
                    tr.total { td { "Total" } td {} td {} td { (money(symbol, asked.amount)) } }
                }
            }
        }
        (about_you(&application.person))
        @if choices.is_empty() {
            (closed(&application.status().to_lowercase(), way_out(application, application.decided)))
        } @else {
            (presses(&application.token, choices, if application.finalized { SIGN } else { NOTES }))
        }
    }
}

/// A line of the order; one without a name goes by its article.
fn line(product: &Product, symbol: &str) -> Markup {
    let (price, sum) = product.prices();
    // Discounts are below zero.
    let signed = |minor: i64| {
        let size = money(symbol, minor.abs());
        if minor < 0 { format!("-{size}") } else { size }
    };
    let name = if product.name.is_empty() { &product.sku } else { &product.name };
    html! {
        tr {
            td { (name) }
            td { (product.quantity) }
            td { (signed(price)) }
            td { (signed(sum)) }
        }
    }
}

/// The form, filled in as far as the shop knows its customer. An account's number is not shown to whoever has the link.
fn about_you(person: &Person) -> Markup {
    let filled = |fields: &[&str]| {
        let known = fields.iter().filter_map(|field| person.told.get(*field));
        known.map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    let rows = FORM.iter().map(|(label, fields)| (label, filled(fields)));
    let rows: Vec<_> = rows.filter(|(_, value)| !value.is_empty()).collect();
    html! {
        @if !rows.is_empty() {
            section {
                h2 { "About you" }
                table { tbody { @for (label, value) in &rows { tr { td { (label) } td { (value) } } } } }
            }
        }
    }
}

/// Where the browser goes; nowhere in particular where the shop named no address.
pub(crate) fn way_out(application: &Application, decision: Option<Decision>) -> &str {
    let url = application.way_back(decision.unwrap_or(Decision::Leave));
    if url.is_empty() { "/" } else { url }
}
