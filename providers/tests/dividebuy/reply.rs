//! What DivideBuy's replies come to.

use super::request::{refund, shipment};
use super::{account, decode, gbp, guide_order, with_cx};
use ordain_providers::call::{AmountFact, AmountKind, Flag, Retry, Standing};
use ordain_providers::dividebuy::DIVIDEBUY;
use ordain_providers::{Facts, Op, Outcome, Private, Reply};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The guide's answer to `getuserorder` (S1 L394-446).
pub fn guide_order_data() -> Value {
    json!({
        "trackingDetails": {"trackingName": "DPD UK", "trackingNumber": "123456789"},
        "method": "orderSuccess", "store_order_id": "1024", "orderIncrementId": "145006485",
        "laravel_order_ref_id": "100054381", "laravel_order_status": "Processing", "order_status": "success",
        "orderTime": "2020-02-20 20:20:20", "customer_email": "john.smith@email.com",
        "address": {"prefix": "Mr", "first_name": "John", "last_name": "Smith", "contact_number": "07123456789",
            "postcode": "AB12 3CD"},
        "customerName": "John Smith",
        "products": [{"productId": 24097, "sku": "SUPCOOLMAT-1", "price": 1200, "quantity": 2}],
        "subTotal": 2000, "vatTotal": 400, "subTotalInclVat": 2400, "discount": 500, "discountApplied": "afterVat",
        "grandTotal": 1900, "shippingRate": 15, "shippingMethod": "Express Shipping", "podFile": "",
    })
}

fn ops() -> Vec<Op> {
    let refund = Op::Refund(refund(Vec::new()));
    let (fulfil, unfulfil) = (Op::Fulfil(shipment()), Op::Unfulfil(shipment()));
    vec![
        Op::Create,
        Op::Sync,
        Op::Ack,
        fulfil,
        unfulfil,
        refund,
        Op::VerifyAccount,
        Op::ActivateAccount { active: true },
    ]
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done(facts) if facts.standing == Some(Standing::Unpaid) => "unpaid",
        Outcome::Done(facts) if facts.standing == Some(Standing::Authorized) => "paid",
        Outcome::Done(_) => "done",
        Outcome::Pending(_) => "pending",
        Outcome::Refused { retry: Retry::Never, .. } => "refused",
        Outcome::Refused { retry: Retry::Later, .. } => "later",
        Outcome::Refused { retry: Retry::AfterAccountFix, .. } => "account",
        Outcome::NotSent { .. } => "not sent",
        Outcome::Unknown { .. } => "unknown",
    }
}

#[track_caller]
fn check(op: &Op, status: u16, body: &Value, expected: &str) {
    let outcome = decode(op, status, body.to_string());
    assert_eq!(kind(&outcome), expected, "{status} {body} came to {outcome:?}");
}

/// A sync of the guide's order with one field set, or taken out by null.
#[track_caller]
fn check_sync(field: &str, value: Value, expected: &str) {
    let mut data = guide_order_data();
    let fields = data.as_object_mut().expect("an object");
    if value.is_null() {
        drop(fields.remove(field))
    } else {
        drop(fields.insert(field.to_owned(), value))
    }
    check(&Op::Sync, 200, &json!({"status": "ok", "data": data}), expected);
}

#[test]
fn paid_order_is_read_from_object_and_from_text() {
    let expected = Facts {
        wire_status: Some("success".to_owned()),
        standing: Some(Standing::Authorized),
        amounts: vec![AmountFact { kind: AmountKind::ProviderTotal, amount: gbp(190_000) }],
        refs: [("laravel_order_ref_id", "100054381"), ("orderIncrementId", "145006485")]
            .map(|(name, said)| (name.to_owned(), said.to_owned()))
            .into(),
        provider_time: Some("2020-02-20 20:20:20".to_owned()),
        ..Facts::default()
    };
    for data in [guide_order_data(), Value::String(guide_order_data().to_string())] {
        let outcome = decode(&Op::Sync, 200, json!({"status": "ok", "data": data}).to_string());
        assert_eq!(outcome, Outcome::Done(expected.clone()));
    }
}

