//! What can be asked of a provider besides its orders, and what comes of it: plans, quotes, statements.

use crate::{Money, Private};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What can be asked of a provider besides its orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum Question {
    /// The finance plans that this account may offer.
    FinancePlans,
    /// What a plan would cost a customer.
    Quote {
        /// The plan's id at the provider.
        plan: String,
        /// What is bought.
        amount: Money,
        /// What is paid at once.
        deposit: Money,
    },
    /// The provider's own list of orders, newest first.
    Orders {
        /// From 1.
        page: u32,
    },
    /// Which statements there are, newest first.
    Statements {
        /// From 1.
        page: u32,
    },
    /// One statement: by the provider's id of it or, where there is one a day, by its day (`2026-11-21`).
    Statement {
        /// Which.
        id: String,
    },
}

/// What came of a question about the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Findings {
    /// As the provider said it, without personal data.
    Listed {
        /// Its own JSON.
        json: serde_json::Value,
    },
    /// Which statements there are, newest first.
    Statements {
        /// One page of them.
        heads: Vec<StatementHead>,
    },
    /// What was settled, line by line.
    Statement {
        /// The lines.
        lines: Vec<StatementLine>,
    },
    /// A document as it came; its insides are the provider's own affair.
    Document {
        /// Its name there.
        name: String,
        /// The bytes.
        bytes: Private<Vec<u8>>,
    },
}

/// A statement in a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementHead {
    /// What [`Question::Statement`] asks for.
    pub id: String,
    /// Of which day, by the provider's own calendar.
    pub day: Date,
}

/// One line of a settlement. Amounts are exact decimals in major units, as written: some have three places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLine {
    /// Our id of the order, where the line names it.
    pub order_id: Option<String>,
    /// The provider's id of the order.
    pub provider_order_id: Option<String>,
    /// Our id of the refund, where the line names one of ours.
    pub operation_id: Option<String>,
    /// What the line is.
    pub kind: StatementLineKind,
    /// Of the amounts, as the provider writes it; none where the statement does not say.
    pub currency: Option<String>,
    /// Before the provider's fee.
    pub gross: String,
    /// The provider's fee, where the statement has it.
    pub fee: Option<String>,
    /// What the shop gets, where the statement has it.
    pub net: Option<String>,
}

/// What a line of a settlement is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StatementLineKind {
    /// The shop is paid for an order, or for a part of it.
    Payment,
    /// Money went back.
    Refund,
    /// Something else, in the provider's word.
    Other(String),
}
