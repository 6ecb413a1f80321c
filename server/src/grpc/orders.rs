//! `ordain.orders.v1.OrderService`: one line a method.

mod change;
mod create;
mod filter;
pub(super) mod list;
mod preview;
mod watch;
mod wish;

use super::{Api, answer, names, refusal, wait, wire};
use crate::books::ShownOrder;
use ordain_proto::orders::v1 as proto;
use ordain_proto::orders::v1::order_service_server::OrderService;
use ordain_workflows::order::Command;
use prost::Message;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl OrderService for Api {
    type WatchOrderStream = watch::Events;

    async fn create_order(
        &self,
        request: Request<proto::CreateOrderRequest>,
    ) -> Answer<proto::CreateOrderResponse> {
        create::create(self, request).await.map(Response::new)
    }

    async fn get_order(&self, request: Request<proto::GetOrderRequest>) -> Answer<proto::GetOrderResponse> {
        let shown = self.shown("name", &request.get_ref().name).await?;
        Ok(Response::new(proto::GetOrderResponse { order: Some(self.told(&shown).await?) }))
    }

    async fn list_orders(
        &self,
        request: Request<proto::ListOrdersRequest>,
    ) -> Answer<proto::ListOrdersResponse> {
        list::list(self, request.get_ref()).await.map(Response::new)
    }

    async fn watch_order(&self, request: Request<proto::WatchOrderRequest>) -> Answer<watch::Events> {
        watch::watch(self, request.get_ref()).await.map(Response::new)
    }

    async fn sync_order(
        &self,
        request: Request<proto::SyncOrderRequest>,
    ) -> Answer<proto::SyncOrderResponse> {
        let shown = self.shown("name", &request.get_ref().name).await?;
        let asked = change::Asked::of(self, &shown, &request, Command::Sync)?;
        let changed = change::change(self, asked, wait::answered).await?;
        Ok(Response::new(proto::SyncOrderResponse { order: Some(changed.order) }))
    }

    async fn expire_order(
        &self,
        request: Request<proto::ExpireOrderRequest>,
    ) -> Answer<proto::ExpireOrderResponse> {
        let shown = self.shown("name", &request.get_ref().name).await?;
        let command = Command::Expire { reason: request.get_ref().reason.clone() };
        let asked = change::Asked::of(self, &shown, &request, command)?;
        let changed = change::change(self, asked, wait::answered).await?;
        Ok(Response::new(proto::ExpireOrderResponse { order: Some(changed.order) }))
    }

    async fn cancel_order(
        &self,
        request: Request<proto::CancelOrderRequest>,
    ) -> Answer<proto::CancelOrderResponse> {
        let shown = self.shown("name", &request.get_ref().name).await?;
        let proto::CancelOrderRequest { lines, reason, attempt, .. } = request.get_ref().clone();
        let asked = proto::Cancellation { lines, reason, attempt, ..Default::default() };
        let command = wish::cancel(&shown.order, &asked)?;
        let asked = change::Asked::of(self, &shown, &request, command)?;
        let (changed, operation) = change::operate(self, &shown, asked).await?;
        let cancellation = operation.map(|operation| answer::cancellation(&changed.order.name, &operation));
        Ok(Response::new(proto::CancelOrderResponse { order: Some(changed.order), cancellation }))
    }

    async fn create_fulfilment(
        &self,
        request: Request<proto::CreateFulfilmentRequest>,
    ) -> Answer<proto::CreateFulfilmentResponse> {
        let shown = self.shown("parent", &request.get_ref().parent).await?;
        let asked = request.get_ref().fulfilment.clone().unwrap_or_default();
        let command = wish::fulfil(&shown.order, &asked)?;
        let asked = change::Asked::of(self, &shown, &request, command)?;
        let (changed, operation) = change::operate(self, &shown, asked).await?;
        let fulfilment = operation.map(|operation| answer::fulfilment(&changed.order.name, &operation));
        let (order, replayed) = (Some(changed.order), changed.replayed);
        Ok(Response::new(proto::CreateFulfilmentResponse { fulfilment, order, replayed }))
    }

    async fn reverse_fulfilment(
        &self,
        request: Request<proto::ReverseFulfilmentRequest>,
    ) -> Answer<proto::ReverseFulfilmentResponse> {
        let (order, id) = names::parse_operation("name", &request.get_ref().name, "fulfilments")?;
        let shown = self.shown("name", &order).await?;
        let asked = change::Asked::of(self, &shown, &request, Command::ReverseFulfilment { id: id.clone() })?;
        let (changed, _) = change::operate(self, &shown, asked).await?;
        let fulfilment =
            changed.order.fulfilments.iter().find(|it| it.name.ends_with(&format!("/{id}"))).cloned();
        Ok(Response::new(proto::ReverseFulfilmentResponse { fulfilment, order: Some(changed.order) }))
    }

    async fn create_refund(
        &self,
        request: Request<proto::CreateRefundRequest>,
    ) -> Answer<proto::CreateRefundResponse> {
        let shown = self.shown("parent", &request.get_ref().parent).await?;
        let asked = request.get_ref().refund.clone().unwrap_or_default();
        let command = wish::refund(&shown.order, &asked)?;
        let asked = change::Asked::of(self, &shown, &request, command)?;
        let (changed, operation) = change::operate(self, &shown, asked).await?;
        let refund = operation.map(|operation| answer::refund(&changed.order.name, &operation));
        let (order, replayed) = (Some(changed.order), changed.replayed);
        Ok(Response::new(proto::CreateRefundResponse { refund, order, replayed }))
    }

    async fn extend_order_expiry(
        &self,
        request: Request<proto::ExtendOrderExpiryRequest>,
    ) -> Answer<proto::ExtendOrderExpiryResponse> {
        let asked = request.get_ref().expire_time.as_ref();
        let expires_at = asked.and_then(wire::time).ok_or_else(|| refusal::field("expire_time", "a time"))?;
        let shown = self.shown("name", &request.get_ref().name).await?;
        let command = Command::Extend { expires_at };
        let asked = change::Asked::of(self, &shown, &request, command)?;
        let changed = change::change(self, asked, wait::extended).await?;
        Ok(Response::new(proto::ExtendOrderExpiryResponse { order: Some(changed.order) }))
    }

    async fn accept_payment(
        &self,
        request: Request<proto::AcceptPaymentRequest>,
    ) -> Answer<proto::AcceptPaymentResponse> {
        let shown = self.shown("name", &request.get_ref().name).await?;
        let asked = change::Asked::of(self, &shown, &request, Command::AcceptPayment)?;
        let changed = change::change(self, asked, |_, _| true).await?;
        Ok(Response::new(proto::AcceptPaymentResponse { order: Some(changed.order) }))
    }

    async fn preview_operation(
        &self,
        request: Request<proto::PreviewOperationRequest>,
    ) -> Answer<proto::PreviewOperationResponse> {
        preview::preview(self, request.get_ref()).await.map(Response::new)
    }
}

