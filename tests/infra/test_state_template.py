"""The state stack keeps what it is given: encrypted, private, recoverable, watched."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from chalicelib.channels.sms.receipts import EVENTS
from infra.cloudformation import Template
from infra.package import ROOT
from tests.infra.resources import as_list, lint, of_type, statements, text

STATEFUL = (
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::SecretsManager::Secret",
    "AWS::KMS::Key",
)
QUEUES = ("InboundEmail", "InboundSms", "Receipts", "Delivery", "Urgent", "Broadcast")
ARRIVING = ("InboundEmail", "InboundSms", "Receipts")


def test_cfn_lint_has_no_complaint() -> None:
    assert lint(ROOT / "infra/template.yaml") == (0, "")


@pytest.mark.parametrize("resource_type", STATEFUL)
def test_what_holds_state_outlives_its_stack(state: Template, resource_type: str) -> None:
    found = [r for r in state["Resources"].values() if r["Type"] == resource_type]
    assert found
    for resource in found:
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_table_can_be_recovered_and_not_be_deleted(state: Template) -> None:
    (table,) = of_type(state, "AWS::DynamoDB::Table").values()
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_every_key_attribute_of_the_table_is_defined_once(state: Template) -> None:
    (table,) = of_type(state, "AWS::DynamoDB::Table").values()
    keys = [k["AttributeName"] for k in table["KeySchema"]]
    keys += [k["AttributeName"] for i in table["GlobalSecondaryIndexes"] for k in i["KeySchema"]]
    assert sorted(set(keys)) == sorted(a["AttributeName"] for a in table["AttributeDefinitions"])


def test_no_bucket_can_be_made_public(state: Template) -> None:
    buckets = of_type(state, "AWS::S3::Bucket")
    assert set(buckets) == {"MailBucket", "FilesBucket", "ReleasesBucket"}
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_buckets_and_queues_refuse_what_comes_without_tls(state: Template) -> None:
    policies = of_type(state, "AWS::S3::BucketPolicy") | of_type(state, "AWS::SQS::QueuePolicy")
    assert len(policies) == 3 + len(QUEUES) + len(ARRIVING)
    for policy in policies.values():
        denied = [s for s in statements(policy["PolicyDocument"]) if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_only_our_own_receipt_rule_may_write_into_the_mail_bucket(state: Template) -> None:
    policy = of_type(state, "AWS::S3::BucketPolicy")["MailBucketPolicy"]["PolicyDocument"]
    (allowed,) = [s for s in statements(policy) if s["Effect"] == "Allow"]
    assert allowed["Action"] == "s3:PutObject"
    assert text(allowed["Resource"]).endswith('/inbound/*"}')
    assert set(allowed["Condition"]) == {"StringEquals", "ArnLike"}


def test_raw_mail_does_not_stay_for_ever(state: Template) -> None:
    rules = of_type(state, "AWS::S3::Bucket")["MailBucket"]["LifecycleConfiguration"]["Rules"]
    assert rules[0]["ExpirationInDays"] == {"Ref": "MailRetentionDays"}


@pytest.mark.parametrize("name", ["MailBucket", "FilesBucket"])
def test_what_was_deleted_can_be_brought_back_for_a_week_and_is_gone_then(
    state: Template, name: str
) -> None:
    bucket = of_type(state, "AWS::S3::Bucket")[name]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}
    last = rules["what-was-deleted-is-gone-after-a-week"]
    assert last["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert last["ExpiredObjectDeleteMarker"] is True
    assert "Prefix" not in last, "of every object"


def test_the_key_of_a_new_stage_can_have_a_copy_elsewhere_and_no_other_is_changed(
    state: Template,
) -> None:
    key = of_type(state, "AWS::KMS::Key")["Key"]
    wanted = ["HasMultiRegionKey", True, {"Ref": "AWS::NoValue"}]
    assert key["MultiRegion"] == {"Fn::If": wanted}
    assert state["Parameters"]["MultiRegionKey"]["Default"] == "no", (
        "a stage of long ago keeps its key"
    )


def test_backups_cost_nothing_until_they_are_asked_for(state: Template) -> None:
    assert state["Parameters"]["Backups"]["Default"] == "no"
    made = {k: r for k, r in state["Resources"].items() if "Backup" in k}
    assert {r["Condition"] for r in made.values()} == {"HasBackups"}
    assert len(made) == 5


def test_a_backup_holds_the_table_in_use_and_both_buckets_and_goes_elsewhere(
    state: Template,
) -> None:
    (selection,) = of_type(state, "AWS::Backup::BackupSelection").values()
    table, *buckets = selection["BackupSelection"]["Resources"]
    assert table["Fn::If"][0] == "HasTableName"
    assert table["Fn::If"][1]["Fn::Sub"].endswith(":table/${TableName}")
    assert table["Fn::If"][2] == {"Fn::GetAtt": ["Table", "Arn"]}
    assert buckets == [{"Fn::GetAtt": [n, "Arn"]} for n in ("MailBucket", "FilesBucket")]
    (plan,) = of_type(state, "AWS::Backup::BackupPlan").values()
    (rule,) = plan["BackupPlan"]["BackupPlanRule"]
    assert rule["Lifecycle"] == {"DeleteAfterDays": 35}
    (copy,) = rule["CopyActions"]
    assert copy["Fn::If"][1]["DestinationBackupVaultArn"] == {"Ref": "BackupCopyTo"}
    (vault,) = of_type(state, "AWS::Backup::BackupVault").values()
    assert vault["EncryptionKeyArn"] == {"Fn::GetAtt": ["BackupKey", "Arn"]}, "not the table's own"


@pytest.mark.parametrize("name", QUEUES)
def test_a_message_has_its_tries_and_then_waits_two_weeks_for_a_person(
    state: Template, name: str
) -> None:
    queues = of_type(state, "AWS::SQS::Queue")
    redrive = queues[f"{name}Queue"]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] >= 5
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]}
    assert queues[f"{name}DeadLetters"]["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("name", ARRIVING)
def test_what_arrives_outlives_four_hours_without_the_table(state: Template, name: str) -> None:
    """A record that failed comes again when it is visible again; with a quarter more for luck, and yet
    what nobody can ever read is with the dead letters before a working day has passed."""
    queue = of_type(state, "AWS::SQS::Queue")[f"{name}Queue"]
    tried = (
        timedelta(seconds=queue["VisibilityTimeout"]) * queue["RedrivePolicy"]["maxReceiveCount"]
    )
    assert timedelta(hours=4) * 1.25 <= tried <= timedelta(hours=6)
    assert queue["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("name", ARRIVING)
def test_what_a_topic_cannot_hand_over_waits_with_the_dead_letters(
    state: Template, name: str
) -> None:
    """SNS does not repeat what a client error ended (Amazon SNS message delivery retries)."""
    subscription = of_type(state, "AWS::SNS::Subscription")[f"{name}Subscription"]
    dead = {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]}
    assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": dead}
    policy = of_type(state, "AWS::SQS::QueuePolicy")[f"{name}DeadLettersPolicy"]
    assert policy["Queues"] == [{"Ref": f"{name}DeadLetters"}]
    (allowed,) = [s for s in statements(policy["PolicyDocument"]) if s["Effect"] == "Allow"]
    assert (allowed["Action"], allowed["Resource"]) == ("sqs:SendMessage", dead)
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": f"{name}Topic"}}}


@pytest.mark.parametrize("name", ARRIVING)
def test_a_topic_feeds_its_queue_and_nobody_elses(state: Template, name: str) -> None:
    subscription = of_type(state, "AWS::SNS::Subscription")[f"{name}Subscription"]
    assert subscription["TopicArn"] == {"Ref": f"{name}Topic"}
    # The envelope is kept: its MessageId and Timestamp are what a text message itself lacks.
    assert "RawMessageDelivery" not in subscription
    policy = of_type(state, "AWS::SQS::QueuePolicy")[f"{name}QueuePolicy"]["PolicyDocument"]
    (allowed,) = [s for s in statements(policy) if s["Effect"] == "Allow"]
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": f"{name}Topic"}}}


def test_only_services_of_this_account_publish_to_topics(state: Template) -> None:
    for policy in of_type(state, "AWS::SNS::TopicPolicy").values():
        for statement in statements(policy["PolicyDocument"]):
            assert statement["Principal"]["Service"]
            account = {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
            assert statement["Condition"]["StringEquals"] == account


def test_the_key_serves_every_service_that_writes_to_an_encrypted_topic(state: Template) -> None:
    key = of_type(state, "AWS::KMS::Key")["Key"]
    assert key["EnableKeyRotation"] is True
    allowed = next(
        s["Principal"]["Service"]
        for s in statements(key["KeyPolicy"])
        if "Service" in s["Principal"]
    )
    publishers = {
        service
        for policy in of_type(state, "AWS::SNS::TopicPolicy").values()
        if policy["Topics"][0]["Ref"] not in ALARMS
        for statement in statements(policy["PolicyDocument"])
        for service in as_list(statement["Principal"]["Service"])
    }
    assert publishers | {"sns.amazonaws.com"} <= set(allowed)


ALARMS = {"AlarmsTopic", "UrgentAlarmsTopic"}


def test_every_topic_and_queue_is_encrypted_with_our_key(state: Template) -> None:
    """But those of alarms: they hold nobody's words, and ring when the key is gone."""
    held = of_type(state, "AWS::SNS::Topic") | of_type(state, "AWS::SQS::Queue")
    assert {name for name, p in held.items() if "KmsMasterKeyId" not in p} == ALARMS
    held = {name: p for name, p in held.items() if name not in ALARMS}
    assert {text(p["KmsMasterKeyId"]) for p in held.values()} == {
        json.dumps({"Fn::GetAtt": ["Key", "Arn"]})
    }


