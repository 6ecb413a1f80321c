//! What Divido is asked.

use super::{
    ORDER, PLAN, account_with, body_fields, cancel, fields, gbp, has, line, portion, refund, request,
    request_of, sample_order, shipment, with_cx,
};
use ordain_providers::call::Shipment;
use ordain_providers::divido::DIVIDO;
use ordain_providers::question::Question;
use ordain_providers::{EncodeError, LineKind, Op};

#[test]
fn activation_names_goods_parcel_and_reference() {
    let form = body_fields(&shipment());
    for (name, value) in [
        ("application", "CAAC243AC-499A-84AF-DBBA-F58B9F7E798C"),
        ("amount", "1197.50"),
        ("deliveryMethod", "delivery"),
        ("trackingNumber", "DHL291824419F"),
        ("reference", &format!("{ORDER}.1")),
        ("products[2][sku]", "H10"),
    ] {
        has(&form, name, value);
    }
    let unseen = Op::Fulfil(Shipment { id: "1".to_owned(), portions: super::everything(), tracking: None });
    has(&body_fields(&unseen), "deliveryMethod", "store");
    let mut posted = sample_order();
    posted.lines.push(line("3", LineKind::Shipping, 500, 1_000_000));
    let request = request_of(&unseen, &posted, &account_with(&[]));
    let form = fields(std::str::from_utf8(request.body.expose()).expect("a form"));
    has(&form, "deliveryMethod", "delivery");
    assert!(!form.iter().any(|(name, _)| name == "trackingNumber"), "{form:?}");
}

#[test]
fn share_of_a_discount_is_a_line_of_its_own() {
    let mut order = sample_order();
    order.lines.push(line("3", LineKind::Discount, -1_000, 1_000_000));
    let request =
        request_of(&refund(vec![portion("1", 1_000_000, 114_337)], 114_337), &order, &account_with(&[]));
    let form = fields(std::str::from_utf8(request.body.expose()).expect("a form"));
    has(&form, "products[1][price]", "1153.00");
    has(&form, "products[2][sku]", "ADJUSTMENT");
    has(&form, "products[2][price]", "-9.63");
    assert!(
        form.iter().all(|(name, _)| name != "products[2][attributes]"),
        "6 is for credit requests: {form:?}"
    );
    has(&form, "amount", "1143.37");
}

#[test]
fn cancellation_goes_to_its_own_path() {
    let op = cancel(vec![portion("2", 500_000, 4_450)], 4_450);
    assert!(request(&op).url.expose().ends_with("/v1/cancellation"));
    has(&body_fields(&op), "amount", "44.50");
    has(&body_fields(&op), "reference", &format!("{ORDER}.3"));
}

#[test]
fn amount_alone_is_one_adjustment_or_nothing() {
    // As the order's rules have it: a share of each line, and no pieces.
    let shares = vec![portion("1", 0, 963), portion("2", 0, 37)];
    for op in [refund(Vec::new(), 1_000), refund(shares, 1_000)] {
        let refused =
            with_cx(&account_with(&[]), Some(&sample_order()), |cx| DIVIDO.encode(&op, cx).map(drop));
        assert!(matches!(refused, Err(EncodeError::NotExpressible { .. })), "{refused:?}");
        let allowed = request_of(&op, &sample_order(), &account_with(&[("adjustment_refunds", "true")]));
        let form = fields(std::str::from_utf8(allowed.body.expose()).expect("a form"));
        has(&form, "products[1][sku]", "ADJUSTMENT");
        has(&form, "products[1][quantity]", "1");
        has(&form, "products[1][price]", "10.00");
        has(&form, "amount", "10.00");
        assert!(!form.iter().any(|(name, _)| name.starts_with("products[2]")), "{form:?}");
    }
}

#[test]
fn part_that_is_worth_nothing_is_never_sent() {
    for op in [refund(vec![portion("1", 1_000_000, 0)], 0), cancel(vec![portion("9", 1, 1)], 1)] {
        let refused =
            with_cx(&account_with(&[]), Some(&sample_order()), |cx| DIVIDO.encode(&op, cx).map(drop));
        assert!(matches!(refused, Err(EncodeError::NotExpressible { .. })), "{refused:?}");
    }
}

#[test]
fn account_without_plan_or_key_is_said_to_lack_it() {
    for name in ["finance", "api_key"] {
        let account = account_with(&[(name, "")]);
        let refused = with_cx(&account, Some(&sample_order()), |cx| DIVIDO.encode(&Op::Create, cx).map(drop));
        assert!(
            matches!(refused, Err(EncodeError::AccountIncomplete { field }) if field == name),
            "{refused:?}"
        );
    }
}

#[test]
fn questions_are_asked_by_their_parameters() {
    let url = |question: Question| request(&Op::Ask(question)).url.expose().clone();
    let plan = PLAN.to_owned();
    let quote = Question::Quote { plan, amount: gbp(200_000), deposit: gbp(20_000) };
    assert!(url(quote).ends_with(&format!("&amount=2000.00&deposit=200.00&country=GB&finance={PLAN}")));
    assert!(url(Question::FinancePlans).contains("/v1/finances?merchant=live_c31be25be."));
    assert!(url(Question::Orders { page: 2 }).ends_with("&page=2"));
    assert!(url(Question::Statements { page: 1 }).contains("/v1/payments?"));
    assert!(url(Question::Statement { id: "PB1".to_owned() }).ends_with("&id=PB1"));
    assert!(request(&Op::Sync).url.expose().ends_with("&id=CAAC243AC-499A-84AF-DBBA-F58B9F7E798C"));
}

#[test]
fn what_is_shown_of_a_request_is_clean() {
    for op in [Op::Create, Op::Sync, shipment(), refund(super::everything(), 119_750)] {
        let request = request_of(&op, &sample_order(), &account_with(&[("shared_secret", super::SECRET)]));
        let shown = format!("{request:?}");
        for private in
            [super::KEY, super::SECRET, "John", "Doe", "EC2A", "High Street", "@", "returned", "44201234567"]
                .into_iter()
                .chain(["Amanda", "High street", "1967", "12345678", "123456"])
        {
            assert!(!shown.contains(private), "{private} in {shown}");
        }
        assert!(request.redacted.contains("/v1/"));
    }
}
