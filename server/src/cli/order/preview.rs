//! What a shipment, a refund or a cancellation would take, before anybody asks for it.

use super::portion::PortionText;
use crate::cli::failure::Failure;
use crate::cli::session::{Session, bounded};
use crate::cli::{json, money, names};
use ordain_proto::orders::v1::preview_operation_request::Operation;
use ordain_proto::orders::v1::{Cancellation, Fulfilment, Money, PreviewOperationRequest, Refund};

/// Which operation.
#[derive(Debug, clap::Subcommand)]
pub enum What {
    /// A shipment
    Fulfil(Pieces),
    /// Money that goes back
    Refund(Pieces),
    /// Giving up what is not captured
    Cancel(Pieces),
}

/// Of what.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order preview refund 01JARZ3NDEKTSV4RRFFQ69G5FA --line 2=1")]
pub struct Pieces {
    /// Its id, or its full name
    order: String,
    /// Which pieces [default: everything that remains]
    #[arg(long = "line", value_name = "LINE[=QTY]")]
    lines: Vec<PortionText>,
    /// How much, of a refund
    #[arg(long, value_name = "AMOUNT", value_parser = money::amount)]
    amount: Option<Money>,
}

pub(super) async fn preview(session: &Session, what: What) -> Result<(), Failure> {
    let (What::Fulfil(asked) | What::Refund(asked) | What::Cancel(asked)) = &what;
    let name = names::order(session.merchant(), &asked.order);
    let operation = operation(what);
    let request = PreviewOperationRequest { name, operation: Some(operation) };
    let answer = session.orders().await?.preview_operation(bounded(request)).await?.into_inner();
    let output = session.output();
    if output.json {
        output.line(json::of("ordain.orders.v1.PreviewOperationResponse", &answer));
        return Ok(());
    }
    for blocker in &answer.blockers {
        output.line(format!("no: {} ({}): {}", blocker.reason, blocker.field, blocker.message));
    }
    if answer.allowed {
        output.line(format!("would move {}", money::show(answer.amount.as_ref())));
    }
    for part in &answer.allocation {
        output.line(format!(
            "  {}  {} x  {}",
            part.line_id,
            part.quantity,
            money::show(part.amount.as_ref())
        ));
    }
    output.line(format!("allowed now: {}", answer.allowed_methods.join(", ")));
    Ok(())
}

fn operation(what: What) -> Operation {
    match what {
        What::Fulfil(asked) => Operation::Fulfilment(Fulfilment {
            lines: asked.lines.into_iter().map(Into::into).collect(),
            ..Fulfilment::default()
        }),
        What::Refund(asked) => Operation::Refund(Refund {
            lines: asked.lines.into_iter().map(Into::into).collect(),
            amount: asked.amount,
            ..Refund::default()
        }),
        What::Cancel(asked) => Operation::Cancellation(Cancellation {
            lines: asked.lines.into_iter().map(Into::into).collect(),
            ..Cancellation::default()
        }),
    }
}