def test_received_mail_is_scanned_stored_and_announced(state: Template) -> None:
    resource = state["Resources"]["ReceiptRule"]
    rule = resource["Properties"]["Rule"]
    assert rule["ScanEnabled"] is True
    (action,) = rule["Actions"]
    assert action["S3Action"]["TopicArn"] == {"Ref": "InboundEmailTopic"}
    # SES tries both when the rule is made.
    assert set(resource["DependsOn"]) == {"MailBucketPolicy", "InboundEmailTopicPolicy"}


def test_our_own_sending_cannot_trigger_intake(state: Template) -> None:
    """Files and releases lie in other buckets, and no bucket announces its objects."""
    for bucket in of_type(state, "AWS::S3::Bucket").values():
        assert "NotificationConfiguration" not in bucket


def test_bounces_and_complaints_come_back(state: Template) -> None:
    (destination,) = of_type(state, "AWS::SES::ConfigurationSetEventDestination").values()
    events = set(destination["EventDestination"]["MatchingEventTypes"])
    assert {"DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"} <= events


def test_sns_may_write_of_texts_into_groups_that_end(state: Template) -> None:
    groups = of_type(state, "AWS::Logs::LogGroup")
    name = "sns/${AWS::Region}/${AWS::AccountId}/DirectPublishToPhoneNumber"
    assert [g["LogGroupName"]["Fn::Sub"] for g in groups.values()] == [name, f"{name}/Failure"]
    assert {g["RetentionInDays"] for g in groups.values()} == {14}
    role = of_type(state, "AWS::IAM::Role")["TextLogRole"]
    (trust,) = statements(role["AssumeRolePolicyDocument"])
    (writing,) = statements(role["Policies"][0]["PolicyDocument"])
    assert trust["Principal"] == {"Service": "sns.amazonaws.com"}
    assert text(writing["Resource"]).endswith(f':log-group:{name}*"}}')


