//! `ordain provider`: the providers of this build, and their signatures for people who integrate.
//!
//! Everything here is read from this build; no Ordain needs to run.

mod content;
mod described;
mod show;
mod sign;
mod wire;

use super::failure::Failure;
use super::session::Session;
use std::process::ExitCode;

/// Look at providers, and sign and check their messages.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Which providers this build knows
    List,
    /// Print a provider's table: what it can do, its statuses, what an account and an order need
    #[command(after_help = "Example: ordain provider show divit")]
    Show(show::Args),
    /// Sign a message described in JSON on standard input; the signature is the last line
    #[command(after_help = sign::sign_help())]
    Sign(sign::Args),
    /// Check the signature of a message described in JSON on standard input; exits 1 if it is wrong
    #[command(after_help = sign::verify_help())]
    Verify(sign::Args),
    /// Make or open DivideBuy's splash keys, described in JSON on standard input
    #[command(subcommand)]
    SplashKey(SplashKey),
}

/// What to do with a splash key.
#[derive(Debug, clap::Subcommand)]
pub enum SplashKey {
    /// Make the key that a browser carries there
    #[command(
        after_help = "Example: echo '{\"storeToken\":\"abcdef123456\",\"storeAuthentication\":\"zyxwvu098765\",\
        \"orderId\":\"789\",\"retailerId\":\"123\"}' | ordain provider splash-key encode"
    )]
    Encode,
    /// Open the key that a browser brings back; what it says is the last line
    #[command(
        after_help = "Example: echo '{\"storeToken\":\"abcdef123456\",\"splashKey_param\":\"TDc0…\"}' \
        | ordain provider splash-key decode"
    )]
    Decode,
}

/// Does one of them.
///
/// # Errors
/// An unknown provider, a description that cannot be read.
pub fn run(session: &Session, command: Command) -> Result<ExitCode, Failure> {
    let output = session.output();
    match command {
        Command::List => show::list(output),
        Command::Show(args) => show::show(output, &args)?,
        Command::Sign(args) => sign::sign(output, &args)?,
        Command::Verify(args) => return sign::verify(output, &args),
        Command::SplashKey(SplashKey::Encode) => {
            return sign::splash_key(output, ordain_providers::dividebuy::seal);
        }
        Command::SplashKey(SplashKey::Decode) => {
            return sign::splash_key(output, ordain_providers::dividebuy::open);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The provider of this id, or what there is instead.
fn unknown(id: &str) -> Failure {
    let known: Vec<&str> = ordain_providers::ids().collect();
    Failure::Usage(format!("there is no provider `{id}`; there are {}", known.join(", ")))
}
