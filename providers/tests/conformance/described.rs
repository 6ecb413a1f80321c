//! What a provider says of described messages is what its signer reads.

use super::all;
use ordain_providers::Description;
use ordain_providers::signing::{Described, DescribedField, Needed};

fn example(described: &Described) -> Description {
    serde_json::from_str(described.example).expect("an example is a JSON object")
}

#[test]
fn every_example_is_genuine_and_holds_known_fields_alone() {
    for provider in all() {
        let id = provider.spec().id;
        for described in provider.described {
            let example = example(described);
            for kind in described.kinds {
                let checked = provider.verify(*kind, &example).expect(id);
                assert!(checked.findings.is_empty(), "{id}, {kind:?}: {:?}", checked.findings);
                assert!(checked.expected.is_some(), "{id}, {kind:?}: its signature is known");
            }
            let known = |name: &str| described.fields.iter().any(|field| field.name == name);
            assert!(example.keys().all(|name| known(name)), "{id}: {}", described.about);
        }
    }
}

#[test]
fn fields_are_needed_when_it_says_so() {
    for provider in all() {
        let id = provider.spec().id;
        for described in provider.described {
            for DescribedField { name, needed, .. } in described.fields {
                let mut without = example(described);
                without.remove(*name);
                let kind = described.kinds[0];
                let verified = provider.verify(kind, &without).is_ok();
                let signs = provider.sign(kind, &without).is_ok();
                // Who only holds a public key signs nothing.
                let could_sign = provider.sign(kind, &example(described)).is_ok();
                let (to_verify, to_sign) = match needed {
                    Needed::Always => (false, false),
                    Needed::ToSign => (true, signs),
                    Needed::ToVerify => (false, could_sign),
                    Needed::Optional => (true, could_sign),
                };
                assert_eq!((verified, signs), (to_verify, to_sign), "{id}: {name}");
            }
        }
    }
}
