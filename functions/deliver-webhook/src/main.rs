//! The Lambda binary of `deliver-webhook`: the use case is in the library beside it.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    prooflight_shared::edge::serve::<prooflight_deliver_webhook::DeliverWebhook>().await
}
