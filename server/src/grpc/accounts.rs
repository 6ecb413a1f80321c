//! `ordain.accounts.v1.ProviderAccountService`.

mod read;

use super::orders::list::{page, page_size, read_token};
use super::{Api, answer, names, orders, refusal};
use crate::books::{ACCOUNTS, OpenAccount, place};
use ordain_engine::store::RunQuery;
use ordain_engine::{MessageRequest, StartOutcome, StartRequest, Workflow as _};
use ordain_proto::accounts::v1 as proto;
use ordain_proto::accounts::v1::provider_account_service_server::ProviderAccountService;
use ordain_providers::spec::AccountField;
use ordain_providers::{FaultReason, FieldFault, Private};
use ordain_workflows::AccountWorkflow;
use ordain_workflows::account_workflow::{AccountInput, AccountMessage, AccountState, Environment, Secrets};
use ordain_workflows::order::LatePayment;
use read::read;
use std::collections::BTreeMap;
use std::time::Duration;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// How long a caller waits for the provider to take the credentials; the check goes on either way.
const PATIENCE: Duration = Duration::from_secs(20);

#[tonic::async_trait]
impl ProviderAccountService for Api {
    async fn create_provider_account(
        &self,
        request: Request<proto::CreateProviderAccountRequest>,
    ) -> Answer<proto::CreateProviderAccountResponse> {
        let actor = orders::actor(&request);
        let (account, replayed) = self.create_account(request.into_inner(), actor).await?;
        let provider_account = Some(self.told_account(&account));
        Ok(Response::new(proto::CreateProviderAccountResponse { provider_account, replayed }))
    }

    async fn get_provider_account(
        &self,
        request: Request<proto::GetProviderAccountRequest>,
    ) -> Answer<proto::GetProviderAccountResponse> {
        let account = self.account(&request.get_ref().name).await?;
        let provider_account = Some(self.told_account(&account));
        Ok(Response::new(proto::GetProviderAccountResponse { provider_account }))
    }

    async fn list_provider_accounts(
        &self,
        request: Request<proto::ListProviderAccountsRequest>,
    ) -> Answer<proto::ListProviderAccountsResponse> {
        let request = request.get_ref();
        let size = page_size(request.page_size)?;
        let list = format!("accounts {}", request.parent);
        let merchant = match request.parent.as_str() {
            "merchants/-" => None,
            parent => Some(names::merchant("parent", parent)?),
        };
        let query = RunQuery {
            workflow: Some(AccountWorkflow::NAME.into()),
            owner: merchant,
            before: read_token(self, &list, &request.page_token)?,
            limit: size + 1,
            ..RunQuery::default()
        };
        let rows = self.engine.store().runs(&query).await.map_err(|error| refusal::from_store(&error))?;
        let (rows, next_page_token) = page(self, &list, rows, size);
        let mut provider_accounts = Vec::with_capacity(rows.len());
        for row in rows {
            let account = self.books.open_account(row).await.map_err(|error| refusal::from_books(&error))?;
            provider_accounts.push(self.told_account(&account));
        }
        Ok(Response::new(proto::ListProviderAccountsResponse { provider_accounts, next_page_token }))
    }

    async fn update_provider_account(
        &self,
        request: Request<proto::UpdateProviderAccountRequest>,
    ) -> Answer<proto::UpdateProviderAccountResponse> {
        let actor = orders::actor(&request);
        let request = request.into_inner();
        let asked = request.provider_account.clone().unwrap_or_default();
        let account = self.account(&asked.name).await?;
        let update = self.update(&account, asked).await?;
        let bare = proto::UpdateProviderAccountRequest { request_id: String::new(), ..request.clone() };
        let fingerprint = self.fingerprint("UpdateProviderAccount", &bare);
        let asked = AskedAccount { message: update, request_id: request.request_id, fingerprint, actor };
        let account = self.ask_account(account, asked).await?;
        let provider_account = Some(self.told_account(&account));
        Ok(Response::new(proto::UpdateProviderAccountResponse { provider_account }))
    }

    async fn verify_provider_account(
        &self,
        request: Request<proto::VerifyProviderAccountRequest>,
    ) -> Answer<proto::VerifyProviderAccountResponse> {
        let actor = orders::actor(&request);
        let proto::VerifyProviderAccountRequest { name, request_id } = request.into_inner();
        let verify = ("VerifyProviderAccount", AccountMessage::Verify);
        let provider_account = Some(self.say_to_account(&name, verify, request_id, actor).await?);
        Ok(Response::new(proto::VerifyProviderAccountResponse { provider_account }))
    }

