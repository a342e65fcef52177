//! The Lambda binary of `authorize`: the use case is in the library beside it.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    prooflight_shared::edge::serve::<prooflight_authorize::Authorize>().await
}
