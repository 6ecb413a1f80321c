//! Compiles the protos without a system protoc, and keeps their descriptors for reflection.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let services = [
        "ordain/orders/v1/order_service.proto",
        "ordain/accounts/v1/account_service.proto",
        "ordain/accounts/v1/test_clock_service.proto",
        "ordain/providers/v1/provider_service.proto",
        "ordain/runs/v1/run_service.proto",
        "ordain/runs/v1/downstream_service.proto",
        "ordain/schedules/v1/schedule_service.proto",
        "ordain/reconciliation/v1/reconciliation_service.proto",
        "ordain/history/v1/record.proto",
        "ordain/history/v1/moving.proto",
    ];
    println!("cargo:rerun-if-changed=ordain");
    let descriptors = protox::compile(services, ["."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&descriptors))?;
    // Ordered maps, so that the same message always has the same bytes and so the same fingerprint.
    tonic_prost_build::configure().btree_map(".").compile_fds(descriptors)?;
    Ok(())
}
