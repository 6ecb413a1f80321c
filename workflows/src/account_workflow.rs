//! A provider account's durable run: its history is the account's audit.
//!
//! It checks the credentials at the provider, switches the account on there, and keeps what the provider sends about
//! it. Secrets stay under seal; steps open them.

use crate::order::Settings;
use crate::provider_call::{ProviderCall, spec_of};
use crate::time::timestamp;
use jiff::Timestamp;
use ordain_engine::store::Attributes;
use ordain_engine::{Ctx, Next, Sealed, StepFailure, Workflow};
use ordain_providers::spec::{Operation, refunds_amounts};
use ordain_providers::{Op, Outcome, Private};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An account's history is read from its newest continuation on: it lives as long as the shop.
const RECORDS_MAX: u64 = 500;

/// The account workflow.
pub struct AccountWorkflow;

/// What an account's run starts with, or goes on with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountInput {
    /// An account to be checked.
    New(Box<NewAccount>),
    /// An account as it stood.
    Continued(Box<Account>),
}

/// What an account's run starts with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewAccount {
    /// Chosen by the merchant; part of the account's URL.
    pub id: String,
    /// Whose.
    pub merchant: String,
    /// The provider's id.
    pub provider: String,
    /// Which of the provider's hosts.
    pub environment: Environment,
    /// What the provider's table names; defaults filled in.
    pub config: BTreeMap<String, String>,
    /// What the provider's table names.
    pub secrets: Sealed<Secrets>,
    /// For the account's orders.
    pub settings: Settings,
}

/// An account's credentials by the names in the provider's table.
pub type Secrets = BTreeMap<String, Private<String>>;

/// Which of a provider's hosts an account speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Environment {
    /// The real one: money moves.
    Live,
    /// The provider's own test host.
    Sandbox,
    /// Our simulator.
    Simulated,
}

/// What an account's run can be told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum AccountMessage {
    /// Check the credentials again.
    Verify,
    /// Take new orders from now on, or take none; what is open goes on.
    Switch {
        /// Whether it is on.
        on: bool,
    },
    /// Other values from now on; then check again.
    Update {
        /// Values to replace, by the names in the provider's table.
        config: BTreeMap<String, String>,
        /// All secrets anew, if any of them changes.
        secrets: Option<Sealed<Secrets>>,
    },
    /// The provider sent configuration.
    Configured {
        /// What it calls the message.
        label: String,
        /// As JSON, without credentials.
        config: serde_json::Value,
    },
    /// Its time is another clock's from now on.
    SetClock {
        /// That clock's run; real time, if none.
        clock: Option<String>,
    },
}

/// An account as it stands: the run's view.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// What it was created with.
    pub new: NewAccount,
    /// Whether it may be used.
    pub state: AccountState,
    /// Why not, for a person.
    pub message: String,
    /// What the provider calls this account.
    pub provider_refs: BTreeMap<String, String>,
    /// The newest configuration that the provider sent, by kind of message.
    pub provider_config: BTreeMap<String, serde_json::Value>,
    /// Whether the merchant switched it off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Its test clock's run; it lives in real time, if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_clock: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything changed.
    pub updated_at: Timestamp,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// Its credentials are being checked.
    Verifying,
    /// The provider took them.
    Active,
    /// The provider refused them, or a person gave the check up.
    Refused,
    /// The merchant switched it off.
    Disabled,
}

impl Account {
    fn new(new: NewAccount, now: Timestamp) -> Self {
        Self {
            new,
            state: AccountState::Verifying,
            message: String::new(),
            provider_refs: BTreeMap::new(),
            provider_config: BTreeMap::new(),
            disabled: false,
            test_clock: None,
            created_at: now,
            updated_at: now,
        }
    }
}

impl Workflow for AccountWorkflow {
    const NAME: &'static str = "account";
    const VERSION: u32 = 1;
    type Input = AccountInput;
    type Message = AccountMessage;
    type Answer = ();

