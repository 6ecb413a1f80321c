//! A running Ordain with a data folder of its own, the shop that uses it, and its shoppers.

use crate::basket;
use crate::checkout::{Browser, Button, Page};
use crate::program::{self, Addresses, Running};
use crate::wait::{PATIENCE, until};
use ordain_proto::accounts::v1::provider_account_service_client::ProviderAccountServiceClient;
use ordain_proto::accounts::v1::{AccountState, GetProviderAccountRequest, ProviderAccount};
use ordain_proto::orders::v1::order_service_client::OrderServiceClient;
use ordain_proto::orders::v1::{
    CreateFulfilmentRequest, CreateOrderRequest, CreateOrderResponse, CreateRefundRequest, Fulfilment,
    GetOrderRequest, Order, OrderState, Portion, Refund, Tracking, WaitFor,
};
use ordain_proto::runs::v1::run_service_client::RunServiceClient;
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::Deref;
use std::path::PathBuf;
use std::process::Output;
use tempfile::TempDir;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// A running Ordain with everything around it. Whatever the shop can do is there through [`Shop`].
#[derive(Debug)]
pub struct World {
    /// The program; none while it is down.
    ordain: Option<Running>,
    shop: Shop,
    folder: TempDir,
}

/// The shop, its shoppers, and what both can see. Cheap to clone; it outlives a crash of Ordain.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Where everything is.
    pub addresses: Addresses,
    /// A shopper's browser.
    pub browser: Browser,
    channel: Channel,
}

impl Deref for World {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.shop
    }
}

/// One effect in the simulated provider's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// `approved`, `syncretorder`, `tracking`, `refund`, …
    pub kind: String,
    /// In pence.
    #[serde(default)]
    pub amount_minor: Option<i64>,
    /// The same request had this effect before.
    pub repeat: bool,
    /// The parcel's.
    #[serde(default)]
    pub number: Option<String>,
    /// `FULL` or `PARTIAL`.
    #[serde(default)]
    pub refund_type: Option<String>,
}

impl World {
    /// Starts an Ordain on an empty folder, and waits until the account works.
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same, with these flags of `ordain dev` besides.
    pub async fn with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (data, log) = (folder.path().join("data"), folder.path().join("dev.log"));
        let ordain = Running::start_with(&data, &log, flags).await;
        let world = Self { shop: Shop::at(&ordain.addresses), ordain: Some(ordain), folder };
        world.account_is_active(basket::ACCOUNT).await;
        world
    }

    /// Kills Ordain in the middle of whatever it does, as `kill -9` does.
    pub fn kill(&mut self) {
        // Dropped, it is killed, and waited for.
        self.ordain = None;
    }

    /// Starts it again, where it was.
    pub async fn restart(&mut self) {
        self.kill();
        let (data, log) = (self.data(), self.folder.path().join("dev.log"));
        self.ordain = Some(Running::again(&data, &log, &self.shop.addresses).await);
    }

    /// Starts it again on other ports.
    pub async fn restart_elsewhere(&mut self) {
        self.kill();
        let (data, log) = (self.data(), self.folder.path().join("dev.log"));
        let ordain = Running::start(&data, &log).await;
        self.shop = Shop::at(&ordain.addresses);
        self.ordain = Some(ordain);
    }

    /// The folder with everything that was stored.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything that the program printed so far.
    #[must_use]
    pub fn log(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("dev.log")).unwrap_or_default()
    }
}

impl Shop {
    pub(crate) fn at(addresses: &Addresses) -> Self {
        let endpoint = Endpoint::from_shared(addresses.grpc.clone()).expect("dev.json holds an address");
        // Connected when needed, and again after a restart.
        let channel = endpoint.timeout(PATIENCE).connect_lazy();
        Self { addresses: addresses.clone(), browser: Browser::default(), channel }
    }

