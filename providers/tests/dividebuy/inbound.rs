//! What DivideBuy says to us, and what we answer.

use super::{
    AUTHENTICATION, TOKEN, account, account_of, answered, browser, genuine, guide_order, ingest, post,
    webhook, with_cx,
};
use ordain_providers::call::Standing;
use ordain_providers::dividebuy::DIVIDEBUY;
use ordain_providers::inbound::{About, InboundKind, Then, Trust, Verdict};
use ordain_providers::{Inbound, InboundError, Ingested};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The guide's webhook (S1 L601-640).
pub fn order_success() -> Value {
    json!({
        "method": "orderSuccess", "store_order_id": "12345", "store_token": TOKEN,
        "store_authentication": AUTHENTICATION, "order_status": "success", "orderTime": "2020-02-20 20:20:20",
        "retailer_store_code": "acme_inc", "customer_email": "john.smith@email.com",
        "laravel_order_ref_id": "100054381",
        "address": {"prefix": "Mr", "first_name": "John", "last_name": "Smith", "postcode": "AB12 3CD"},
    })
}

fn order_cancel() -> Value {
    json!({
        "method": "orderCancel", "store_order_id": "12345", "retailer_store_code": "acme_inc", "store_token": TOKEN,
        "store_authentication": AUTHENTICATION, "delete_user_order": 1,
    })
}

fn configurations(details: &Value) -> Value {
    json!({
        "method": "retailerConfigurations", "retailer_id": 1234, "retailer_store_code": "acme_inc",
        "store_token": TOKEN, "store_authentication": AUTHENTICATION, "allowedIps": "123.123.12.24,204.251.12.35",
        "retailerConfigurationDetails": details,
    })
}

fn instalments(months: &str) -> Value {
    json!({"type": "instalments", "key": months, "interest_rate": 0, "apr": 0, "min": 200.0, "max": 6000.0})
}

fn pull() -> Inbound {
    let body = json!({
        "orderId": "1024", "storeToken": TOKEN, "storeAuthentication": AUTHENTICATION, "retailerStoreCode": "acme_inc",
    });
    post("/dividebuy/api/getorderdetails", body.to_string())
}

