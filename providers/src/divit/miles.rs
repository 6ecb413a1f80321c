//! Miles for the customer: what we say of them, and our own check of the sum.
//!
//! divit credits whatever it is told, and opens a ticket with its staff when the number is not the promo code's ratio of
//! the amount, or when the miles cost more than the order. We look at the same two things and raise an alert: a bonus
//! on purpose is no reason to stop an order. `XYZ01` of ratio 1:2 makes HKD 2500.00 into 1250 miles.

use super::table::CENTS;
use crate::{Cx, EncodeError, Money, OrderContent};

/// What an order says of miles; zeros and nothing where it says nothing.
pub(super) struct Reward {
    pub(super) miles: u64,
    /// What counts for them.
    pub(super) earning: Money,
    /// Of the account's promo codes. A secret; divit alone may see it.
    pub(super) code: String,
    ratio: Option<(u128, u128)>,
    /// What a mile costs the shop, in cents.
    cost: Option<u64>,
}

impl Reward {
    /// By the order's options and the account's codes.
    pub(super) fn of(content: &OrderContent, cx: &Cx<'_>) -> Result<Self, EncodeError> {
        let said = |name| content.option(name).unwrap_or("0");
        let unclear = |name| EncodeError::inexpressible(name, "must be a whole number");
        let miles = said("miles_for_reward").parse().map_err(|_| unclear("miles_for_reward"))?;
        let earning = CENTS.read(content.currency, said("total_for_reward_minor"));
        let earning = earning.map_err(|_| unclear("total_for_reward_minor"))?;
        let cost = Some(cx.account.setting("mile_cost_minor")).filter(|cost| miles > 0 && !cost.is_empty());
        let cost = cost.map(str::parse).transpose();
        let cost = cost.map_err(|_| EncodeError::AccountIncomplete { field: "mile_cost_minor" })?;
        let Some(scheme) = content.option("reward_scheme") else {
            // An empty code is divit's own word for "nobody checks", and wants a zero beside it.
            let earning = Money::zero(content.currency);
            return Ok(Self { miles, earning, code: String::new(), ratio: None, cost });
        };
        let codes = cx.account.json_secret("promo_codes")?;
        let known = codes.field(scheme);
        let (code, ratio) = (known.text("code").to_owned(), parts(known.text("ratio")));
        if code.is_empty() || ratio.is_none() {
            // Without its ratio the check would be off, and nobody would know.
            return Err(EncodeError::AccountIncomplete { field: "promo_codes" });
        }
        Ok(Self { miles, earning, code, ratio, cost })
    }

    /// What is odd about the miles, in words that do not give the code away.
    pub(super) fn alerts(&self, content: &OrderContent) -> Vec<String> {
        let mut alerts = Vec::new();
        if let Some((amount, miles)) = self.ratio
            && !self.is_by_ratio(amount, miles)
        {
            let due = self.earning_minor() * amount / (miles * 100);
            alerts.push(format!("the order rewards {} miles, and its scheme makes {due}", self.miles));
        }
        let worth = u128::try_from(content.total.minor).unwrap_or_default();
        if self.cost.is_some_and(|cost| u128::from(cost) * u128::from(self.miles) > worth) {
            alerts.push(format!("the order rewards {} miles, which cost more than it brings", self.miles));
        }
        alerts
    }

    fn earning_minor(&self) -> u128 {
        u128::from(self.earning.minor.unsigned_abs())
    }

    /// Exact, except that divit does not say how it rounds: less than one whole mile apart is the same.
    fn is_by_ratio(&self, amount: u128, miles: u128) -> bool {
        let unit = miles * 100;
        (u128::from(self.miles) * unit).abs_diff(self.earning_minor() * amount) < unit
    }
}

/// `1:2`, two whole numbers above zero.
fn parts(ratio: &str) -> Option<(u128, u128)> {
    let (left, right) = ratio.split_once(':')?;
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0).map(u128::from);
    Some((number(left)?, number(right)?))
}