#[test]
fn order_that_is_another_at_dividebuy_is_shown_to_the_shop_without_saying_how() {
    let alerts = |rate: Value, postcode: Value, billed_to: &str| {
        let mut order = guide_order();
        order.lines[2].tax_rate_bp = 2_000;
        let mut elsewhere = order.billing.into_exposed();
        billed_to.clone_into(&mut elsewhere.postcode);
        order.billing = Private::new(elsewhere);
        let mut data = guide_order_data();
        (data["shippingRate"], data["address"]["postcode"]) = (rate, postcode);
        let body = json!({"status": "ok", "data": data}).to_string().into_bytes();
        let reply = Reply { status: 200, headers: Vec::new(), body: Private::new(body) };
        match with_cx(&account(), Some(&order), |cx| DIVIDEBUY.decode(&Op::Sync, &reply, cx)) {
            Outcome::Done(facts) => facts.flags,
            other => panic!("{other:?}"),
        }
    };
    let differs =
        |what: &str| vec![Flag::Alert { why: format!("the order at DivideBuy differs from ours in {what}") }];
    // Ours is 15 with the tax in it and 12.50 without.
    for rate in [json!(15), json!("12.50"), json!(null), json!("")] {
        assert_eq!(alerts(rate, json!("ab123cd"), "ZZ9 9ZZ"), [], "where the goods go");
    }
    assert_eq!(alerts(json!(15), json!("zz99zz"), "ZZ9 9ZZ"), [], "where the bill goes");
    for rate in [json!(0), json!(15.01), json!("free")] {
        assert_eq!(alerts(rate, json!(null), "ZZ9 9ZZ"), differs("its price of shipping"));
    }
    assert_eq!(alerts(json!(15), json!("EC1A 1BB"), "ZZ9 9ZZ"), differs("its postcode"));
    let both = differs("its price of shipping and in its postcode");
    assert_eq!(alerts(json!(1), json!("EC1A 1BB"), ""), both);
}

#[test]
fn order_whose_people_were_erased_is_compared_no_further() {
    let mut order = guide_order();
    (order.billing, order.shipping_to) = (Private::default(), Private::default());
    let body = json!({"status": "ok", "data": guide_order_data()}).to_string().into_bytes();
    let reply = Reply { status: 200, headers: Vec::new(), body: Private::new(body) };
    let outcome = with_cx(&account(), Some(&order), |cx| DIVIDEBUY.decode(&Op::Sync, &reply, cx));
    assert!(matches!(outcome, Outcome::Done(facts) if facts.flags.is_empty()));
}

