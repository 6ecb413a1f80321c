//! How one shops at a provider: in which money, and what of a plan is possible there.
//!
//! What the provider can do is in its table. What a decline, or a shopper who leaves, comes to is the checkout's own
//! affair, and stands here.

use ordain_proto::orders::v1::OrderState;
use ordain_providers::ProviderSpec;
use ordain_providers::spec::{CaptureMode, Support};

/// The manners of one provider.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    spec: &'static ProviderSpec,
    local: &'static Local,
}

/// What no table says.
#[derive(Debug)]
struct Local {
    id: &'static str,
    /// ISO 4217.
    currency: &'static str,
    /// Minor units there for a penny here.
    per_penny: i64,
    /// Whether lines below zero can be said.
    discounts: bool,
    /// ISO 3166-1 alpha-2.
    country: &'static str,
    /// Before the three digits that tell shoppers apart.
    phone: &'static str,
    /// Whether we hear of a customer's arrival without a message: then asking begins, whatever is lost later.
    pulls: bool,
    declined: &'static [OrderState],
    left: &'static [OrderState],
}

const STAYS: &[OrderState] = &[OrderState::AwaitingCustomer];
const GONE: &[OrderState] = &[OrderState::Cancelled];

const LOCAL: &[Local] = &[
    Local {
        id: "dividebuy",
        currency: "GBP",
        per_penny: 1,
        discounts: true,
        country: "GB",
        // Ofcom keeps 07700 900000 to 900999 free for drama.
        phone: "+447700900",
        pulls: true,
        declined: GONE,
        left: GONE,
    },
    Local {
        id: "divit",
        currency: "HKD",
        per_penny: 10,
        discounts: true,
        country: "HK",
        phone: "+85255500",
        pulls: false,
        // A bank that refuses one payment ends nothing, and a cancelled order may be unknown to the status.
        declined: STAYS,
        left: &[OrderState::Cancelled, OrderState::AwaitingCustomer],
    },
    Local {
        id: "payby",
        currency: "AED",
        per_penny: 5,
        discounts: true,
        country: "AE",
        phone: "+971555550",
        pulls: false,
        declined: &[OrderState::Declined, OrderState::AwaitingCustomer],
        left: STAYS,
    },
    Local {
        id: "divido",
        currency: "GBP",
        per_penny: 1,
        discounts: true,
        country: "GB",
        phone: "+447700900",
        pulls: false,
        declined: &[OrderState::Declined],
        // Leaving tells Divido to give the application up.
        left: &[OrderState::Cancelled, OrderState::AwaitingCustomer],
    },
    Local {
        id: "kredivo",
        currency: "IDR",
        // A penny is 200 rupiah, and a rupiah 100 of its minor units, which DOKU cannot say.
        per_penny: 20_000,
        discounts: false,
        country: "ID",
        phone: "+6285555000",
        pulls: false,
        // The shopper may try again, and leaving is told to nobody.
        declined: STAYS,
        left: STAYS,
    },
];

impl Manners {
    /// Of the provider with this id, if there are any.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let local = LOCAL.iter().find(|local| local.id == id)?;
        Some(Self { spec: ordain_providers::find(id)?.spec(), local })
    }

    /// Its currency, and what a penny is there in minor units.
    #[must_use]
    pub const fn money(&self) -> (&'static str, i64) {
        (self.local.currency, self.local.per_penny)
    }

    /// Whether lines below zero can be said.
    #[must_use]
    pub const fn discounts(&self) -> bool {
        self.local.discounts
    }

    /// The shoppers' country.
    #[must_use]
    pub const fn country(&self) -> &'static str {
        self.local.country
    }

    /// A shopper's number.
    #[must_use]
    pub fn phone(&self, index: u32) -> String {
        format!("{}{:03}", self.local.phone, index % 1_000)
    }

    /// Whether shipments are told to the provider: where they are not, the money is the shop's with the approval.
    #[must_use]
    pub const fn ships(&self) -> bool {
        matches!(self.spec.operations.fulfil.support, Support::Native | Support::Emulated)
    }

    /// Whether money can be given back.
    #[must_use]
    pub const fn refunds(&self) -> bool {
        self.spec.operations.refund.support.is_offered()
    }

    /// Whether an order can be given up before the customer pays.
    #[must_use]
    pub const fn cancels_before(&self) -> bool {
        self.spec.operations.cancel.support.is_offered()
    }

    /// Whether an order can be given up once it is approved: not where the approval captures.
    #[must_use]
    pub const fn cancels_after(&self) -> bool {
        self.cancels_before() && matches!(self.spec.capture, CaptureMode::OnFulfilment)
    }

    /// Whether we hear of a customer's arrival without a message.
    #[must_use]
    pub const fn pulls(&self) -> bool {
        self.local.pulls
    }

    /// Where an order may end that was declined.
    #[must_use]
    pub const fn declined(&self) -> &'static [OrderState] {
        self.local.declined
    }

    /// Where an order may end whose shopper left.
    #[must_use]
    pub const fn left(&self) -> &'static [OrderState] {
        self.local.left
    }
}

#[cfg(test)]
mod tests {
    use super::Manners;

    #[test]
    fn every_simulated_provider_has_manners_in_a_currency_of_its_table() {
        for kind in crate::simulated::KINDS {
            let manners = Manners::of(kind.id).expect(kind.id);
            let currencies = manners.spec.currencies.iter().map(|currency| currency.code());
            assert!(currencies.into_iter().any(|code| code == manners.money().0), "{}", kind.id);
        }
    }

    #[test]
    fn what_is_possible_follows_the_table() {
        let possible = |id: &str| {
            let it = Manners::of(id).unwrap();
            [it.ships(), it.refunds(), it.cancels_before(), it.cancels_after()]
        };
        assert_eq!(possible("dividebuy"), [true, true, true, true]);
        assert_eq!(possible("divit"), [false, true, false, false]);
        assert_eq!(possible("kredivo"), [false, false, false, false]);
    }
}
