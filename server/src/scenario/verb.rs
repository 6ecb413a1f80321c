//! One line of a story: who does what.

use super::message::Said;
use crate::cli::{money, time};
use jiff::SignedDuration;
use ordain_providers::call::Tracking;
use ordain_providers::{Currency, Money, Quantity};
use ordain_workflows::order::{Command, LineQuantity};

/// What happens next.
pub(super) enum Verb {
    /// Words for the reader.
    Note(String),
    /// The provider answers a call that is out.
    Reply {
        /// Which; the oldest, if it is not said.
        to: Option<String>,
        said: Said,
    },
    /// A call goes unanswered, whether it was carried out or not.
    Silence { to: Option<String> },
    /// A call cannot even be sent.
    Unreachable { to: Option<String> },
    /// From now on every question about the order is answered so; nobody answers by itself if there is none.
    Always(Option<Answering>),
    /// The provider or a browser says something unasked.
    Inbound { said: Said, forged: bool },
    /// The last of those comes once more.
    Again,
    /// The shop wants something.
    Shop(Command),
    /// The shop wants the checkout to live so much longer.
    Extend(SignedDuration),
    /// A person at the shop's side settles a parked step.
    Person { act: Act, step: String },
    /// Time passes.
    Wait(SignedDuration),
    /// What left last says this.
    Sent(String),
    /// How things stand, whole.
    Expect(Vec<String>),
}

/// How a question is answered by itself.
#[derive(Clone)]
pub(super) enum Answering {
    With(Said),
    Silence,
}

/// A person's way out of a parked step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Retry,
    Skip,
    Complete,
}

const VERBS: &str = "reply, silence, unreachable, always, webhook, return, pull, forged, again, ship, unship, refund, \
    cancel, expire, extend, accept, sync, retry, skip, complete, wait, sent, expect";

impl Verb {
    /// Reads a line. What is wrong with it, and what would be right, is the error.
    pub(super) fn read(line: &str, provider: &str, currency: Currency) -> Result<Self, String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            _ if line.starts_with('#') => Ok(Self::Note(line.trim_start_matches('#').trim().to_owned())),
            "reply" => {
                let (to, rest) = addressee(rest);
                Ok(Self::Reply { to, said: Said::read("reply", rest, provider)? })
            }
            "silence" => Ok(Self::Silence { to: addressee(rest).0 }),
            "unreachable" => Ok(Self::Unreachable { to: addressee(rest).0 }),
            "always" => always(rest, provider).map(Self::Always),
            "webhook" | "return" | "pull" => {
                Ok(Self::Inbound { said: Said::read(word, rest, provider)?, forged: false })
            }
            "forged" => {
                let rest = rest.strip_prefix("webhook ").ok_or("only a webhook can be forged")?;
                Ok(Self::Inbound { said: Said::read("webhook", rest, provider)?, forged: true })
            }
            "again" => Ok(Self::Again),
            "retry" => Ok(Self::Person { act: Act::Retry, step: rest.to_owned() }),
            "skip" => Ok(Self::Person { act: Act::Skip, step: rest.to_owned() }),
            "complete" => Ok(Self::Person { act: Act::Complete, step: rest.to_owned() }),
            "wait" => Ok(Self::Wait(span(rest)?)),
            "extend" => Ok(Self::Extend(span(rest)?)),
            "sent" => Ok(Self::Sent(rest.to_owned())),
            "expect" => Ok(Self::Expect(rest.split(',').map(|item| item.trim().to_owned()).collect())),
            _ => command(word, rest, currency).map(Self::Shop),
        }
    }
}

/// `to refund 1: …`: whom a reply is for, and the rest.
fn addressee(text: &str) -> (Option<String>, &str) {
    let Some(rest) = text.strip_prefix("to ") else { return (None, text) };
    let (to, rest) = rest.split_once(':').unwrap_or((rest, ""));
    (Some(to.trim().to_owned()), rest.trim())
}

fn always(text: &str, provider: &str) -> Result<Option<Answering>, String> {
    match text {
        "nothing" => Ok(None),
        "silence" => Ok(Some(Answering::Silence)),
        _ => {
            let rest =
                text.strip_prefix("reply ").ok_or("`always reply …`, `always silence`, `always nothing`")?;
            Ok(Some(Answering::With(Said::read("reply", rest, provider)?)))
        }
    }
}

fn span(text: &str) -> Result<SignedDuration, String> {
    SignedDuration::try_from(time::span(text)?).map_err(|_| format!("`{text}` is too long"))
}

/// What the shop wants: `refund lamp:1 hour:0.5 amount=80.00`, `refund attempt=dv-1`.
fn command(word: &str, rest: &str, currency: Currency) -> Result<Command, String> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let named = words.iter().filter_map(|word| word.split_once(':'));
    let lines = named.map(|(line, quantity)| line_quantity(line, quantity)).collect::<Result<Vec<_>, _>>()?;
    let valued = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let amount = valued("amount").map(|text| {
        Money::from_major(currency, text).map_err(|error| format!("`{text}` in {currency}: {error}"))
    });
    let amount = amount.transpose()?;
    let attempt = valued("attempt").map(str::to_owned);
    let reason = "because the story says so".to_owned();
    Ok(match word {
        "ship" => {
            let number = valued("number").unwrap_or_default().to_owned();
            let tracking = Tracking { carrier: "DPD UK".to_owned(), number };
            Command::Fulfil { lines, tracking: Some(tracking) }
        }
        "unship" => Command::ReverseFulfilment { id: rest.to_owned() },
        "refund" => Command::Refund { lines, amount, reason, attempt },
        "cancel" => Command::Cancel { lines, reason, attempt },
        "expire" => Command::Expire { reason },
        "accept" => Command::AcceptPayment,
        "sync" => Command::Sync,
        _ => return Err(format!("nobody knows how to `{word}`; there are {VERBS}")),
    })
}

fn line_quantity(line: &str, quantity: &str) -> Result<LineQuantity, String> {
    let quantity = Quantity::from_micros(money::quantity_micros(quantity)?);
    Ok(LineQuantity { line_id: line.to_owned(), quantity })
}
