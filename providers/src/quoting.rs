//! What a provider wrote, made fit to be shown: short, printable, without this account's secrets and this order's people.

use crate::Cx;

/// Stands where a secret or personal data was.
pub(crate) const HIDDEN: &str = "‹private›";
/// Enough for a person to see what is wrong, too little for a page of somebody's data.
const QUOTED_CHARS_MAX: usize = 200;

/// A provider's free text: also without e-mail addresses and this order's customer.
pub(crate) fn quotable(text: &str, cx: &Cx<'_>) -> String {
    let known = cx.order.iter().flat_map(|order| {
        let (who, to) = (order.customer.expose(), order.shipping_to.expose());
        let streets = to.lines.iter().chain(&order.billing.expose().lines);
        // As the shop wrote it, and as it goes to whoever wants digits only.
        let phone = who.phone.trim_start_matches('+');
        let people = [&who.email, &who.first_name, &who.last_name, &who.phone, &to.postcode];
        people.into_iter().chain(streets).map(String::as_str).chain([phone])
    });
    // Shorter ones are part of ordinary words, and nobody is known by two letters.
    let known = known.filter(|known| known.len() > 2);
    // Secrets first: they may span lines, which become one here.
    let text = known.fold(without_secrets(text, cx), |text, known| text.replace(known, HIDDEN));
    let words = text.split_whitespace().map(|word| if word.contains('@') { HIDDEN } else { word });
    printable(&words.collect::<Vec<_>>().join(" "), cx)
}

/// A provider's status, reference or time: one short line without this account's secrets.
pub(crate) fn printable(text: &str, cx: &Cx<'_>) -> String {
    let is_printable = |c: &char| c.is_alphanumeric() || c.is_ascii_graphic() || matches!(c, ' ' | '‹' | '›');
    without_secrets(text, cx).chars().filter(is_printable).take(QUOTED_CHARS_MAX).collect()
}

/// The text without this account's secrets.
pub(crate) fn without_secrets(text: &str, cx: &Cx<'_>) -> String {
    let secrets = cx.account.secrets.values().map(|secret| secret.expose().as_str());
    secrets
        .filter(|secret| !secret.is_empty())
        .fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
}
