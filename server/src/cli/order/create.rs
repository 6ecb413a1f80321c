//! `ordain order create`: an order from a file, from flags, from both, or a sample.

use super::line::LineText;
use super::{Asking, sample, show};
use crate::cli::failure::Failure;
use crate::cli::output::Paint;
use crate::cli::pairs::{self, Pair};
use crate::cli::session::{Session, bounded, request_id};
use crate::cli::{json, money, names, time};
use crate::demo::manners::Manners;
use crate::simulated::{self, Kind};
use ordain_proto::orders::v1::{Address, CreateOrderRequest, CreateOrderResponse, Customer, Order, WaitFor};

/// Flags say what a file leaves out, and win over it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    ordain order create\n  \
    ordain order create --provider divit\n  \
    ordain order create --client-reference A-17 --account shop-uk --line sku=X,title=Lamp,price=49.00,tax=20 \\\n      \
      --line kind=shipping,title=Post,price=4.95 --email kim@example.com --first-name Kim --last-name Lee \\\n      \
      --street '1 High St' --town Leeds --postcode 'LS1 1AA' --country GB\n  \
    ordain order create --file order.json --request-id 0190c2f4-7f3e-4d52-9b0a-6a0f5f0d3c11")]
pub struct Args {
    /// The order as JSON, fields as in the API, those that no flag has among them; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// The shop's own number of the order
    #[arg(long, value_name = "TEXT")]
    client_reference: Option<String>,
    /// Where and with whose credentials it is paid
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The sample at another simulated provider, on the account that `ordain dev` has there
    #[arg(long, value_name = "ID", default_value = sample::PROVIDER, value_parser = simulated::named)]
    #[arg(conflicts_with_all = ["account", "file"])]
    provider: &'static Kind,
    /// What is sold: sku=X,title=Y,quantity=2,price=12.50[,unit=pcs][,tax=20][,kind=shipping|service|fee|discount]…
    #[arg(long = "line", value_name = "LINE")]
    lines: Vec<LineText>,
    /// Of all prices [default: GBP, of a sample its provider's]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Where the customer's browser ends up; `{order}` is replaced by the order's id, `{outcome}` by `done` or `cancelled`
    #[arg(long, value_name = "URL")]
    return_url: Option<String>,
    /// When an unpaid order is given up: 2026-03-01T09:30:00Z
    #[arg(long, value_name = "TIME", value_parser = time::read)]
    expire_time: Option<prost_types::Timestamp>,
    /// What only this provider understands
    #[arg(long = "option", value_name = "NAME=VALUE")]
    options: Vec<Pair>,
    /// Yours to keep with the order; no personal data
    #[arg(long, value_name = "NAME=VALUE")]
    metadata: Vec<Pair>,
    #[command(flatten)]
    asking: Asking,
    /// Only say whether it would be accepted
    #[arg(long)]
    validate_only: bool,
    // Last: its heading holds for every flag after it.
    #[command(flatten)]
    person: Person,
}

/// Who buys, and where it goes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Customer")]
struct Person {
    /// Given name
    #[arg(long, value_name = "TEXT")]
    first_name: Option<String>,
    /// Family name
    #[arg(long, value_name = "TEXT")]
    last_name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "TEXT")]
    email: Option<String>,
    /// +447123456789
    #[arg(long, value_name = "E.164")]
    phone: Option<String>,
    /// A line of the address; may be given again
    #[arg(long, value_name = "TEXT")]
    street: Vec<String>,
    /// Town or city
    #[arg(long, value_name = "TEXT")]
    town: Option<String>,
    /// County or state
    #[arg(long, value_name = "TEXT")]
    region: Option<String>,
    /// Postal code
    #[arg(long, value_name = "TEXT")]
    postcode: Option<String>,
    /// Two letters: GB
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
}

/// Opens the order and says where its customer goes.
pub(super) async fn create(session: &Session, args: Args) -> Result<(), Failure> {
    let request = request(session.merchant(), args)?;
    let validate_only = request.validate_only;
    let response = session.orders().await?.create_order(bounded(request)).await?.into_inner();
    report(session, &response, validate_only);
    Ok(())
}

fn request(merchant: &str, args: Args) -> Result<CreateOrderRequest, Failure> {
    let (request_id, wait) = (request_id(args.asking.request_id), WaitFor::from(args.asking.wait));
    let validate_only = args.validate_only;
    let order = order(merchant, args)?;
    let parent = format!("merchants/{merchant}");
    Ok(CreateOrderRequest { parent, order: Some(order), request_id, validate_only, wait: wait.into() })
}

fn order(merchant: &str, args: Args) -> Result<Order, Failure> {
    let mut order = base(merchant, &args)?;
    let priced = order.total.as_ref().map_or("GBP", |total| total.currency_code.as_str());
    let currency = args.currency.as_deref().unwrap_or(priced).to_owned();
    args.client_reference.into_iter().for_each(|text| order.client_reference = text);
    args.account.iter().for_each(|id| order.provider_account = names::account(merchant, id));
    args.return_url.into_iter().for_each(|url| order.return_url = url);
    order.expire_time = args.expire_time.or(order.expire_time);
    order.provider_options.extend(pairs::map(args.options));
    order.metadata.extend(pairs::map(args.metadata));
    if !args.lines.is_empty() {
        let lines: Result<Vec<_>, String> = args.lines.iter().map(|line| line.line(&currency)).collect();
        order.lines = lines.map_err(Failure::Usage)?;
        order.total = Some(total(&currency, &order)?);
    }
    args.person.apply(&mut order);
    Ok(order)
}

