//! One shopper, and the shop that serves them, from the basket to the last refund.

use super::browser::{Browser, Button};
use super::patience::Patience;
use super::plan::{Parcel, Plan, Visit};
use super::till::{Till, doubts, is_over, is_parked, operation_state};
use crate::check::belief;
use crate::cli::failure::Failure;
use crate::cli::order::show;
use ordain_proto::orders::v1::{
    CancelOrderRequest, Condition, CreateFulfilmentRequest, CreateRefundRequest, ExpireOrderRequest,
    Fulfilment, OperationState, Order, OrderState, Portion, Refund, Tracking, WaitFor,
};
use std::time::{Duration, Instant};

/// How long to wait for a webhook that was perhaps dropped on purpose.
const LOST_WEBHOOK: Duration = Duration::from_secs(10);

/// A shopper with a plan.
#[derive(Debug)]
pub struct Shopper<'a> {
    /// What to do.
    pub plan: Plan,
    /// The shop.
    pub till: &'a Till<'a>,
    /// The browser.
    pub browser: &'a Browser,
    /// What breaks is waited for.
    pub patience: &'a Patience<'a>,
}

/// How a shopper's order ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Which shopper.
    pub index: u32,
    /// The order's full name, if there was one.
    pub order: Option<String>,
    /// Where it ended.
    pub state: OrderState,
    /// Whether that is where the plan ends.
    pub as_planned: bool,
    /// What waits for a person.
    pub parked: Vec<String>,
    /// What went wrong on the way.
    pub trouble: Option<String>,
    /// From the basket to the end.
    pub took: Duration,
}

