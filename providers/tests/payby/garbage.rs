//! Strangers' bytes never panic, whatever they are.

use super::request::cancel;
use super::{Known, acquire_order, notify, order_with, paid, refund, reply_of, signed};
use ordain_providers::payby::PAYBY;
use ordain_providers::question::Question;
use ordain_providers::{Inbound, Op, Private};
use proptest::prelude::*;

fn ops() -> Vec<Op> {
    let statement = Op::Ask(Question::Statement { id: "2021-01-12".to_owned() });
    vec![
        Op::Create,
        Op::Sync,
        Op::Cancel(cancel()),
        Op::Refund(refund(1)),
        Op::SyncRefund(refund(1)),
        Op::Revoke,
        statement,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_reply_panics(status in 100_u16..600, body in ".{0,200}", disposition in proptest::option::of(".{0,40}")) {
        for op in ops() {
            let mut reply = reply_of(status, Some("AAAA".to_owned()), &body);
            reply.headers.extend(disposition.clone().map(|text| ("content-disposition".to_owned(), text)));
            Known::default().ask(|cx| PAYBY.decode(&op, &reply, cx));
        }
    }

    #[test]
    fn no_change_of_a_signed_reply_panics(at in 0_usize..400, with in ".{0,3}") {
        let whole = acquire_order(paid);
        let at = at % whole.len();
        let body = format!("{}{with}{}", &whole[..at], &whole[at + 1..]);
        let reply = reply_of(200, Some(signed(&body)), &body);
        for op in ops() {
            Known::default().ask(|cx| PAYBY.decode(&op, &reply, cx));
        }
    }

    #[test]
    fn no_inbound_message_panics(
        path in "/payby/(notify|return|x)",
        method in "(GET|POST)",
        query in ".{0,60}",
        sign in ".{0,60}",
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let message = Inbound { method, path, query: Private::new(query), body: Private::new(body), ..notify("", &sign) };
        let _ = Known { order: None, ..Known::default() }.ask(|cx| PAYBY.ingest(&message, cx));
    }

    #[test]
    fn no_option_panics(name in "(pay_scene|pay_scene_params|subject|sharing|promotions|accessory_content|reserved)", value in ".{0,120}") {
        let order = order_with(&[(&name, &value)]);
        let faults = PAYBY.check(&order);
        let encoded = Known::of(order).ask(|cx| PAYBY.encode(&Op::Create, cx));
        prop_assert!(faults.is_empty() || encoded.is_err(), "what has faults is not sent");
    }
}
