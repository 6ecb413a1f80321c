//! How an order stands, as a story says it, and what differs from that.
//!
//! `expect` is whole: the state, every sum that is not zero, every condition, every call that waits, the last refusal.
//! Besides, it may name the state of an operation: `1 SUCCEEDED`.

use super::stage::Stage;
use super::step::Phase;
use std::collections::BTreeSet;

/// How things stand, in the words of `expect`; the state first.
pub(super) fn standing(stage: &Stage) -> Vec<String> {
    let order = &stage.order;
    let amounts = order.amounts();
    let mut items = vec![order.state.to_string()];
    let sums = [
        ("captured", amounts.captured),
        ("cancelled", amounts.cancelled),
        ("refunded", amounts.refunded),
        ("reserved", amounts.reserved),
    ];
    items.extend(
        sums.iter().filter(|(_, sum)| sum.minor != 0).map(|(name, sum)| format!("{name} {}", sum.to_major())),
    );
    let conditions: BTreeSet<&str> = order.conditions.iter().map(|it| it.kind.as_str()).collect();
    items.extend(conditions.into_iter().map(str::to_owned));
    for out in &stage.out {
        match out.phase {
            Phase::Due | Phase::Waiting => items.push(format!("out {}", out.name())),
            Phase::LookDue | Phase::Looking => items.push(format!("looking {}", out.name())),
            Phase::LooksAt(_) => items.push(format!("later {}", out.name())),
            Phase::Parked => {}
        }
    }
    items.extend(stage.refused.iter().map(|reason| format!("refused {reason}")));
    items
}

/// Compares how things stand with what a story says.
pub(super) fn compare(stage: &Stage, items: &[String]) -> Result<(), String> {
    let is = standing(stage);
    let (operations, wanted): (Vec<&String>, Vec<&String>) =
        items.iter().partition(|item| item.starts_with("operation "));
    let (left, right): (BTreeSet<&String>, BTreeSet<&String>) =
        (is.iter().collect(), wanted.into_iter().collect());
    if left != right {
        let wanted: Vec<&str> = items.iter().map(String::as_str).collect();
        return Err(format!("expected {}\n  but it is {}", wanted.join(", "), is.join(", ")));
    }
    operations.into_iter().try_for_each(|item| operation(stage, item))
}

/// `operation 1 SUCCEEDED`.
fn operation(stage: &Stage, item: &str) -> Result<(), String> {
    let words: Vec<&str> = item.split_whitespace().collect();
    let [_, id, state] = words.as_slice() else {
        return Err(format!("`{item}`: write `operation 1 SUCCEEDED`"));
    };
    let known = stage.order.operation(id).ok_or_else(|| {
        let ids: Vec<&str> = stage.order.operations.iter().map(|operation| operation.id.as_str()).collect();
        format!("there is no operation {id}; there are {}", ids.join(", "))
    })?;
    let is = serde_json::to_value(known.state).expect("a word");
    if is == **state { Ok(()) } else { Err(format!("expected {item}\n  but it is {is}")) }
}
