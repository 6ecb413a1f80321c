//! What a shipment must say of its parcel, and two parcels that a provider would take for one.

use crate::stage::{Stage, check};
use crate::tables::{AT_ONCE, ON_SHIPMENT, TRACKED};

const PAID: &str = "created; hint; answer paid; acked";
const REFUSED: &str = "AUTHORIZED !INVALID fulfilment.tracking";

#[test]
fn parcel_without_a_number_is_refused_where_the_table_needs_one() {
    check(&TRACKED, &format!("{PAID}; fulfil a:1"), REFUSED);
    check(&TRACKED, &format!("{PAID}; fulfil a:1 number=P-1"), "AUTHORIZED >op1");
    check(&ON_SHIPMENT, &format!("{PAID}; fulfil a:1"), "AUTHORIZED >op1");
}

#[test]
fn second_parcel_that_would_be_taken_for_the_first_is_refused() {
    let shipped = format!("{PAID}; fulfil a:1 number=P-1; done");
    let refused = "AUTHORIZED captured 1333 !INVALID fulfilment.tracking";
    let stage = check(&ON_SHIPMENT, &format!("{shipped}; fulfil a:1 number=P-1"), refused);
    let refusal = stage.refusal.expect("it is refused");
    assert!(refusal.message.contains("fulfilment op1"), "{refusal}");
    let another = |rest: &str| {
        let mut stage = Stage::new(&ON_SHIPMENT);
        stage.play(&format!("{shipped}; {rest}"));
        assert_eq!(stage.refusal, None, "{rest}");
    };
    another("fulfil a:1 number=P-2");
    another("fulfil b:1 number=P-1");
    another("reverse op1; done; fulfil a:1 number=P-1");
}

#[test]
fn shipments_that_are_only_written_down_may_repeat_a_number() {
    let shipped = "created; told captured; fulfil a:1 number=P-1; done; fulfil a:1 number=P-1; done";
    check(&AT_ONCE, shipped, "CAPTURED captured 3000");
}
