//! Shipments, refunds, cancellations, expiries and questions: everything that changes an order after it was opened.

use super::portion::PortionText;
use super::{Asking, show};
use crate::cli::failure::Failure;
use crate::cli::output::Paint;
use crate::cli::session::{Session, bounded, request_id};
use crate::cli::{json, money, names, time};
use ordain_proto::orders::v1::{
    AcceptPaymentRequest, CancelOrderRequest, CreateFulfilmentRequest, CreateRefundRequest,
    ExpireOrderRequest, ExtendOrderExpiryRequest, Fulfilment, Money, OperationInfo, OperationState, Order,
    Refund, SyncOrderRequest, Tracking, WaitFor,
};

/// What was shipped, and how.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order fulfil 01JARZ3NDEKTSV4RRFFQ69G5FA --line 1 --line 2=1 \
    --carrier DPD --tracking 15501234567890")]
pub struct FulfilArgs {
    /// Its id, or its full name
    order: String,
    /// What is in the parcel [default: everything that remains]
    #[arg(long = "line", value_name = "LINE[=QTY]")]
    lines: Vec<PortionText>,
    /// Who carries it
    #[arg(long, value_name = "NAME")]
    carrier: String,
    /// The parcel's number at the carrier
    #[arg(long, value_name = "NUMBER")]
    tracking: String,
    #[command(flatten)]
    asking: Asking,
}

/// What goes back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain order refund 01JARZ3NDEKTSV4RRFFQ69G5FA --line 2=1 --reason 'arrived broken'"
)]
pub struct RefundArgs {
    /// Its id, or its full name
    order: String,
    /// What is refunded [default: everything that remains]
    #[arg(long = "line", value_name = "LINE[=QTY]")]
    lines: Vec<PortionText>,
    /// How much, as `GBP 12.50`, whichever pieces it is for, where the provider can; with lines, what you believe they are
    /// worth
    #[arg(long, value_name = "AMOUNT", value_parser = money::amount)]
    amount: Option<Money>,
    /// For the provider's back office
    #[arg(long, value_name = "TEXT", default_value = "requested by customer")]
    reason: String,
    /// Gives all the money of another attempt back, which was captured besides the order's own
    #[arg(long, value_name = "NAME", conflicts_with_all = ["lines", "amount"])]
    attempt: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// What is given up, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order cancel 01JARZ3NDEKTSV4RRFFQ69G5FA --reason 'out of stock'")]
pub struct CancelArgs {
    /// Its id, or its full name
    order: String,
    /// What is given up, where the provider can be told [default: everything that is not captured]
    #[arg(long = "line", value_name = "LINE[=QTY]")]
    lines: Vec<PortionText>,
    /// Recorded with it
    #[arg(long, value_name = "TEXT", default_value = "requested by shop")]
    reason: String,
    /// Gives another attempt up, which was approved besides the order's own
    #[arg(long, value_name = "NAME", conflicts_with = "lines")]
    attempt: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Until when.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ordain order extend 01JARZ3NDEKTSV4RRFFQ69G5FA --until 2026-12-24T18:00:00Z"
)]
pub struct ExtendArgs {
    /// Its id, or its full name
    order: String,
    /// When the checkout ends
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    until: prost_types::Timestamp,
    #[command(flatten)]
    asking: Asking,
}

