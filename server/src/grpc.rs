//! The gRPC API: one file a service, beside it what they share.
//!
//! OK means that the intent is durable. What a caller is told was read from the store.

mod accounts;
mod answer;
mod clocks;
mod downstreams;
mod names;
mod orders;
mod people;
mod providers;
mod reconciliation;
mod refusal;
mod runs;
mod schedules;
mod wait;
mod wire;

use crate::books::Books;
use ordain_engine::Engine;
use ordain_proto::accounts::v1::provider_account_service_server::ProviderAccountServiceServer;
use ordain_proto::accounts::v1::test_clock_service_server::TestClockServiceServer;
use ordain_proto::orders::v1::order_service_server::OrderServiceServer;
use ordain_proto::providers::v1::provider_service_server::ProviderServiceServer;
use ordain_proto::reconciliation::v1::reconciliation_service_server::ReconciliationServiceServer;
use ordain_proto::runs::v1::downstream_service_server::DownstreamServiceServer;
use ordain_proto::runs::v1::run_service_server::RunServiceServer;
use ordain_proto::schedules::v1::schedule_service_server::ScheduleServiceServer;
use std::convert::Infallible;
use std::future::Future;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// Bytes of one request. An order of a few hundred lines is far smaller.
const REQUEST_MAX: usize = 1024 * 1024;

/// What the services work with.
#[derive(Clone)]
pub struct Api {
    /// Runs.
    pub engine: Engine,
    /// What they show.
    pub books: Books,
    /// Whether this node should be asked at all.
    pub ready: watch::Receiver<bool>,
}

/// Serves until `shutdown`.
///
/// # Errors
/// The transport failed.
pub async fn serve(
    api: Api,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    let telling = tell(health, api.ready.clone());
    let v1 = reflection().build_v1().expect("the descriptors are of this build");
    let v1alpha = reflection().build_v1alpha().expect("the descriptors are of this build");
    let serving = tonic::transport::Server::builder()
        .add_service(health_service)
        .add_service(v1)
        .add_service(v1alpha)
        .add_service(OrderServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(ProviderAccountServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(TestClockServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(ProviderServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(DownstreamServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(ReconciliationServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(ScheduleServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(RunServiceServer::new(api).max_decoding_message_size(REQUEST_MAX))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), shutdown);
    tokio::select! {
        served = serving => served,
        never = telling => match never {},
    }
}

/// Keeps the health service up to date: the whole server's, and every service's.
async fn tell(health: HealthReporter, mut ready: watch::Receiver<bool>) -> Infallible {
    loop {
        let serving = *ready.borrow_and_update();
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in [
            "",
            OrderServiceServer::<Api>::NAME,
            ProviderAccountServiceServer::<Api>::NAME,
            TestClockServiceServer::<Api>::NAME,
            ProviderServiceServer::<Api>::NAME,
            RunServiceServer::<Api>::NAME,
            DownstreamServiceServer::<Api>::NAME,
            ScheduleServiceServer::<Api>::NAME,
            ReconciliationServiceServer::<Api>::NAME,
        ] {
            health.set_service_status(service, status).await;
        }
        if ready.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(ordain_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
