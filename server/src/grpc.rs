//! The gRPC API: one file a service, beside it what they share.
//!
//! OK means that the intent is durable. What a caller is told was read from the store.

mod accounts;
mod answer;
mod names;
mod orders;
mod refusal;
mod runs;
mod wait;
mod wire;

use crate::books::Books;
use ordain_engine::Engine;
use ordain_proto::accounts::v1::provider_account_service_server::ProviderAccountServiceServer;
use ordain_proto::orders::v1::order_service_server::OrderServiceServer;
use ordain_proto::runs::v1::run_service_server::RunServiceServer;
use std::future::Future;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

/// Bytes of one request. An order of a few hundred lines is far smaller.
const REQUEST_MAX: usize = 1024 * 1024;

/// What the services work with.
#[derive(Clone)]
pub struct Api {
    /// Runs.
    pub engine: Engine,
    /// What they show.
    pub books: Books,
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
    health.set_serving::<OrderServiceServer<Api>>().await;
    health.set_serving::<ProviderAccountServiceServer<Api>>().await;
    health.set_serving::<RunServiceServer<Api>>().await;
    let v1 = reflection().build_v1().expect("the descriptors are of this build");
    let v1alpha = reflection().build_v1alpha().expect("the descriptors are of this build");
    tonic::transport::Server::builder()
        .add_service(health_service)
        .add_service(v1)
        .add_service(v1alpha)
        .add_service(OrderServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(ProviderAccountServiceServer::new(api.clone()).max_decoding_message_size(REQUEST_MAX))
        .add_service(RunServiceServer::new(api).max_decoding_message_size(REQUEST_MAX))
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), shutdown)
        .await
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(ordain_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
