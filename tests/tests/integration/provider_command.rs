//! `ordain provider`: every worked vector of every provider through the real program, and the tables.

use ordain_proto::providers::v1::provider_service_client::ProviderServiceClient;
use ordain_proto::providers::v1::{GetProviderRequest, ListProvidersRequest, QuantityRule, Support};
use ordain_tests::program::program;
use ordain_tests::world::World;
use serde_json::{Map, Value};
use std::io::Write;
use std::process::{Command, Stdio};

/// What one run of the program printed and how it ended.
struct Ran {
    code: Option<i32>,
    printed: String,
    said: String,
}

impl Ran {
    fn last_line(&self) -> &str {
        self.printed.lines().next_back().unwrap_or_default()
    }
}

fn provider(arguments: &[&str], described: &Value) -> Ran {
    let mut child = Command::new(program())
        .arg("provider")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no description may have ended before it is written.
    let _ = child.stdin.take().unwrap().write_all(described.to_string().as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), printed: text(&output.stdout), said: text(&output.stderr) }
}

fn vectors(id: &str) -> Map<String, Value> {
    let path = format!("{}/../providers/{id}/vectors.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Signs and checks an entry as it stands; the signature is in `field`.
#[track_caller]
fn signs_and_verifies(id: &str, kind: &[&str], entry: &Value, field: &str) {
    let signed = provider(&[&["sign", id], kind].concat(), entry);
    assert_eq!(signed.code, Some(0), "{id} {entry}: {}", signed.said);
    assert_eq!(Some(signed.last_line()), entry[field].as_str(), "{id} {entry}");
    if let Some(string) =
        ["signed_string", "component", "body", "string"].iter().find_map(|name| entry[*name].as_str())
    {
        assert!(signed.printed.starts_with(string), "{id} prints what it signs: {}", signed.printed);
    }
    let verified = provider(&[&["verify", id], kind].concat(), entry);
    assert_eq!(verified.code, Some(0), "{id} {entry}: {}{}", verified.printed, verified.said);
}

#[track_caller]
fn refuses(arguments: &[&str], entry: &Value, because: &str) {
    let refused = provider(arguments, entry);
    assert_eq!(refused.code, Some(1), "{arguments:?} {entry}: {}", refused.printed);
    let all = format!("{}{}", refused.printed, refused.said);
    assert!(all.contains(because), "{arguments:?} {entry}: {all}");
}

/// The entry with what it is based on, or signed with.
fn merged(base: &Value, entry: &Value) -> Value {
    let mut merged = base.as_object().unwrap().clone();
    merged.extend(entry.as_object().unwrap().clone());
    merged.into()
}

fn divit(list: &str, entry: &Value) {
    match list {
        "webhook_signatures" => signs_and_verifies("divit", &["--webhook"], entry, "value"),
        "direct_link_signatures" => signs_and_verifies("divit", &[], entry, "signature_base64"),
        // Nothing is signed there with a key of the shop's.
        "documented_order_tokens" | "captured_requests_of_official_samples" => {
            refuses(&["sign", "divit"], entry, "signatureKey");
        }
        other => panic!("say what `{other}` of divit is for"),
    }
}

fn kredivo(list: &str, entry: &Value, all: &Map<String, Value>) {
    match list {
        "vectors" if entry.get("response_timestamp").is_some() => {
            signs_and_verifies("kredivo", &["--reply"], entry, "signature");
        }
        "vectors" => signs_and_verifies("kredivo", &[], entry, "signature"),
        "must_not_verify" => {
            let bases = all["vectors"].as_array().unwrap();
            let base = bases.iter().find(|base| base["name"] == entry["based_on"]).unwrap();
            let entry = merged(base, entry);
            let is_reply = entry.get("response_timestamp").is_some();
            let kind: &[&str] = if is_reply { &["--reply"] } else { &[] };
            refuses(&[&["verify", "kredivo"], kind].concat(), &entry, "differs");
        }
        other => panic!("say what `{other}` of kredivo is for"),
    }
}

fn payby(list: &str, entry: &Value, all: &Map<String, Value>) {
    let entry = merged(&all["fresh_key"], entry);
    match list {
        "vectors" | "inapp_sign" => signs_and_verifies("payby", &[], &entry, "sign_fresh_key"),
        "must_not_verify" => refuses(&["verify", "payby"], &entry, "`sign`"),
        "field_encryption" => {
            for sealed in entry["vectors"].as_array().unwrap() {
                let opened = provider(&["verify", "payby"], &merged(&all["fresh_key"], sealed));
                assert_eq!(opened.code, Some(0), "{sealed}");
                assert!(opened.printed.starts_with(sealed["plaintext"].as_str().unwrap()));
            }
        }
        "fresh_key" => {}
        other => panic!("say what `{other}` of payby is for"),
    }
}

fn divido(list: &str, entry: &Value) {
    match list {
        "request_signatures" => signs_and_verifies("divido", &[], entry, "value"),
        "webhook_signatures" => signs_and_verifies("divido", &["--webhook"], entry, "value"),
        other => panic!("say what `{other}` of divido is for"),
    }
}

fn dividebuy(list: &str, entry: &Value) {
    let says = |names: &[&str]| names.iter().find_map(|name| entry[*name].as_str().map(str::to_owned));
    let (action, expected) = match list {
        "splash_encrypt" => ("encode", says(&["splashKey_param"])),
        "legacy_outbound_pre_secureVersion" => ("encode", says(&["splashKey"])),
        "splash_decrypt" => ("decode", says(&["intended_plaintext", "split_on_first_colon_result"])),
        "legacy_return_pre_secureVersion" => {
            let fields = entry["fields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap());
            ("decode", Some(fields.collect::<Vec<_>>().join(":")))
        }
        other => panic!("say what `{other}` of dividebuy is for"),
    };
    let ran = provider(&["splash-key", action], entry);
    match expected {
        Some(expected) => {
            assert_eq!((ran.code, ran.last_line()), (Some(0), expected.as_str()), "{entry}: {}", ran.said);
        }
        None => assert_eq!(ran.code, Some(1), "{entry}: {}", ran.printed),
    }
    if list == "splash_encrypt" {
        let opened = provider(&["splash-key", "decode"], entry);
        assert_eq!(
            (opened.code, Some(opened.last_line())),
            (Some(0), entry["plaintext"].as_str()),
            "{entry}"
        );
    }
}

#[test]
fn every_worked_vector_comes_out_of_the_program() {
    for known in ordain_providers::ALL {
        let id = known.spec().id;
        let all = vectors(id);
        for (list, entries) in all.iter().filter(|(_, entries)| !entries.is_string()) {
            let one = std::slice::from_ref(entries);
            for entry in entries.as_array().map_or(one, Vec::as_slice) {
                match id {
                    "divit" => divit(list, entry),
                    "dividebuy" => dividebuy(list, entry),
                    "payby" => payby(list, entry, &all),
                    "divido" => divido(list, entry),
                    "kredivo" => kredivo(list, entry, &all),
                    // How another one's are described nobody here knows; the conformance suite reads them.
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn changed_message_is_refused_with_what_differs() {
    let mut entry = vectors("divit")["webhook_signatures"][0].clone();
    entry["body"] = "{}".into();
    let refused = provider(&["verify", "divit", "--webhook"], &entry);
    assert_eq!(refused.code, Some(1));
    assert!(refused.printed.contains("the signed string differs from byte 12 on"), "{}", refused.printed);
    assert!(refused.last_line().starts_with("t=1660000000,s1="), "{}", refused.printed);
}

#[test]
fn nonsense_is_told_apart_from_a_wrong_signature() {
    assert_eq!(provider(&["verify", "divit"], &"text".into()).code, Some(2), "no object");
    assert_eq!(provider(&["verify", "nobody"], &serde_json::json!({})).code, Some(2));
    let missing = provider(&["sign", "kredivo"], &serde_json::json!({}));
    assert_eq!(missing.code, Some(1));
    assert!(missing.said.contains("`request_timestamp` is missing"), "{}", missing.said);
    let reply = &vectors("kredivo")["vectors"][2];
    for kind in [&[][..], &["--webhook"]] {
        let other = provider(&[&["verify", "kredivo"], kind].concat(), reply);
        assert_eq!(other.code, Some(1));
        assert!(
            other.said.contains("`response_timestamp`: belongs to a reply: add --reply"),
            "{}",
            other.said
        );
    }
    let request = provider(&["verify", "kredivo", "--reply"], &vectors("kredivo")["vectors"][0]);
    assert!(request.said.contains("`response_timestamp` is missing"), "{}", request.said);
    let unsigned = provider(&["sign", "dividebuy"], &serde_json::json!({}));
    assert!(unsigned.said.contains("store_token"), "{}", unsigned.said);
}

#[test]
fn tables_are_printed_for_people_and_for_programs() {
    let list = provider(&["list", "--json"], &Value::Null);
    let list: Value = serde_json::from_str(&list.printed).unwrap();
    assert_eq!(list["providers"].as_array().map(Vec::len), Some(ordain_providers::ALL.len()));
    for known in ordain_providers::ALL {
        let spec = known.spec();
        let shown = provider(&["show", spec.id], &Value::Null);
        assert_eq!(shown.code, Some(0));
        let fields = spec.account.config.iter().chain(spec.account.secrets).map(|field| field.name);
        let words = spec.statuses.iter().map(|(word, _)| *word).chain(fields);
        let paths = spec.content.texts.iter().map(|rule| rule.path);
        let words = words.chain(spec.options.iter().map(|option| option.name)).chain(paths);
        for word in words.chain(spec.attempt_ref) {
            assert!(shown.printed.contains(word), "{} is not shown of {}", word, spec.id);
        }
        for format in spec.options.iter().map(|option| option.form.to_string()) {
            assert!(shown.printed.contains(&format), "{format} is not shown of {}", spec.id);
        }
        let json = provider(&["show", spec.id, "--json"], &Value::Null);
        let json: Value = serde_json::from_str(&json.printed).unwrap();
        assert_eq!(json["name"], format!("providers/{}", spec.id));
    }
}

#[test]
fn what_an_order_must_be_like_is_printed() {
    let shown = provider(&["show", "kredivo"], &Value::Null).printed;
    let line = |words: &[&str]| {
        let has = |line: &str| words.iter().all(|word| line.contains(word));
        assert!(shown.lines().any(has), "no line says {words:?}:\n{shown}");
    };
    line(&["amounts", "multiples of 100 minor units", "99999999999900"]);
    line(&["quantities", "whole pieces"]);
    line(&["line totals", "quantity × unit price"]);
    line(&["countries", "any of ISO 3166-1"]);
    line(&["order.customer.first_name", "required", "255"]);
    line(&["order.customer.*", "optional", "255"]);
    line(&["discount", "DOKU has no lines below zero"]);
    line(&["product", "zero or more", "told"]);
    let divido = provider(&["show", "divido"], &Value::Null).printed;
    assert!(divido.contains("on a statement within") && divido.contains("5 d"), "{divido}");
    assert!(!shown.contains("on a statement within"), "there are none: {shown}");
    let dividebuy = provider(&["show", "dividebuy"], &Value::Null).printed;
    assert!(dividebuy.contains("GB GG IM JE, or none"), "{dividebuy}");
    assert!(dividebuy.contains("a carrier and a number") && !divido.contains("a carrier and a number"));
    line(&["its answer settles within", "1 min"]);
    line(&["the end it tells is of", "order"]);
}

#[tokio::test]
async fn tables_are_served() {
    let world = World::new().await;
    let mut client = ProviderServiceClient::new(world.channel());
    let list = client.list_providers(ListProvidersRequest {}).await.unwrap().into_inner().providers;
    assert_eq!(list.len(), ordain_providers::ALL.len());
    let request = |name: &str| GetProviderRequest { name: name.to_owned() };
    let kredivo =
        client.get_provider(request("providers/kredivo")).await.unwrap().into_inner().provider.unwrap();
    let refund = kredivo.operations.iter().find(|line| line.operation == "refund").unwrap();
    assert_eq!((refund.support(), kredivo.currencies.as_slice()), (Support::Manual, &["IDR".to_owned()][..]));
    assert!(list.contains(&kredivo));
    let rules = kredivo.content.as_ref().unwrap();
    assert_eq!((rules.amount_step_minor, rules.lines.len(), rules.quantity()), (100, 6, QuantityRule::Whole));
    let divit = list.iter().find(|provider| provider.name == "providers/divit").unwrap();
    assert_eq!(divit.attempt_ref, "order_id");
    assert_eq!(divit.content.as_ref().unwrap().amount_max_minor, None, "whatever the currency can say");
    for (name, code) in
        [("providers/nobody", tonic::Code::NotFound), ("kredivo", tonic::Code::InvalidArgument)]
    {
        assert_eq!(client.get_provider(request(name)).await.unwrap_err().code(), code, "{name}");
    }
}
