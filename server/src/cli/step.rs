//! A person's way out: try a parked step again, say that it never happened, say how it ended, or go back.

use super::failure::Failure;
use super::session::{Session, bounded, request_id};
use super::{names, run as runs};
use ordain_proto::runs::v1::{CompleteStepRequest, ResetRunRequest, RetryStepRequest, Run, SkipStepRequest};

/// A person's way out of a parked step.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Attempt it once more, with a fresh budget
    #[command(
        after_help = "Example: ordain step retry 01JARZ3NDEKTSV4RRFFQ69G5FA --reason 'provider is back'"
    )]
    Retry(StepArgs),
    /// End it as never carried out
    #[command(
        after_help = "Example: ordain step skip 01JARZ3NDEKTSV4RRFFQ69G5FA --reason 'not in their back office'"
    )]
    Skip(StepArgs),
    /// End it with a result that you vouch for
    #[command(after_help = "Example: ordain step complete 01JARZ3NDEKTSV4RRFFQ69G5FA \
        --reason 'seen in their back office, 9:30'")]
    Complete(CompleteArgs),
    /// Go back to an earlier record: what was decided after it is decided again
    #[command(
        after_help = "Example: ordain step reset 01JARZ3NDEKTSV4RRFFQ69G5FA --to-sequence 12 --reason 'wrong branch'"
    )]
    Reset(ResetArgs),
}

/// Which step, and why.
#[derive(Debug, clap::Args)]
pub struct StepArgs {
    /// A run's id; an order's run has the order's id
    run: String,
    /// The step; may be left out where exactly one is parked
    step: Option<i64>,
    /// Recorded in the run's history
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// Which step, and how it ended.
#[derive(Debug, clap::Args)]
pub struct CompleteArgs {
    #[command(flatten)]
    step: StepArgs,
    /// The step's result [default: the plain success of its kind]
    #[arg(long, value_name = "JSON", value_parser = json_text)]
    result: Option<String>,
}

/// Back to where, and why.
#[derive(Debug, clap::Args)]
pub struct ResetArgs {
    /// A run's id; an order's run has the order's id
    run: String,
    /// The last record to keep as decided
    #[arg(long, value_name = "SEQUENCE")]
    to_sequence: i64,
    /// Recorded in the run's history
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Makes it repeatable [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<uuid::Uuid>,
}

/// Does one of them, and shows what became of the run.
///
/// # Errors
/// Whatever was refused, and a step that is not named where more than one is parked.
pub async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    let mut client = session.runs().await?;
    let run = match command {
        Command::Retry(args) => {
            let (run_id, step_id) = target(session, &args).await?;
            let (reason, request_id) = (args.reason, request_id(args.request_id));
            client
                .retry_step(bounded(RetryStepRequest { run_id, step_id, reason, request_id }))
                .await?
                .into_inner()
                .run
        }
        Command::Skip(args) => {
            let (run_id, step_id) = target(session, &args).await?;
            let (reason, request_id) = (args.reason, request_id(args.request_id));
            client
                .skip_step(bounded(SkipStepRequest { run_id, step_id, reason, request_id }))
                .await?
                .into_inner()
                .run
        }
        Command::Complete(CompleteArgs { step: args, result }) => {
            let (run_id, step_id) = target(session, &args).await?;
            let (reason, request_id) = (args.reason, request_id(args.request_id));
            let result_json = result.unwrap_or_default();
            let request = CompleteStepRequest { run_id, step_id, reason, request_id, result_json };
            client.complete_step(bounded(request)).await?.into_inner().run
        }
        Command::Reset(ResetArgs { run, to_sequence, reason, request_id: id }) => {
            let (run_id, request_id) = (names::run(&run), request_id(id));
            let request = ResetRunRequest { run_id, to_sequence, reason, request_id };
            client.reset_run(bounded(request)).await?.into_inner().run
        }
    };
    runs::show(session.output(), &run.unwrap_or_default());
    Ok(())
}

async fn target(session: &Session, args: &StepArgs) -> Result<(String, i64), Failure> {
    let run_id = names::run(&args.run);
    if let Some(step_id) = args.step {
        return Ok((run_id, step_id));
    }
    let run = runs::get(&mut session.runs().await?, &run_id).await?;
    let step_id = only_parked(&run).map_err(Failure::Usage)?;
    Ok((run_id, step_id))
}

fn only_parked(run: &Run) -> Result<i64, String> {
    let parked: Vec<_> = run.outstanding_steps.iter().filter(|step| step.parked).collect();
    match parked.as_slice() {
        [only] => Ok(only.step_id),
        [] => Err(format!("no step of {} is parked", run.run_id)),
        many => {
            let steps: Vec<String> =
                many.iter().map(|step| format!("{} ({} {})", step.step_id, step.kind, step.key)).collect();
            Err(format!("{} steps are parked, name one of them: {}", many.len(), steps.join(", ")))
        }
    }
}

fn json_text(text: &str) -> Result<String, String> {
    let valid: Result<serde_json::Value, _> = serde_json::from_str(text);
    valid.map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::only_parked;
    use ordain_proto::runs::v1::{Run, Step};

    fn run(parked: &[bool]) -> Run {
        let step = |(step_id, parked)| Step {
            step_id,
            parked,
            kind: "provider.refund".to_owned(),
            ..Step::default()
        };
        let outstanding_steps = (1..).zip(parked.iter().copied()).map(step).collect();
        Run { run_id: "01J".to_owned(), outstanding_steps, ..Run::default() }
    }

    #[test]
    fn only_parked_step_needs_no_name() {
        assert_eq!(only_parked(&run(&[false, true])), Ok(2));
    }

    #[test]
    fn none_or_many_are_told() {
        assert_eq!(only_parked(&run(&[false])).unwrap_err(), "no step of 01J is parked");
        let many = only_parked(&run(&[true, true])).unwrap_err();
        assert!(many.starts_with("2 steps are parked") && many.contains("1 (provider.refund"), "{many}");
    }
}
