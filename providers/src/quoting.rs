//! What a provider wrote, made fit to be shown: short, printable, without this account's secrets and this order's people.

use crate::json::Json;
use crate::{Cx, OrderContent};
use std::cmp::Reverse;

/// Stands where a secret or personal data was.
pub(crate) const HIDDEN: &str = "‹private›";
/// Enough for a person to see what is wrong, too little for a page of somebody's data.
const QUOTED_CHARS_MAX: usize = 200;

/// A provider's free text: also without e-mail addresses and this order's customer.
pub(crate) fn quotable(text: &str, cx: &Cx<'_>) -> String {
    let mut known: Vec<String> = cx.order.into_iter().flat_map(people).collect();
    // Shorter ones are part of ordinary words, and nobody is known by two letters.
    known.retain(|known| known.len() > 2);
    // The longest first: a street's name is part of the line with its number.
    known.sort_by_key(|known| Reverse(known.len()));
    // Secrets before them: they may span lines, which become one here.
    let text =
        known.iter().fold(without_secrets(text, cx), |text, known| text.replace(known.as_str(), HIDDEN));
    let words = text.split_whitespace().map(|word| if word.contains('@') { HIDDEN } else { word });
    printable(&words.collect::<Vec<_>>().join(" "), cx)
}

/// What this order's people may be known by.
fn people(order: &OrderContent) -> impl Iterator<Item = String> {
    let (who, home, to) = (order.customer.expose(), order.billing.expose(), order.shipping_to.expose());
    // A gender, a house number and the name of a town are everybody's, and stand in codes and ordinary words.
    let is_telling = |name: &str| {
        !matches!(name, "gender" | "flat" | "building_number" | "town" | "region" | "months_at_address")
    };
    let details = who.details().into_iter().chain(home.details()).chain(to.details());
    let details = details.filter(move |(name, _)| is_telling(name)).map(|(_, value)| value.into_owned());
    let streets = home.lines.iter().chain(&to.lines).cloned();
    // As the shop wrote it, and as it goes to whoever wants digits only, or writes days as people do.
    let rewritten = [who.phone.trim_start_matches('+').to_owned(), who.born("%d/%m/%Y")];
    details.chain(streets).chain(rewritten)
}

/// A provider's status, reference or time: one short line without this account's secrets.
pub(crate) fn printable(text: &str, cx: &Cx<'_>) -> String {
    let is_printable = |c: &char| c.is_alphanumeric() || c.is_ascii_graphic() || matches!(c, ' ' | '‹' | '›');
    without_secrets(text, cx).chars().filter(is_printable).take(QUOTED_CHARS_MAX).collect()
}

/// The text without this account's secrets. Of one that is JSON, every text within is one.
pub(crate) fn without_secrets(text: &str, cx: &Cx<'_>) -> String {
    let secrets = || cx.account.secrets.values().map(|secret| secret.expose().as_str());
    let whole = secrets().filter(|secret| !secret.is_empty());
    let text = whole.fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
    let lists: Vec<Json> =
        secrets().filter(|secret| secret.starts_with(['{', '['])).filter_map(Json::of).collect();
    // Shorter ones are part of ordinary words, and no secrets.
    let within = lists.iter().flat_map(Json::every_text).filter(|within| within.len() > 3);
    within.fold(text, |text, within| text.replace(within, HIDDEN))
}
