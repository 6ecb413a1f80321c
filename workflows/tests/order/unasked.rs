//! What comes unasked: late money, refunds of a back office, disputes, actions that the provider waits for.

use crate::stage::{Stage, check};
use crate::tables::{LATER, ON_REQUEST, ON_SHIPMENT};
use ordain_providers::ProviderSpec;
use ordain_workflows::order::LatePayment;

const EXPIRED: &str = "created; wait 3600; answer awaiting; done expiry-1; sync";

#[track_caller]
fn late(spec: &'static ProviderSpec, policy: LatePayment, script: &str, expected: &str) {
    let mut stage = Stage::new(spec);
    stage.order.settings.late_payment = policy;
    stage.play(script);
    assert_eq!(stage.summary(), expected, "{script}");
}

#[test]
fn late_payment_counts_unless_the_account_says_otherwise() {
    let paid = format!("{EXPIRED}; answer captured");
    late(&ON_REQUEST, LatePayment::Accept, &paid, "CAPTURED captured 3000 [LATE_PAYMENT]");
}

#[test]
fn late_payment_goes_back_by_itself() {
    let paid = format!("{EXPIRED}; answer captured");
    late(
        &ON_REQUEST,
        LatePayment::AutoRefund,
        &paid,
        "CAPTURED captured 3000 reserved 3000 [LATE_PAYMENT] >late-2",
    );
    let back = format!("{paid}; done late-2");
    late(&ON_REQUEST, LatePayment::AutoRefund, &back, "CAPTURED captured 3000 refunded 3000 [LATE_PAYMENT]");
}

#[test]
fn late_approval_is_cancelled_where_shipping_captures() {
    let paid = "created; hint; answer unpaid; cancel; sync; answer paid";
    let expected = "AUTHORIZED reserved 3000 [LATE_PAYMENT] >late-2 >ack";
    let mut stage = Stage::new(&ON_SHIPMENT);
    stage.order.settings.late_payment = LatePayment::AutoRefund;
    stage.play(paid);
    let mut words: Vec<String> = stage.summary().split(' ').map(str::to_owned).collect();
    let mut wanted: Vec<String> = expected.split(' ').map(str::to_owned).collect();
    words.sort();
    wanted.sort();
    assert_eq!(words, wanted);
}

#[test]
fn late_payment_waits_for_a_word_before_anything_ships() {
    let paid = format!("{EXPIRED}; answer captured");
    let waiting = "CAPTURED captured 3000 [LATE_PAYMENT] [MERCHANT_ACTION_REQUIRED]";
    late(&ON_REQUEST, LatePayment::Park, &paid, waiting);
    let shipped = format!("{paid}; fulfil");
    late(&ON_REQUEST, LatePayment::Park, &shipped, &format!("{waiting} !OPERATION_IN_DOUBT order"));
    late(&ON_REQUEST, LatePayment::Park, &format!("{paid}; accept"), "CAPTURED captured 3000");
    late(&ON_REQUEST, LatePayment::Accept, "created; accept", "AWAITING_CUSTOMER !ILLEGAL_TRANSITION order");
}

const CAPTURED: &str = "created; told captured; sync";

#[test]
fn refund_of_the_back_office_becomes_an_operation_of_the_providers() {
    let stage = check(
        &ON_REQUEST,
        &format!("{CAPTURED}; answer captured refunded=700"),
        "CAPTURED captured 3000 refunded 700",
    );
    assert_eq!(stage.order.operations[0].id, "provider-1");
    check(
        &ON_REQUEST,
        &format!(
            "{CAPTURED}; answer captured refunded=700; sync; answer captured refunded=700; refund; done"
        ),
        "CAPTURED captured 3000 refunded 3000",
    );
}

#[test]
fn more_refunded_there_than_was_captured_is_a_mismatch() {
    let expected = "CAPTURED captured 3000 [AMOUNT_MISMATCH]";
    check(&ON_REQUEST, &format!("{CAPTURED}; answer captured refunded=3001"), expected);
}

