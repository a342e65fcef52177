//! The Lambda binary of `exchange-link`: the use case is in the library beside it.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    prooflight_shared::edge::serve::<prooflight_exchange_link::ExchangeLink>().await
}