impl Shopper<'_> {
    /// Carries the plan out.
    pub async fn shop(self) -> Ended {
        let begun = Instant::now();
        let mut order = None;
        let outcome = self.live(&mut order).await;
        let (last, trouble) = match outcome {
            Ok(last) => (Some(last), None),
            Err(failure) => (None, Some(failure.lines(&crate::cli::output::Output::plain()).join(" "))),
        };
        let state = last.as_ref().map_or(OrderState::Unspecified, Order::state);
        let parked = last.as_ref().map(waiting).unwrap_or_default();
        let as_planned = trouble.is_none() && self.plan.ends.contains(&state);
        Ended { index: self.plan.index, order, state, as_planned, parked, trouble, took: begun.elapsed() }
    }

    async fn live(&self, order: &mut Option<String>) -> Result<Order, Failure> {
        let name = self.till.create(&self.plan.create).await?;
        order.replace(name.clone());
        match self.plan.visit {
            Visit::CancelledBefore => {
                self.till.wait(&name, None, |order| order.next_action.is_some()).await?;
                self.cancel(&name).await
            }
            Visit::ClosesTab => self.look_at_the_checkout(&name).await,
            Visit::ClosesTabAndExpires => {
                self.look_at_the_checkout(&name).await?;
                self.expire(&name).await
            }
            Visit::Declined => self.turn_away(&name, Button::Decline).await,
            Visit::Leaves => self.turn_away(&name, Button::Leave).await,
            Visit::CancelledAfter => {
                self.pay(&name, true).await?;
                self.cancel(&name).await
            }
            Visit::Pays => self.buy(&name, true).await,
            Visit::PaysAndIsGone => self.buy(&name, false).await,
        }
    }

    async fn buy(&self, name: &str, comes_back: bool) -> Result<Order, Failure> {
        let order = self.pay(name, comes_back).await?;
        if is_parked(&order) {
            return Ok(order);
        }
        for (nth, parcel) in self.plan.parcels.iter().enumerate() {
            let order = self.ship(name, nth, parcel).await?;
            if is_parked(&order) {
                return Ok(order);
            }
        }
        let order = self.till.wait(name, None, |order| self.plan.ends.contains(&order.state())).await?;
        match &self.plan.refund {
            Some(lines) if !is_parked(&order) => self.send_back(name, lines).await,
            _ => Ok(order),
        }
    }

    /// Pays, and waits until the shop has heard of it.
    async fn pay(&self, name: &str, comes_back: bool) -> Result<Order, Failure> {
        let back = self.press(name, Button::Approve).await?;
        if let Some(url) = back.filter(|_| comes_back) {
            self.patience.persist(async || self.browser.go_back(&url).await).await?;
        }
        let order = self.till.wait(name, None, is_paid).await?;
        if is_paid(&order) || is_parked(&order) {
            Ok(order)
        } else {
            Err(stuck(&order, "approved, and we never heard"))
        }
    }

    /// Is declined or leaves; both come back, and neither is proof of anything until the provider says so.
    async fn turn_away(&self, name: &str, button: Button) -> Result<Order, Failure> {
        if let Some(url) = self.press(name, button).await? {
            self.patience.persist(async || self.browser.go_back(&url).await).await?;
        }
        if self.plan.ends == [OrderState::AwaitingCustomer] {
            return self.till.read(name).await;
        }
        let may_hear_nothing = self.plan.ends.contains(&OrderState::AwaitingCustomer);
        let at_most = may_hear_nothing.then_some(LOST_WEBHOOK);
        let has_heard = |order: &Order| order.state() != OrderState::AwaitingCustomer;
        self.till
            .wait(name, at_most, |order| has_heard(order) && self.plan.ends.contains(&order.state()))
            .await
    }

    async fn press(&self, name: &str, button: Button) -> Result<Option<reqwest::Url>, Failure> {
        let url = self.checkout(name).await?;
        let pressed = self.patience.persist(async || {
            let page = self.browser.open(&url).await?;
            self.browser.press(&page, button).await
        });
        let back = pressed.await?;
        self.patience.advanced();
        Ok(back)
    }

    async fn look_at_the_checkout(&self, name: &str) -> Result<Order, Failure> {
        let url = self.checkout(name).await?;
        self.patience.persist(async || self.browser.open(&url).await).await?;
        self.patience.advanced();
        self.till.read(name).await
    }

    /// Where the shop sends the customer.
    async fn checkout(&self, name: &str) -> Result<String, Failure> {
        let order = self
            .till
            .wait(name, None, |order| order.next_action.is_some() || order.state() == OrderState::Failed);
        let order = order.await?;
        let next = order.next_action.as_ref().map(|next| next.redirect_url.clone());
        next.ok_or_else(|| stuck(&order, "there is no checkout to go to"))
    }

    async fn ship(&self, name: &str, nth: usize, parcel: &Parcel) -> Result<Order, Failure> {
        let tracking = Some(Tracking { carrier: "Demo Parcels".to_owned(), number: parcel.number.clone() });
        let request = CreateFulfilmentRequest {
            parent: name.to_owned(),
            fulfilment: Some(Fulfilment { lines: parcel.lines.clone(), tracking, ..Fulfilment::default() }),
            request_id: self.plan.request_id(&format!("ship-{nth}")),
            etag: String::new(),
            wait: WaitFor::Accepted.into(),
        };
        let fulfilment = self.till.fulfil(&request).await?;
        self.ended(name, &fulfilment, "the shipment").await
    }

    async fn send_back(&self, name: &str, lines: &[Portion]) -> Result<Order, Failure> {
        let reason = "sent back by the demo's shopper".to_owned();
        let request = CreateRefundRequest {
            parent: name.to_owned(),
            refund: Some(Refund { lines: lines.to_vec(), reason, ..Refund::default() }),
            request_id: self.plan.request_id("refund"),
            etag: String::new(),
            wait: WaitFor::Accepted.into(),
        };
        let refund = self.till.refund(&request).await?;
        self.ended(name, &refund, "the refund").await
    }

    /// Waits until an operation has ended. One that failed is trouble; one that waits for a person is told apart.
    async fn ended(&self, name: &str, operation: &str, what: &str) -> Result<Order, Failure> {
        let order = self.till.wait(name, None, |order| is_over(operation_state(order, operation))).await?;
        match operation_state(&order, operation) {
            OperationState::Succeeded => Ok(order),
            _ if is_parked(&order) => Ok(order),
            state => Err(stuck(&order, &format!("{what} is {}", show::operation_word(state)))),
        }
    }

    async fn cancel(&self, name: &str) -> Result<Order, Failure> {
        let request = CancelOrderRequest {
            name: name.to_owned(),
            reason: "the demo's shop changed its mind".to_owned(),
            request_id: self.plan.request_id("cancel"),
            etag: String::new(),
            wait: WaitFor::Accepted.into(),
            lines: Vec::new(),
            attempt: String::new(),
        };
        self.till.cancel(&request).await?;
        self.till.wait(name, None, |order| order.state() == OrderState::Cancelled).await
    }

    async fn expire(&self, name: &str) -> Result<Order, Failure> {
        let request = ExpireOrderRequest {
            name: name.to_owned(),
            reason: "the demo's shopper closed the tab".to_owned(),
            request_id: self.plan.request_id("expire"),
            wait: WaitFor::Accepted.into(),
        };
        self.till.expire(&request).await?;
        self.till.wait(name, None, |order| order.state() == OrderState::Expired).await
    }
}

/// What of an order waits for a person.
fn waiting(order: &Order) -> Vec<String> {
    let doubt = |it: &Condition| format!("{} ({}): {}", it.reason, it.r#type, it.message);
    belief::parked(order).into_iter().chain(doubts(order).map(doubt)).collect()
}

fn is_paid(order: &Order) -> bool {
    matches!(order.state(), OrderState::Authorized | OrderState::Captured | OrderState::Completed)
}

fn stuck(order: &Order, why: &str) -> Failure {
    Failure::Failed(format!("{why}; the order is {}", show::state_word(order.state())))
}
