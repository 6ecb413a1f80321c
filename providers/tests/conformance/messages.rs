//! What a provider says is understood, and with any one field changed it is still judged and never panics.

use super::all;
use super::genuine::{Taken, messages};
use super::sample::Sample;
use ordain_providers::Outcome;

/// What nobody expects in a field.
const ODD: [&str; 16] = [
    "null",
    "true",
    "0",
    "-1",
    "1.005",
    "1e999",
    "-9223372036854775808",
    "99999999999999999999999999",
    "\"\"",
    "\"\\u0000é中\"",
    "\"-R\"",
    "\"9999-99-99T99:99\"",
    "[]",
    "{}",
    "[[[]],1,\"a\"]",
    "{\"amount\":{\"amount\":{}},\"currency\":[]}",
];

#[test]
fn genuine_messages_are_understood() {
    for sample in all().map(Sample::of) {
        for message in messages(&sample) {
            let (id, name) = (sample.provider.spec().id, &message.name);
            match message.with_body(&sample, &message.body.to_string()) {
                Taken::Reply(outcome) => {
                    assert!(!matches!(outcome, Outcome::Unknown { .. }), "{id} `{name}`: {outcome:?}");
                }
                Taken::Inbound(told) => assert!(told.is_ok(), "{id} `{name}`: {told:?}"),
            }
        }
    }
}

#[test]
fn changed_field_of_a_genuine_message_never_panics() {
    for sample in all().map(Sample::of) {
        for message in messages(&sample) {
            for body in message.changed(&ODD) {
                if let Taken::Inbound(Err(error)) = message.with_body(&sample, &body) {
                    assert!(sample.provider.reject(&error).status >= 400, "{body}");
                }
            }
        }
    }
}
