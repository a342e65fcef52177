"""What may go wrong with a stack after it was deployed, as somebody with a console does it: one thing at a time, and back again."""

import json

from deployment import ISSUER, PARAMETERS

CORS = {
    "AllowOrigins": [PARAMETERS["AllowedOrigins"]],
    "AllowMethods": ["GET", "POST", "DELETE"],
    "AllowHeaders": ["authorization", "content-type", "idempotency-key", "if-match"],
    "ExposeHeaders": ["Date", "Retry-After", "Location", "ETag", "x-request-id"],
}
LIFECYCLE = [
    {"ID": "kept-30-days", "Status": "Enabled", "Filter": {"Prefix": "evidence/r30/"}, "Expiration": {"Days": 30}},
    {"ID": "sources", "Status": "Enabled", "Filter": {"Prefix": "sources/"}, "Expiration": {"Days": 4}},
]
LIMITS = {"ThrottlingRateLimit": 100.0, "ThrottlingBurstLimit": 200}


class Account:
    """The stack's account, as somebody with a console sees it."""

    def __init__(self, cloud):
        self.cloud, self.stack = cloud, cloud.stack
        services = ["dynamodb", "s3", "iam", "lambda", "sqs", "logs", "cloudwatch", "sns", "apigatewayv2", "kms"]
        self.client = {service: cloud.aws.client(service) for service in services}

    def put_right(self):
        """What MiniStack did not make of the template, and what a deployment finds there: a topic with a listener."""
        table, bucket, api = self.stack["VerificationTable"], self.stack["EvidenceBucket"], self.stack["HttpApi"]
        self.key = self.client["kms"].create_key()["KeyMetadata"]["KeyId"]
        self.client["kms"].enable_key_rotation(KeyId=self.key)
        sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.key}
        self.client["dynamodb"].update_table(TableName=table, SSESpecification=sse)
        self.recovery(True)
        self.expiry(True)
        self.encrypt("aws:kms")
        self.client["s3"].put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": LIFECYCLE})
        self.cors()
        self.client["apigatewayv2"].update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=LIMITS)
        jwt = {"Issuer": ISSUER, "Audience": [PARAMETERS["JwtAudience"]]}
        self.authorizer = self.client["apigatewayv2"].create_authorizer(
            ApiId=api, AuthorizerType="JWT", Name="Jwt", IdentitySource=["$request.header.Authorization"], JwtConfiguration=jwt
        )["AuthorizerId"]
        self.topic = self.client["sns"].create_topic(Name=PARAMETERS["AlarmTopicArn"].rsplit(":", 1)[1])["TopicArn"]
        self.listen()

    def listen(self):
        queue = self.client["sqs"].get_queue_attributes(QueueUrl=self.cloud.ear, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.subscription = self.client["sns"].subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]

    def recovery(self, on):
        setting = {"PointInTimeRecoveryEnabled": on}
        table = self.stack["VerificationTable"]
        self.client["dynamodb"].update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=setting)

    def expiry(self, on):
        setting = {"Enabled": on, "AttributeName": "expiresAt"}
        self.client["dynamodb"].update_time_to_live(TableName=self.stack["VerificationTable"], TimeToLiveSpecification=setting)

    def encrypt(self, algorithm):
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}
        self.client["s3"].put_bucket_encryption(Bucket=self.stack["EvidenceBucket"], ServerSideEncryptionConfiguration=rules)

    def cors(self, **changed):
        self.client["apigatewayv2"].update_api(ApiId=self.stack["HttpApi"], CorsConfiguration=CORS | changed)

    def named(self, logical_id):
        """The name of a resource, or of what is no resource of the stack's."""
        return {"key": self.key, "topic": self.topic}.get(logical_id) or self.stack[logical_id]


def table(change, back):
    return lambda a: a.client["dynamodb"].update_table(TableName=a.stack["VerificationTable"], **change), (
        lambda a: a.client["dynamodb"].update_table(TableName=a.stack["VerificationTable"], **back)
    )


def without(part, **back):
    """A part of the bucket's configuration deleted, and put back."""
    put = f"put_{part}"
    return lambda a: getattr(a.client["s3"], f"delete_{part}")(Bucket=a.stack["EvidenceBucket"]), (
        lambda a: getattr(a.client["s3"], put)(Bucket=a.stack["EvidenceBucket"], **back)
    )


def encryption(algorithm, before):
    return lambda a: a.encrypt(algorithm), lambda a: a.encrypt(before)


def bucket_policy():
    kept = []

    def drop(a):
        kept.append(a.client["s3"].get_bucket_policy(Bucket=a.stack["EvidenceBucket"])["Policy"])
        a.client["s3"].delete_bucket_policy(Bucket=a.stack["EvidenceBucket"])

    return drop, lambda a: a.client["s3"].put_bucket_policy(Bucket=a.stack["EvidenceBucket"], Policy=kept.pop())


def named_statement(statements, sid):
    return next(statement for statement in statements if statement["Sid"] == sid)


