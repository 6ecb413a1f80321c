//! The command line: what `ordain` can be asked to do, one line per command, and no logic.
//!
//! Everything here but `dev`, `serve`, `migrate`, `export`, `import`, `backup`, `restore`,
//! `restored`, `sandbox` and `bench` is a client: it talks gRPC to a running Ordain and knows nothing of its store. Exit
//! codes are 0 for done, 1 for refused or failed, 2 for a command that makes no sense.
//!
//! Start at [`Command`]; then [`session`] (the connection), [`failure`] (what can go wrong, as people read it) and
//! [`output`] (how it looks).

pub mod account;
pub mod clock;
pub mod downstream;
pub mod failure;
pub mod json;
pub mod money;
pub mod names;
pub mod order;
pub mod output;
pub mod pairs;
pub mod provider;
pub mod reconcile;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod session;
pub mod step;
pub mod time;

use crate::{backup, bench, check, demo, dev, migrate, moving, serve, simulated};
use failure::Failure;
use session::{Globals, Session};
use std::process::ExitCode;

/// One order from a shop to its provider and back, durably.
#[derive(Debug, clap::Parser)]
#[command(name = "ordain", version, max_term_width = 100)]
#[command(after_help = "The first minute:\n  \
    ordain dev              start everything on this machine, with simulated providers\n  \
    ordain order create     open a sample order, and see where its customer would go\n  \
    ordain demo             or let fifty simulated shoppers do the rest\n  \
    ordain check            then compare every penny with the provider's own ledger")]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Everything that can be asked for.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run everything on this machine: the engine, gRPC, the ingress and the simulated providers
    Dev(dev::Args),
    /// Run one node on a store of one's own, as many of them as there are machines
    Serve(serve::Args),
    /// Make a store and its master key, or bring its tables up to this build
    Migrate(migrate::Args),
    /// Write a SQLite store out, to be taken up by PostgreSQL; it is not served any more
    Export(moving::ExportArgs),
    /// Take up an exported store
    Import(moving::ImportArgs),
    /// Copy a SQLite store while it is served
    Backup(backup::BackupArgs),
    /// Bring such a copy back
    Restore(backup::RestoreArgs),
    /// Say that a store was brought back by other means, so that providers are asked first
    Restored(backup::RestoredArgs),
    /// Let simulated shoppers buy, pay, keep and send back; then compare every order with the ledger
    Demo(demo::Args),
    /// Compare every order with what the simulated provider's ledger says happened
    Check(check::Args),
    /// Run the simulated providers without the engine, for whoever tests another integration
    Sandbox(simulated::command::Args),
    /// Measure this machine
    #[command(subcommand)]
    Bench(Bench),
    /// Open, follow and change orders
    #[command(subcommand)]
    Order(order::Command),
    /// Print a run's history: what arrived, what was decided, and where in the code
    History(run::HistoryArgs),
    /// Replay a run's history with this build and compare every decision
    Replay(run::ReplayArgs),
    /// List, show, pause, resume and cancel runs
    #[command(subcommand)]
    Run(run::Command),
    /// A person's way out of a parked step
    #[command(subcommand)]
    Step(step::Command),
    /// Look at, pause and trigger what is done at set times
    #[command(subcommand)]
    Schedule(schedule::Command),
    /// Reconcile orders with a provider's statements, and settle what differs
    #[command(subcommand)]
    Reconcile(reconcile::Command),
    /// What whom steps talk to is asked to bear
    #[command(subcommand)]
    Downstream(downstream::Command),
    /// Set up and check accounts at providers
    #[command(subcommand)]
    Account(account::Command),
    /// Move the time of an account at a simulated provider
    #[command(subcommand)]
    Clock(clock::Command),
    /// Look at providers, and sign and check their messages
    #[command(subcommand)]
    Provider(provider::Command),
    /// Play stories of orders, and see why an order goes which way
    #[command(subcommand)]
    Scenario(scenario::Command),
}

/// What can be measured.
#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// How fast the engine carries orders, beside the floor of its store
    Engine(bench::EngineBench),
}

/// Does what was asked for, says how it went, and returns the exit code.
pub async fn run(cli: Cli) -> ExitCode {
    let session = Session::new(cli.globals);
    match dispatch(&session, cli.command).await {
        Ok(code) => code,
        Err(failure) => failure.report(session.output()),
    }
}

async fn dispatch(session: &Session, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Dev(args) => return Ok(dev::run(args).await),
        Command::Serve(args) => return Ok(serve::run(args).await),
        Command::Migrate(args) => return Ok(migrate::run(args).await),
        Command::Export(args) => return Ok(moving::export(session.output(), args).await),
        Command::Import(args) => return Ok(moving::import(session.output(), args).await),
        Command::Backup(args) => return Ok(backup::backup(session.output(), args).await),
        Command::Restore(args) => return Ok(backup::restore(session.output(), args).await),
        Command::Restored(args) => return Ok(backup::restored(session.output(), args).await),
        Command::Demo(args) => return demo::run(session, args).await,
        Command::Check(args) => return check::run(session, args).await,
        Command::Sandbox(args) => return simulated::command::run(session.output(), args).await,
        Command::Bench(Bench::Engine(args)) => return Ok(bench::run(args).await),
        Command::Order(command) => order::run(session, command).await?,
        Command::History(args) => run::history(session, args).await?,
        Command::Replay(args) => return run::replay(session, args).await,
        Command::Run(command) => run::run(session, command).await?,
        Command::Step(command) => step::run(session, command).await?,
        Command::Schedule(command) => schedule::run(session, command).await?,
        Command::Reconcile(command) => reconcile::run(session, command).await?,
        Command::Downstream(command) => downstream::run(session, command).await?,
        Command::Account(command) => account::run(session, command).await?,
        Command::Clock(command) => return clock::run(session, command).await,
        Command::Provider(command) => return provider::run(session, command),
        Command::Scenario(command) => return scenario::run(session, command),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn every_command_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_of_every_command_may_follow_it() {
        let cli =
            Cli::try_parse_from(["ordain", "order", "get", "01J", "--json", "--merchant", "acme"]).unwrap();
        assert!(cli.globals.json);
        assert_eq!(cli.globals.merchant, "acme");
    }

    #[test]
    fn nonsense_is_a_usage_error() {
        let error =
            Cli::try_parse_from(["ordain", "order", "create", "--line", "sku=A,prise=1"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
