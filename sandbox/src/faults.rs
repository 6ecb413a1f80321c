//! Faults: what a simulated host does wrong on demand, and how it is asked to.
//!
//! Asked by the `x-sandbox-fault` header of one request, by a magic order
//! reference (`…fault.<operation>.<kind>…`, once per order and operation), or
//! by a rule installed over the admin calls. They are asked in that order and
//! the first that fits is taken. Rules live in memory: a restart clears them.
//!
//! What there is, is in [`kind`]; a provider's `operation.rs` says which of
//! those that change what is said it acts out, and [`twist`] is how.

mod fault;
mod kind;
mod twist;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use serde::{Deserialize, Serialize};

pub(crate) use fault::{Fault, by_clock};
pub(crate) use kind::Kind;
pub use kind::{fault_kinds, is_fault_kind};
pub(crate) use twist::{Twist, spoilt};

/// The header that asks for a fault of one request: `kind[;delay_ms=..][;status=..]`.
pub(crate) const HEADER: &str = "x-sandbox-fault";

/// How many rules may be installed. Each request walks them all.
const RULES_MAX: usize = 1_000;
/// How many reads of each order are answered with what was, where nothing is said.
const READS: u64 = 3;

/// Something a host does that can go wrong, named by its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) channel: Channel,
    /// What can be wrong with what the provider says in it, or with when; beside what can happen to all of its channel.
    pub(crate) acts: &'static [Kind],
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
    /// The shopper paying.
    Payment,
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
    /// How often, at most. Without it, always; a maintenance window without a probability, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    /// Only the call that is the nth it could have happened to, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<u64>,
    /// How many reads of each order a stale status lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reads: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probability_percent: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skew_s: Option<i32>,
}

impl Rule {
    fn fault(&self) -> Fault {
        let Rule { kind, delay_ms, status, retry_after_s, skew_s, .. } = *self;
        Fault { kind, delay_ms, status, retry_after_s, skew_s }
    }

    /// Whether it can ever fire at a host that does `operations`.
    fn checked(&self, operations: &[Operation]) -> Result<(), FaultRefused> {
        self.fault().checked()?;
        let counts = [self.times, self.nth, self.reads];
        if self.probability_percent.is_some_and(|percent| !(1..=100).contains(&percent))
            || counts.contains(&Some(0))
        {
            return Err(FaultRefused::Option);
        }
        let concerns = |operation: &&Operation| self.operation == "*" || self.operation == operation.name;
        if operations.iter().filter(concerns).any(|one| self.kind.happens_to(*one)) {
            return Ok(());
        }
        let possible = operations.iter().filter(|one| self.kind.happens_to(**one)).map(|one| one.name);
        Err(FaultRefused::Operation { possible: possible.collect() })
    }
}

/// An installed rule and how often it fired.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Installed {
    id: u64,
    #[serde(flatten)]
    rule: Rule,
    fired: u64,
    /// How often it could have fired.
    #[serde(skip)]
    met: u64,
    /// How often it fired for each order, where that is what counts.
    #[serde(skip)]
    by_order: BTreeMap<String, u64>,
}

/// Why a fault cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FaultRefused {
    #[error("unknown kind of fault")]
    UnknownKind,
    #[error("{}", nowhere(.possible))]
    Operation {
        /// What this kind can happen to at this host.
        possible: Vec<&'static str>,
    },
    #[error("this kind of fault can happen to nothing of this request: {}", .acting.join(", "))]
    Request {
        /// What the request does.
        acting: Vec<&'static str>,
    },
    #[error(
        "delay_ms is at most 600000, status from 200 to 599, probability_percent from 1 to 100, skew_s within a week, \
         times, nth and reads at least 1"
    )]
    Option,
    #[error("1000 rules are installed already")]
    TooMany,
}

fn nowhere(possible: &[&str]) -> String {
    match possible {
        [] => "this kind of fault can happen to nothing that this provider does".to_owned(),
        some => {
            format!("this kind of fault cannot happen to that operation; here it can to: {}", some.join(", "))
        }
    }
}

/// What a fault may happen to, at the moment when it may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) operation: Operation,
    /// The store's id of the order, where there is one.
    pub(crate) order: Option<&'a str>,
    /// Whether the order is no longer as it began: before, there is nothing stale to show.
    pub(crate) has_moved: bool,
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
    /// The end of a maintenance window, and what it is acted out with.
    window: Option<(Instant, Fault)>,
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
    pub(crate) fn install(&self, mut rule: Rule) -> Result<u64, FaultRefused> {
        rule.checked(self.operations)?;
        if rule.kind == Kind::MaintenanceWindow && rule.probability_percent.is_none() {
            // A window that opened again with every call would never close.
            rule.times.get_or_insert(1);
        }
        let mut rules = self.rules();
        if rules.installed.len() >= RULES_MAX {
            return Err(FaultRefused::TooMany);
        }
        rules.next_id += 1;
        let id = rules.next_id;
        rules.installed.push(Installed { id, rule, fired: 0, met: 0, by_order: BTreeMap::new() });
        Ok(id)
    }

    /// All rules, oldest first.
    pub(crate) fn list(&self) -> Vec<Installed> {
        self.rules().installed.clone()
    }

    /// Removes all rules, and ends a maintenance window.
    pub(crate) fn clear(&self) {
        let mut rules = self.rules();
        rules.installed.clear();
        rules.window = None;
    }

    /// The fault of the first rule that fires, counted as fired; within a maintenance window, that.
    pub(crate) fn take(&self, occasion: Occasion<'_>) -> Option<Fault> {
        let mut rules = self.rules();
        let now = Instant::now();
        if let Some((end, fault)) = rules.window.filter(|_| occasion.operation.channel == Channel::Api) {
            if now < end {
                return Some(fault);
            }
            rules.window = None;
        }
        let fired = rules.installed.iter_mut().find_map(|one| one.fire(occasion))?;
        if fired.kind == Kind::MaintenanceWindow {
            rules.window = Some((now + fired.delay(), fired));
        }
        Some(fired)
    }
}

