//! What a shopper is going to do. Pure: the same seed, index and token make the same plan, down to its request ids.

use super::basket;
use super::dice::Dice;
use super::manners::Manners;
use ordain_proto::orders::v1::{CreateOrderRequest, Line, LineKind, Order, OrderState, Portion, WaitFor};
use sha2::{Digest, Sha256};

/// How shoppers behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mix {
    /// Everybody is approved, and every order ends complete
    Default,
    /// Some are declined, leave, close the tab or change their minds
    Everything,
}

/// What all shoppers of a demo have in common.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Whose orders.
    pub merchant: String,
    /// The account's full name.
    pub account: String,
    /// How one shops there.
    pub manners: Manners,
    /// Tells this demo's orders from all others.
    pub token: String,
    /// Whether the account completes orders while we watch.
    pub completes: bool,
    /// Whether webhooks are dropped on purpose: who declines is then never heard of.
    pub loses_webhooks: bool,
}

/// One shopper's plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Which shopper.
    pub index: u32,
    /// The order, as it is asked for.
    pub create: CreateOrderRequest,
    /// What the shopper does at the checkout.
    pub visit: Visit,
    /// What the shop ships, once it may: one or two parcels, or none where the provider wants to hear of none.
    pub parcels: Vec<Parcel>,
    /// What comes back.
    pub refund: Option<Vec<Portion>>,
    /// Where the order may end.
    pub ends: Vec<OrderState>,
    seed: String,
}

/// What a shopper does at the checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Is approved and comes back to the shop.
    Pays,
    /// Is approved and closes the browser: only the provider tells the shop.
    PaysAndIsGone,
    /// Is declined.
    Declined,
    /// Presses "leave".
    Leaves,
    /// Closes the tab; the order stays open.
    ClosesTab,
    /// Closes the tab; the shop gives the order up.
    ClosesTabAndExpires,
    /// Never goes there: the shop cancels first.
    CancelledBefore,
    /// Is approved, and the shop cancels.
    CancelledAfter,
}

/// One parcel.
#[derive(Debug, Clone, PartialEq)]
pub struct Parcel {
    /// What is in it; everything that remains, if empty.
    pub lines: Vec<Portion>,
    /// Its number at the carrier.
    pub number: String,
}

impl Visit {
    fn choose(dice: &mut Dice, mix: Mix, setting: &Setting) -> Self {
        let manners = &setting.manners;
        // Somebody has to tell: where messages are lost, and nobody pulls, it is the browser.
        let told = manners.pulls() || !setting.loses_webhooks;
        let pays = if dice.percent(25) && told { Self::PaysAndIsGone } else { Self::Pays };
        if mix == Mix::Default || dice.percent(40) {
            return pays;
        }
        match dice.below(6) {
            0 => Self::Declined,
            1 => Self::Leaves,
            2 => Self::ClosesTab,
            3 => Self::ClosesTabAndExpires,
            4 if manners.cancels_before() => Self::CancelledBefore,
            5 if manners.cancels_after() => Self::CancelledAfter,
            _ => pays,
        }
    }

    fn ends(self, setting: &Setting) -> Vec<OrderState> {
        match self {
            Self::Pays | Self::PaysAndIsGone if setting.completes => vec![OrderState::Completed],
            Self::Pays | Self::PaysAndIsGone => vec![OrderState::Captured, OrderState::Completed],
            // The browser alone is no proof: without the webhook the order stays open.
            Self::Declined | Self::Leaves => {
                let ends =
                    if self == Self::Declined { setting.manners.declined() } else { setting.manners.left() };
                let unheard = setting.loses_webhooks.then_some(OrderState::AwaitingCustomer);
                ends.iter().copied().chain(unheard).collect()
            }
            Self::CancelledBefore | Self::CancelledAfter => vec![OrderState::Cancelled],
            Self::ClosesTab => vec![OrderState::AwaitingCustomer],
            Self::ClosesTabAndExpires => vec![OrderState::Expired],
        }
    }
}

