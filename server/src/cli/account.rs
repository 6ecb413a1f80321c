//! Merchants' accounts at providers.

mod every;
mod secret;

pub use every::every;

use super::failure::Failure;
use super::output::{Cell, Output, Paint, Table};
use super::pairs::{self, Pair};
use super::session::{Session, bounded, request_id};
use super::{json, names, time};
use ordain_proto::accounts::v1::{
    AccountState, CreateProviderAccountRequest, DisableProviderAccountRequest, EnableProviderAccountRequest,
    Environment, GetProviderAccountRequest, LatePayment, ProviderAccount, UpdateProviderAccountRequest,
    VerifyProviderAccountRequest,
};
use secret::SecretText;
use std::collections::BTreeMap;

/// Set up and check accounts at providers.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set an account up, check its credentials at the provider and switch it on there
    Create(CreateArgs),
    /// Show an account
    Get(GetArgs),
    /// List a merchant's accounts
    List(ListArgs),
    /// Replace values or secrets of an account, and check it again
    Update(UpdateArgs),
    /// Check an account's credentials again
    #[command(after_help = "Example: ordain account verify demo-dividebuy")]
    Verify(NamedArgs),
    /// Take no new orders for an account, and switch it off at the provider; its orders go on
    #[command(after_help = "Example: ordain account disable demo-dividebuy")]
    Disable(NamedArgs),
    /// Take orders for an account again
    #[command(after_help = "Example: ordain account enable demo-dividebuy")]
    Enable(NamedArgs),
}

/// What the account consists of; `ordain account create` says what is missing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain account create shop-uk --provider dividebuy --environment sandbox \\\n  \
    --config retailer_store_code=shop-uk --secret store_token=@token.txt --secret store_authentication=env:STORE_AUTH\n\n\
    A secret is read from a file (@FILE), the environment (env:NAME) or a line of standard input (-), never from\n\
    the command line, where every process of the machine could read it."
)]
pub struct CreateArgs {
    /// Small letters, digits and dashes; part of the account's address
    account: String,
    /// Which provider, by its id: `ordain provider list`
    #[arg(long, value_name = "ID")]
    provider: String,
    /// Which of the provider's hosts
    #[arg(long, value_enum, default_value_t = Where::Simulated)]
    environment: Where,
    /// A plain value of the account
    #[arg(long, value_name = "NAME=VALUE")]
    config: Vec<Pair>,
    /// A sealed value of the account: NAME=@FILE, NAME=env:VARIABLE or NAME=-
    #[arg(long, value_name = "NAME=SOURCE")]
    secret: Vec<SecretText>,
    /// How long after an order's last operation it counts as completed [default: the provider's]
    #[arg(long, value_name = "SPAN", value_parser = time::span)]
    complete_after: Option<std::time::Duration>,
    /// Divides the waits between two questions to the provider, for sandboxes
    #[arg(long, value_name = "N", default_value_t = 1)]
    poll_scale: u32,
    /// What happens to a payment of an order that had ended, or that was paid already
    #[arg(long, value_enum, default_value_t = Late::Accept)]
    late_payment: Late,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// What happens to a payment of an order that had ended, or that was paid already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Late {
    /// It counts; a second payment of one order waits for a person
    Accept,
    /// It goes back at once
    AutoRefund,
    /// Nothing ships before a person accepts it or gives it back
    Park,
}

impl From<Late> for LatePayment {
    fn from(late: Late) -> Self {
        match late {
            Late::Accept => Self::Accept,
            Late::AutoRefund => Self::AutoRefund,
            Late::Park => Self::Park,
        }
    }
}

/// What to replace; the rest stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain account update shop-uk --secret store_token=@token.txt")]
pub struct UpdateArgs {
    /// Its id, or its full name
    account: String,
    /// A plain value of the account
    #[arg(long, value_name = "NAME=VALUE")]
    config: Vec<Pair>,
    /// A sealed value of the account: NAME=@FILE, NAME=env:VARIABLE or NAME=-
    #[arg(long, value_name = "NAME=SOURCE")]
    secret: Vec<SecretText>,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// Which of the provider's hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Where {
    /// The real one
    Live,
    /// The provider's own test host
    Sandbox,
    /// Our simulator of it
    Simulated,
}

impl From<Where> for Environment {
    fn from(environment: Where) -> Self {
        match environment {
            Where::Live => Self::Live,
            Where::Sandbox => Self::Sandbox,
            Where::Simulated => Self::Simulated,
        }
    }
}

/// Which account.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain account get demo-dividebuy")]
pub struct GetArgs {
    /// Its id, or its full name
    account: String,
}

/// Whose accounts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain account list")]
pub struct ListArgs {
    /// Of all merchants
    #[arg(long)]
    all_merchants: bool,
}