def role_policy(role, change):
    """A policy of a role, changed as JSON."""
    kept = []

    def put(a, document):
        a.client["iam"].put_role_policy(RoleName=a.stack[role], PolicyName="own", PolicyDocument=json.dumps(document))

    def spoil(a):
        kept.append(a.client["iam"].get_role_policy(RoleName=a.stack[role], PolicyName="own")["PolicyDocument"])
        changed = json.loads(json.dumps(kept[0]))
        change(changed["Statement"])
        put(a, changed)

    return spoil, lambda a: put(a, kept.pop())


def trust(role, principal):
    kept = []

    def put(a, document):
        a.client["iam"].update_assume_role_policy(RoleName=a.stack[role], PolicyDocument=json.dumps(document))

    def spoil(a):
        kept.append(a.client["iam"].get_role(RoleName=a.stack[role])["Role"]["AssumeRolePolicyDocument"])
        put(a, {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})

    return spoil, lambda a: put(a, kept.pop())


def attached(role, arn):
    return lambda a: a.client["iam"].attach_role_policy(RoleName=a.stack[role], PolicyArn=arn), (
        lambda a: a.client["iam"].detach_role_policy(RoleName=a.stack[role], PolicyArn=arn)
    )


def function(**change):
    """The settings of a function that no other test uses."""
    kept = {}

    def spoil(a):
        has = a.client["lambda"].get_function_configuration(FunctionName=a.stack["LiftLockout"])
        kept.update({name: has[name] for name in change})
        if "Environment" in change:
            variables = has["Environment"]["Variables"]
            kept["Environment"] = {"Variables": variables}
            change["Environment"] = {"Variables": variables | {"LIVENESS_REGION": "eu-central-1"}}
        a.client["lambda"].update_function_configuration(FunctionName=a.stack["LiftLockout"], **change)

    return spoil, lambda a: a.client["lambda"].update_function_configuration(FunctionName=a.stack["LiftLockout"], **kept)


def queue(**change):
    kept = {}

    def put(a, attributes):
        a.client["sqs"].set_queue_attributes(QueueUrl=a.stack["RescueQueue"], Attributes=attributes)

    def spoil(a):
        has = a.client["sqs"].get_queue_attributes(QueueUrl=a.stack["RescueQueue"], AttributeNames=["All"])["Attributes"]
        kept.update({name: has[name] for name in change})
        put(a, change)

    return spoil, lambda a: put(a, kept)


def source(change, back):
    return lambda a: a.client["lambda"].update_event_source_mapping(UUID=a.stack["RescueSessionRescue"], **change), (
        lambda a: a.client["lambda"].update_event_source_mapping(UUID=a.stack["RescueSessionRescue"], **back)
    )


def stage(back, **change):
    def put(a, settings):
        a.client["apigatewayv2"].update_stage(ApiId=a.stack["HttpApi"], StageName="$default", **settings)

    return lambda a: put(a, change), lambda a: put(a, back)


def open_route():
    made = []

    def add(a):
        made.append(a.client["apigatewayv2"].create_route(ApiId=a.stack["HttpApi"], RouteKey="GET /reviews", AuthorizationType="NONE"))

    return add, lambda a: a.client["apigatewayv2"].delete_route(ApiId=a.stack["HttpApi"], RouteId=made.pop()["RouteId"])


def authorizer(issuer):
    def put(a, issuer):
        jwt = {"Issuer": issuer, "Audience": [PARAMETERS["JwtAudience"]]}
        a.client["apigatewayv2"].update_authorizer(ApiId=a.stack["HttpApi"], AuthorizerId=a.authorizer, JwtConfiguration=jwt)

    return lambda a: put(a, issuer), lambda a: put(a, ISSUER)


def key_policy():
    def put(a, principal):
        statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
        a.client["kms"].put_key_policy(KeyId=a.key, PolicyName="default", Policy=json.dumps({"Statement": [statement]}))

    return lambda a: put(a, "*"), lambda a: put(a, {"AWS": "arn:aws:iam::000000000000:root"})


