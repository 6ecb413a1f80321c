//! Pages of orders, newest first. A token is good for the list that it came from, and for no other.

use super::{Api, filter, names, refusal};
use crate::books::shown_order;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ordain_engine::store::{RunQuery, RunRow};
use ordain_engine::{RunId, Workflow as _};
use ordain_proto::orders::v1 as proto;
use ordain_workflows::OrderWorkflow;
use tonic::{Code, Status};

const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 1000;

pub(super) async fn list(
    api: &Api,
    request: &proto::ListOrdersRequest,
) -> Result<proto::ListOrdersResponse, Status> {
    let size = page_size(request.page_size)?;
    let list = format!("orders {} {}", request.parent, request.filter);
    let mut query = RunQuery {
        workflow: Some(OrderWorkflow::NAME.into()),
        tenant: names::tenant("parent", &request.parent)?,
        before: read_token(api, &list, &request.page_token)?,
        limit: size + 1,
        ..RunQuery::default()
    };
    filter::apply(&request.filter, &mut query)?;
    let rows = api.engine.store().runs(&query).await.map_err(|error| refusal::from_store(&error))?;
    let (rows, next_page_token) = page(api, &list, rows, size);
    let mut orders = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(shown) = shown_order(row).map_err(|error| refusal::from_books(&error))? {
            orders.push(api.told(&shown).await?);
        }
    }
    Ok(proto::ListOrdersResponse { orders, next_page_token })
}

/// A page's size as asked for, within bounds.
pub(in crate::grpc) fn page_size(asked: i32) -> Result<u32, Status> {
    match u32::try_from(asked) {
        Ok(0) => Ok(PAGE_DEFAULT),
        Ok(size) => Ok(size.min(PAGE_MAX)),
        Err(_) => Err(refusal::field("page_size", "zero for the default, or more")),
    }
}

/// One page of rows that were read with one to spare, and the token of the next.
pub(in crate::grpc) fn page(
    api: &Api,
    list: &str,
    mut rows: Vec<RunRow>,
    size: u32,
) -> (Vec<RunRow>, String) {
    let more = rows.len() > size as usize;
    rows.truncate(size as usize);
    let token = rows.last().filter(|_| more).map(|last| token(api, list, last.run));
    (rows, token.unwrap_or_default())
}

fn token(api: &Api, list: &str, last: RunId) -> String {
    let run = last.to_bytes();
    BASE64.encode([&run[..], &seal(api, list, &run)].concat())
}

/// Where a token's page begins.
pub(in crate::grpc) fn read_token(api: &Api, list: &str, token: &str) -> Result<Option<RunId>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = BASE64.decode(token).unwrap_or_default();
    let (run, mac) = bytes.split_at_checked(16).unwrap_or_default();
    let run = RunId::from_bytes(run).filter(|run| seal(api, list, &run.to_bytes()) == mac);
    let mismatch = "the page token belongs to another list: keep parent and filter, or begin without a token";
    run.map(Some).ok_or_else(|| refusal::status(Code::InvalidArgument, "PAGE_TOKEN_MISMATCH", mismatch))
}

fn seal(api: &Api, list: &str, run: &[u8]) -> Vec<u8> {
    api.books.fingerprint(&[b"page ", list.as_bytes(), run].concat())
}