def test_events_of_end_user_messaging_come_back_where_it_is_chosen(state: Template) -> None:
    resource = state["Resources"]["TextConfigurationSet"]
    assert resource["Condition"] == "IsByEndUserMessaging"
    (told,) = resource["Properties"]["EventDestinations"]
    assert told["SnsDestination"] == {"TopicArn": {"Ref": "ReceiptsTopic"}}
    assert set(told["MatchingEventTypes"]) == set(EVENTS), (
        "all that we read, and nothing unsupported"
    )
    voice = [r for r in state["Resources"].values() if r["Type"].startswith("AWS::SMSVOICE::")]
    assert {r["Condition"] for r in voice} == {"IsByEndUserMessaging", "HasTextNumber"}


def test_nobody_makes_themselves_staff(state: Template) -> None:
    (pool,) = of_type(state, "AWS::Cognito::UserPool").values()
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["DeletionProtection"] == {"Fn::If": ["IsProtected", "ACTIVE", "INACTIVE"]}
    assert state["Parameters"]["Protected"]["Default"] == "yes"
    groups = {g["GroupName"] for g in of_type(state, "AWS::Cognito::UserPoolGroup").values()}
    assert groups == {"agent", "supervisor", "administrator", "auditor"}


def test_only_whoever_knows_the_secret_can_try_passwords(state: Template) -> None:
    """L10: the client with a secret is new, for Cognito gives one at a client's birth only; the former
    one is there for a way back, until the city closes it."""
    own = state["Resources"]["ConsoleClient"]["Properties"]
    former = state["Resources"]["UserPoolClient"]["Properties"]
    assert (own["GenerateSecret"], former["GenerateSecret"]) == (True, False)
    condition, _, closed = former["ExplicitAuthFlows"]["Fn::If"]
    assert (condition, closed) == ("IsFormerClientOpen", ["ALLOW_REFRESH_TOKEN_AUTH"])
    assert own["PreventUserExistenceErrors"] == "ENABLED"