#[test]
fn amounts_are_read_by_their_digits() {
    let total = |digits: &str| {
        let data = guide_order_data()
            .to_string()
            .replace("\"grandTotal\":1900", &format!("\"grandTotal\":{digits}"));
        match decode(&Op::Sync, 200, format!(r#"{{"status":"ok","data":{data}}}"#)) {
            Outcome::Done(facts) => facts.amounts.first().map(|fact| fact.amount.minor),
            _ => None,
        }
    };
    assert_eq!(total("1900"), Some(190_000));
    assert_eq!(total("\"1900.00\""), Some(190_000));
    assert_eq!(total("0.29"), Some(29));
    assert_eq!(total("90071992547409.93"), Some(9_007_199_254_740_993), "beyond what a double can hold");
    for bad in ["19.995", "1.9e3", "null", "true", "\"1,900.00\"", "[]", "99999999999999999999"] {
        assert_eq!(total(bad), None, "{bad}");
    }
}

#[test]
fn answer_without_a_paid_order_is_unpaid() {
    for data in [json!(null), json!(""), json!("[]"), json!([]), json!({}), json!(false)] {
        check(&Op::Sync, 200, &json!({"status": "ok", "data": data}), "unpaid");
    }
    check(&Op::Sync, 200, &json!({"status": "ok"}), "unpaid");
    for word in [json!("cancel"), json!(null), json!("")] {
        check_sync("order_status", word, "unpaid");
    }
}

#[test]
fn status_that_the_guide_lacks_is_kept_as_it_is_and_means_nothing() {
    for word in [json!("pending"), json!("Success"), json!(7)] {
        let mut data = guide_order_data();
        data["order_status"] = word.clone();
        let outcome = decode(&Op::Sync, 200, json!({"status": "ok", "data": data}).to_string());
        let wire_status = Some(word.as_str().map_or_else(|| word.to_string(), str::to_owned));
        assert_eq!(outcome, Outcome::Done(Facts { wire_status, ..Facts::default() }));
    }
}

#[test]
fn refused_question_says_nothing_of_the_order() {
    for why in ["Order not found.", "Something went wrong."] {
        let error = json!({"error": {"message": why, "status_code": 422}, "status": 0});
        for status in [200, 404, 422] {
            check(&Op::Sync, status, &error, "refused");
            let outcome = decode(&Op::Sync, status, error.to_string());
            let Outcome::Refused { facts, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(facts, Facts::default());
        }
    }
}

#[test]
fn answer_that_cannot_say_is_not_unpaid() {
    for status in [100, 302, 408, 500, 502, 503, 599, 999] {
        check(&Op::Sync, status, &json!({"status": "ok", "data": guide_order_data()}), "unknown");
    }
    for body in ["", "<html>", "null", "[]", "{}", "{\"status\":\"ok\"", "[\"ok\",null,null,null,null,null]"]
    {
        assert_eq!(kind(&decode(&Op::Sync, 200, body)), "unknown", "{body}");
        assert_eq!(kind(&decode(&Op::Sync, 404, body)), "account", "{body}");
    }
    check(&Op::Sync, 200, &json!({"status": "ok", "data": "no json"}), "unknown");
    check(&Op::Sync, 200, &json!({"status": "ok", "error": "yes"}), "unknown");
    check(&Op::Sync, 404, &json!({"status": "ok", "data": []}), "unknown");
    check(&Op::Sync, 200, &json!({"error": {"message": "Busy", "status_code": 503}, "status": 0}), "unknown");
    let twice = r#"{"status":"ok","data":{"store_order_id":"1024","store_order_id":"1025","order_status":"success"}}"#;
    assert_eq!(kind(&decode(&Op::Sync, 200, twice)), "unknown", "which of them?");
    check_sync("grandTotal", json!(null), "unknown");
}

#[test]
fn answer_about_another_order_is_never_applied() {
    check_sync("store_order_id", json!("1025"), "unknown");
    check_sync("store_order_id", json!(null), "unknown");
    check_sync("store_order_id", json!(1024), "paid");
    let other = json!({"status": "ok", "data": {"store_order_id": "1025", "order_status": "pending"}});
    check(&Op::Sync, 200, &other, "unknown");
}

#[test]
fn tracking_details_of_any_shape_are_no_news() {
    for details in [json!(null), json!([]), json!(""), json!([{"trackingNumber": 22}]), json!({})] {
        check_sync("trackingDetails", details, "paid");
    }
}

#[test]
fn confirmed_account_learns_its_retailer_id() {
    let outcome = decode(&Op::VerifyAccount, 200, r#"{"status":"ok","retailerId":150}"#);
    let Outcome::Done(facts) = outcome else { panic!("{outcome:?}") };
    assert_eq!(facts.refs["retailer_id"], "150");
    check(&Op::VerifyAccount, 200, &json!({"status": "ok"}), "unknown");
}

#[test]
fn documented_errors_are_refusals() {
    let missing = json!({"error": {"message": "This is a required field.", "status_code": 422}, "status": 0});
    let credentials = json!({"errors": ["Auth and Token combination not valid"]});
    let validation = json!({"error": {"message": "422 Unprocessable Entity", "errors": {
        "storeToken": ["The store token field is required."],
        "storeAuthentication": ["The store authentication field is required."],
    }}});
    let retailer = json!({"error": {"message": "Retailer not found.", "status_code": 422}, "status": 0});
    let tracking = json!({"error": true, "message": ["Tracking number already used", "for this order"]});
    for status in [200, 422] {
        check(&Op::VerifyAccount, status, &missing, "account");
        check(&Op::VerifyAccount, status, &credentials, "account");
        check(&Op::ActivateAccount { active: true }, status, &validation, "account");
        check(&Op::Refund(refund(Vec::new())), status, &retailer, "account");
        check(&Op::Fulfil(shipment()), status, &tracking, "refused");
        for account_fault in [&missing, &credentials, &validation, &retailer] {
            check(&Op::Sync, status, account_fault, "account");
        }
    }
    let outcome = decode(&Op::Fulfil(shipment()), 200, tracking.to_string());
    let Outcome::Refused { code, message, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((code.as_str(), message.as_str()), ("200", "Tracking number already used for this order"));
}

#[test]
fn simple_yes_is_done_and_tracking_needs_no_status() {
    for op in [Op::Ack, Op::Refund(refund(Vec::new())), Op::ActivateAccount { active: false }] {
        check(&op, 200, &json!({"status": "ok"}), "done");
        check(&op, 200, &json!({"success": 1}), "unknown");
    }
    check(&Op::Fulfil(shipment()), 200, &json!({"success": 1, "error": 0}), "done");
    check(&Op::Unfulfil(shipment()), 200, &json!({"status": "ok"}), "done");
    check(&Op::Fulfil(shipment()), 200, &json!({"status": "failed"}), "unknown");
    check(&Op::Fulfil(shipment()), 404, &json!({"message": "Not Found"}), "account");
}

#[test]
fn tracking_answer_that_does_not_say_yes_captures_nothing() {
    for op in [Op::Fulfil(shipment()), Op::Unfulfil(shipment())] {
        for falsy in [json!(0), json!("0"), json!(false), json!("")] {
            let no = json!({"success": falsy, "message": ["Products are not valid."]});
            check(&op, 200, &no, "refused");
        }
        for silent in [json!({}), json!({"message": "Unauthenticated."}), json!({"message": [], "error": 0})]
        {
            check(&op, 200, &silent, "unknown");
        }
        check(&op, 200, &json!({"success": 0, "status": "ok"}), "unknown");
        check(&op, 200, &json!({"success": true, "message": ["Tracking was added."]}), "done");
        check(&op, 200, &json!({"error": 0}), "done");
    }
}

#[test]
fn turned_away_is_certainly_not_done_and_a_server_error_is_not() {
    for op in ops().into_iter().skip(1) {
        check(&op, 429, &json!({}), "later");
        for status in [301, 408, 500, 503, 504] {
            check(&op, status, &json!({"error": "x"}), "unknown");
        }
    }
}

#[test]
fn quoted_messages_are_clean() {
    let said = "Order of John Smith <john.smith@email.com> (other@mail.example), AB12 3CD,\n\u{202e}token abcdef123456 \
                zyxwvu987654\u{7} ".to_owned() + &"long ".repeat(100);
    let outcome =
        decode(&Op::Refund(refund(Vec::new())), 422, json!({"error": {"message": said}}).to_string());
    let Outcome::Refused { message, .. } = &outcome else { panic!("{outcome:?}") };
    for private in ["John", "Smith", "@", "AB12", "abcdef123456", "zyxwvu987654", "\n", "\u{202e}", "\u{7}"] {
        assert!(!message.contains(private), "{private:?} in {message}");
    }
    assert!(message.starts_with("Order of ‹private›") && message.chars().count() <= 200, "{message}");
}

#[test]
fn customer_named_like_a_status_changes_nothing() {
    use ordain_providers::{Customer, OrderContent};
    let customer =
        Customer { first_name: "success".to_owned(), last_name: "123".to_owned(), ..Customer::default() };
    let order = OrderContent { customer: Private::new(customer), ..guide_order() };
    let body = json!({"status": "ok", "data": guide_order_data()}).to_string().into_bytes();
    let reply = Reply { status: 200, headers: Vec::new(), body: Private::new(body) };
    let outcome = with_cx(&account(), Some(&order), |cx| DIVIDEBUY.decode(&Op::Sync, &reply, cx));
    assert_eq!(kind(&outcome), "paid");
}

proptest! {
    #[test]
    fn every_status_and_body_has_an_outcome(
        which in 0_usize..8, status in any::<u16>(), bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let op = &ops()[which];
        let outcome = decode(op, status, bytes);
        prop_assert!(kind(&outcome) != "paid" && kind(&outcome) != "done");
    }

    #[test]
    fn every_cut_and_every_changed_byte_of_an_answer_has_an_outcome(
        which in 0_usize..8, cut in 0_usize..900, at in 0_usize..900, byte in any::<u8>(),
    ) {
        let op = &ops()[which];
        let mut body = json!({"status": "ok", "data": guide_order_data(), "retailerId": 150}).to_string().into_bytes();
        let at = at % body.len();
        let _ = decode(op, 200, &body[..cut.min(body.len())]);
        body[at] = byte;
        let _ = decode(op, 200, &body);
    }
}

#[test]
fn deep_nesting_ends_in_an_outcome() {
    for opener in ["[", "{\"a\":"] {
        let deep = opener.repeat(100_000);
        for body in [format!("{{\"error\":{deep}"), format!("{{\"status\":\"ok\",\"data\":{deep}"), deep] {
            assert_eq!(kind(&decode(&Op::Sync, 200, body)), "unknown");
        }
    }
}