    async fn run(ctx: Ctx<Self>, input: AccountInput) -> String {
        let mut account = match input {
            AccountInput::New(new) => {
                let mut account = Account::new(*new, timestamp(ctx.now()));
                verify(&ctx, &mut account).await;
                account
            }
            AccountInput::Continued(account) => *account,
        };
        loop {
            if ctx.records_since_beginning() >= RECORDS_MAX {
                match ctx.continue_with(&AccountInput::Continued(Box::new(account))).await {}
            }
            let Next::Message(told) = ctx.next(None).await else { continue };
            match &told.message {
                AccountMessage::Verify => {
                    ctx.answer(&told, &());
                    verify(&ctx, &mut account).await;
                }
                AccountMessage::Switch { on } => {
                    ctx.answer(&told, &());
                    account.disabled = !on;
                    ctx.event("AccountSwitched", on);
                    verify(&ctx, &mut account).await;
                }
                AccountMessage::Update { config, secrets } => {
                    ctx.answer(&told, &());
                    account.new.config.extend(config.clone());
                    account.new.settings.amount_refunds = refunds_amounts(&account.new.config);
                    account.new.secrets = secrets.clone().unwrap_or(account.new.secrets);
                    ctx.event("AccountUpdated", &config.keys().collect::<Vec<_>>());
                    verify(&ctx, &mut account).await;
                }
                AccountMessage::Configured { label, config } => {
                    account.provider_config.insert(label.clone(), config.clone());
                    ctx.event("AccountConfigured", label);
                    show(&ctx, &mut account);
                }
                AccountMessage::SetClock { clock } => {
                    account.test_clock.clone_from(clock);
                    ctx.event("ClockSet", clock);
                    show(&ctx, &mut account);
                    ctx.answer(&told, &());
                }
            }
        }
    }
}

/// Checks the credentials, then switches the account on or off, as far as the provider has either.
async fn verify(ctx: &Ctx<AccountWorkflow>, account: &mut Account) {
    account.state = AccountState::Verifying;
    account.message.clear();
    show(ctx, account);
    let table = &spec_of(&account.new.provider).operations;
    let steps = [
        (&table.verify_account, Op::VerifyAccount),
        (&table.activate_account, Op::ActivateAccount { active: !account.disabled }),
    ];
    for (line, op) in steps {
        if let Err(why) = ask(ctx, account, line, op).await {
            account.state = AccountState::Refused;
            account.message = why;
            ctx.event("AccountRefused", &account.message);
            return show(ctx, account);
        }
    }
    if account.disabled {
        account.state = AccountState::Disabled;
        account.message = "it was switched off".to_owned();
        ctx.event("AccountDisabled", &account.provider_refs);
    } else {
        account.state = AccountState::Active;
        ctx.event("AccountActivated", &account.provider_refs);
    }
    show(ctx, account);
}

async fn ask(
    ctx: &Ctx<AccountWorkflow>,
    account: &mut Account,
    line: &Operation,
    op: Op,
) -> Result<(), String> {
    if !line.support.is_offered() {
        return Ok(());
    }
    let (provider, id) = (account.new.provider.clone(), account.new.id.clone());
    let pace = account.new.settings.poll_scale;
    match ctx.run(ProviderCall { provider, account: id, pace, op, attempt: None }).await {
        Ok(answer) => match answer.outcome {
            Outcome::Done(facts) | Outcome::Pending(facts) => {
                account.provider_refs.extend(facts.refs);
                // The next step reads what this one learnt.
                show(ctx, account);
                Ok(())
            }
            Outcome::Refused { message, .. } => Err(message),
            Outcome::NotSent { why } | Outcome::Unknown { why } => Err(why),
        },
        Err(StepFailure::Skipped { reason, .. }) => Err(reason),
    }
}

fn show(ctx: &Ctx<AccountWorkflow>, account: &mut Account) {
    account.updated_at = timestamp(ctx.now());
    let state = match account.state {
        AccountState::Verifying => "VERIFYING",
        AccountState::Active => "ACTIVE",
        AccountState::Refused => "REFUSED",
        AccountState::Disabled => "DISABLED",
    };
    let attributes =
        Attributes { owner: account.new.merchant.clone(), state: state.into(), ..Attributes::default() };
    ctx.show(account, attributes);
}