impl Installed {
    fn fire(&mut self, occasion: Occasion<'_>) -> Option<Fault> {
        let rule = &self.rule;
        let concerned = (rule.operation == "*" || rule.operation == occasion.operation.name)
            && rule.kind.happens_to(occasion.operation)
            && rule.order.as_deref().is_none_or(|wanted| Some(wanted) == occasion.order);
        if !concerned {
            return None;
        }
        self.met += 1;
        let lets = rule.times.is_none_or(|times| self.fired < times)
            && rule.nth.is_none_or(|nth| self.met == nth)
            && rule.probability_percent.is_none_or(|percent| dice_percent() < percent);
        let fault = rule.fault();
        if !lets || fault.kind == Kind::StaleStatus && !self.is_still_stale(occasion) {
            return None;
        }
        self.fired += 1;
        Some(fault)
    }

    /// Counts one more read of an order that is shown as it began.
    fn is_still_stale(&mut self, occasion: Occasion<'_>) -> bool {
        let Some(order) = occasion.order.filter(|_| occasion.has_moved) else { return false };
        let reads = self.by_order.entry(order.to_owned()).or_default();
        let lasts = *reads < self.rule.reads.unwrap_or(READS);
        *reads += u64::from(lasts);
        lasts
    }
}

/// A number from 0 to 99. The slight skew of the remainder does not matter to a percentage of faults.
fn dice_percent() -> u8 {
    (u16::from_le_bytes(crate::seal::random()) % 100) as u8
}

#[cfg(test)]
mod tests {
    use super::{Channel, Faults, Kind, Occasion, Operation, Rule};

    const STATUS: Operation = Operation { name: "status", channel: Channel::Api, acts: &[Kind::StaleStatus] };
    const REFUND: Operation = Operation { name: "refund", channel: Channel::Api, acts: &[] };

    fn faults(rule: &str) -> Faults {
        let faults = Faults::new(&[STATUS, REFUND]);
        let rule: Rule = serde_json::from_str(rule).unwrap();
        faults.install(rule).unwrap();
        faults
    }

    /// Which of so many occasions the fault happens at.
    fn happens(faults: &Faults, operation: Operation, orders: &[&str]) -> Vec<bool> {
        let occasion = |order| Occasion { operation, order: Some(order), has_moved: true };
        orders.iter().map(|order| faults.take(occasion(*order)).is_some()).collect()
    }

    #[test]
    fn nth_call_is_counted_among_those_it_could_happen_to() {
        let faults = faults(r#"{"operation": "refund", "kind": "truncate", "nth": 2}"#);
        assert_eq!(happens(&faults, STATUS, &["1", "2"]), [false, false]);
        assert_eq!(happens(&faults, REFUND, &["1", "2", "3"]), [false, true, false]);
    }

    #[test]
    fn stale_reads_are_counted_by_order_once_it_has_moved() {
        let faults = faults(r#"{"operation": "*", "kind": "stale_status", "reads": 2}"#);
        let unmoved = Occasion { operation: STATUS, order: Some("1"), has_moved: false };
        assert_eq!(faults.take(unmoved), None);
        assert_eq!(
            happens(&faults, STATUS, &["1", "2", "1", "1", "2", "2"]),
            [true, true, true, false, true, false]
        );
    }

    #[test]
    fn maintenance_window_concerns_every_call_until_it_is_cleared() {
        let faults = faults(r#"{"operation": "refund", "kind": "maintenance_window", "delay_ms": 600000}"#);
        assert_eq!(happens(&faults, STATUS, &["1"]), [false]);
        assert_eq!(happens(&faults, REFUND, &["1"]), [true]);
        assert_eq!(happens(&faults, STATUS, &["1", "2"]), [true, true]);
        faults.clear();
        assert_eq!(happens(&faults, STATUS, &["1"]), [false]);
    }

    #[test]
    fn refusal_names_what_it_can_happen_to() {
        let faults = Faults::new(&[STATUS, REFUND]);
        let rule = |text: &str| serde_json::from_str::<Rule>(text).unwrap();
        let refused = faults.install(rule(r#"{"operation": "refund", "kind": "stale_status"}"#)).unwrap_err();
        assert!(refused.to_string().ends_with("here it can to: status"), "{refused}");
        let nowhere = faults.install(rule(r#"{"operation": "*", "kind": "wrong_key"}"#)).unwrap_err();
        assert!(nowhere.to_string().contains("nothing that this provider does"), "{nowhere}");
    }
}