    async fn disable_provider_account(
        &self,
        request: Request<proto::DisableProviderAccountRequest>,
    ) -> Answer<proto::DisableProviderAccountResponse> {
        let actor = orders::actor(&request);
        let proto::DisableProviderAccountRequest { name, request_id } = request.into_inner();
        let off = ("DisableProviderAccount", AccountMessage::Switch { on: false });
        let provider_account = Some(self.say_to_account(&name, off, request_id, actor).await?);
        Ok(Response::new(proto::DisableProviderAccountResponse { provider_account }))
    }

    async fn enable_provider_account(
        &self,
        request: Request<proto::EnableProviderAccountRequest>,
    ) -> Answer<proto::EnableProviderAccountResponse> {
        let actor = orders::actor(&request);
        let proto::EnableProviderAccountRequest { name, request_id } = request.into_inner();
        let on = ("EnableProviderAccount", AccountMessage::Switch { on: true });
        let provider_account = Some(self.say_to_account(&name, on, request_id, actor).await?);
        Ok(Response::new(proto::EnableProviderAccountResponse { provider_account }))
    }
}

/// Something asked of an account, by whom and under which id.
struct AskedAccount {
    message: AccountMessage,
    request_id: String,
    fingerprint: Vec<u8>,
    actor: String,
}

impl Api {
    async fn create_account(
        &self,
        request: proto::CreateProviderAccountRequest,
        actor: String,
    ) -> Result<(OpenAccount, bool), Status> {
        let merchant = names::merchant("parent", &request.parent)?;
        let id = request.provider_account_id.clone();
        if !names::is_id(&id) {
            let rule = "1 to 63 lower-case letters, digits and dashes: it becomes part of a URL";
            return Err(refusal::field("provider_account_id", rule));
        }
        let request_id = orders::request_id(&request.request_id)?;
        let bare = proto::CreateProviderAccountRequest { request_id: String::new(), ..request.clone() };
        let fingerprint = self.fingerprint("CreateProviderAccount", &bare);
        let run = self.engine.new_run_id();
        let key = self.engine.new_data_key(run);
        let (new, secrets) = read(id.clone(), merchant, request.provider_account.unwrap_or_default())?;
        let new = new(key.seal(place::SECRETS, &secrets));
        let start = StartRequest {
            run,
            workflow: AccountWorkflow::NAME.into(),
            workflow_version: AccountWorkflow::VERSION,
            input: serde_json::to_vec(&AccountInput::New(Box::new(new))).expect("an account is plain data"),
            data_key: key,
            tenant: ACCOUNTS.into(),
            request_id: request_id.clone(),
            label: id.clone(),
            fingerprint: fingerprint.clone(),
            actor,
            clock: None,
        };
        let replayed =
            match self.engine.start(start).await.map_err(|error| refusal::from_call(&id, &error))? {
                StartOutcome::Began => false,
                StartOutcome::Exists(known)
                    if known.request_id == request_id && known.fingerprint == fingerprint =>
                {
                    true
                }
                StartOutcome::Exists(known) if known.request_id == request_id => {
                    return Err(refusal::request_id_reused(&id));
                }
                StartOutcome::Exists(_) => {
                    let message = "an account of this id exists: ids are unique in this Ordain";
                    let resource = "ordain.accounts.v1.ProviderAccount";
                    return Err(refusal::taken("PROVIDER_ACCOUNT_ID_TAKEN", resource, &id, message));
                }
            };
        Ok((self.settled_account(&id).await?, replayed))
    }