/// Which order, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order expire 01JARZ3NDEKTSV4RRFFQ69G5FA --reason 'cart was emptied'")]
pub struct ExpireArgs {
    /// Its id, or its full name
    order: String,
    /// Recorded with it
    #[arg(long, value_name = "TEXT", default_value = "requested by shop")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// Which order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order sync 01JARZ3NDEKTSV4RRFFQ69G5FA")]
pub struct SyncArgs {
    /// Its id, or its full name
    order: String,
    #[command(flatten)]
    asking: Asking,
}

pub(super) async fn fulfil(session: &Session, args: FulfilArgs) -> Result<(), Failure> {
    let request = CreateFulfilmentRequest {
        parent: names::order(session.merchant(), &args.order),
        fulfilment: Some(Fulfilment {
            lines: args.lines.into_iter().map(Into::into).collect(),
            tracking: Some(Tracking { carrier: args.carrier, number: args.tracking }),
            ..Fulfilment::default()
        }),
        request_id: request_id(args.asking.request_id),
        etag: String::new(),
        wait: WaitFor::from(args.asking.wait).into(),
    };
    let answer = session.orders().await?.create_fulfilment(bounded(request)).await?.into_inner();
    let json = session.output().json.then(|| json::of("ordain.orders.v1.CreateFulfilmentResponse", &answer));
    let it = answer.fulfilment.unwrap_or_default();
    let told = Told::of("shipment", &it.name, it.amount.as_ref(), it.operation.as_ref());
    tell(session, json, Some(told), answer.order.as_ref())
}

pub(super) async fn refund(session: &Session, args: RefundArgs) -> Result<(), Failure> {
    let request = CreateRefundRequest {
        parent: names::order(session.merchant(), &args.order),
        refund: Some(Refund {
            lines: args.lines.into_iter().map(Into::into).collect(),
            amount: args.amount,
            reason: args.reason,
            attempt: args.attempt.unwrap_or_default(),
            ..Refund::default()
        }),
        request_id: request_id(args.asking.request_id),
        etag: String::new(),
        wait: WaitFor::from(args.asking.wait).into(),
    };
    let answer = session.orders().await?.create_refund(bounded(request)).await?.into_inner();
    let json = session.output().json.then(|| json::of("ordain.orders.v1.CreateRefundResponse", &answer));
    let it = answer.refund.unwrap_or_default();
    let told = Told::of("refund", &it.name, it.amount.as_ref(), it.operation.as_ref());
    tell(session, json, Some(told), answer.order.as_ref())
}

pub(super) async fn cancel(session: &Session, args: CancelArgs) -> Result<(), Failure> {
    let request = CancelOrderRequest {
        name: names::order(session.merchant(), &args.order),
        reason: args.reason,
        request_id: request_id(args.asking.request_id),
        etag: String::new(),
        wait: WaitFor::from(args.asking.wait).into(),
        lines: args.lines.into_iter().map(Into::into).collect(),
        attempt: args.attempt.unwrap_or_default(),
    };
    let answer = session.orders().await?.cancel_order(bounded(request)).await?.into_inner();
    let json = session.output().json.then(|| json::of("ordain.orders.v1.CancelOrderResponse", &answer));
    let it = answer.cancellation.as_ref();
    let told = it.map(|it| Told::of("cancellation", &it.name, it.amount.as_ref(), it.operation.as_ref()));
    tell(session, json, told, answer.order.as_ref())
}

pub(super) async fn expire(session: &Session, args: ExpireArgs) -> Result<(), Failure> {
    let request = ExpireOrderRequest {
        name: names::order(session.merchant(), &args.order),
        reason: args.reason,
        request_id: request_id(args.asking.request_id),
        wait: WaitFor::from(args.asking.wait).into(),
    };
    let answer = session.orders().await?.expire_order(bounded(request)).await?.into_inner();
    let json = session.output().json.then(|| json::of("ordain.orders.v1.ExpireOrderResponse", &answer));
    tell(session, json, None, answer.order.as_ref())
}

pub(super) async fn sync(session: &Session, args: SyncArgs) -> Result<(), Failure> {
    let request = SyncOrderRequest {
        name: names::order(session.merchant(), &args.order),
        request_id: request_id(args.asking.request_id),
        wait: WaitFor::from(args.asking.wait).into(),
    };
    let answer = session.orders().await?.sync_order(bounded(request)).await?.into_inner();
    let json = session.output().json.then(|| json::of("ordain.orders.v1.SyncOrderResponse", &answer));
    tell(session, json, None, answer.order.as_ref())
}

pub(super) async fn extend(session: &Session, args: ExtendArgs) -> Result<(), Failure> {
    let request = ExtendOrderExpiryRequest {
        name: names::order(session.merchant(), &args.order),
        expire_time: Some(args.until),
        request_id: request_id(args.asking.request_id),
        wait: WaitFor::from(args.asking.wait).into(),
    };
    let answer = session.orders().await?.extend_order_expiry(bounded(request)).await?.into_inner();
    let json = session.output().json.then(|| json::of("ordain.orders.v1.ExtendOrderExpiryResponse", &answer));
    tell(session, json, None, answer.order.as_ref())?;
    let agreed = answer.order.is_some_and(|order| order.expire_time == Some(args.until));
    if agreed { Ok(()) } else { Err(Failure::Failed("the provider has not agreed".into())) }
}

pub(super) async fn accept(session: &Session, args: SyncArgs) -> Result<(), Failure> {
    let request = AcceptPaymentRequest {
        name: names::order(session.merchant(), &args.order),
        request_id: request_id(args.asking.request_id),
        wait: WaitFor::from(args.asking.wait).into(),
    };
    let answer = session.orders().await?.accept_payment(bounded(request)).await?.into_inner();
    let json = session.output().json.then(|| json::of("ordain.orders.v1.AcceptPaymentResponse", &answer));
    tell(session, json, None, answer.order.as_ref())
}

/// What became of one operation.
struct Told<'a> {
    what: &'static str,
    name: &'a str,
    amount: Option<&'a Money>,
    state: OperationState,
    failure: Option<&'a str>,
}

impl<'a> Told<'a> {
    fn of(
        what: &'static str,
        name: &'a str,
        amount: Option<&'a Money>,
        info: Option<&'a OperationInfo>,
    ) -> Self {
        let failure = info.and_then(|info| info.failure.as_ref()).map(|failure| failure.message.as_str());
        Self {
            what,
            name,
            amount,
            state: info.map_or(OperationState::Unspecified, OperationInfo::state),
            failure,
        }
    }

    /// An operation that failed, or whose end nobody knows, is a failure of the command too.
    fn verdict(&self) -> Result<(), Failure> {
        let what = self.what;
        Err(Failure::Failed(match self.state {
            OperationState::Failed | OperationState::NotSent => {
                format!("the {what} did not happen: {}", self.failure.unwrap_or("nobody said why"))
            }
            OperationState::Unknown => {
                format!("nobody knows whether the {what} happened; see `ordain run list --parked`")
            }
            _ => return Ok(()),
        }))
    }
}

/// Prints the answer (as JSON where that was made), and judges the operation.
fn tell(
    session: &Session,
    json: Option<serde_json::Value>,
    told: Option<Told<'_>>,
    order: Option<&Order>,
) -> Result<(), Failure> {
    let output = session.output();
    if let Some(json) = json {
        output.line(json);
    } else {
        if let Some(told) = &told {
            let id = output.paint(Paint::Bold, names::last(told.name));
            let state = show::operation_word(told.state);
            output.line(format!("{} {id}  {}  {state}", told.what, money::show(told.amount)));
        }
        order.into_iter().for_each(|order| show::order(output, order));
    }
    told.map_or(Ok(()), |told| told.verdict())
}
