//! Finance plans, and what one costs: whole minor units and exact decimals only.

use serde::{Deserialize, Serialize};

use super::decimal::{self, share, shortest};
use super::json::{Json, object, whole};

/// The largest amount of an application, in minor units: interest on it, and sums of it, fit into any number here.
const AMOUNT_MAX: i64 = 10_000_000_000;
/// The highest interest, in hundredths of a percent a year.
const INTEREST_MAX: u32 = 10_000;

/// One finance plan, as `finances` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// `F…`.
    pub id: String,
    /// What the customer reads.
    pub text: String,
    /// Where it is on offer: `GB`.
    pub country: String,
    /// Months.
    pub agreement_duration: u32,
    /// Months before the first instalment.
    #[serde(default)]
    pub deferral_period: u32,
    /// Yearly, in hundredths of a percent.
    #[serde(default)]
    pub interest_bp: u32,
    /// Smallest order, in minor units.
    #[serde(default)]
    pub min_amount_minor: i64,
    /// Smallest deposit, in percent of the order.
    #[serde(default)]
    pub min_deposit: i64,
    /// Largest deposit, in percent of the order.
    pub max_deposit: i64,
}

/// The two plans that the documents list (S3 L306-334).
pub(crate) fn documented() -> Vec<Plan> {
    let plan = |id: &str, months: u32| Plan {
        id: id.to_owned(),
        text: format!("{months} Month 0% Interest Free"),
        country: "GB".to_owned(),
        agreement_duration: months,
        deferral_period: 0,
        interest_bp: 0,
        min_amount_minor: 15_000,
        min_deposit: 0,
        max_deposit: 50,
    };
    vec![plan("F06895E17-EE96-926E-7137-37BCABB9DCF7", 6), plan("F284D5F1D-E8AF-D4B7-E1AF-A352F6087352", 12)]
}

/// What a plan costs.
#[derive(Clone, Copy)]
pub(crate) struct Quote {
    pub(crate) credit: i64,
    pub(crate) monthly: i64,
    pub(crate) total: i64,
}

impl Plan {
    pub(crate) fn is_usable(&self) -> bool {
        let deposits =
            (0..=100).contains(&self.min_deposit) && (self.min_deposit..=100).contains(&self.max_deposit);
        let months = (1..=120).contains(&self.agreement_duration);
        !self.id.is_empty() && months && self.interest_bp <= INTEREST_MAX && deposits
    }

    /// What `amount` less `deposit` costs, or why this plan does not take them.
    pub(crate) fn quote(&self, amount: i64, deposit: i64) -> Result<Quote, &'static str> {
        if amount < self.min_amount_minor || amount <= 0 {
            return Err("The amount is below the minimum of this finance option");
        }
        if amount > AMOUNT_MAX {
            return Err("The amount is above the maximum of every finance option");
        }
        let percent = |percent: i64| i128::from(amount) * i128::from(percent);
        let asked = i128::from(deposit) * 100;
        if deposit < 0 || asked < percent(self.min_deposit) || asked > percent(self.max_deposit) {
            return Err("The deposit is outside the range of this finance option");
        }
        let credit = amount - deposit;
        let months = i64::from(self.agreement_duration);
        if self.interest_bp == 0 {
            return Ok(Quote { credit, monthly: share(credit, 1, months), total: credit });
        }
        let monthly = self.instalment(credit);
        Ok(Quote { credit, monthly, total: monthly * months })
    }

    /// The instalment that pays a credit back with interest, rounded half up; in fixed point with twelve places.
    fn instalment(&self, credit: i64) -> i64 {
        const SCALE: i128 = 1_000_000_000_000;
        let rate = i128::from(self.interest_bp) * SCALE / 120_000;
        let grown = (0..self.agreement_duration).fold(SCALE, |grown, _| grown * (SCALE + rate) / SCALE);
        let (above, below) = (i128::from(credit) * rate * grown / SCALE, grown - SCALE);
        i64::try_from((2 * above + below) / (2 * below)).unwrap_or(i64::MAX)
    }

    /// The yearly rate in percent.
    pub(crate) fn interest_rate(&self) -> Json {
        whole(decimal::shortest(i64::from(self.interest_bp)))
    }

    /// As `finances` lists it.
    pub(crate) fn listed(&self) -> Json {
        object([
            ("agreement_duration", whole(self.agreement_duration)),
            ("country", (&self.country).into()),
            ("deferral_period", whole(self.deferral_period)),
            ("id", (&self.id).into()),
            ("instalment_fee", whole(0)),
            ("interest_rate", self.interest_rate()),
            ("max_deposit", whole(self.max_deposit)),
            ("min_amount", whole(shortest(self.min_amount_minor))),
            ("min_deposit", whole(self.min_deposit)),
            ("setup_fee", whole(0)),
            ("text", (&self.text).into()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::documented;

    #[test]
    fn interest_free_credit_is_divided() {
        let plan = &documented()[1];
        let quote = plan.quote(200_000, 20_000).expect("within the plan");
        assert_eq!((quote.credit, quote.monthly, quote.total), (180_000, 15_000, 180_000));
        assert!(plan.quote(14_999, 0).is_err() && plan.quote(200_000, 100_001).is_err());
    }

    #[test]
    fn interest_is_paid_in_equal_instalments() {
        let plan = super::Plan { interest_bp: 990, ..documented()[1].clone() };
        let quote = plan.quote(120_000, 0).expect("within the plan");
        assert_eq!((quote.monthly, quote.total), (10_544, 126_528));
        let dearest = super::Plan { interest_bp: 10_000, agreement_duration: 120, ..plan };
        assert!(dearest.is_usable() && dearest.quote(10_000_000_000, 0).is_ok());
        assert!(dearest.quote(10_000_000_001, 0).is_err());
        assert!(!super::Plan { interest_bp: 10_001, ..dearest }.is_usable());
    }
}
