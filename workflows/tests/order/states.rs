//! The transition tables, whole, as text: the catch-alls could hide a forgotten pair.

use ordain_workflows::order::OperationState;
use ordain_workflows::order::state;

#[test]
fn order_states_follow_the_table() {
    assert_eq!(state::table(), include_str!("states.txt"));
}

#[test]
fn operation_states_follow_their_graph() {
    let pairs = OperationState::ALL.into_iter().flat_map(|from| OperationState::ALL.map(|to| (from, to)));
    let legal = pairs.filter(|(from, to)| from.may_become(*to));
    let text: String = legal.map(|(from, to)| format!("{from:?} -> {to:?}\n")).collect();
    assert_eq!(text, include_str!("operation_states.txt"));
}

#[test]
fn readme_shows_every_way_that_an_order_may_go() {
    assert!(include_str!("../../../README.md").contains(state::mermaid().trim_end()));
}
