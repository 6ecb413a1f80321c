//! Splash keys, both ways, against vectors made with PHP's OpenSSL.

use super::{account_of, browser, guide_order, with_cx};
use ordain_providers::call::NextAction;
use ordain_providers::dividebuy::DIVIDEBUY;
use ordain_providers::inbound::{About, InboundKind, Then, Trust};
use ordain_providers::{Call, EncodeError, InboundError, Ingested, Op, OrderContent};
use proptest::prelude::*;
use serde_json::Value;

/// The guide's return (S1 L333).
pub const GUIDE_RETURN: &str = "splashKey=TDc0SnVyaUM0a0F2WWVrVWpsc2prZ3FqTjVtQ091OG1yZkhHZmRzd24yVzJzWXFmNHg3RnhOQ2VzRzRzWXpBalJGekxmS0tFOFlhMis4UkUxcmlyYnc9PTpJaLVc800lfkAExqC1UHP%2B";

fn vectors(name: &str) -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("../../dividebuy/vectors.json")).expect("vectors are JSON");
    all[name].as_array().expect("a list of vectors").clone()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_default()
}

/// The URL that a customer of this account and order is sent to.
fn checkout(
    token: &str,
    authentication: &str,
    order_id: &str,
    retailer_id: &str,
) -> Result<String, EncodeError> {
    let mut account = account_of(token, authentication);
    account.config.insert("retailer_id".to_owned(), retailer_id.to_owned());
    let order = OrderContent { order_id: order_id.to_owned(), ..guide_order() };
    with_cx(&account, Some(&order), |cx| DIVIDEBUY.encode(&Op::Create, cx)).map(|call| match call {
        Call::Local(facts) => match facts.next_action.expect("a way to the checkout").into_exposed() {
            NextAction::Redirect { url } => url,
            other => panic!("the customer is sent there, not: {other:?}"),
        },
        Call::Http(_) => panic!("a checkout is opened without a request"),
    })
}

fn returned(token: &str, authentication: &str, query: &str) -> Result<Ingested, InboundError> {
    with_cx(&account_of(token, authentication), None, |cx| DIVIDEBUY.ingest(&browser(query), cx))
}

#[test]
fn every_key_sealed_by_php_comes_out_byte_for_byte() {
    let all = vectors("splash_encrypt");
    assert_eq!(all.len(), 13);
    for vector in &all {
        let [token, authentication] = ["storeToken", "storeAuthentication"].map(|field| text(vector, field));
        let made = checkout(token, authentication, text(vector, "orderId"), text(vector, "retailerId"));
        if text(vector, "orderId").contains(':') {
            assert!(
                matches!(made, Err(EncodeError::NotExpressible { .. })),
                "ambiguous for whoever reads it"
            );
            continue;
        }
        let url = made.expect("expressible");
        let key = url.split_once("&splashKey=").expect("a key").1;
        assert_eq!(key, text(vector, "splashKey_param"), "{}", text(vector, "name"));
    }
}

#[test]
fn every_key_made_by_php_opens_as_its_sender_meant_it() {
    let all = vectors("splash_decrypt");
    assert_eq!(all.len(), 17);
    for vector in &all {
        let name = text(vector, "name");
        // One vector was changed on its way and still opens: that is why a key is only a hint.
        let meant = vector["intended_plaintext"].as_str().or(vector["split_on_first_colon_result"].as_str());
        let fields: Vec<&str> = meant.unwrap_or(":::zyxwvu987654:").split(':').collect();
        let query = format!("splashKey={}", text(vector, "splashKey_param"));
        let opened = returned(text(vector, "storeToken"), fields[3], &query);
        if meant.is_none() {
            assert_eq!(opened, Err(InboundError::Unauthenticated), "{name}");
            continue;
        }
        let opened = opened.expect(name);
        assert_eq!(opened.about, About::Order(fields[0].to_owned()), "{name}");
        assert_eq!(opened.facts.wire_status.as_deref(), Some(fields[1]), "{name}");
        assert_eq!((opened.kind, opened.trust), (InboundKind::Return, Trust::Hint), "{name}");
    }
}

#[test]
fn short_iv_padded_with_zeros_opens_too() {
    // A 12-byte iv that its sender filled up with zeros, as the guide's comment says and its code does not.
    let key = seal_with_short_iv("1024:success:abcdef123456:zyxwvu987654:default");
    let opened = returned("abcdef123456", "zyxwvu987654", &format!("splashKey={key}")).expect("opens");
    assert_eq!(opened.about, About::Order("1024".to_owned()));
}