#[track_caller]
fn accepted(body: &Value) -> Ingested {
    let ingested = ingest(&webhook(body)).expect("genuine");
    let shown = serde_json::to_string(&ingested).expect("serialises");
    for secret in [TOKEN, AUTHENTICATION, "john.smith", "Smith"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(ingested.dedup_is_weak);
    ingested
}

#[test]
fn order_success_is_a_hint_that_makes_us_ask() {
    let ingested = accepted(&order_success());
    assert_eq!(
        (ingested.kind, ingested.trust, ingested.then),
        (InboundKind::Webhook, Trust::Hint, Then::Sync)
    );
    assert_eq!(ingested.about, About::Order("12345".to_owned()));
    assert_eq!(ingested.facts.standing, None, "nobody can take a hint for an approval");
    assert_eq!(ingested.facts.refs["laravel_order_ref_id"], "100054381");
    assert_eq!(ingested.facts.provider_time.as_deref(), Some("2020-02-20 20:20:20"));
    assert_eq!(ingested.label, "orderSuccess");
}

#[test]
fn order_cancel_is_believed() {
    let ingested = accepted(&order_cancel());
    assert_eq!((ingested.trust, ingested.then), (Trust::Verified, Then::Nothing));
    assert_eq!(ingested.facts.standing, Some(Standing::Cancelled));
}

#[test]
fn undocumented_deletion_only_makes_us_ask() {
    let mut body = order_cancel();
    body["method"] = json!("orderDelete");
    let ingested = accepted(&body);
    assert_eq!((ingested.trust, ingested.then, ingested.facts.standing), (Trust::Hint, Then::Sync, None));
}

#[test]
fn configuration_is_kept_in_order_whether_object_or_list() {
    let gappy =
        json!({"16": instalments("3"), "9": {"type": "global", "key": "representativeAPR", "value": "19.9"}});
    let list = json!([{"type": "global", "key": "representativeAPR", "value": "19.9"}, instalments("3")]);
    // Decimals are kept digit by digit, which a JSON number does not promise.
    let mut kept = list.clone();
    (kept[1]["min"], kept[1]["max"]) = (json!("200.0"), json!("6000.0"));
    for details in [gappy, list] {
        let ingested = accepted(&configurations(&details));
        assert_eq!((ingested.about, ingested.trust), (About::Account, Trust::Verified));
        let config = ingested.config.expect("configuration");
        assert_eq!(config["details"], kept);
        assert_eq!(
            (&config["retailer_id"], &config["allowed_ips"]),
            (&json!(1234), &json!("123.123.12.24,204.251.12.35"))
        );
    }
}

#[test]
fn configuration_that_repeats_credentials_is_scrubbed() {
    let details = json!([{"type": "global", "key": TOKEN, "value": format!("x{AUTHENTICATION}y"), TOKEN: [AUTHENTICATION]}]);
    assert!(accepted(&configurations(&details)).config.is_some());
}

#[test]
fn deactivation_and_couriers_are_configuration() {
    let body = json!({"method": "retailerConfigurations", "store_token": TOKEN, "store_authentication": AUTHENTICATION,
        "is_deactivated": 1});
    let switch = accepted(&body);
    assert_eq!(switch.config.expect("configuration")["is_deactivated"], 1);
    // What came newest is kept by its label, so the switch must not come under that of the plans.
    assert_eq!(switch.label, "is_deactivated");
    let mut body = configurations(&json!([instalments("3")]));
    body["is_deactivated"] = json!(0);
    let whole = accepted(&body);
    assert_eq!(whole.label, "retailerConfigurations");
    assert_eq!(whole.config.expect("configuration")["is_deactivated"], 0);
    let body = json!({"method": "updateCouriers", "store_token": TOKEN, "store_authentication": AUTHENTICATION,
        "couriers": ["DPD UK"]});
    assert_eq!(accepted(&body).config, Some(json!({"couriers": ["DPD UK"]})));
}

#[test]
fn pull_says_that_the_customer_has_arrived() {
    let ingested = ingest(&pull()).expect("genuine");
    assert_eq!(
        (ingested.kind, ingested.trust, ingested.then),
        (InboundKind::Pull, Trust::Verified, Then::Nothing)
    );
    assert_eq!(ingested.about, About::Order("1024".to_owned()));
    assert_eq!(ingested.facts.standing, Some(Standing::CustomerArrived));
}

#[test]
fn genuine_message_that_makes_no_sense_names_its_field() {
    let refused = |field: &str, value: Value| {
        let mut body = order_success();
        body[field] = value;
        match ingest(&webhook(&body)) {
            Err(InboundError::Malformed { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused("method", json!("orderExplode")), "method");
    assert_eq!(refused("method", json!({})), "method");
    for id in [json!(""), json!(null), json!([]), json!("a\nb"), json!("x".repeat(65))] {
        assert_eq!(refused("store_order_id", id), "store_order_id");
    }
    let field = ingest(&webhook(&configurations(&json!("x"))));
    assert!(
        matches!(field, Err(InboundError::Malformed { field, .. }) if field == "retailerConfigurationDetails")
    );
}

#[test]
fn message_without_proof_is_refused_before_it_is_read() {
    let mut wrong = order_success();
    wrong["method"] = json!("orderExplode");
    wrong["store_token"] = json!("abcdef123457");
    let bodies = ["", "null", "[]", "{}", "<html>", "{\"store_token\":\"abcdef123456\"", &wrong.to_string()]
        .map(str::to_owned);
    for body in bodies {
        for path in ["/dividebuy/api/response", "/dividebuy/api/getorderdetails"] {
            assert_eq!(ingest(&post(path, &body)), Err(InboundError::Unauthenticated), "{body}");
        }
    }
    for field in ["store_token", "store_authentication"] {
        for value in [json!(null), json!(""), json!(true), json!([TOKEN]), json!(0), json!("abcdef1234567")] {
            let mut body = order_success();
            body[field] = value;
            assert_eq!(ingest(&webhook(&body)), Err(InboundError::Unauthenticated));
        }
    }
}

#[test]
fn empty_account_authenticates_nobody() {
    for (token, authentication) in [("", ""), (TOKEN, ""), ("", AUTHENTICATION)] {
        let mut body = order_success();
        (body["store_token"], body["store_authentication"]) = (json!(token), json!(authentication));
        let tried =
            with_cx(&account_of(token, authentication), None, |cx| DIVIDEBUY.ingest(&webhook(&body), cx));
        assert_eq!(tried, Err(InboundError::Unauthenticated));
    }
}

#[test]
fn field_given_twice_is_refused() {
    let twice = order_success().to_string().replacen('{', r#"{"store_order_id":"99","#, 1);
    assert_eq!(ingest(&post("/dividebuy/api/response", twice)), Err(InboundError::Unauthenticated));
    let spelt_twice = order_success().to_string().replacen('{', r#"{"orderId":"99","#, 1);
    assert_eq!(ingest(&post("/dividebuy/api/response", spelt_twice)), Err(InboundError::Unauthenticated));
}

#[test]
fn other_paths_and_methods_are_not_ours() {
    let get = Inbound { method: "GET".to_owned(), ..webhook(&order_success()) };
    let posted = Inbound { method: "POST".to_owned(), ..browser(super::splash_key::GUIDE_RETURN) };
    for message in [get, posted, post("/dividebuy/api/verifytoken", "{}"), post("", ""), post("/", "")] {
        assert_eq!(ingest(&message), Err(InboundError::UnknownPath));
    }
}

#[test]
fn same_message_has_the_same_key_and_another_has_another() {
    let key = |body: &Value| ingest(&webhook(body)).expect("genuine").dedup;
    assert_eq!(key(&order_success()), key(&order_success()));
    let mut later = order_success();
    later["orderTime"] = json!("2020-02-20 20:20:21");
    let keys =
        [key(&order_success()), key(&later), key(&order_cancel()), ingest(&pull()).expect("genuine").dedup];
    assert_eq!(std::collections::BTreeSet::from(keys).len(), 4);
}

#[test]
fn answers_have_the_providers_shape() {
    let order = guide_order();
    let (webhook, pull) = (genuine(InboundKind::Webhook), genuine(InboundKind::Pull));
    let thanks = (200, json!({"error": 0, "success": 1, "status": "ok"}));
    assert_eq!(answered(&webhook, Verdict::Accepted(None)), thanks);
    assert_eq!(
        answered(&webhook, Verdict::Refused { why: "AUTHORIZED".to_owned() }),
        thanks,
        "it was received"
    );
    let unknown = json!({"error": 1, "success": 0, "status": "403", "message": "order not found"});
    assert_eq!(answered(&webhook, Verdict::OrderUnknown), (404, unknown.clone()));
    assert_eq!(answered(&pull, Verdict::OrderUnknown), (404, unknown));
    assert_eq!(answered(&webhook, Verdict::Unavailable).0, 503);
    let (status, closed) = answered(&pull, Verdict::Refused { why: "CANCELLED".to_owned() });
    assert_eq!((status, &closed["message"]), (409, &json!("order is not open for checkout")));
    assert_eq!(answered(&pull, Verdict::Accepted(Some(&order))).0, 200);
    assert_eq!(answered(&pull, Verdict::Accepted(None)).0, 503);
}

#[test]
fn refusals_at_the_door_have_the_providers_shape() {
    let malformed = InboundError::Malformed { field: "method".to_owned(), why: "is unknown".to_owned() };
    for (error, status, code) in [
        (InboundError::Unauthenticated, 401, "401"),
        (malformed, 422, "422"),
        (InboundError::UnknownPath, 404, "404"),
    ] {
        let reply = DIVIDEBUY.reject(&error);
        let body: Value = serde_json::from_slice(reply.body.expose()).expect("JSON");
        assert_eq!(
            (reply.status, &body["error"], &body["success"], &body["status"]),
            (status, &json!(1), &json!(0), &json!(code))
        );
    }
    let reply = DIVIDEBUY.reject(&InboundError::Unauthenticated);
    assert!(String::from_utf8_lossy(reply.body.expose()).contains("Store Authentication Failed"));
}

#[test]
fn every_flipped_bit_of_a_credential_refuses() {
    let messages = [pull(), webhook(&order_success()), browser(super::splash_key::GUIDE_RETURN)];
    let refused = |token: &str, authentication: &str| {
        let account = account_of(token, authentication);
        messages.iter().all(|message| {
            with_cx(&account, None, |cx| DIVIDEBUY.ingest(message, cx)) == Err(InboundError::Unauthenticated)
        })
    };
    assert!(messages.iter().all(|message| ingest(message).is_ok()), "they are genuine");
    for (at, bit) in (0..12).flat_map(|at| (0..7).map(move |bit| (at, bit))) {
        let flipped = |secret: &str| {
            let mut bytes = secret.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            String::from_utf8(bytes).expect("seven bits are ASCII")
        };
        assert!(refused(&flipped(TOKEN), AUTHENTICATION), "token {at}.{bit}");
        assert!(refused(TOKEN, &flipped(AUTHENTICATION)), "authentication {at}.{bit}");
    }
}

#[test]
fn every_credential_bit_of_a_message_counts() {
    let body = order_success().to_string().into_bytes();
    for secret in [TOKEN, AUTHENTICATION] {
        let start =
            body.windows(secret.len()).position(|window| window == secret.as_bytes()).expect("it is there");
        for (at, bit) in (start..start + secret.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut changed = body.clone();
            changed[at] ^= 1 << bit;
            let tried = ingest(&post("/dividebuy/api/response", changed));
            assert_eq!(tried, Err(InboundError::Unauthenticated), "{at}.{bit}");
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_never_pass(path in 0_usize..4, bytes in prop::collection::vec(any::<u8>(), 0..300), query in ".*") {
        let paths = ["/dividebuy/api/response", "/dividebuy/api/getorderdetails", "/dividebuy/payment/response", "/x"];
        for method in ["GET", "POST"] {
            let message = Inbound {
                method: method.to_owned(), query: query.clone().into(), ..post(paths[path], &bytes)
            };
            prop_assert!(with_cx(&account(), None, |cx| DIVIDEBUY.ingest(&message, cx)).is_err());
        }
    }

    #[test]
    fn any_changed_byte_has_an_answer(at in 0_usize..400, byte in any::<u8>()) {
        let mut body = configurations(&json!({"3": instalments("6")})).to_string().into_bytes();
        let at = at % body.len();
        body[at] = byte;
        let _ = ingest(&post("/dividebuy/api/response", body));
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!("{{\"method\":{}", "[".repeat(200_000));
    assert_eq!(ingest(&post("/dividebuy/api/response", deep)), Err(InboundError::Unauthenticated));
}