/// What the flags are laid over. The sample's customer is never lent to an account that somebody named.
fn base(merchant: &str, args: &Args) -> Result<Order, Failure> {
    if let Some(file) = &args.file {
        return json::read("ordain.orders.v1.Order", &text_of(file)?)
            .map_err(|error| Failure::Usage(format!("{file}: {error}")));
    }
    if args.account.is_some() {
        return Ok(Order::default());
    }
    let token = uuid::Uuid::new_v4().simple().to_string();
    let account = names::account(merchant, &args.provider.account_id());
    let manners = Manners::of(args.provider.id).expect("every simulated provider has manners");
    Ok(sample::order(format!("sample-{}", &token[..8]), account, &manners))
}

fn text_of(file: &str) -> Result<String, Failure> {
    let text =
        if file == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) };
    text.map_err(|error| Failure::Failed(format!("cannot read {file}: {error}")))
}

fn total(currency: &str, order: &Order) -> Result<ordain_proto::orders::v1::Money, Failure> {
    let mut sum = 0_i64;
    for money in order.lines.iter().filter_map(|line| line.total.as_ref()) {
        let next = sum.checked_add(money.minor_units);
        sum =
            next.ok_or_else(|| Failure::Usage("the lines come to more than an amount can hold".to_owned()))?;
    }
    Ok(money::minor(currency, sum))
}

impl Person {
    fn apply(self, order: &mut Order) {
        let mut customer = order.customer.take().unwrap_or_default();
        let mut address = order.shipping_address.take().unwrap_or_default();
        set(&mut customer.first_name, self.first_name);
        set(&mut customer.last_name, self.last_name);
        set(&mut customer.email, self.email);
        set(&mut customer.phone, self.phone);
        if !self.street.is_empty() {
            address.lines = self.street;
        }
        set(&mut address.town, self.town);
        set(&mut address.region, self.region);
        set(&mut address.postcode, self.postcode);
        set(&mut address.country_code, self.country);
        order.customer = Some(customer).filter(|customer| *customer != Customer::default());
        order.shipping_address = Some(address).filter(|address| *address != Address::default());
    }
}

fn set(field: &mut String, given: Option<String>) {
    if let Some(text) = given {
        *field = text;
    }
}

fn report(session: &Session, response: &CreateOrderResponse, validate_only: bool) {
    let output = session.output();
    if output.json {
        return output.line(json::of("ordain.orders.v1.CreateOrderResponse", response));
    }
    if validate_only {
        return output.line("would be accepted");
    }
    let Some(order) = &response.order else { return };
    if response.replayed {
        output.line(output.paint(Paint::Dim, "this request was known already; nothing new happened"));
    }
    show::order(output, order);
    if let Some(next) = &order.next_action {
        output.line("");
        output.line(format!("Send the customer to {}", next.redirect_url));
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::{Cli, Command};
    use clap::Parser;
    use ordain_proto::orders::v1::{CreateOrderRequest, Order};

    fn request(flags: &[&str]) -> CreateOrderRequest {
        let line = ["ordain", "order", "create"].iter().chain(flags);
        let cli = Cli::try_parse_from(line).unwrap();
        let Command::Order(super::super::Command::Create(args)) = cli.command else { panic!("no create") };
        super::request("demo", *args).unwrap()
    }

    fn order(flags: &[&str]) -> Order {
        request(flags).order.unwrap()
    }

    #[test]
    fn bare_create_is_a_complete_sample_on_the_sandbox_account() {
        let order = order(&[]);
        assert_eq!(order.provider_account, "merchants/demo/accounts/demo-dividebuy");
        let sum: i64 = order.lines.iter().map(|line| line.total.as_ref().unwrap().minor_units).sum();
        assert_eq!(order.total.unwrap().minor_units, sum);
        assert!(order.customer.is_some() && order.shipping_address.is_some());
    }

    #[test]
    fn sample_is_in_the_money_and_the_country_of_its_provider() {
        let order = order(&["--provider", "kredivo"]);
        assert_eq!(order.provider_account, "merchants/demo/accounts/demo-kredivo");
        assert_eq!(order.total.unwrap().currency_code, "IDR");
        assert_eq!(order.shipping_address.unwrap().country_code, "ID");
    }

    #[test]
    fn named_account_gets_nothing_that_was_not_said() {
        let order = order(&["--account", "shop-uk", "--line", "sku=X,price=1.50,quantity=3"]);
        assert_eq!(order.provider_account, "merchants/demo/accounts/shop-uk");
        assert_eq!(
            (order.total.unwrap().minor_units, order.customer, order.client_reference.as_str()),
            (450, None, "")
        );
    }

    #[test]
    fn request_id_is_kept_and_otherwise_new() {
        let id = "0190c2f4-7f3e-4d52-9b0a-6a0f5f0d3c11";
        assert_eq!(request(&["--request-id", id]).request_id, id);
        assert_ne!(request(&[]).request_id, request(&[]).request_id);
    }
}
