//! The shop's side of a demo order: every call is repeated until it has an answer, always under the same request id.

use super::patience::Patience;
use crate::check::belief;
use crate::cli::failure::Failure;
use crate::cli::order::read::one;
use crate::cli::session::bounded;
use ordain_proto::orders::v1::order_service_client::OrderServiceClient;
use ordain_proto::orders::v1::watch_order_response::Message;
use ordain_proto::orders::v1::{
    CancelOrderRequest, Condition, CreateFulfilmentRequest, CreateOrderRequest, CreateRefundRequest,
    ExpireOrderRequest, OperationInfo, OperationState, Order, WatchOrderRequest,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tonic::transport::Channel;

/// How long a watch may stay silent before the order is read again: a lost connection must not cost more.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long a doubt may take to go away by asking again; simulated providers are asked every few seconds.
const DOUBT: Duration = Duration::from_secs(20);
/// Before the next look, when a watch ended at once.
const PAUSE: Duration = Duration::from_millis(200);

/// The shop.
#[derive(Debug)]
pub struct Till<'a> {
    nodes: Vec<OrderServiceClient<Channel>>,
    /// Counts the calls, so that each goes to the next node.
    calls: AtomicUsize,
    patience: &'a Patience<'a>,
}

impl<'a> Till<'a> {
    /// A shop that talks to these nodes, of which there is at least one.
    #[must_use]
    pub const fn new(nodes: Vec<OrderServiceClient<Channel>>, patience: &'a Patience<'a>) -> Self {
        Self { nodes, calls: AtomicUsize::new(0), patience }
    }

    /// The next node's turn. What it does not answer is asked again of the one after it.
    fn client(&self) -> OrderServiceClient<Channel> {
        self.nodes[self.calls.fetch_add(1, Ordering::Relaxed) % self.nodes.len()].clone()
    }

    /// Opens an order and returns its name.
    ///
    /// # Errors
    /// A refusal, or lost patience.
    pub async fn create(&self, request: &CreateOrderRequest) -> Result<String, Failure> {
        let created = self
            .patience
            .persist(async || Ok(self.client().create_order(bounded(request.clone())).await?.into_inner()));
        let order = created.await?.order.map(|order| order.name);
        self.patience.advanced();
        order.ok_or_else(|| Failure::Failed("the answer holds no order".to_owned()))
    }

    /// Ships, and returns the fulfilment's name.
    ///
    /// # Errors
    /// A refusal, or lost patience.
    pub async fn fulfil(&self, request: &CreateFulfilmentRequest) -> Result<String, Failure> {
        let answer = self.patience.persist(async || {
            Ok(self.client().create_fulfilment(bounded(request.clone())).await?.into_inner())
        });
        let name = answer.await?.fulfilment.unwrap_or_default().name;
        self.patience.advanced();
        Ok(name)
    }

    /// Refunds, and returns the refund's name.
    ///
    /// # Errors
    /// A refusal, or lost patience.
    pub async fn refund(&self, request: &CreateRefundRequest) -> Result<String, Failure> {
        let answer = self
            .patience
            .persist(async || Ok(self.client().create_refund(bounded(request.clone())).await?.into_inner()));
        let name = answer.await?.refund.unwrap_or_default().name;
        self.patience.advanced();
        Ok(name)
    }

    /// Gives the order up.
    ///
    /// # Errors
    /// A refusal, or lost patience.
    pub async fn cancel(&self, request: &CancelOrderRequest) -> Result<(), Failure> {
        let answer = self
            .patience
            .persist(async || Ok(self.client().cancel_order(bounded(request.clone())).await?.into_inner()));
        answer.await?;
        self.patience.advanced();
        Ok(())
    }

    /// Expires the order.
    ///
    /// # Errors
    /// A refusal, or lost patience.
    pub async fn expire(&self, request: &ExpireOrderRequest) -> Result<(), Failure> {
        let answer = self
            .patience
            .persist(async || Ok(self.client().expire_order(bounded(request.clone())).await?.into_inner()));
        answer.await?;
        self.patience.advanced();
        Ok(())
    }

    /// The order as it is now.
    ///
    /// # Errors
    /// A refusal, or lost patience.
    pub async fn read(&self, name: &str) -> Result<Order, Failure> {
        self.patience.persist(async || one(&mut self.client(), name).await).await
    }

    /// Waits until the order is so, waits for a person, or the time is up, and returns it as it is then.
    ///
    /// # Errors
    /// A refusal, or lost patience with a connection.
    pub async fn wait(
        &self,
        name: &str,
        at_most: Option<Duration>,
        is_so: impl Fn(&Order) -> bool,
    ) -> Result<Order, Failure> {
        let begun = Instant::now();
        loop {
            let order = self.read(name).await?;
            if is_so(&order) || is_parked(&order) {
                self.patience.advanced();
                return Ok(order);
            }
            if self.patience.is_over() || at_most.is_some_and(|at_most| begun.elapsed() > at_most) {
                return Ok(order);
            }
            self.next_event(name, order.sequence).await;
        }
    }

    /// Waits for the next event after `sequence`, or for a reason to look for oneself.
    async fn next_event(&self, name: &str, sequence: i64) {
        let watched = async {
            let request = WatchOrderRequest { name: name.to_owned(), resume_after_sequence: sequence };
            let mut stream = self.client().watch_order(request).await?.into_inner();
            while let Some(response) = stream.message().await? {
                if matches!(response.message, Some(Message::Event(_))) {
                    return Ok(true);
                }
            }
            Ok::<bool, tonic::Status>(false)
        };
        // A watch that broke says nothing about the order: the next look does, and waits for the connection.
        if !matches!(tokio::time::timeout(LOOK_AGAIN, watched).await, Ok(Ok(true)) | Err(_)) {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Whether an order waits for a person.
#[must_use]
pub fn is_parked(order: &Order) -> bool {
    !belief::parked(order).is_empty() || doubts(order).any(lasts)
}

/// What the provider said and the order's rules do not believe.
pub fn doubts(order: &Order) -> impl Iterator<Item = &Condition> {
    let kinds = ["AMOUNT_MISMATCH", "UNKNOWN_STATUS", "CONFLICT"];
    order.conditions.iter().filter(move |condition| kinds.contains(&condition.r#type.as_str()))
}

/// A provider that said it once may say otherwise when it is asked; one that keeps to it leaves it to a person.
fn lasts(doubt: &Condition) -> bool {
    let since = doubt.since.and_then(|since| SystemTime::try_from(since).ok());
    since.and_then(|since| since.elapsed().ok()).is_some_and(|age| age > DOUBT)
}

/// How an operation of an order stands, by its name.
#[must_use]
pub fn operation_state(order: &Order, name: &str) -> OperationState {
    let fulfilments = order.fulfilments.iter().map(|it| (&it.name, it.operation.as_ref()));
    let refunds = order.refunds.iter().map(|it| (&it.name, it.operation.as_ref()));
    let found = fulfilments.chain(refunds).find(|(known, _)| *known == name).and_then(|(_, info)| info);
    found.map_or(OperationState::Unspecified, OperationInfo::state)
}

/// Whether an operation has ended, one way or the other.
#[must_use]
pub const fn is_over(state: OperationState) -> bool {
    use OperationState as S;
    matches!(state, S::Succeeded | S::Failed | S::Reversed | S::NotSent | S::Unknown)
}
