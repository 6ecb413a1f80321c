//! The examples of the integration guide, as printed.

use serde_json::{Value, json};

pub const TOKEN: &str = "abcdef123456";
pub const AUTHENTICATION: &str = "zyxwvu987654";
pub const STORE_CODE: &str = "acmeinc_default";
pub const RETAILER: u64 = 150;

/// "Get Order Details Response", for an order of any id and reference.
pub fn order_details(order: &str, reference: &str) -> Value {
    let address = json!({
        "first_name": "John",
        "last_name": "Smith",
        "email": "john.smith@email.com",
        "street": ["1 Little Cottage", "Customtown"],
        "city": "Cityville",
        "region": "Countyshire",
        "postcode": "AB12 3CD"
    });
    json!({
        "order_detail": {
            "store_order_id": order,
            "store_order_increment_id": reference,
            "store_token": TOKEN,
            "store_authentication": AUTHENTICATION,
            "subtotal": 2000,
            "subtotalInclVat": 2400,
            "vat": 400,
            "discount": 500,
            "discountApplied": "afterVat",
            "grand_total": 1900,
            "shipping": 15,
            "shippingInclVat": 15,
            "shipping_method": "express",
            "shipping_label": "Express Shipping",
            "is_default_shipping": 0,
            "is_default_billing": 0,
            "selected_instalment": 3
        },
        "product_details": [{
            "name": "Supreme Cool Mattress",
            "sku": "SUPCOOLMAT-1",
            "qty": 2,
            "price": 1000,
            "priceInclVat": 1200,
            "DivVat": 20,
            "rowTotal": 2000,
            "rowTotalInclVat": 2400,
            "discount": 0,
            "short_description": "Our Supreme Cool Mattress uses AI to adaptively cool you throughout the night!",
            "image_url": "http://retailer.dev:8081/media//dividebuy/product/images//w/b/wbk012t.jpg",
            "product_options": {"size": "King"}
        }],
        "shipping_address": address,
        "billing_address": address
    })
}

/// "Confirm Credentials".
pub fn confirm() -> Value {
    json!({"storeToken": TOKEN, "storeAuthentication": AUTHENTICATION, "retailerStoreCode": STORE_CODE})
}

/// "Activate DivideBuy".
pub fn activate() -> Value {
    json!({
        "storeToken": TOKEN,
        "storeAuthentication": AUTHENTICATION,
        "retailerStatus": "1",
        "allowedIps": "159.242.115.2"
    })
}

/// The body of `getuserorder` and of `syncretorder`.
pub fn about(order: &str) -> Value {
    json!({"storeOrderId": order, "storeToken": TOKEN, "storeAuthentication": AUTHENTICATION})
}

/// "Order Fulfilment".
pub fn tracking(order: &str) -> Value {
    json!({
        "storeToken": TOKEN,
        "storeAuthentication": AUTHENTICATION,
        "storeOrderId": order,
        "deleteTracking": 0,
        "trackingInfo": [
            {"title": "DPD UK", "carrierCode": "DPD UK", "trackNumber": "123456789", "description": null}
        ],
        "productDetails": [{"sku": "SUPCOOLMAT-1", "qty": 2}]
    })
}

/// "Refunds".
pub fn refund(order: &str) -> Value {
    json!({
        "orderId": order,
        "retailer": {"storeToken": TOKEN, "storeAuthentication": AUTHENTICATION},
        "refundType": "PARTIAL",
        "product": [{"sku": "SUPCOOLMAT-1", "qty": 1, "rowTotal": 1000, "rowInclTotal": 1200}],
        "totalRefund": 1200,
        "reason": "Customer changed mind about second mattress",
        "shippingCostAmount": 0,
        "shippingTaxAmount": 0
    })
}

/// The answer to `getuserorder` for the order above once it is tracked. What DivideBuy makes up itself
/// (its numbers, the time, the parts of the address it asks the shopper for) stands as `null`.
pub fn user_order(order: &str) -> Value {
    json!({
        "status": "ok",
        "data": {
            "trackingDetails": {"trackingName": "DPD UK", "trackingNumber": "123456789"},
            "method": "orderSuccess",
            "store_order_id": order,
            "orderIncrementId": null,
            "laravel_order_ref_id": null,
            "laravel_order_status": "Processing",
            "order_status": "success",
            "orderTime": null,
            "customer_email": "john.smith@email.com",
            "address": {
                "prefix": null,
                "first_name": "John",
                "last_name": "Smith",
                "contact_number": null,
                "house_name": null,
                "house_number": "1",
                "street": "Little Cottage",
                "address2": "Customtown",
                "city": "Cityville",
                "region": "Countyshire",
                "postcode": "AB12 3CD"
            },
            "customerName": "John Smith",
            "products": [{
                "productId": 24097,
                "sku": "SUPCOOLMAT-1",
                "priceExclVat": 1000,
                "vat": 200,
                "price": 1200,
                "productName": "Supreme Cool Mattress",
                "quantity": 2
            }],
            "subTotal": 2000,
            "vatTotal": 400,
            "subTotalInclVat": 2400,
            "discount": 500,
            "discountApplied": "afterVat",
            "grandTotal": 1900,
            "shippingRate": 15,
            "shippingMethod": "Express Shipping",
            "podFile": ""
        }
    })
}

/// Compares member by member; where `expected` has null, any text will do.
#[track_caller]
pub fn assert_shape(found: &Value, expected: &Value) {
    match (found, expected) {
        (Value::String(_), Value::Null) => {}
        (Value::Object(found), Value::Object(expected)) => {
            assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            expected.iter().for_each(|(name, expected)| assert_shape(&found[name], expected));
        }
        _ => assert_eq!(found, expected),
    }
}
