//! Faults: what a simulated host does wrong on demand, and how it is asked to.
//!
//! Asked by the `x-sandbox-fault` header of one request, by a magic order
//! reference (`…fault.<operation>.<kind>…`, once per order and operation), or
//! by a rule installed over the admin calls. They are asked in that order and
//! the first that fits is taken. Rules live in memory: a restart clears them.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The header that asks for a fault of one request: `kind[;delay_ms=..][;status=..]`.
pub(crate) const HEADER: &str = "x-sandbox-fault";

/// How long a connection is held before it is dropped without an answer: longer than any client waits.
const HOLD: Duration = Duration::from_secs(60);
/// What `delay` waits where nothing is said: enough to change an order of events, short enough to watch.
const DELAY: Duration = Duration::from_secs(2);
/// The longest delay taken, so that a mistyped one does not hold a connection for a day.
const DELAY_MAX_MS: u64 = 600_000;
/// How many rules may be installed. Each request walks them all.
const RULES_MAX: usize = 1_000;

/// Something a host does that can go wrong, named by its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) channel: Channel,
}

/// Which way an operation goes; it decides which faults can happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// A request of the shop's, answered by the host.
    Api,
    /// A message of the host's to the shop.
    Webhook,
    /// The shopper's browser sent back to the shop.
    Return,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Everything happens, later.
    Delay,
    /// Nothing happens; the connection is held, then dropped.
    TimeoutBeforeExecute,
    /// It happens; the connection is held, then dropped.
    TimeoutAfterExecute,
    /// Nothing happens; the connection is reset at once.
    ResetBeforeExecute,
    /// It happens; the connection is reset at once.
    ResetAfterExecute,
    /// Nothing happens; the answer is the given status.
    HttpStatus,
    /// It happens; the answer's body is not JSON.
    GarbageBody,
    /// It happens; the answer breaks off in the middle.
    Truncate,
    /// The message is sent twice.
    DuplicateWebhook,
    /// The message is never sent.
    DropWebhook,
    /// The message is sent later.
    DelayWebhook,
    /// The browser never comes back.
    DropReturn,
}

impl Kind {
    fn happens_to(self, channel: Channel) -> bool {
        match self {
            Kind::Delay => true,
            Kind::DuplicateWebhook | Kind::DropWebhook | Kind::DelayWebhook => channel == Channel::Webhook,
            Kind::DropReturn => channel == Channel::Return,
            _ => channel == Channel::Api,
        }
    }

    fn named(name: &str) -> Option<Kind> {
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }
}

/// One fault, to be acted out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    delay_ms: Option<u64>,
    status: Option<u16>,
}

impl Fault {
    /// How long a connection is held.
    pub(crate) fn hold(&self) -> Duration {
        self.delay_ms.map_or(HOLD, Duration::from_millis)
    }

    /// How long a delay lasts.
    pub(crate) fn delay(&self) -> Duration {
        self.delay_ms.map_or(DELAY, Duration::from_millis)
    }

    /// The status of a refused request.
    pub(crate) fn status(&self) -> u16 {
        self.status.unwrap_or(500)
    }

    /// Reads the header's value.
    pub(crate) fn from_header(value: &str) -> Result<Fault, FaultRefused> {
        let mut parts = value.split(';').map(str::trim);
        let kind = parts.next().and_then(Kind::named).ok_or(FaultRefused::UnknownKind)?;
        let mut fault = Fault { kind, delay_ms: None, status: None };
        for part in parts {
            match part.split_once('=') {
                Some(("delay_ms", text)) => {
                    fault.delay_ms = Some(text.parse().map_err(|_| FaultRefused::Option)?)
                }
                Some(("status", text)) => {
                    fault.status = Some(text.parse().map_err(|_| FaultRefused::Option)?)
                }
                _ => return Err(FaultRefused::Option),
            }
        }
        fault.checked()
    }

    /// The fault a reference asks for `operation`, if it asks for one.
    pub(crate) fn in_reference(reference: &str, operation: Operation) -> Option<Fault> {
        reference.match_indices("fault.").find_map(|(at, mark)| {
            let (name, rest) = reference[at + mark.len()..].split_once('.')?;
            let end = rest.find(|byte: char| !byte.is_ascii_lowercase() && byte != '_').unwrap_or(rest.len());
            let kind = Kind::named(&rest[..end])?;
            let fits = (name == operation.name || name == "*") && kind.happens_to(operation.channel);
            fits.then_some(Fault { kind, delay_ms: None, status: None })
        })
    }

    /// Whether this can go wrong with `operation`.
    pub(crate) fn fits(&self, operation: Operation) -> bool {
        self.kind.happens_to(operation.channel)
    }

    fn checked(self) -> Result<Fault, FaultRefused> {
        let status_fits = self.status.is_none_or(|status| (200..600).contains(&status));
        let delay_fits = self.delay_ms.is_none_or(|delay| delay <= DELAY_MAX_MS);
        if status_fits && delay_fits { Ok(self) } else { Err(FaultRefused::Option) }
    }
}

/// A rule over the admin calls: which operations fail, how, and how often.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// An operation's name, or `*` for all the kind can happen to.
    operation: String,
    kind: Kind,
    /// Only this order, by the store's order id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    /// How often, at most. Without it, always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probability_percent: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

