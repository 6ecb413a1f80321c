//! Every worked message signs and verifies as it says, and one flipped bit fails it.

use super::all;
use super::sample::Sample;
use ordain_providers::{Checked, Description, MessageKind, dividebuy};
use serde_json::Value;

const KINDS: [MessageKind; 3] = [MessageKind::Request, MessageKind::Reply, MessageKind::Webhook];
/// Fields that hold a signature, or the key that a browser carries.
const SIGNATURES: [&str; 7] =
    ["signature", "value", "signature_base64", "sign", "sign_fresh_key", "splashKey_param", "splashKey"];
/// Texts that a signature covers.
const SIGNED: [&str; 5] = ["body", "request_target", "request_id", "string", "url_path"];
/// Bits that are flipped of one text: the first ones, and then some.
const BITS_MAX: usize = 48;

/// An entry, with the file's key pairs and with what it is based on.
fn entries(sample: &Sample, list: &str) -> Vec<Description> {
    let value = &sample.vectors[list];
    let one = std::slice::from_ref(value);
    let all_lists = sample.vectors.as_object().expect("vectors.json holds an object");
    let bases = || all_lists.values().filter_map(Value::as_array).flatten();
    let entries = value.as_array().map_or(one, Vec::as_slice).iter().filter_map(Value::as_object);
    let whole = entries.map(|entry| {
        let base = entry.get("based_on").and_then(|name| bases().find(|base| base["name"] == *name));
        let mut whole = base.and_then(Value::as_object).cloned().unwrap_or_default();
        whole.extend(entry.clone());
        for (name, keys) in all_lists.iter().filter(|(_, value)| value.is_object()) {
            whole.entry(name.clone()).or_insert_with(|| keys.clone());
        }
        whole
    });
    // A list inside an entry holds the entries proper.
    whole
        .flat_map(|entry| match entry.get("vectors").and_then(Value::as_array) {
            Some(inner) => inner
                .iter()
                .filter_map(Value::as_object)
                .map(|inner| {
                    let mut inner = inner.clone();
                    inner.extend(
                        entry
                            .iter()
                            .filter(|(name, _)| *name != "vectors")
                            .map(|(n, v)| (n.clone(), v.clone())),
                    );
                    inner
                })
                .collect(),
            None => vec![entry],
        })
        .collect()
}

/// What the provider says of an entry, by every kind that it takes it for.
fn verdicts(sample: &Sample, entry: &Description) -> Vec<Checked> {
    if sample.provider.spec().id == dividebuy::SPEC.id {
        let is_ours = entry.contains_key("orderId");
        let act = if is_ours { dividebuy::seal } else { dividebuy::open };
        return act(entry).into_iter().collect();
    }
    KINDS.into_iter().filter_map(|kind| sample.provider.verify(kind, entry).ok()).collect()
}

fn is_genuine(sample: &Sample, entry: &Description) -> bool {
    verdicts(sample, entry).iter().any(|checked| checked.findings.is_empty())
}

/// Whether the entry says that it is right.
fn should_be_genuine(list: &str, entry: &Description) -> bool {
    let opens = ["intended_plaintext", "split_on_first_colon_result"];
    let sealed = entry.contains_key("splashKey_param") && !entry.contains_key("orderId");
    list != "must_not_verify"
        && (!sealed || opens.iter().any(|name| entry.get(*name).is_some_and(Value::is_string)))
}

fn lists(sample: &Sample) -> Vec<String> {
    let unsigned = &sample.sample["unsigned"];
    let is_unsigned =
        |list: &String| unsigned.as_array().is_some_and(|lists| lists.iter().any(|known| known == list));
    let all = sample.vectors.as_object().expect("vectors.json holds an object");
    all.iter()
        .filter(|(list, value)| !value.is_string() && !is_unsigned(list))
        .map(|(list, _)| list.clone())
        .collect()
}

#[test]
fn every_entry_is_as_it_says() {
    for sample in all().map(Sample::of) {
        let id = sample.provider.spec().id;
        let mut genuine = 0;
        for list in lists(&sample) {
            for entry in entries(&sample, &list) {
                let expected = should_be_genuine(&list, &entry);
                assert_eq!(is_genuine(&sample, &entry), expected, "{id}, {list}: {:?}", entry.get("name"));
                genuine += usize::from(expected);
            }
        }
        assert!(genuine > 1, "{id} has no worked messages");
    }
}

#[test]
fn what_is_signed_verifies() {
    for sample in all().map(Sample::of) {
        for list in lists(&sample) {
            for entry in entries(&sample, &list).into_iter().filter(|entry| should_be_genuine(&list, entry)) {
                for kind in KINDS {
                    let Ok(signed) = sample.provider.sign(kind, &entry) else { continue };
                    let Ok(checked) = sample.provider.verify(kind, &entry) else { continue };
                    assert_eq!(signed.string, checked.string);
                    assert!(checked.expected.is_none_or(|expected| expected == signed.signature));
                }
            }
        }
    }
}

#[test]
fn one_flipped_bit_fails_every_signature() {
    for sample in all().map(Sample::of) {
        let id = sample.provider.spec().id;
        for list in lists(&sample) {
            let genuine = entries(&sample, &list).into_iter().filter(|entry| should_be_genuine(&list, entry));
            for entry in genuine.filter(|entry| SIGNATURES.iter().any(|name| entry.contains_key(*name))) {
                for name in SIGNATURES.iter().chain(&SIGNED) {
                    // A browser's key is proven by what it holds, which people are shown: its own tests flip its bits.
                    if !name.starts_with("splash") {
                        flip(&sample, &entry, name, id);
                    }
                }
            }
        }
    }
}

#[track_caller]
fn flip(sample: &Sample, entry: &Description, name: &str, id: &str) {
    let Some(text) = entry.get(name).and_then(Value::as_str) else { return };
    let step = (text.len() * 8 / BITS_MAX).max(1);
    for bit in (0..text.len() * 8).step_by(step) {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        // The signature inside a link is not what is checked when it stands beside it too.
        if name == "url_path" && text.find("&signature=").is_some_and(|at| bit / 8 >= at) {
            continue;
        }
        let mut entry = entry.clone();
        entry.insert(name.to_owned(), changed.into());
        assert!(!is_genuine(sample, &entry), "{id}: bit {bit} of `{name}` in {:?}", entry.get("name"));
    }
}