def retention(days):
    def put(a, days):
        a.client["logs"].put_retention_policy(logGroupName=a.stack["LiftLockoutLog"], retentionInDays=days)

    spoil = (lambda a: put(a, days)) if days else (lambda a: a.client["logs"].delete_retention_policy(logGroupName=a.stack["LiftLockoutLog"]))
    return spoil, lambda a: put(a, 90)


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
# What is found, where, what the remedy names, and how it comes about and is put back.
CHANGES = {
    "table_recovery_off": ("VerificationTable", "update-continuous-backups", lambda a: a.recovery(False), lambda a: a.recovery(True)),
    "table_expiry_off": ("VerificationTable", "update-time-to-live", lambda a: a.expiry(False), lambda a: a.expiry(True)),
    "table_unprotected": (
        "VerificationTable",
        "--deletion-protection-enabled",
        *table({"DeletionProtectionEnabled": False}, {"DeletionProtectionEnabled": True}),
    ),
    "bucket_public": (
        "EvidenceBucket",
        "put-public-access-block",
        *without(
            "public_access_block",
            PublicAccessBlockConfiguration={
                kind: True for kind in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            },
        ),
    ),
    "bucket_plain_http": ("EvidenceBucket", "put-bucket-policy", *bucket_policy()),
    "bucket_keeps_images": (
        "EvidenceBucket",
        "put-bucket-lifecycle-configuration",
        lambda a: a.client["s3"].delete_bucket_lifecycle(Bucket=a.stack["EvidenceBucket"]),
        lambda a: a.client["s3"].put_bucket_lifecycle_configuration(
            Bucket=a.stack["EvidenceBucket"], LifecycleConfiguration={"Rules": LIFECYCLE}
        ),
    ),
    "bucket_encryption_differs": ("EvidenceBucket", "put-bucket-encryption", *encryption("AES256", "aws:kms")),
    "bucket_acls": (
        "EvidenceBucket",
        "BucketOwnerEnforced",
        *without("bucket_ownership_controls", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}),
    ),
    "key_unusable": (
        "key",
        "enable-key",
        lambda a: a.client["kms"].disable_key(KeyId=a.key),
        lambda a: a.client["kms"].enable_key(KeyId=a.key),
    ),
    "key_open": ("key", "put-key-policy", *key_policy()),
    "key_not_rotated": (
        "key",
        "enable-key-rotation",
        lambda a: a.client["kms"].disable_key_rotation(KeyId=a.key),
        lambda a: a.client["kms"].enable_key_rotation(KeyId=a.key),
    ),
    "role_policy_differs": (
        "GetVerificationRole",
        "put-role-policy",
        *role_policy("GetVerificationRole", lambda statements: named_statement(statements, "ReadVerifications").update(Resource="*")),
    ),
    "role_policy_added": ("LiftLockoutRole", "detach-role-policy", *attached("LiftLockoutRole", ADMINISTRATOR)),
    "role_trust_differs": ("CleanupRole", "update-assume-role-policy", *trust("CleanupRole", {"Service": "ec2.amazonaws.com"})),
    "streaming_trust": ("StreamingRole", "create-session's role alone", *trust("StreamingRole", {"AWS": "*"})),
    "function_off": (
        "LiftLockout",
        "delete-function-concurrency",
        lambda a: a.client["lambda"].put_function_concurrency(FunctionName=a.stack["LiftLockout"], ReservedConcurrentExecutions=0),
        lambda a: a.client["lambda"].delete_function_concurrency(FunctionName=a.stack["LiftLockout"]),
    ),
    "function_time_differs": ("LiftLockout", "--timeout", *function(Timeout=60)),
    "function_region_differs": ("LiftLockout", "LIVENESS_REGION", *function(Environment=None)),
    "visibility_short": ("RescueQueue", "VisibilityTimeout", *queue(VisibilityTimeout="5")),
    "queue_without_dead_letters": ("RescueQueue", "RedrivePolicy", *queue(RedrivePolicy="")),
    "source_disabled": ("RescueSessionRescue", "--enabled", *source({"Enabled": False}, {"Enabled": True})),
    "source_waits": ("RescueSessionRescue", "--batch-size 1", *source({"BatchSize": 10}, {"BatchSize": 1})),
    "log_kept_forever": ("LiftLockoutLog", "put-retention-policy", *retention(None)),
    "log_retention_differs": ("LiftLockoutLog", "put-retention-policy", *retention(3653)),
    "alarm_silent": (
        "ResultAgeAlarm",
        "enable-alarm-actions",
        lambda a: a.client["cloudwatch"].disable_alarm_actions(AlarmNames=[a.stack["ResultAgeAlarm"]]),
        lambda a: a.client["cloudwatch"].enable_alarm_actions(AlarmNames=[a.stack["ResultAgeAlarm"]]),
    ),
    "topic_unheard": (
        "topic",
        "sns subscribe",
        lambda a: a.client["sns"].unsubscribe(SubscriptionArn=a.subscription),
        lambda a: a.listen(),
    ),
    "cors_any_origin": ("HttpApi", "exact AllowedOrigins", lambda a: a.cors(AllowOrigins=["*"]), lambda a: a.cors()),
    "cors_differs": ("HttpApi", "AllowedOrigins", lambda a: a.cors(AllowOrigins=["https://evil.example"]), lambda a: a.cors()),
    "cors_hides_headers": ("HttpApi", "expose Date", lambda a: a.cors(ExposeHeaders=["ETag"]), lambda a: a.cors()),
    "route_open": ("HttpApi", "update-route", *open_route()),
    "authorizer_differs": ("HttpApi", "JwtIssuer", *authorizer("https://evil.example/")),
    "api_unlimited": ("HttpApi", "ThrottlingRateLimit", *stage({"DefaultRouteSettings": LIMITS}, DefaultRouteSettings={"ThrottlingRateLimit": 0})),
}
