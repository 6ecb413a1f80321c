//! Orders: one line per command.

mod change;
mod create;
mod filter;
mod line;
mod portion;
mod preview;
pub mod read;
pub mod sample;
pub mod show;
mod states;
mod watch;

use super::failure::Failure;
use super::session::Session;
use ordain_proto::orders::v1 as wire;

/// Open, follow and change orders.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Open an order at its provider; bare, a small sample on the sandbox account
    Create(Box<create::Args>),
    /// Show an order
    Get(read::GetArgs),
    /// List orders, newest first
    List(read::ListArgs),
    /// Print an order's events as they happen, from the first on
    Watch(watch::Args),
    /// Report a shipment: everything that remains, or lines
    Fulfil(change::FulfilArgs),
    /// Give money back: everything that remains, or lines
    Refund(change::RefundArgs),
    /// Give up what is not captured of an order: all of it, or lines
    Cancel(change::CancelArgs),
    /// Expire an unpaid order before its time
    Expire(change::ExpireArgs),
    /// Let an unpaid checkout live longer
    Extend(change::ExtendArgs),
    /// Take a payment that came after the order's end for good
    Accept(change::SyncArgs),
    /// Say what an operation would take, or what blocks it; change nothing
    #[command(subcommand)]
    Preview(preview::What),
    /// Print how an order may go from state to state, and on whose word
    States(states::Args),
    /// Ask the provider how the order stands
    Sync(change::SyncArgs),
}

/// How long a change waits before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Wait {
    /// Until it is written down
    Accepted,
    /// Until the provider has answered once
    Submitted,
    /// Until it has ended
    Settled,
}

impl From<Wait> for wire::WaitFor {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::Accepted => Self::Accepted,
            Wait::Submitted => Self::Submitted,
            Wait::Settled => Self::Settled,
        }
    }
}

/// What every change of an order takes.
#[derive(Debug, clap::Args)]
pub struct Asking {
    /// Makes the change repeatable: the same id is never carried out twice [default: a new one]
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<uuid::Uuid>,
    /// How long to wait
    #[arg(long, value_enum, default_value_t = Wait::Submitted)]
    pub wait: Wait,
}

/// Does one of them.
///
/// # Errors
/// Whatever was refused.
pub async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(args) => create::create(session, *args).await,
        Command::Get(args) => read::get(session, args).await,
        Command::List(args) => read::list(session, args).await,
        Command::Watch(args) => watch::watch(session, args).await,
        Command::Fulfil(args) => change::fulfil(session, args).await,
        Command::Refund(args) => change::refund(session, args).await,
        Command::Cancel(args) => change::cancel(session, args).await,
        Command::Expire(args) => change::expire(session, args).await,
        Command::Extend(args) => change::extend(session, args).await,
        Command::Accept(args) => change::accept(session, args).await,
        Command::Preview(what) => preview::preview(session, what).await,
        Command::States(args) => {
            states::print(session.output(), args);
            Ok(())
        }
        Command::Sync(args) => change::sync(session, args).await,
    }
}