#[test]
fn amount_is_refunded_whichever_pieces_it_is_for() {
    let paid = "created; told captured";
    check(&ON_REQUEST, &format!("{paid}; refund amount=1000; done"), "CAPTURED captured 3000 refunded 1000");
    check(
        &ON_REQUEST,
        &format!("{paid}; refund amount=1000; done; refund; done"),
        "CAPTURED captured 3000 refunded 3000",
    );
    check(
        &ON_REQUEST,
        &format!("{paid}; refund amount=2999; done; refund amount=1; done"),
        "CAPTURED captured 3000 refunded 3000",
    );
    check(
        &ON_REQUEST,
        &format!("{paid}; refund amount=3001"),
        "CAPTURED captured 3000 !AMOUNT_EXCEEDS_REMAINING refund.amount",
    );
    check(
        &ON_REQUEST,
        &format!("{paid}; refund amount=2000; refund amount=2000"),
        "CAPTURED captured 3000 reserved 2000 >op1 !OPERATION_IN_DOUBT refund",
    );
}

#[test]
fn disputed_money_is_not_given_back_besides() {
    let disputed = format!("{CAPTURED}; answer captured disputed=1000");
    check(
        &ON_REQUEST,
        &format!("{disputed}; refund amount=2500"),
        "CAPTURED captured 3000 [DISPUTED] !AMOUNT_EXCEEDS_REMAINING refund.amount",
    );
    check(
        &ON_REQUEST,
        &format!("{disputed}; refund amount=2000; done"),
        "CAPTURED captured 3000 refunded 2000 [DISPUTED]",
    );
}

#[test]
fn action_that_the_provider_waits_for_is_shown_until_its_answer_no_longer_says_so() {
    check(&ON_REQUEST, "created; told deciding action", "PENDING_DECISION [CUSTOMER_ACTION_REQUIRED]");
    check(&ON_REQUEST, "created; told deciding action; sync; answer deciding", "PENDING_DECISION");
}

#[test]
fn what_is_odd_about_a_new_checkout_is_told_the_shop() {
    check(&ON_REQUEST, "created", "AWAITING_CUSTOMER");
    check(&ON_REQUEST, "created alert", "AWAITING_CUSTOMER [MERCHANT_ACTION_REQUIRED]");
}

#[test]
fn refund_under_the_name_of_a_cancellation_is_one_of_the_provider_s_own() {
    let part = "created; hint; answer paid; cancel a:1; done; told captured; sync";
    let refunded = "CAPTURED captured 2167 cancelled 833 refunded 500";
    check(&ON_REQUEST, &format!("{part}; answer captured like=op1:500"), refunded);
    check(&ON_REQUEST, &format!("{part}; answer captured op1=done"), "CAPTURED captured 2167 cancelled 833");
}

#[test]
fn refund_made_elsewhere_is_taken_over_from_a_genuine_message_that_names_it() {
    let told = "created; told paid; fulfil; done; told captured; told nothing foreign=500";
    check(&LATER, told, "CAPTURED captured 3000 refunded 500");
    check(&LATER, &format!("{told}; told nothing foreign=500"), "CAPTURED captured 3000 refunded 500");
    // One of ours that is under way is another one.
    let beside = "created; told paid; fulfil; done; refund a:1; pending; told nothing foreign=500";
    check(&LATER, beside, "CAPTURED captured 3000 refunded 500 reserved 833");
    check(&LATER, "created; told nothing foreign=500", "AWAITING_CUSTOMER");
}

#[test]
fn more_asked_back_than_we_know_of_is_told_until_it_is_explained() {
    let asked = "created; told paid; fulfil; done; refund a:1; pending; wait 60; answer captured";
    check(
        &LATER,
        &format!("{asked}; refundsync op2 op2=done asked=833"),
        "CAPTURED captured 3000 refunded 833",
    );
    let more = format!("{asked}; refundsync op2 op2=done asked=1333");
    check(&LATER, &more, "CAPTURED captured 3000 refunded 833 [AMOUNT_MISMATCH]");
    // What explains it makes us ask whether it is all, and so does a question of the shop's.
    let named = format!("{more}; told nothing foreign=500");
    check(&LATER, &named, "CAPTURED captured 3000 refunded 1333 [AMOUNT_MISMATCH] >?op2");
    check(
        &LATER,
        &format!("{named}; refundsync op2 op2=done asked=1333"),
        "CAPTURED captured 3000 refunded 1333",
    );
    check(
        &LATER,
        &format!("{more}; sync; answer captured"),
        "CAPTURED captured 3000 refunded 833 [AMOUNT_MISMATCH] >?op2",
    );
    check(
        &LATER,
        &format!("{more}; sync; answer captured; refundsync op2 op2=done asked=833"),
        "CAPTURED captured 3000 refunded 833",
    );
}
