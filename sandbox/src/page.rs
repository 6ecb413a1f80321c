//! The look of the simulated pages: one frame, no scripts, nothing loaded from elsewhere.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::checkout::{CheckoutRefused, Decision};

const STYLE: &str = "
:root{--ink:#14213d;--soft:#5c677d;--line:#e3e7ef;--paper:#fff;--ground:#f3f5fa;--accent:#4f46e5;--good:#15803d}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif}
header{background:var(--ink);color:#fff;padding:.9rem 1.25rem}
header div{max-width:44rem;margin:auto;display:flex;justify-content:space-between;align-items:center;gap:1rem}
header b{font-size:1.1rem;letter-spacing:.01em}
header span{font-size:.75rem;background:#fbbf24;color:#3b2a00;padding:.15rem .6rem;border-radius:1rem;font-weight:600}
main{max-width:44rem;margin:1.5rem auto;padding:0 1.25rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem 1.5rem;margin-bottom:1rem;
box-shadow:0 1px 2px rgba(20,33,61,.05)}
h1{font-size:1.45rem;margin:.2rem 0 1rem}h2{font-size:1rem;margin:0 0 .75rem}
table{width:100%;border-collapse:collapse}td,th{padding:.45rem 0;text-align:left;border-bottom:1px solid var(--line)}
th{font-weight:500;color:var(--soft);font-size:.85rem}
td:last-child,th:last-child{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.total td{border:0;font-weight:700;font-size:1.15rem;padding-top:.8rem}
small,.soft{color:var(--soft)}small{font-size:.85rem}
.presses{display:flex;gap:.75rem;flex-wrap:wrap}.presses form{flex:1 1 9rem}
button,.button{display:block;width:100%;font:inherit;font-weight:600;padding:.75rem 1rem;border-radius:.6rem;cursor:pointer;
border:1px solid var(--line);background:#fff;color:var(--ink);text-align:center;text-decoration:none}
button:hover,.button:hover{border-color:var(--soft)}
button:focus-visible,.button:focus-visible{outline:3px solid #a5b4fc;outline-offset:2px}
button.yes{background:var(--good);border-color:var(--good);color:#fff}
ol.plan{list-style:none;display:flex;gap:.5rem;padding:0;margin:0;flex-wrap:wrap}
ol.plan li{flex:1 1 6rem;background:var(--ground);border-radius:.6rem;padding:.6rem .8rem}
ol.plan b{display:block;font-variant-numeric:tabular-nums}
@media(max-width:30rem){section{padding:1rem}}
";

/// Answers with a page inside the common frame.
pub(crate) fn page(status: StatusCode, host: &str, title: &str, content: Markup) -> Response {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (host) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { div { b { (host) } span { "SIMULATED" } } }
                main { (content) }
            }
        }
    };
    // The page's own address may carry credentials, so it is neither kept nor passed on as a referrer.
    // No form-action in the policy: it would also forbid the redirect that answers the form.
    let headers: [(HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (status, headers, Html(whole.into_string())).into_response()
}

/// A page that only says something.
pub(crate) fn notice(status: StatusCode, host: &str, title: &str, text: &str) -> Response {
    page(status, host, title, html! { section { h1 { (title) } p { (text) } } })
}

/// The buttons of a checkout. `notes` say what each means at this provider; those of other buttons are left out.
pub(crate) fn presses(token: &str, decisions: &[Decision], notes: &[(Decision, &str)]) -> Markup {
    let shown = notes.iter().filter(|(decision, _)| decisions.contains(decision));
    html! {
        section {
            h2 { "How does it end?" }
            div.presses {
                @for decision in decisions {
                    form method="post" action={"/checkout/" (token) "/" (decision.word())} {
                        button type="submit" class=(colour(*decision)) id=(decision.word()) { (label(*decision)) }
                    }
                }
            }
            p { small { @for (_, note) in shown { (note) " " } "Closing this tab instead sends nothing: neither the shop nor the browser is told." } }
        }
    }
}

fn label(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "Approve",
        Decision::Decline => "Decline",
        Decision::Leave => "Leave",
        Decision::Refer => "Refer",
        Decision::PayLate => "Pay late",
    }
}

fn colour(decision: Decision) -> &'static str {
    if decision == Decision::Approve { "yes" } else { "no" }
}

/// What stands above the buttons of an order whose time is over.
pub(crate) fn expired() -> Markup {
    html! { section { h2 { "This order has expired" } } }
}

/// What a decided order shows in place of its buttons.
pub(crate) fn closed(past: &str, return_url: &str) -> Markup {
    html! {
        section {
            h2 { "This order is closed" }
            p { "It was " (past.replace('_', " ")) "." }
            a.button href=(return_url) rel="noreferrer" { "Back to the shop" }
        }
    }
}

/// Where a browser ends whose return to the shop is lost on purpose.
pub(crate) fn lost(host: &str) -> Response {
    let text = "The decision was taken, and this browser does not return to the shop: the sandbox was asked to \
                lose it on the way.";
    notice(StatusCode::OK, host, "You are not being sent back", text)
}

/// Why there is no checkout.
pub(crate) fn refused(host: &str, refused: &CheckoutRefused) -> Response {
    let title = match refused {
        CheckoutRefused::Shop(_) => "The shop did not confirm this order",
        _ => "This checkout cannot go on",
    };
    notice(refused.status(), host, title, &sentence(&refused.to_string()))
}

fn sentence(text: &str) -> String {
    // Some reasons are sentences already.
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// An amount of a currency with two decimals as people write it: `£1,234.05`.
pub(crate) fn money(symbol: &str, minor: i64) -> String {
    format!("{}.{:02}", whole(symbol, minor / 100), minor % 100)
}

/// An amount of a currency without decimals as people write it: `Rp 90,000`.
pub(crate) fn whole(symbol: &str, amount: i64) -> String {
    let (mut rest, mut groups) = (amount, Vec::new());
    while rest >= 1_000 {
        groups.push(format!(",{:03}", rest % 1_000));
        rest /= 1_000;
    }
    groups.reverse();
    format!("{symbol}{rest}{}", groups.concat())
}

#[cfg(test)]
mod tests {
    use super::{money, presses, sentence};
    use crate::checkout::Decision;

    #[test]
    fn sentence_ends_in_one_full_stop() {
        let told = ["no such order", "The a field is required."].map(sentence);
        assert_eq!(told, ["No such order.", "The a field is required."]);
    }

    #[test]
    fn only_the_buttons_that_are_there_are_explained() {
        let notes = [(Decision::Approve, "Approve pays."), (Decision::PayLate, "Pay late comes late.")];
        let page = presses("T", &[Decision::PayLate], &notes).into_string();
        assert!(
            page.contains("Pay late comes late. Closing this tab") && !page.contains("Approve"),
            "{page}"
        );
    }

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(money("£", 123_456_705), "£1,234,567.05");
        assert_eq!(money("HK$", 5), "HK$0.05");
    }
}
