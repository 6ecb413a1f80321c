//! What any gRPC client can ask: which services there are, and whether they are well.

use ordain_tests::world::World;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const SERVICES: [&str; 8] = [
    "ordain.orders.v1.OrderService",
    "ordain.accounts.v1.ProviderAccountService",
    "ordain.accounts.v1.TestClockService",
    "ordain.providers.v1.ProviderService",
    "ordain.runs.v1.RunService",
    "ordain.runs.v1.DownstreamService",
    "ordain.schedules.v1.ScheduleService",
    "ordain.reconciliation.v1.ReconciliationService",
];

async fn reflected(world: &World, asked: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(asked) };
    let mut client = ServerReflectionClient::new(world.channel());
    let mut answers = client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap().message_response.unwrap()
}

#[tokio::test]
async fn reflection_lists_and_describes_every_service() {
    let world = World::new().await;
    let listed = reflected(&world, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(listed) = listed else { panic!("no list: {listed:?}") };
    let names: Vec<String> = listed.service.into_iter().map(|service| service.name).collect();
    for service in SERVICES {
        assert!(names.iter().any(|name| name == service), "{service} is not among {names:?}");
        let described = reflected(&world, MessageRequest::FileContainingSymbol(service.to_owned())).await;
        assert!(matches!(described, MessageResponse::FileDescriptorResponse(_)), "{service}: {described:?}");
    }
}

#[tokio::test]
async fn every_service_is_well() {
    let world = World::new().await;
    for service in SERVICES.into_iter().chain([""]) {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = HealthClient::new(world.channel()).check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service:?}");
    }
}
