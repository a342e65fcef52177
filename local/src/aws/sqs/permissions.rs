//! The permission that a call of SQS needs (Service Authorization Reference, "Actions, resources, and condition keys for Amazon SQS"):
//! a batch needs that of the single operation.

use super::wire::queue_of;
use crate::aws::journal::ACCOUNT;
use serde_json::Value;

/// Action and ARN.
pub(in crate::aws) fn permissions(operation: &str, body: &[u8], region: &str) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let queue = text("QueueUrl").map(queue_of).or_else(|| text("QueueName"));
    let resource = queue.map_or_else(|| "*".to_owned(), |name| format!("arn:aws:sqs:{region}:{ACCOUNT}:{name}"));
    vec![(format!("sqs:{}", operation.strip_suffix("Batch").unwrap_or(operation)), resource)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_needs_what_one_message_needs() {
        let rescues = "arn:aws:sqs:eu-west-1:000000000000:rescues";
        for (operation, body, action, resource) in [
            ("SendMessageBatch", r#"{"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/000000000000/rescues"}"#, "sqs:SendMessage", rescues),
            ("GetQueueUrl", r#"{"QueueName": "rescues"}"#, "sqs:GetQueueUrl", rescues),
            ("ListQueues", "{}", "sqs:ListQueues", "*"),
        ] {
            assert_eq!(permissions(operation, body.as_bytes(), "eu-west-1"), [(action.to_owned(), resource.to_owned())]);
        }
    }
}