impl Plan {
    /// The plan of one shopper.
    #[must_use]
    pub fn of(setting: &Setting, seed: u64, index: u32, mix: Mix) -> Self {
        let mut dice = Dice::of(seed, index);
        let order = Order {
            client_reference: format!("demo-{}-{index}", setting.token),
            provider_account: setting.account.clone(),
            ..basket::order(&mut dice, index, &setting.manners)
        };
        let visit = Visit::choose(&mut dice, mix, setting);
        let parcels =
            parcels(&mut dice, &order.lines, &format!("{}{index:06}", setting.token.to_ascii_uppercase()));
        let parcels = if setting.manners.ships() { parcels } else { Vec::new() };
        let refund = refund(&mut dice, &order.lines).filter(|_| setting.manners.refunds());
        let seed = format!("{seed}/{}/{index}", setting.token);
        let create = CreateOrderRequest {
            parent: format!("merchants/{}", setting.merchant),
            order: Some(order),
            request_id: request_id(&seed, "create"),
            validate_only: false,
            wait: WaitFor::Accepted.into(),
        };
        Self { index, create, visit, parcels, refund, ends: visit.ends(setting), seed }
    }

    /// The request id of one of this shopper's wishes, the same however often it is asked for.
    #[must_use]
    pub fn request_id(&self, wish: &str) -> String {
        request_id(&self.seed, wish)
    }
}

fn request_id(seed: &str, wish: &str) -> String {
    let digest = Sha256::digest(format!("ordain demo/{seed}/{wish}"));
    let bytes = digest[..16].try_into().expect("a digest has 32 bytes");
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Everything in one parcel, or some of it in a first one.
fn parcels(dice: &mut Dice, lines: &[Line], number: &str) -> Vec<Parcel> {
    let rest = |suffix: &str| Parcel { lines: Vec::new(), number: format!("{number}{suffix}") };
    match some_of(dice, lines).filter(|_| dice.percent(40)) {
        Some(portion) => vec![Parcel { lines: vec![portion], number: format!("{number}A") }, rest("B")],
        None => vec![rest("A")],
    }
}

/// One piece of the first line, where that leaves something for another parcel.
fn some_of(dice: &mut Dice, lines: &[Line]) -> Option<Portion> {
    let goods: Vec<&Line> = lines.iter().filter(|line| line.kind() == LineKind::Product).collect();
    let first = goods.first()?;
    let splits = first.quantity != "1";
    if goods.len() == 1 && !splits {
        return None;
    }
    let whole = goods.len() > 1 && dice.percent(50);
    let quantity = if whole { first.quantity.clone() } else { "1".to_owned() };
    Some(Portion { line_id: first.line_id.clone(), quantity, amount: None })
}

/// Nothing, one line, one piece of it, or everything.
fn refund(dice: &mut Dice, lines: &[Line]) -> Option<Vec<Portion>> {
    let goods: Vec<&Line> = lines.iter().filter(|line| line.kind() == LineKind::Product).collect();
    let pick = goods[dice.below(u32::try_from(goods.len()).unwrap_or(1)) as usize];
    let portion = |quantity: &str| Portion {
        line_id: pick.line_id.clone(),
        quantity: quantity.to_owned(),
        amount: None,
    };
    match dice.below(10) {
        0 | 1 => Some(vec![portion(&pick.quantity)]),
        2 => Some(vec![portion("1")]),
        3 => Some(Vec::new()),
        _ => None,
    }
}

/// A token that no other demo has.
#[must_use]
pub fn new_token() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..8].to_owned()
}