/// Which account.
#[derive(Debug, clap::Args)]
pub struct NamedArgs {
    /// Its id, or its full name
    account: String,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// Does one of them.
///
/// # Errors
/// Whatever was refused.
pub async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create(session, args).await,
        Command::Get(args) => {
            let request =
                GetProviderAccountRequest { name: names::account(session.merchant(), &args.account) };
            let answer = session.accounts().await?.get_provider_account(bounded(request)).await?.into_inner();
            tell(session.output(), answer.provider_account)
        }
        Command::List(args) => list(session, args).await,
        Command::Update(args) => update(session, args).await,
        Command::Verify(args) => {
            let name = names::account(session.merchant(), &args.account);
            let request = VerifyProviderAccountRequest { name, request_id: request_id(args.request_id) };
            let answer =
                session.accounts().await?.verify_provider_account(bounded(request)).await?.into_inner();
            tell(session.output(), answer.provider_account)
        }
        Command::Disable(args) => {
            let name = names::account(session.merchant(), &args.account);
            let request = DisableProviderAccountRequest { name, request_id: request_id(args.request_id) };
            let answer =
                session.accounts().await?.disable_provider_account(bounded(request)).await?.into_inner();
            tell(session.output(), answer.provider_account)
        }
        Command::Enable(args) => {
            let name = names::account(session.merchant(), &args.account);
            let request = EnableProviderAccountRequest { name, request_id: request_id(args.request_id) };
            let answer =
                session.accounts().await?.enable_provider_account(bounded(request)).await?.into_inner();
            tell(session.output(), answer.provider_account)
        }
    }
}

async fn create(session: &Session, args: CreateArgs) -> Result<(), Failure> {
    let complete_after = args.complete_after.map(|span| i64::try_from(span.as_secs()).unwrap_or(i64::MAX));
    let account = ProviderAccount {
        provider: args.provider,
        environment: Environment::from(args.environment).into(),
        config: pairs::map(args.config),
        secrets: secret::read_all(args.secret)?,
        complete_after_seconds: complete_after,
        poll_scale: args.poll_scale,
        late_payment: LatePayment::from(args.late_payment).into(),
        ..ProviderAccount::default()
    };
    let request = CreateProviderAccountRequest {
        parent: format!("merchants/{}", session.merchant()),
        provider_account_id: args.account,
        provider_account: Some(account),
        request_id: request_id(args.request_id),
    };
    let answer = session.accounts().await?.create_provider_account(bounded(request)).await?.into_inner();
    tell(session.output(), answer.provider_account)
}

async fn update(session: &Session, args: UpdateArgs) -> Result<(), Failure> {
    let account = ProviderAccount {
        name: names::account(session.merchant(), &args.account),
        config: pairs::map(args.config),
        secrets: secret::read_all(args.secret)?,
        ..ProviderAccount::default()
    };
    let request = UpdateProviderAccountRequest {
        provider_account: Some(account),
        request_id: request_id(args.request_id),
    };
    let answer = session.accounts().await?.update_provider_account(bounded(request)).await?.into_inner();
    tell(session.output(), answer.provider_account)
}

async fn list(session: &Session, args: ListArgs) -> Result<(), Failure> {
    let merchant = if args.all_merchants { "-" } else { session.merchant() };
    let accounts = every(session.accounts().await?, merchant).await?;
    let output = session.output();
    if output.json {
        accounts
            .iter()
            .for_each(|account| output.line(json::of("ordain.accounts.v1.ProviderAccount", account)));
    } else if accounts.is_empty() {
        output.line("no accounts; `ordain account create --help` shows how to set one up");
    } else {
        output.table(&listing(&accounts));
    }
    Ok(())
}

fn listing(accounts: &[ProviderAccount]) -> Table {
    let mut table = Table::new(&["account", "provider", "environment", "state", "ingress", "why"]);
    for account in accounts {
        table.row(vec![
            Cell::new(names::last(&account.name)),
            Cell::new(&account.provider),
            Cell::new(environment_word(account.environment())),
            Cell::new(state_word(account.state())).painted(state_paint(account.state())),
            Cell::new(&account.ingress_url),
            Cell::new(&account.message),
        ]);
    }
    table
}

/// Prints the account. One whose credentials were refused is a failure of the command.
fn tell(output: &Output, account: Option<ProviderAccount>) -> Result<(), Failure> {
    let account = account.ok_or_else(|| Failure::Failed("the answer holds no account".to_owned()))?;
    if output.json {
        output.line(json::of("ordain.accounts.v1.ProviderAccount", &account));
    } else {
        show(output, &account);
    }
    match account.state() {
        AccountState::Refused => {
            Err(Failure::Failed(format!("the account is not active: {}", account.message)))
        }
        _ => Ok(()),
    }
}

fn show(output: &Output, account: &ProviderAccount) {
    let state = output.paint(state_paint(account.state()), state_word(account.state()));
    output.line(format!("{}  {state}", output.paint(Paint::Bold, names::last(&account.name))));
    let listed = |map: &BTreeMap<String, String>| {
        map.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    output.pairs(&[
        ("name", account.name.clone()),
        ("provider", account.provider.clone()),
        ("environment", environment_word(account.environment()).to_owned()),
        ("ingress", account.ingress_url.clone()),
        ("config", listed(&account.config)),
        ("provider refs", listed(&account.provider_refs)),
        (
            "completes after",
            account.complete_after_seconds.map(|span| format!("{span} s")).unwrap_or_default(),
        ),
        ("test clock", account.test_clock.clone()),
        ("why", account.message.clone()),
        ("created", time::instant(account.create_time.as_ref())),
        ("updated", time::instant(account.update_time.as_ref())),
    ]);
}

fn state_word(state: AccountState) -> &'static str {
    let name = state.as_str_name();
    name.strip_prefix("ACCOUNT_STATE_").unwrap_or(name)
}

fn environment_word(environment: Environment) -> &'static str {
    let name = environment.as_str_name();
    name.strip_prefix("ENVIRONMENT_").unwrap_or(name)
}

const fn state_paint(state: AccountState) -> Paint {
    match state {
        AccountState::Active => Paint::Good,
        AccountState::Refused => Paint::Bad,
        AccountState::Verifying | AccountState::Disabled | AccountState::Unspecified => Paint::Warn,
    }
}
