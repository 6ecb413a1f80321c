//! One command's connection to a running Ordain.
//!
//! The connection is made before the first call and tells "nobody is there" from "the answer was no". Every
//! unary call carries a deadline, so no command waits for ever.

use super::failure::Failure;
use super::output::Output;
use ordain_proto::accounts::v1::provider_account_service_client::ProviderAccountServiceClient;
use ordain_proto::accounts::v1::test_clock_service_client::TestClockServiceClient;
use ordain_proto::orders::v1::order_service_client::OrderServiceClient;
use ordain_proto::reconciliation::v1::reconciliation_service_client::ReconciliationServiceClient;
use ordain_proto::runs::v1::downstream_service_client::DownstreamServiceClient;
use ordain_proto::runs::v1::run_service_client::RunServiceClient;
use ordain_proto::schedules::v1::schedule_service_client::ScheduleServiceClient;
use std::time::Duration;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

/// Where `ordain dev` listens.
pub const ADDRESS: &str = "http://127.0.0.1:7700";
/// How long to wait for a connection: on one machine it is there at once, or it is not there.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a call may take, a wait for the provider included. Longer than any one attempt at a provider.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// How often a quiet connection is asked whether it is alive, so that a watch notices a dead server.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A page of a thousand orders, or a long history, is larger than the four mebibytes that clients take by default.
const REPLY_BYTES_MAX: usize = 64 << 20;

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Globals {
    /// Where Ordain listens for gRPC [default: http://127.0.0.1:7700]
    #[arg(long, global = true, env = "ORDAIN_ADDRESS", value_name = "URL", hide_env_values = true)]
    pub address: Option<String>,
    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Whose orders and accounts, where a bare id is given
    #[arg(long, global = true, value_name = "ID", default_value = "demo")]
    pub merchant: String,
}

/// The connection, and how to print.
#[derive(Debug)]
pub struct Session {
    globals: Globals,
    output: Output,
}

impl Session {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(globals: Globals) -> Self {
        let output = Output::of_process(globals.json);
        Self { globals, output }
    }

    /// How to print.
    #[must_use]
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// The merchant that bare ids belong to.
    #[must_use]
    pub fn merchant(&self) -> &str {
        &self.globals.merchant
    }

    /// Where Ordain is.
    #[must_use]
    pub fn address(&self) -> &str {
        self.globals.address.as_deref().unwrap_or(ADDRESS)
    }

    /// Whether somebody said where Ordain is, or it was guessed.
    #[must_use]
    pub const fn address_was_given(&self) -> bool {
        self.globals.address.is_some()
    }

    /// The same session, with an Ordain that listens elsewhere.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        Self::new(Globals { address: Some(address.to_owned()), ..self.globals.clone() })
    }

    /// An open connection.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] when nothing listens, [`Failure::Usage`] when the address is none.
    pub async fn connect(&self) -> Result<Channel, Failure> {
        let endpoint = self.endpoint()?;
        endpoint.connect().await.map_err(|_| Failure::Unreachable { address: self.address().to_owned() })
    }

    /// A connection that is made when it is needed, and made again when it was lost.
    ///
    /// # Errors
    /// [`Failure::Usage`] when the address is none.
    pub fn connect_when_needed(&self) -> Result<Channel, Failure> {
        Ok(self.endpoint()?.connect_lazy())
    }

    /// The order service.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn orders(&self) -> Result<OrderServiceClient<Channel>, Failure> {
        self.connect().await.map(orders_over)
    }

    /// The account service.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn accounts(&self) -> Result<ProviderAccountServiceClient<Channel>, Failure> {
        self.connect().await.map(accounts_over)
    }

    /// The test clock service.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn clocks(&self) -> Result<TestClockServiceClient<Channel>, Failure> {
        self.connect().await.map(TestClockServiceClient::new)
    }

    /// The run service.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn runs(&self) -> Result<RunServiceClient<Channel>, Failure> {
        let channel = self.connect().await?;
        Ok(RunServiceClient::new(channel).max_decoding_message_size(REPLY_BYTES_MAX))
    }

    /// The downstream service.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn downstreams(&self) -> Result<DownstreamServiceClient<Channel>, Failure> {
        self.connect().await.map(DownstreamServiceClient::new)
    }

    /// The schedule service.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn schedules(&self) -> Result<ScheduleServiceClient<Channel>, Failure> {
        self.connect().await.map(ScheduleServiceClient::new)
    }

    /// The reconciliation service.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn reconciliations(&self) -> Result<ReconciliationServiceClient<Channel>, Failure> {
        let channel = self.connect().await?;
        Ok(ReconciliationServiceClient::new(channel).max_decoding_message_size(REPLY_BYTES_MAX))
    }

    fn endpoint(&self) -> Result<Endpoint, Failure> {
        let address = self.address();
        let endpoint = Endpoint::from_shared(address.to_owned());
        let endpoint = endpoint.ok().filter(|endpoint| endpoint.uri().host().is_some());
        let endpoint =
            endpoint.ok_or_else(|| Failure::Usage(format!("`{address}` is no address; try {ADDRESS}")))?;
        Ok(endpoint
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true))
    }
}

/// The order service over an open connection.
#[must_use]
pub fn orders_over(channel: Channel) -> OrderServiceClient<Channel> {
    OrderServiceClient::new(channel).max_decoding_message_size(REPLY_BYTES_MAX)
}

/// The account service over an open connection.
#[must_use]
pub fn accounts_over(channel: Channel) -> ProviderAccountServiceClient<Channel> {
    ProviderAccountServiceClient::new(channel).max_decoding_message_size(REPLY_BYTES_MAX)
}

/// A request that gives up after [`DEADLINE`].
#[must_use]
pub fn bounded<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(DEADLINE);
    request
}

/// The request id to send: the given one, or a new one.
#[must_use]
pub fn request_id(given: Option<uuid::Uuid>) -> String {
    given.unwrap_or_else(uuid::Uuid::new_v4).to_string()
}
