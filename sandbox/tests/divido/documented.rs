//! The documents' own samples: taken as printed, and answered with their fields.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::printed::CREDIT_REQUEST;
use crate::world::{KEY, SECRET, World, code};

fn names(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[track_caller]
fn has_fields(value: &Value, expected: &str) {
    let expected: BTreeSet<String> = expected.split_whitespace().map(str::to_owned).collect();
    assert_eq!(names(value), expected);
}

const RESULT: &str = "creditAmount depositAmount depositStatus activatedAmount activationStatus activations cancellations \
                      cancelledAmount id lender purchasePrice refundedAmount refunds status";

#[tokio::test]
async fn parts_are_named_by_their_article_alone() {
    let world = World::new().await;
    let proposal = world.ready("100019").await;
    let fields = |more: &[(&str, &str)]| -> Vec<(String, String)> {
        let basic = [("merchant", KEY), ("application", &proposal), ("deliveryMethod", "store")];
        basic.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let (_, bare) = world.post("/v1/activation", &fields(&[("products[1][sku]", "GIB100")])).await;
    assert_eq!(bare["result"]["activatedAmount"], json!(1153), "{bare}");
    let half = [("products[1][sku]", "H10"), ("products[1][quantity]", "0.25")];
    let (_, half) = world.post("/v1/activation", &fields(&half)).await;
    assert_eq!(half["result"]["activatedAmount"], json!(1175.25), "{half}");
    let (_, unknown) = world.post("/v1/activation", &fields(&[("products[1][sku]", "H11")])).await;
    assert_eq!(unknown["status"], "error", "{unknown}");
}

#[tokio::test]
async fn names_and_repeated_notes_are_taken_as_php_takes_them() {
    let world = World::new().await;
    let mut fields =
        world.request("100019", &[("products[1][name]", ""), ("metadata[a]", "1"), ("metadata[b]", "2")]);
    fields.push(("metadata[a]".to_owned(), "3".to_owned()));
    let (_, answer) = world.post("/v1/creditrequest", &fields).await;
    assert_eq!(answer["status"], "ok", "a product needs no name (S3 L624): {answer}");
    assert_eq!(world.decide("100019", "approve").await, 200);
    let told = world.told("100019", "READY").await;
    assert_eq!((&told["metadata"]["a"], &told["metadata"]["b"]), (&json!("3"), &json!("2")));
}

#[tokio::test]
async fn finances_are_listed_as_printed() {
    let world = World::new().await;
    let (status, answer) = world.get("/v1/finances", "&country=GB").await;
    assert_eq!((status, &answer["status"]), (200, &json!("ok")));
    let first = json!({
        "agreement_duration": 6, "country": "GB", "deferral_period": 0, "id": "F06895E17-EE96-926E-7137-37BCABB9DCF7",
        "instalment_fee": 0, "interest_rate": 0, "max_deposit": 50, "min_amount": 150, "min_deposit": 0,
        "setup_fee": 0, "text": "6 Month 0% Interest Free",
    });
    assert_eq!(answer["finances"][0], first);
    assert_eq!(world.get("/v1/finances", "&country=FR").await.1["finances"], json!([]));
}

#[tokio::test]
async fn deal_is_calculated_as_printed() {
    let world = World::new().await;
    let asked = "&amount=2000.00&deposit=200&country=GB&finance=F284D5F1D-E8AF-D4B7-E1AF-A352F6087352";
    let (_, answer) = world.get("/v1/dealcalculator", asked).await;
    let expected = json!({
        "status": "ok", "purchase_price": 2000, "deposit_amount": 200, "credit_amount": 1800,
        "monthly_payment_amount": 150, "total_repayable_amount": 1800, "agreement_duration": 12, "interest_rate": 0,
        "interest_type": "APR",
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn credit_request_is_taken_as_printed() {
    let world = World::new().await;
    let fields: Vec<_> =
        CREDIT_REQUEST.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let (status, answer) = world.post("/v1/creditrequest", &fields).await;
    assert_eq!(status, 200, "{answer}");
    has_fields(&answer, "id status token url");
    assert!(answer["id"].as_str().unwrap().starts_with('P'));
    let token = answer["token"].as_str().unwrap();
    assert!(answer["url"].as_str().unwrap().ends_with(&format!("/token/{token}")));
    assert_eq!(world.ledger().await, [("created".to_owned(), 119_750)]);
}

#[tokio::test]
async fn captured_request_is_taken_with_its_signature_and_by_bearer() {
    let world = World::with(SECRET, std::time::Duration::from_secs(3_600)).await;
    let body = "deposit=100&finance=F06895E17-EE96-926E-7137-37BCABB9DCF7&directSign=True&country=GB&language=EN&\
                currency=GBP&amount=1197.5&reference=100019&customer%5Bfirst_name%5D=John&customer%5Blast_name%5D=Doe&\
                metadata%5BOrder+Number%5D=100019&products%5B0%5D%5Btype%5D=product&products%5B0%5D%5Btext%5D=Guitar&\
                products%5B0%5D%5Bquantity%5D=1&products%5B0%5D%5Bvalue%5D=1210&products%5B7%5D%5Btext%5D=Discount&\
                products%5B7%5D%5Bquantity%5D=1&products%5B7%5D%5Bvalue%5D=-12.5&response_url=";
    let (status, answer) = world.send("/v1/creditrequest", body.to_owned(), Some(KEY)).await;
    assert_eq!((status, &answer["status"]), (200, &json!("ok")), "{answer}");
    let unsigned = world.client.get(world.url(&format!("/v1/finances?merchant={KEY}"))).send().await.unwrap();
    assert_eq!(
        unsigned.json::<Value>().await.unwrap(),
        json!({"status": "error", "error": "Invalid signature"})
    );
    let target = format!("/v1/finances?merchant={KEY}&list%5B%5D=x");
    let signed = code(SECRET, &target.replace("%5B%5D", "%5B0%5D"));
    let request = world.client.get(world.url(&target)).header("x-divido-hmac-sha256", signed);
    assert_eq!(request.send().await.unwrap().json::<Value>().await.unwrap()["status"], "ok");
}

#[tokio::test]
async fn finalizing_happens_on_its_documented_path() {
    let world = World::new().await;
    let proposal = world.proposed("F-1", &[("directSign", "false")]).await;
    assert_eq!(world.decide("F-1", "approve").await, 200);
    assert_eq!(world.record(&proposal).await["status"], "ACCEPTED");
    let kept = ["merchant", "deposit", "finance", "amount", "redirectUrl"];
    let mut fields: Vec<(String, String)> = CREDIT_REQUEST
        .iter()
        .filter(|(name, _)| kept.contains(name) || name.starts_with("products"))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    fields.push(("application".to_owned(), proposal.clone()));
    let (status, answer) = world.post("/v1/creditrequest/finalize", &fields).await;
    assert_eq!(status, 200, "{answer}");
    has_fields(&answer, "id status token url");
    assert!(answer["id"].as_str().unwrap().starts_with('C'));
    assert_eq!(world.decide("F-1", "approve").await, 200);
    assert_eq!(world.record(&proposal).await["status"], "READY");
    let (_, late) = world.post("/v1/creditrequest/finalize", &fields).await;
    assert_eq!(late["status"], "error", "{late}");
}

#[tokio::test]
async fn acts_are_taken_as_printed() {
    let world = World::new().await;
    let proposal = world.ready("A-1").await;
    let (_, activated) = world.act("/v1/activation", &proposal, "9482471", false).await;
    has_fields(&activated["result"], RESULT);
    has_fields(
        &activated["result"]["activations"][0],
        "amount comment date deliveryMethod reference status trackingNumber",
    );
    assert_eq!(activated["result"]["activatedAmount"], json!(1197.5));
    assert_eq!(activated["result"]["status"], "AWAITING-ACTIVATION");
    assert_eq!(activated["result"]["depositStatus"], "PAID-BY-CARD");
    let (_, refunded) = world.act("/v1/refund", &proposal, "7321834", true).await;
    has_fields(&refunded["result"]["refunds"][0], "amount comment date reference status");
    assert_eq!(
        (&refunded["result"]["refundedAmount"], &refunded["result"]["status"]),
        (&json!(44.5), &json!("AWAITING-ACTIVATION"))
    );
    let other = world.ready("A-2").await;
    let (_, cancelled) = world.act("/v1/cancellation", &other, "7321834", true).await;
    has_fields(&cancelled["result"], RESULT);
    assert_eq!(cancelled["result"]["cancellations"][0]["status"], "PENDING");
    assert_eq!(cancelled["result"]["status"], "AWAITING-CANCELLATION");
    let expected = [("tracking", 119_750), ("refund", 4_450), ("cancellation", 4_450)]
        .map(|(kind, minor)| (kind.to_owned(), minor));
    let effects: Vec<_> = world
        .ledger()
        .await
        .into_iter()
        .filter(|(kind, _)| kind != "created" && kind != "approved")
        .collect();
    assert_eq!(effects, expected);
}

#[tokio::test]
async fn application_has_the_printed_fields() {
    let world = World::new().await;
    let proposal = world.ready("R-1").await;
    world.act("/v1/activation", &proposal, "9482471", false).await;
    let record = world.record(&proposal).await;
    has_fields(
        &record,
        "_activatableAmount _activatedAmount _cancelableAmount _cancelledAmount _creditAmount _currentCreditAmount \
         _depositAmount _monthlyPaymentAmount _purchasePrice _refundableAmount _refundedAmount _totalRepayableAmount \
         activatableAmount activatedAmount activations agreementDuration cancelableAmount cancellations cancelledAmount \
         channel country createdDate creditAmount currentCreditAmount currency deferralPeriod depositAmount \
         depositReference depositStatus directSign email finance firstName history id identityVerified interestRate \
         interestType lastName lender lenderLoanReference lenderReference metadata modifiedDate monthlyPaymentAmount \
         products proposal proposalCreator purchasePrice reference refundableAmount refundedAmount refunds status \
         totalRepayableAmount url",
    );
    has_fields(
        &record["activations"][0],
        "_amount amount comment date deliveryMethod reference trackingNumber",
    );
    has_fields(&record["products"][0], "_price _sum image name price quantity sku sum unit");
    has_fields(&record["history"][0], "date status text type user");
    has_fields(&record["finance"], "id maxDeposit minAmount minDeposit text");
    assert_eq!((&record["_purchasePrice"], &record["purchasePrice"]), (&json!("£ 1197.50"), &json!(1197.5)));
    assert_eq!(
        (&record["products"][1]["_sum"], &record["products"][1]["quantity"]),
        (&json!("£ 44.50"), &json!(0.5))
    );
    assert_eq!(record["metadata"], json!({"Invoice Number": "844001", "Order Number": "100019"}));
    let id = record["id"].as_str().unwrap();
    let (_, alone) = world.get("/v1/applications", &format!("&id={id}")).await;
    assert_eq!(alone, json!({"record": record, "status": "ok"}));
    let (_, list) = world.get("/v1/applications", "&status=SIGNED").await;
    has_fields(&list, "itemsPerPage page records status totalItems");
    assert_eq!(list["totalItems"], 0);
}