    /// What an update changes: only values that the provider's table knows.
    async fn update(
        &self,
        account: &OpenAccount,
        asked: proto::ProviderAccount,
    ) -> Result<AccountMessage, Status> {
        let provider = ordain_providers::find(&account.account.new.provider)
            .ok_or_else(|| refusal::field("provider_account", "this build lacks its provider"))?;
        let table = &provider.spec().account;
        let mut faults = Vec::new();
        let unknown = |group: &'static str, table: &[AccountField], given: &BTreeMap<String, String>| {
            let known: Vec<&str> = table.iter().map(|field| field.name).collect();
            let foreign = given.keys().filter(|name| !known.contains(&name.as_str()));
            let faults = foreign.map(|name| FieldFault {
                field: format!("provider_account.{group}.{name}"),
                description: format!("unknown; known are {}", known.join(", ")),
                reason: FaultReason::Invalid,
            });
            faults.collect::<Vec<_>>()
        };
        faults.extend(unknown("config", table.config, &asked.config));
        faults.extend(unknown("secrets", table.secrets, &asked.secrets));
        if !faults.is_empty() {
            return Err(refusal::fields(&faults));
        }
        let mut secrets: Option<ordain_engine::Sealed<Secrets>> = None;
        if !asked.secrets.is_empty() {
            let mut all = account.credentials.secrets.clone();
            all.extend(asked.secrets.into_iter().map(|(name, value)| (name, Private::new(value))));
            let sealed = self.books.seal(account.run, place::SECRETS, &all).await;
            secrets = sealed.map_err(|error| refusal::from_books(&error))?;
        }
        Ok(AccountMessage::Update { config: asked.config, secrets })
    }

    /// Tells an account something that has no more to it than its name; the answer is the account then.
    async fn say_to_account(
        &self,
        name: &str,
        (method, message): (&str, AccountMessage),
        request_id: String,
        actor: String,
    ) -> Result<proto::ProviderAccount, Status> {
        let account = self.account(name).await?;
        let fingerprint = self.books.fingerprint(&[method.as_bytes(), name.as_bytes()].concat());
        let account =
            self.ask_account(account, AskedAccount { message, request_id, fingerprint, actor }).await?;
        Ok(self.told_account(&account))
    }

    /// Asks something of an account, and waits until its credentials were checked.
    async fn ask_account(&self, account: OpenAccount, asked: AskedAccount) -> Result<OpenAccount, Status> {
        let id = account.account.new.id;
        let request = MessageRequest {
            run: account.run,
            key: orders::request_id(&asked.request_id)?,
            fingerprint: asked.fingerprint,
            payload: serde_json::to_vec(&asked.message).expect("plain data"),
            actor: asked.actor,
            only_at: None,
        };
        self.engine.call(request).await.map_err(|error| refusal::from_call(&id, &error))?;
        self.settled_account(&id).await
    }

    /// The account once its credentials were checked, or as it stands when patience ends.
    async fn settled_account(&self, id: &str) -> Result<OpenAccount, Status> {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let account = self.books.account(id).await.map_err(|error| refusal::from_books(&error))?;
            let account = account.ok_or_else(|| refusal::unavailable("the account is not readable yet"))?;
            let over = tokio::time::Instant::now() >= end;
            if over || account.account.state != AccountState::Verifying {
                return Ok(account);
            }
            let mut changes = self.engine.watch(account.run);
            let look = (tokio::time::Instant::now() + Duration::from_millis(200)).min(end);
            // Woken or not, the loop looks again.
            drop(tokio::time::timeout_at(look, changes.changed()).await);
        }
    }

    pub(super) async fn account(&self, name: &str) -> Result<OpenAccount, Status> {
        let (merchant, id) = names::parse_account("name", name)?;
        let account = self.books.account(&id).await.map_err(|error| refusal::from_books(&error))?;
        account.filter(|account| account.account.new.merchant == merchant).ok_or_else(|| {
            refusal::not_found("PROVIDER_ACCOUNT_NOT_FOUND", "ordain.accounts.v1.ProviderAccount", name)
        })
    }

    fn told_account(&self, open: &OpenAccount) -> proto::ProviderAccount {
        let (account, new) = (&open.account, &open.account.new);
        let provider_config = (!account.provider_config.is_empty()).then_some(&account.provider_config);
        proto::ProviderAccount {
            name: names::account(&new.merchant, &new.id),
            provider: new.provider.clone(),
            environment: environment(new.environment).into(),
            config: new.config.clone(),
            secrets: BTreeMap::new(),
            state: state(account.state).into(),
            ingress_url: self.books.ingress_url(&new.id),
            provider_refs: account.provider_refs.clone(),
            provider_config_json: provider_config
                .map(|config| serde_json::to_string(config).expect("it came from JSON"))
                .unwrap_or_default(),
            message: if open.row.reason.is_empty() {
                account.message.clone()
            } else {
                open.row.reason.clone()
            },
            create_time: Some(answer::time(account.created_at)),
            update_time: Some(answer::time(account.updated_at)),
            complete_after_seconds: new
                .settings
                .complete_after_s
                .map(|s| i64::try_from(s).unwrap_or(i64::MAX)),
            poll_scale: new.settings.poll_scale,
            late_payment: match new.settings.late_payment {
                LatePayment::Accept => proto::LatePayment::Accept,
                LatePayment::AutoRefund => proto::LatePayment::AutoRefund,
                LatePayment::Park => proto::LatePayment::Park,
            }
            .into(),
            test_clock: match account.test_clock {
                Some(_) => names::clock(&new.merchant, &new.id),
                None => String::new(),
            },
        }
    }
}

const fn environment(environment: Environment) -> proto::Environment {
    match environment {
        Environment::Live => proto::Environment::Live,
        Environment::Sandbox => proto::Environment::Sandbox,
        Environment::Simulated => proto::Environment::Simulated,
    }
}

const fn state(state: AccountState) -> proto::AccountState {
    match state {
        AccountState::Verifying => proto::AccountState::Verifying,
        AccountState::Active => proto::AccountState::Active,
        AccountState::Refused => proto::AccountState::Refused,
        AccountState::Disabled => proto::AccountState::Disabled,
    }
}
