//! `ordain order get` and `ordain order list`.

use super::filter::Wanted;
use super::show;
use crate::cli::failure::Failure;
use crate::cli::output::Paint;
use crate::cli::session::{Session, bounded};
use crate::cli::{json, names};
use ordain_proto::orders::v1::order_service_client::OrderServiceClient;
use ordain_proto::orders::v1::{GetOrderRequest, ListOrdersRequest, Order};
use tonic::transport::Channel;

/// The largest page that the API gives.
const PAGE_MAX: usize = 1_000;

/// Which order.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order get 01JARZ3NDEKTSV4RRFFQ69G5FA")]
pub struct GetArgs {
    /// Its id, or its full name
    order: String,
}

/// Which orders.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ordain order list --condition parked --all")]
pub struct ListArgs {
    /// Only in this state: authorized
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only with this condition: parked, outcome_unknown, …
    #[arg(long, value_name = "TYPE")]
    condition: Option<String>,
    /// Only of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only with this number of the shop's
    #[arg(long, value_name = "TEXT")]
    client_reference: Option<String>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "all")]
    limit: usize,
    /// As many as there are
    #[arg(long)]
    all: bool,
}

pub(super) async fn get(session: &Session, args: GetArgs) -> Result<(), Failure> {
    let name = names::order(session.merchant(), &args.order);
    let order = one(&mut session.orders().await?, &name).await?;
    let output = session.output();
    if output.json {
        output.line(json::of("ordain.orders.v1.Order", &order))
    } else {
        show::order(output, &order)
    }
    Ok(())
}

pub(super) async fn list(session: &Session, args: ListArgs) -> Result<(), Failure> {
    let limit = if args.all { usize::MAX } else { args.limit };
    let wanted = Wanted {
        state: args.state,
        condition: args.condition,
        account: args.account.map(|id| names::account(session.merchant(), &id)),
        client_reference: args.client_reference,
    };
    let filter = wanted.filter().map_err(Failure::Usage)?;
    let mut client = session.orders().await?;
    let mut listing = Listing::of(format!("merchants/{}", session.merchant()), filter);
    let mut orders = Vec::new();
    while orders.len() < limit {
        let Some(page) = listing.next(&mut client, PAGE_MAX.min(limit - orders.len())).await? else { break };
        orders.extend(page);
    }
    print(session, &orders, listing.is_over());
    Ok(())
}

fn print(session: &Session, orders: &[Order], complete: bool) {
    let output = session.output();
    if output.json {
        // One order a line: a listing may be long.
        return orders.iter().for_each(|order| output.line(json::of("ordain.orders.v1.Order", order)));
    }
    output.table(&show::listing(orders));
    if orders.is_empty() {
        output.line("no such orders");
    } else if !complete {
        output.line(output.paint(Paint::Dim, "  … there are more: `--limit N`, or `--all`"));
    }
}

/// One order, as it is now.
///
/// # Errors
/// Whatever was refused.
pub async fn one(client: &mut OrderServiceClient<Channel>, name: &str) -> Result<Order, Failure> {
    let request = bounded(GetOrderRequest { name: name.to_owned() });
    let order = client.get_order(request).await?.into_inner().order;
    order.ok_or_else(|| Failure::Failed(format!("the answer holds no order {name}")))
}

/// Orders, page by page.
#[derive(Debug)]
pub struct Listing {
    parent: String,
    filter: String,
    page_token: String,
    over: bool,
}

impl Listing {
    /// From the newest on.
    #[must_use]
    pub const fn of(parent: String, filter: String) -> Self {
        Self { parent, filter, page_token: String::new(), over: false }
    }

    /// Whether there are no more pages.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// The next page, or none.
    ///
    /// # Errors
    /// Whatever was refused.
    pub async fn next(
        &mut self,
        client: &mut OrderServiceClient<Channel>,
        size: usize,
    ) -> Result<Option<Vec<Order>>, Failure> {
        if self.over {
            return Ok(None);
        }
        let request = ListOrdersRequest {
            parent: self.parent.clone(),
            page_size: i32::try_from(size.min(PAGE_MAX)).expect("a page fits"),
            page_token: self.page_token.clone(),
            filter: self.filter.clone(),
        };
        let page = client.list_orders(bounded(request)).await?.into_inner();
        self.over = page.next_page_token.is_empty();
        self.page_token = page.next_page_token;
        Ok(Some(page.orders))
    }
}
