//! `ordain.providers.v1.ProviderService`: the tables of this build.

use super::{Api, refusal};
use crate::tables;
use ordain_proto::providers::v1 as proto;
use ordain_proto::providers::v1::provider_service_server::ProviderService;
use tonic::{Request, Response, Status};

#[tonic::async_trait]
impl ProviderService for Api {
    async fn list_providers(
        &self,
        _: Request<proto::ListProvidersRequest>,
    ) -> Result<Response<proto::ListProvidersResponse>, Status> {
        Ok(Response::new(proto::ListProvidersResponse { providers: tables::all() }))
    }

    async fn get_provider(
        &self,
        request: Request<proto::GetProviderRequest>,
    ) -> Result<Response<proto::GetProviderResponse>, Status> {
        let name = &request.get_ref().name;
        let id = name.strip_prefix("providers/");
        let id = id.ok_or_else(|| refusal::field("name", "write `providers/{id}`"))?;
        let provider = tables::find(id);
        let missing = || refusal::not_found("PROVIDER_NOT_FOUND", "ordain.providers.v1.Provider", name);
        Ok(Response::new(proto::GetProviderResponse { provider: Some(provider.ok_or_else(missing)?) }))
    }
}
