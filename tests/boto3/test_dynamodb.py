"""The part of DynamoDB that Prooflight rests on: conditions, transactions, and what they answer when they fail."""

import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def dynamodb(prooflight):
    return prooflight.client("dynamodb")


@pytest.fixture
def table(dynamodb):
    name = f"test-{uuid.uuid4()}"
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def key(pk):
    return {"pk": {"S": pk}, "sk": {"S": "#"}}


def item(pk, version):
    return key(pk) | {"version": {"N": str(version)}}


def stored(dynamodb, table, pk):
    return dynamodb.get_item(TableName=table, Key=key(pk), ConsistentRead=True).get("Item")


def replace_version(table, pk, expected, ours):
    return {
        "TableName": table,
        "Item": item(pk, ours),
        "ConditionExpression": "version = :expected",
        "ExpressionAttributeValues": {":expected": {"N": str(expected)}},
    }


def test_an_item_that_is_not_there_is_absent(dynamodb, table):
    assert stored(dynamodb, table, "nobody") is None


def test_only_the_first_of_two_creations_lands(dynamodb, table):
    creation = {"TableName": table, "ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.put_item(Item=item("a", 1), **creation)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as refused:
        dynamodb.put_item(Item=item("a", 2), ReturnValuesOnConditionCheckFailure="ALL_OLD", **creation)
    assert refused.value.response["Item"] == item("a", 1)
    assert stored(dynamodb, table, "a") == item("a", 1)


def test_an_item_is_replaced_only_in_the_expected_version(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("a", 1))
    dynamodb.put_item(**replace_version(table, "a", expected=1, ours=2))
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(**replace_version(table, "a", expected=1, ours=3))
    assert stored(dynamodb, table, "a") == item("a", 2)


def test_a_transaction_is_all_or_nothing_and_says_which_part_failed(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("a", 7))
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as refused:
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": item("b", 1)}},
                {"Put": replace_version(table, "a", expected=1, ours=2) | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
            ]
        )
    reasons = refused.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"] == item("a", 7)
    assert stored(dynamodb, table, "b") is None


def test_a_transaction_that_is_sent_twice_happens_once(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("counter", 0))
    token = str(uuid.uuid4())

    def add(amount):
        update = {
            "TableName": table,
            "Key": key("counter"),
            "UpdateExpression": "ADD version :amount",
            "ExpressionAttributeValues": {":amount": {"N": str(amount)}},
        }
        dynamodb.transact_write_items(ClientRequestToken=token, TransactItems=[{"Update": update}])

    add(1)
    add(1)
    assert stored(dynamodb, table, "counter") == item("counter", 1)
    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        add(2)


def test_a_table_that_does_not_exist_is_not_found(dynamodb):
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        stored(dynamodb, "there-is-no-such-table", "a")


def test_a_malformed_expression_is_a_validation_error(dynamodb, table):
    with pytest.raises(ClientError) as refused:
        dynamodb.put_item(TableName=table, Item=item("a", 1), ConditionExpression="version = ")
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_the_deployed_table_is_there(dynamodb):
    """The table of template.yaml, by its key: what the functions write to is open to a developer's eyes."""
    names = dynamodb.list_tables()["TableNames"]
    schemas = [dynamodb.describe_table(TableName=name)["Table"]["KeySchema"] for name in names if not name.startswith("test-")]
    assert [[part["AttributeName"] for part in schema] for schema in schemas] == [["pk", "sk"]]