impl Api {
    /// The order of this name.
    async fn shown(&self, field: &str, name: &str) -> Result<ShownOrder, Status> {
        let (merchant, run) = names::parse_order(field, name)?;
        let shown = self.books.order(run).await.map_err(|error| refusal::from_books(&error))?;
        shown.filter(|shown| shown.order.merchant == merchant).ok_or_else(|| names::order_not_found(name))
    }

    async fn told(&self, shown: &ShownOrder) -> Result<proto::Order, Status> {
        answer::order(&self.books, shown).await.map_err(|error| refusal::from_books(&error))
    }

    /// Tells this request from another one under the same id.
    pub(super) fn fingerprint(&self, method: &str, request: &impl Message) -> Vec<u8> {
        self.books.fingerprint(&[method.as_bytes(), &request.encode_to_vec()].concat())
    }
}

/// Who asks, as the caller says; recorded, not trusted.
pub(super) fn actor<T>(request: &Request<T>) -> String {
    let said = request.metadata().get("x-ordain-actor").and_then(|value| value.to_str().ok());
    said.filter(|said| !said.is_empty() && said.len() <= 128).unwrap_or("api").to_owned()
}

/// The request's id; one of ours where the caller gives none and so cannot ask again.
pub(super) fn request_id(given: &str) -> Result<String, Status> {
    if given.is_empty() {
        return Ok(uuid::Uuid::new_v4().to_string());
    }
    let parsed = uuid::Uuid::parse_str(given).map_err(|_| refusal::field("request_id", "expected a UUID"))?;
    Ok(parsed.to_string())
}