    /// Runs a command of the program against the running one, to its end.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Output {
        program::run(arguments, &self.addresses)
    }

    /// The connection, for other services.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The order service.
    #[must_use]
    pub fn orders(&self) -> OrderServiceClient<Channel> {
        OrderServiceClient::new(self.channel())
    }

    /// The run service.
    #[must_use]
    pub fn runs(&self) -> RunServiceClient<Channel> {
        RunServiceClient::new(self.channel())
    }

    /// The account service.
    #[must_use]
    pub fn accounts(&self) -> ProviderAccountServiceClient<Channel> {
        ProviderAccountServiceClient::new(self.channel())
    }

    /// Waits until an account works.
    pub async fn account_is_active(&self, name: &str) {
        until("the account to be active", async || {
            let account = self.account(name).await?;
            (account.state() == AccountState::Active).then_some(())
        })
        .await;
    }

    /// An account, if it is there.
    pub async fn account(&self, name: &str) -> Option<ProviderAccount> {
        let request = GetProviderAccountRequest { name: name.to_owned() };
        let answer = self.accounts().get_provider_account(request).await.ok()?;
        answer.into_inner().provider_account
    }

    /// Asks for an order.
    ///
    /// # Errors
    /// As it was refused.
    pub async fn ask(&self, order: Order) -> Result<CreateOrderResponse, Status> {
        let response = self.orders().create_order(create_request(order)).await?;
        Ok(response.into_inner())
    }

    /// Opens an order whose customer can go to the checkout.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create(&self, order: Order) -> Order {
        let created = self.ask(order).await.expect("the order is a good one");
        let order = created.order.expect("an answer holds the order");
        assert_eq!(order.state(), OrderState::AwaitingCustomer);
        order
    }

    /// The order as it is now.
    ///
    /// # Panics
    /// When it cannot be read.
    pub async fn order(&self, name: &str) -> Order {
        let answer = self.orders().get_order(GetOrderRequest { name: name.to_owned() }).await;
        answer.expect("the order can be read").into_inner().order.expect("an answer holds the order")
    }

    /// Waits until an order is so, and returns it.
    pub async fn until(&self, name: &str, what: &str, is_so: impl Fn(&Order) -> bool) -> Order {
        until(&format!("{what}: {name}"), async || Some(self.order(name).await).filter(&is_so)).await
    }

    /// Waits until an order is in a state, and returns it.
    pub async fn until_state(&self, name: &str, state: OrderState) -> Order {
        self.until(name, state.as_str_name(), |order| order.state() == state).await
    }

    /// Goes to the order's checkout.
    ///
    /// # Panics
    /// When the order has none.
    pub async fn checkout(&self, order: &Order) -> Page {
        let next = order.next_action.as_ref().expect("the customer is to go somewhere");
        self.browser.open(&next.redirect_url).await
    }

    /// Goes to the checkout, presses a button, and returns where the browser is sent.
    pub async fn press(&self, order: &Order, button: Button) -> String {
        let page = self.checkout(order).await;
        self.browser.press(&page, button).await
    }

    /// An order that the customer paid for, and came back.
    pub async fn paid(&self) -> Order {
        let order = self.create(basket::order()).await;
        let back = self.press(&order, Button::Approve).await;
        assert_eq!(self.browser.open(&back).await.status, 200);
        self.until_state(&order.name, OrderState::Authorized).await
    }

    /// Reports a parcel; everything that remains, if no lines are given.
    ///
    /// # Errors
    /// As it was refused.
    pub async fn fulfil(
        &self,
        order: &str,
        lines: &[Portion],
        number: &str,
    ) -> Result<(Fulfilment, Order), Status> {
        let tracking = Tracking { carrier: "Royal Mail".to_owned(), number: number.to_owned() };
        let fulfilment =
            Fulfilment { lines: lines.to_vec(), tracking: Some(tracking), ..Fulfilment::default() };
        let request = CreateFulfilmentRequest {
            parent: order.to_owned(),
            fulfilment: Some(fulfilment),
            request_id: new_id(),
            etag: String::new(),
            wait: WaitFor::Settled.into(),
        };
        let answer = self.orders().create_fulfilment(request).await?.into_inner();
        Ok((answer.fulfilment.unwrap_or_default(), answer.order.unwrap_or_default()))
    }

    /// Gives money back; everything that remains, if no lines are given.
    ///
    /// # Errors
    /// As it was refused.
    pub async fn refund(&self, order: &str, lines: &[Portion]) -> Result<(Refund, Order), Status> {
        let answer = self.orders().create_refund(refund_request(order, lines)).await?.into_inner();
        Ok((answer.refund.unwrap_or_default(), answer.order.unwrap_or_default()))
    }

    /// What the provider's ledger says of an order, oldest first.
    ///
    /// # Panics
    /// When it cannot be read.
    pub async fn ledger(&self, order: &Order) -> Vec<Entry> {
        let url = format!("{}/_sandbox/ledger?order={}", self.addresses.sandbox(), id(&order.name));
        let reply = self.browser.client().get(url).send().await.expect("the ledger can be read");
        let mut ledger: Value = reply.json().await.expect("the ledger is JSON");
        serde_json::from_value(ledger["entries"].take()).expect("the ledger has entries")
    }

    /// The ledger's entries of one kind.
    pub async fn entries(&self, order: &Order, kind: &str) -> Vec<Entry> {
        self.ledger(order).await.into_iter().filter(|entry| entry.kind == kind).collect()
    }

    /// From now on, this goes wrong at the provider for this order, so often or always.
    ///
    /// # Panics
    /// When the simulator does not know the fault.
    pub async fn fault(&self, order: &Order, (operation, kind): (&str, &str), times: Option<u64>) {
        let mut rule = json!({ "operation": operation, "kind": kind, "order": id(&order.name) });
        if let Some(times) = times {
            rule["times"] = times.into();
        }
        self.fault_at("dividebuy", &rule).await;
    }

    /// From now on, this goes wrong at a provider, as its simulator's rules say it.
    ///
    /// # Panics
    /// When the simulator does not know the fault.
    pub async fn fault_at(&self, provider: &str, rule: &Value) {
        let url = format!("{}/_sandbox/faults", self.addresses.sandbox_of(provider));
        let reply = self.browser.client().post(url).json(rule).send().await;
        assert_eq!(reply.expect("the simulator answers").status(), 201, "{rule}");
    }

    /// Nothing goes wrong any more.
    ///
    /// # Panics
    /// When the simulator does not answer.
    pub async fn no_more_faults(&self) {
        let reply = self.browser.client().delete(self.faults()).send().await;
        assert_eq!(reply.expect("the simulator answers").status(), 204);
    }

    fn faults(&self) -> String {
        format!("{}/_sandbox/faults", self.addresses.sandbox())
    }
}

/// A request for an order, with an id of its own.
#[must_use]
pub fn create_request(order: Order) -> CreateOrderRequest {
    CreateOrderRequest {
        parent: basket::MERCHANT.to_owned(),
        order: Some(order),
        request_id: new_id(),
        validate_only: false,
        wait: WaitFor::Submitted.into(),
    }
}

/// A request for a refund, with an id of its own.
#[must_use]
pub fn refund_request(order: &str, lines: &[Portion]) -> CreateRefundRequest {
    let refund = Refund { lines: lines.to_vec(), reason: "came back unused".to_owned(), ..Refund::default() };
    CreateRefundRequest {
        parent: order.to_owned(),
        refund: Some(refund),
        request_id: new_id(),
        etag: String::new(),
        wait: WaitFor::Settled.into(),
    }
}

/// A new request id.
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The last part of a name: an order's id, and its run's.
#[must_use]
pub fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether an order has a condition.
#[must_use]
pub fn has(order: &Order, condition: &str) -> bool {
    order.conditions.iter().any(|known| known.r#type == condition)
}