def test_single_sign_on_is_there_only_where_the_city_chose_it(state: Template) -> None:
    assert state["Parameters"]["SignOnDomain"]["Default"] == ""
    for name in ("SignOnAddress", "SignOnProvider"):
        assert state["Resources"][name]["Condition"] == "HasSignOn"
    client = state["Resources"]["SignOnClient"]["Properties"]
    assert client["AllowedOAuthFlowsUserPoolClient"] == {"Fn::If": ["HasSignOn", True, False]}


def test_what_a_city_says_of_groups_nobody_can_write_themselves(state: Template) -> None:
    """A client that may write an attribute lets a person's own token do so, unless it has the scope
    `openid` alone and no password ("Attribute permissions and scopes", Amazon Cognito)."""
    clients = of_type(state, "AWS::Cognito::UserPoolClient")
    writing = {name for name, c in clients.items() if "custom:groups" in c["WriteAttributes"]}
    assert writing == {"SignOnClient"}
    client = clients["SignOnClient"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["AllowedOAuthScopes"]["Fn::If"][1] == ["openid"]
    assert client["AllowedOAuthFlows"]["Fn::If"][1] == ["code"]


def test_a_token_is_good_for_a_quarter_of_an_hour_and_can_be_revoked(state: Template) -> None:
    for client in of_type(state, "AWS::Cognito::UserPoolClient").values():
        assert client["AccessTokenValidity"] == 15
        assert client["TokenValidityUnits"]["AccessToken"] == "minutes"
        assert client["EnableTokenRevocation"] is True


def test_alarms_of_both_severities_reach_the_same_reader_at_first(state: Template) -> None:
    subscriptions = of_type(state, "AWS::SNS::Subscription").values()
    mailed = {s["TopicArn"]["Ref"] for s in subscriptions if s["Protocol"] == "email"}
    assert mailed == ALARMS


def test_the_gateway_may_write_logs_whichever_stage_goes(state: Template) -> None:
    account, role = (state["Resources"][name] for name in ("GatewayAccount", "GatewayLogsRole"))
    assert account["Properties"]["CloudWatchRoleArn"] == {"Fn::GetAtt": ["GatewayLogsRole", "Arn"]}
    assert account["DeletionPolicy"] == role["DeletionPolicy"] == "RetainExceptOnCreate"