/// An installed rule and how often it fired.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Installed {
    id: u64,
    #[serde(flatten)]
    rule: Rule,
    fired: u64,
}

/// Why a fault cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FaultRefused {
    #[error("unknown kind of fault")]
    UnknownKind,
    #[error("unknown operation, or this kind of fault cannot happen to it")]
    Operation,
    #[error(
        "delay_ms is at most 600000, status from 200 to 599, probability_percent from 1 to 100, times at least 1"
    )]
    Option,
    #[error("1000 rules are installed already")]
    TooMany,
}

/// The rules of one host.
pub(crate) struct Faults {
    operations: &'static [Operation],
    rules: Mutex<Rules>,
}

#[derive(Default)]
struct Rules {
    installed: Vec<Installed>,
    next_id: u64,
}

impl Faults {
    /// No rules yet, for a host that does `operations`.
    pub(crate) fn new(operations: &'static [Operation]) -> Faults {
        Faults { operations, rules: Mutex::default() }
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().expect("no thread panics while it looks at rules")
    }

    /// Installs a rule and returns its id.
    pub(crate) fn install(&self, rule: Rule) -> Result<u64, FaultRefused> {
        Fault { kind: rule.kind, delay_ms: rule.delay_ms, status: rule.status }.checked()?;
        if rule.probability_percent.is_some_and(|percent| !(1..=100).contains(&percent))
            || rule.times == Some(0)
        {
            return Err(FaultRefused::Option);
        }
        let concerns = |operation: &&Operation| rule.operation == "*" || rule.operation == operation.name;
        if !self.operations.iter().filter(concerns).any(|one| rule.kind.happens_to(one.channel)) {
            return Err(FaultRefused::Operation);
        }
        let mut rules = self.rules();
        if rules.installed.len() >= RULES_MAX {
            return Err(FaultRefused::TooMany);
        }
        rules.next_id += 1;
        let id = rules.next_id;
        rules.installed.push(Installed { id, rule, fired: 0 });
        Ok(id)
    }

    /// All rules, oldest first.
    pub(crate) fn list(&self) -> Vec<Installed> {
        self.rules().installed.clone()
    }

    /// Removes all rules.
    pub(crate) fn clear(&self) {
        self.rules().installed.clear();
    }

    /// The fault of the first rule that fires for `operation` on `order`, counted as fired.
    pub(crate) fn take(&self, operation: Operation, order: Option<&str>) -> Option<Fault> {
        self.rules().installed.iter_mut().find(|one| one.fires(operation, order)).map(|one| {
            one.fired += 1;
            Fault { kind: one.rule.kind, delay_ms: one.rule.delay_ms, status: one.rule.status }
        })
    }
}

impl Installed {
    fn fires(&self, operation: Operation, order: Option<&str>) -> bool {
        let rule = &self.rule;
        (rule.operation == "*" || rule.operation == operation.name)
            && rule.kind.happens_to(operation.channel)
            && rule.order.as_deref().is_none_or(|wanted| Some(wanted) == order)
            && rule.times.is_none_or(|times| self.fired < times)
            && rule.probability_percent.is_none_or(|percent| dice_percent() < percent)
    }
}

/// A number from 0 to 99. The slight skew of the remainder does not matter to a percentage of faults.
fn dice_percent() -> u8 {
    (u16::from_le_bytes(crate::seal::random()) % 100) as u8
}

#[cfg(test)]
mod tests {
    use super::{Channel, Fault, FaultRefused, Kind, Operation};

    const REFUND: Operation = Operation { name: "refund", channel: Channel::Api };
    const WEBHOOK: Operation = Operation { name: "webhook", channel: Channel::Webhook };

    #[track_caller]
    fn check(reference: &str, operation: Operation, expected: Option<Kind>) {
        assert_eq!(Fault::in_reference(reference, operation).map(|fault| fault.kind), expected);
    }

    #[test]
    fn reference_asks_only_for_what_can_happen_to_the_operation() {
        check("SHOP-1-fault.refund.timeout_after_execute", REFUND, Some(Kind::TimeoutAfterExecute));
        check("fault.refund.truncate-7 fault.webhook.drop_webhook", WEBHOOK, Some(Kind::DropWebhook));
        check("fault.refund.drop_webhook", REFUND, None);
        check("fault.tracking.truncate", REFUND, None);
        check("fault.refund", REFUND, None);
        check("fault.*.delay", WEBHOOK, Some(Kind::Delay));
    }

    #[test]
    fn header_carries_options_and_refuses_unknown_ones() {
        let fault = Fault::from_header("http_status; status=503;delay_ms=5").unwrap();
        assert_eq!((fault.kind, fault.status(), fault.delay().as_millis()), (Kind::HttpStatus, 503, 5));
        assert_eq!(Fault::from_header("explode"), Err(FaultRefused::UnknownKind));
        assert_eq!(Fault::from_header("delay;status=99"), Err(FaultRefused::Option));
        assert_eq!(Fault::from_header("delay;colour=red"), Err(FaultRefused::Option));
    }
}
