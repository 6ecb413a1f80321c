//! A folder's sample: an account that works, an order that the provider takes, and every operation on it.

use ordain_providers::call::{CancelRequest, RefundRequest, Shipment, Tracking};
use ordain_providers::question::Question;
use ordain_providers::spec::By;
use ordain_providers::{
    Account, Address, BankAccount, Currency, Customer, Cx, Line, LineKind, Money, Op, OrderContent, Portion,
    Private, Provider, Quantity,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a person would be known by; it must never be shown.
pub(crate) const PEOPLE: [&str; 12] = [
    "Marigoldia",
    "Threepwoodly",
    "marigoldia@planted.example",
    "6281234567890",
    "1 Plantation Road",
    "PL4NT3D",
    "Guybrushina",
    "Plantation Road",
    "Planted Villa",
    "1967-07-13",
    "608371",
    "31926819",
];

/// One provider with everything that the suite needs of it.
pub(crate) struct Sample {
    pub(crate) provider: &'static Provider,
    pub(crate) account: Account,
    pub(crate) order: OrderContent,
    pub(crate) vectors: Value,
    pub(crate) replies: Value,
    pub(crate) sample: Value,
    pub(crate) messages: Value,
    refs: BTreeMap<String, String>,
}

fn read(id: &str, file: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    // The last one is for the fuzz targets, which are a package in a folder below.
    let places = [folder.join(id), folder.join("tests/conformance").join(id), folder.join("..").join(id)];
    let found = places.iter().map(|place| place.join(file)).find(|path| path.exists());
    let path = found.unwrap_or_else(|| panic!("providers/{id}/{file} is missing: every provider has one"));
    let text = std::fs::read_to_string(&path).expect("a file that exists can be read");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Sample {
    pub(crate) fn of(provider: &'static Provider) -> Self {
        let spec = provider.spec();
        let [vectors, replies, messages, sample] =
            ["vectors.json", "replies.json", "messages.json", "sample.json"].map(|file| read(spec.id, file));
        let given = |group: &str, name: &str, default: Option<&str>| {
            let text = sample[group][name].as_str().or(default);
            let text = text.unwrap_or_else(|| panic!("{}: sample.json lacks {group}.{name}", spec.id));
            let pointed = text.strip_prefix('@').and_then(|at| vectors.pointer(at)?.as_str());
            (name.to_owned(), pointed.unwrap_or(text).to_owned())
        };
        let config = spec.account.config.iter().map(|field| given("config", field.name, field.default));
        let secrets = spec.account.secrets.iter().map(|field| given("secrets", field.name, field.default));
        let account = Account {
            id: "acc1".to_owned(),
            store_url: "https://ordain.example/a/acc1".to_owned(),
            config: config.collect(),
            secrets: secrets.map(|(name, value)| (name, Private::new(value))).collect(),
        };
        let order = order(spec.currencies[0], 2_000, &sample);
        let refs = texts(&sample["refs"]);
        Self { provider, account, order, vectors, replies, sample, messages, refs }
    }

    /// Calls `ask` with everything that a codec may know.
    pub(crate) fn with_cx<T>(&self, order: &OrderContent, ask: impl FnOnce(&Cx<'_>) -> T) -> T {
        ask(&Cx {
            now: "2026-11-21T06:00:30Z".parse().expect("a time"),
            account: &self.account,
            order: Some(order),
            refs: &self.refs,
            expires_at: "2026-11-21T06:30:00Z".parse().ok(),
            entropy: [7; 32],
        })
    }

    /// Every operation there is, on the sample's order.
    pub(crate) fn operations(&self) -> Vec<Op> {
        let portion = Portion {
            line_id: "1".to_owned(),
            quantity: Quantity::whole(1),
            amount: self.order.lines[0].unit_price,
        };
        let tracking = Some(Tracking { carrier: "DPD".to_owned(), number: "PARCEL-1".to_owned() });
        let shipment = Shipment { id: "01SHIPMENT".to_owned(), portions: vec![portion.clone()], tracking };
        let refund = RefundRequest {
            id: "01REFUND".to_owned(),
            portions: vec![portion.clone()],
            amount: portion.amount,
            full: false,
            refunded_before: Money::zero(self.order.currency),
            reason: format!("{} sent it back", PEOPLE[0]),
        };
        let part = CancelRequest {
            id: "01CANCEL".to_owned(),
            amount: portion.amount,
            portions: vec![portion],
            full: false,
            reason: "gone".to_owned(),
        };
        let cancel = if self.provider.spec().cancel_by == By::Whole { self.whole(part) } else { part };
        let expires_at = "2026-11-21T07:00:00Z".parse().expect("a time");
        vec![
            Op::Create,
            Op::Sync,
            Op::Ack,
            Op::Fulfil(shipment.clone()),
            Op::Unfulfil(shipment),
            Op::Refund(refund.clone()),
            Op::SyncRefund(refund),
            Op::Cancel(cancel),
            Op::Revoke,
            Op::ExtendExpiry { expires_at },
            Op::VerifyAccount,
            Op::ActivateAccount { active: true },
            Op::Ask(Question::FinancePlans),
            Op::Ask(Question::Orders { page: 1 }),
            Op::Ask(Question::Statements { page: 1 }),
            Op::Ask(Question::Statement { id: "2026-11-20".to_owned() }),
        ]
    }

    /// The same cancellation, of everything.
    fn whole(&self, part: CancelRequest) -> CancelRequest {
        let portions = self.order.lines.iter().map(|line| Portion {
            line_id: line.line_id.clone(),
            quantity: line.quantity,
            amount: line.total,
        });
        CancelRequest { portions: portions.collect(), amount: self.order.total, full: true, ..part }
    }

    /// Whether the table offers it as an operation of the provider's own.
    pub(crate) fn offers(&self, op: &Op) -> bool {
        self.provider.spec().operation(op).support.is_offered()
    }
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// Two of something that costs so many minor units of so many hundred, and its carriage.
pub(crate) fn order(currency: Currency, hundreds: i64, sample: &Value) -> OrderContent {
    let line = |line_id: &str, kind, minor, pieces: u32| Line {
        line_id: line_id.to_owned(),
        sku: format!("SKU-{line_id}"),
        name: format!("Thing {line_id}"),
        kind,
        quantity: Quantity::whole(pieces),
        unit_price: Money::of(currency, minor),
        tax_rate_bp: 0,
        total: Money::of(currency, minor * i64::from(pieces)),
        unit: String::new(),
        image_url: None,
    };
    let lines = vec![line("1", LineKind::Product, hundreds * 100, 2), line("2", LineKind::Shipping, 500, 1)];
    let address = Address {
        lines: vec![PEOPLE[4].to_owned()],
        street: PEOPLE[7].to_owned(),
        flat: "B".to_owned(),
        building_number: "1".to_owned(),
        building_name: PEOPLE[8].to_owned(),
        town: "Townsville".to_owned(),
        region: String::new(),
        postcode: PEOPLE[5].to_owned(),
        country_code: sample["country"].as_str().unwrap_or("GB").to_owned(),
        months_at_address: Some(60),
    };
    OrderContent {
        order_id: "01M7YB1BR0ABCDEFGHJKMNPQRS".to_owned(),
        client_reference: "REF-1".to_owned(),
        currency,
        total: Money::of(currency, lines.iter().map(|line| line.total.minor).sum()),
        lines,
        customer: Private::new(Customer {
            first_name: PEOPLE[0].to_owned(),
            middle_names: PEOPLE[6].to_owned(),
            last_name: PEOPLE[1].to_owned(),
            email: PEOPLE[2].to_owned(),
            phone: format!("+{}", PEOPLE[3]),
            gender: "female".to_owned(),
            birth_date: PEOPLE[9].parse().ok(),
            bank_account: Some(BankAccount {
                sort_code: PEOPLE[10].to_owned(),
                account_number: PEOPLE[11].to_owned(),
            }),
        }),
        billing: Private::new(address.clone()),
        shipping_to: Private::new(address),
        provider_options: texts(&sample["options"]),
    }
}