fn seal_with_short_iv(plain: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
    let (mut key, mut iv) = ([0; 32], [0; 16]);
    key[..12].copy_from_slice(b"abcdef123456");
    iv[..12].copy_from_slice(&[9; 12]);
    let sealed = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &iv.into())
        .encrypt_padded_vec::<Pkcs7>(plain.as_bytes());
    let joined = [STANDARD.encode(sealed).as_bytes(), b":", &iv[..12]].concat();
    percent_encoding::utf8_percent_encode(&STANDARD.encode(joined), percent_encoding::NON_ALPHANUMERIC)
        .to_string()
}

#[test]
fn tokens_with_colons_are_read_by_their_value() {
    let key = seal_with_short_iv("1024:cancel:abcdef123456:zy:wvu9876:4:default");
    let opened = returned("abcdef123456", "zy:wvu9876:4", &format!("splashKey={key}")).expect("opens");
    assert_eq!((opened.about, opened.label.as_str()), (About::Order("1024".to_owned()), "splash cancel"));
}

#[test]
fn plus_that_became_a_space_is_put_back() {
    for space in ["+", "%20", " "] {
        let query = GUIDE_RETURN.replace("%2B", space);
        assert!(returned("abcdef123456", "zyxwvu987654", &query).is_ok(), "{space:?}");
    }
}

#[test]
fn key_is_found_among_other_parameters() {
    let query = format!("utm_source=mail&{GUIDE_RETURN}&x=splashKey");
    assert!(returned("abcdef123456", "zyxwvu987654", &query).is_ok());
}

#[test]
fn every_way_to_fail_is_the_same_answer() {
    let mut queries = vec![String::new(), "splashKey=".to_owned(), "splashKey=Og%3D%3D".to_owned()];
    queries.push(GUIDE_RETURN.replace("splashKey", "splashkey"));
    queries.push(GUIDE_RETURN.replace("%2B", "%252B"));
    queries.push(format!("splashKey={}", "A".repeat(1_000_000)));
    queries.push(format!("splashKey={}", seal_with_short_iv("1024:paid:abcdef123456:zyxwvu987654:default")));
    queries.push(format!("splashKey={}", seal_with_short_iv(":success:abcdef123456:zyxwvu987654:default")));
    queries.push(format!(
        "splashKey={}",
        seal_with_short_iv("10\n24:success:abcdef123456:zyxwvu987654:default")
    ));
    queries
        .push(format!("splashKey={}", seal_with_short_iv("1024:success:abcdef123456:zyxwvu987655:default")));
    queries.push(format!("splashKey={}", seal_with_short_iv("success:abcdef123456:zyxwvu987654:default")));
    for query in queries {
        let opened = returned("abcdef123456", "zyxwvu987654", &query);
        assert_eq!(opened, Err(InboundError::Unauthenticated), "{:.80}", query);
    }
}

#[test]
fn keys_from_before_secure_version_are_refused() {
    // They carry no credential, or one in the clear: anybody could make them.
    for vector in vectors("legacy_return_pre_secureVersion") {
        let query = format!("splashKey={}", text(&vector, "splashKey"));
        assert_eq!(returned("abcdef123456", "zyxwvu987654", &query), Err(InboundError::Unauthenticated));
    }
    for vector in vectors("legacy_outbound_pre_secureVersion") {
        let [token, authentication] = ["storeToken", "storeAuthentication"].map(|field| text(&vector, field));
        let url = checkout(token, authentication, text(&vector, "orderId"), text(&vector, "retailerId"));
        let url = url.expect("expressible");
        assert!(url.contains("secureVersion=1") && !url.contains(text(&vector, "splashKey")));
    }
}

#[test]
fn opened_key_says_nothing_of_credentials() {
    let opened = returned("abcdef123456", "zyxwvu987654", GUIDE_RETURN).expect("the guide's");
    assert_eq!((opened.label.as_str(), opened.then), ("splash success", Then::Sync));
    let shown = serde_json::to_string(&opened).expect("serialises");
    for secret in ["abcdef123456", "zyxwvu987654", "store_code"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

proptest! {
    #[test]
    fn any_query_has_an_answer(query in ".*", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = returned("abcdef123456", "zyxwvu987654", &query);
        use base64::{Engine, engine::general_purpose::STANDARD};
        let _ = returned("abcdef123456", "zyxwvu987654", &format!("splashKey={}", STANDARD.encode(bytes)));
    }

    #[test]
    fn changed_keys_never_say_more_than_a_hint(at in 0_usize..105, bit in 0_u8..8) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let encoded = GUIDE_RETURN.trim_start_matches("splashKey=").replace("%2B", "+");
        let mut raw = STANDARD.decode(encoded).expect("base64");
        raw[at] ^= 1 << bit;
        let query = format!("splashKey={}", STANDARD.encode(raw));
        if let Ok(opened) = returned("abcdef123456", "zyxwvu987654", &query) {
            prop_assert_eq!((opened.trust, opened.facts.standing), (Trust::Hint, None));
        }
    }
}