/// Reads a token: it becomes part of references and parcel numbers.
///
/// # Errors
/// Says what would be right.
pub fn token(text: &str) -> Result<String, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if plain && (1..=16).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("a token has 1 to 16 small letters and digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Manners, Mix, Plan, Setting, Visit};
    use ordain_proto::orders::v1::{Line, OrderState};
    use std::collections::BTreeSet;

    fn setting() -> Setting {
        Setting {
            merchant: "demo".to_owned(),
            account: "merchants/demo/accounts/demo-dividebuy".to_owned(),
            manners: Manners::of("dividebuy").unwrap(),
            token: "cafe".to_owned(),
            completes: true,
            loses_webhooks: false,
        }
    }

    fn plans(mix: Mix) -> Vec<Plan> {
        (0..400).map(|index| Plan::of(&setting(), 1, index, mix)).collect()
    }

    fn lines(plan: &Plan) -> &[Line] {
        &plan.create.order.as_ref().unwrap().lines
    }

    #[test]
    fn same_seed_and_token_make_the_same_plan() {
        let plan = Plan::of(&setting(), 1, 17, Mix::Everything);
        assert_eq!(plan, Plan::of(&setting(), 1, 17, Mix::Everything));
        let other = Plan::of(&Setting { token: "babe".to_owned(), ..setting() }, 1, 17, Mix::Everything);
        assert_eq!((lines(&other), other.visit), (lines(&plan), plan.visit));
        assert_ne!(other.create.request_id, plan.create.request_id);
        assert_eq!(plan.create.order.unwrap().client_reference, "demo-cafe-17");
    }

    #[test]
    fn every_wish_has_a_request_id_of_its_own() {
        let plans = plans(Mix::Default);
        let ids = plans
            .iter()
            .flat_map(|plan| ["create", "ship-0", "ship-1", "refund"].map(|wish| plan.request_id(wish)));
        let ids: BTreeSet<String> = ids.collect();
        assert_eq!(ids.len(), 4 * plans.len());
        assert!(ids.iter().all(|id| id.parse::<uuid::Uuid>().is_ok()));
        assert_eq!(plans[3].create.request_id, plans[3].request_id("create"));
    }

    #[test]
    fn default_mix_always_ends_complete() {
        for plan in plans(Mix::Default) {
            assert!(matches!(plan.visit, Visit::Pays | Visit::PaysAndIsGone));
            assert_eq!(plan.ends, [OrderState::Completed]);
        }
    }

    #[test]
    fn everything_happens_in_everything() {
        let visits =
            plans(Mix::Everything).iter().map(|plan| format!("{:?}", plan.visit)).collect::<BTreeSet<_>>();
        assert_eq!(visits.len(), 8, "{visits:?}");
    }

    #[test]
    fn plans_keep_to_what_the_provider_offers() {
        let setting = Setting { manners: Manners::of("kredivo").unwrap(), ..setting() };
        for plan in (0..400).map(|index| Plan::of(&setting, 1, index, Mix::Everything)) {
            assert!(plan.parcels.is_empty() && plan.refund.is_none());
            assert!(!matches!(plan.visit, Visit::CancelledBefore | Visit::CancelledAfter));
            assert!(lines(&plan).iter().all(|line| line.total.as_ref().unwrap().minor_units % 100 == 0));
        }
    }

    #[test]
    fn two_parcels_leave_something_for_the_second() {
        let mut split = 0;
        for plan in plans(Mix::Default).iter().filter(|plan| plan.parcels.len() == 2) {
            split += 1;
            let first = &plan.parcels[0].lines[0];
            let line = lines(plan).iter().find(|line| line.line_id == first.line_id).unwrap();
            let others =
                lines(plan).iter().any(|other| other.line_id != line.line_id && other.sku.contains('-'));
            assert!(others || first.quantity != line.quantity, "shopper {}: nothing is left", plan.index);
            assert!(plan.parcels[1].lines.is_empty());
        }
        assert!(split > 50, "only {split} of 400 split");
    }

    #[test]
    fn somebody_always_tells_of_a_payment() {
        let lossy = Setting { loses_webhooks: true, manners: Manners::of("payby").unwrap(), ..setting() };
        let visits = (0..400).map(|index| Plan::of(&lossy, 1, index, Mix::Default).visit);
        assert!(visits.into_iter().all(|visit| visit == Visit::Pays));
    }

    #[test]
    fn lost_webhooks_leave_the_declined_where_they_were() {
        let lossy = Setting { loses_webhooks: true, ..setting() };
        assert!(Visit::Declined.ends(&lossy).contains(&OrderState::AwaitingCustomer));
        assert_eq!(Visit::Declined.ends(&setting()), [OrderState::Cancelled]);
    }
}
