//! Whatever stands in a form, the host goes on: one mutex holds it for every shop, and a panic under it would be its
//! end.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{Call, Kind, New, decided, operation};
use crate::checkout::{Checkout, Decision};
use crate::divido::account::Account;
use crate::divido::plan;
use crate::divido::state::Divido;
use crate::faults::Operation;
use crate::ledger::Ledger;
use crate::seal::Seal;
use crate::simulator::{Moment, Simulator};
use crate::state::Event;

const KEY: &str = "live_a.b";
const CALLS: [Operation; 9] = [
    operation::CREDIT_REQUEST,
    operation::FINALIZE,
    operation::ACTIVATION,
    operation::CANCELLATION,
    operation::REFUND,
    operation::DEAL_CALCULATOR,
    operation::FINANCES,
    operation::APPLICATIONS,
    operation::PAYMENTS,
];
/// A request that is taken as it stands; what is drawn is written over it.
const GOOD: [(&str, &str); 12] = [
    ("merchant", KEY),
    ("application", "P1"),
    ("deposit", "100"),
    ("finance", "F06895E17-EE96-926E-7137-37BCABB9DCF7"),
    ("country", "GB"),
    ("language", "EN"),
    ("currency", "GBP"),
    ("deliveryMethod", "store"),
    ("products[1][sku]", "GIB100"),
    ("products[1][name]", "Guitar"),
    ("products[1][quantity]", "1"),
    ("products[1][price]", "1153.00"),
];
const NAMES: [&str; 18] = [
    "amount",
    "application",
    "deposit",
    "directSign",
    "id",
    "page",
    "proposal",
    "reference",
    "responseUrl",
    "metadata[a]",
    "metadata[]",
    "products[1][price]",
    "products[1][quantity]",
    "products[1][sku]",
    "products[1][name]",
    "products[2][value]",
    "products[2][quantity]",
    "products[2][sku]",
];
const VALUES: [&str; 20] = [
    "",
    "0",
    "-0",
    "-00",
    "-00.0",
    "00",
    "0.5",
    "2",
    "0.00000001",
    "-999999999.99",
    "999999999",
    "99999999.99",
    "999999999999",
    "18446744073709551615",
    "false",
    "1e3",
    "P1",
    "P2",
    "GIB100",
    "https://shop.example/x",
];

struct Host {
    state: Divido,
    ledger: Ledger,
    seal: std::sync::Arc<Seal>,
    proposals: usize,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Host {
    fn new() -> Host {
        let folder = tempfile::tempdir().expect("a folder");
        let seal = Seal::open_or_create(&folder.path().join("key")).expect("a seal").into();
        let mut state = Divido::default();
        state.put_account(Account {
            merchant_id: "M1".to_owned(),
            api_key: KEY.to_owned(),
            shared_secret: String::new(),
            webhook_url: "https://shop.example/webhook".to_owned(),
            brand: "Shop".to_owned(),
            plans: vec![plan::Plan { interest_bp: 990, ..plan::documented()[0].clone() }],
        });
        let now = "2026-11-21T12:00:00Z".parse().expect("a time");
        Host { state, ledger: Ledger::default(), seal, proposals: 0, now, _folder: folder }
    }

    fn take(&mut self, events: Vec<Event<super::Own>>) {
        for event in events {
            if let Event::Own(own) = event {
                let moment = Moment { at: self.now, seal: &self.seal };
                self.state.applied(own, &moment, &mut self.ledger).expect("it is sealed here");
            }
        }
    }

    fn call(&mut self, operation: Operation, fields: &BTreeMap<String, String>) {
        self.proposals += 1;
        let seal = self.seal.clone();
        let new = New {
            proposal: format!("P{}", self.proposals),
            application: format!("C{}", self.proposals),
            token: format!("token-{}", self.proposals),
            sealed: Box::new(move |key, plain| seal.seal(&key.place(), plain)),
            base: "http://localhost".to_owned(),
            now: self.now,
            settled: self.now,
        };
        let escaped = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        let form = pairs.collect::<Vec<_>>().join("&");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().expect("a header"));
        let call = Call::new(operation, &Uri::from_static("/v1/any"), headers, Bytes::from(form));
        match decided(&self.state, &call, &new) {
            Ok((events, body)) => {
                body.written();
                self.take(events);
            }
            Err(refusal) => drop(refusal.answer()),
        }
    }

    /// The customer approves, the lender confirms, and everybody looks at what came of it.
    fn goes_on(&mut self) {
        let keys: Vec<_> = self.state.applications.keys().cloned().collect();
        for key in &keys {
            if let Ok(events) = self.state.press(key, Decision::Approve, None) {
                self.take(events);
            }
            self.state.page(key);
        }
        self.now = self.now.checked_add(SignedDuration::from_hours(1)).expect("a time");
        loop {
            let happened = self.state.happened_by("M1", self.now);
            if happened.is_empty() {
                break;
            }
            self.take(happened);
        }
        for application in self.state.applications.values() {
            for kind in [Kind::Activation, Kind::Cancellation, Kind::Refund] {
                let _ = application.room(kind);
            }
        }
        self.state.orders();
        for asked in [operation::APPLICATIONS, operation::PAYMENTS] {
            self.call(asked, &[("merchant".to_owned(), KEY.to_owned())].into());
        }
    }
}

fn drawn() -> impl Strategy<Value = (usize, Vec<(String, String)>)> {
    let value = prop_oneof![4 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned), 1 => ".{0,12}"];
    let field = (prop::sample::select(&NAMES[..]).prop_map(str::to_owned), value);
    (0..CALLS.len(), prop::collection::vec(field, 0..4))
}

proptest! {
    #[test]
    fn no_form_panics_the_simulator(calls in prop::collection::vec(drawn(), 1..8)) {
        let mut host = Host::new();
        host.call(operation::CREDIT_REQUEST, &written_over(&[]));
        for (which, fields) in calls {
            host.call(CALLS[which], &written_over(&fields));
            host.goes_on();
        }
    }
}

#[test]
fn price_and_quantity_beyond_every_basket_are_refused() {
    let huge = "999999999999".to_owned();
    let mut host = Host::new();
    for (name, value) in [
        ("products[1][price]", &huge),
        ("products[1][quantity]", &huge),
        ("products[1][quantity]", &"-00".to_owned()),
        ("products[1][price]", &"100000000.01".to_owned()),
    ] {
        host.call(operation::CREDIT_REQUEST, &written_over(&[(name.to_owned(), value.clone())]));
        host.goes_on();
        assert!(host.state.applications.is_empty(), "{name} {value}");
    }
    host.call(operation::CREDIT_REQUEST, &written_over(&[]));
    assert_eq!(host.state.applications.len(), 1);
}

fn written_over(fields: &[(String, String)]) -> BTreeMap<String, String> {
    let good = GOOD.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    good.chain(fields.iter().cloned()).collect()
}
