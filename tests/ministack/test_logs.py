"""What the functions leave in CloudWatch, the Lambda runtime's own lines included."""

from cloud import somebody


def test_the_logs_name_nobody(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "liveness")
    [token] = cloud.items(verification)["verification"]["document"]["waiting"]
    session = cloud.session(subject, verification)
    cloud.ends(session, 91.828)
    assert cloud.call_back(subject, verification, session)["status"] == "approved"
    cloud.outcome(execution)
    # What is there by a condition that is not met has no log.
    logs = [name for name, resource in cloud.stack.resources.items() if resource["Type"] == "AWS::Logs::LogGroup"]
    groups = [name for name in logs if name in cloud.stack.names]
    lines = [line for group in groups for line in cloud.logged(group)]
    assert any('"message":"answered"' in line for line in lines)
    for secret in (subject, session, token, "91.82"):
        assert [line for line in lines if secret in line] == []
