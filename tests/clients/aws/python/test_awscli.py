"""The AWS command line, as Debian has it: the query protocol."""
import json
import os
import subprocess
import unittest

from server import Server


class AwsCliTests(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.close)

    def _aws(self, *arguments):
        environment = {
            **os.environ, "AWS_ACCESS_KEY_ID": "AKIDOWNER", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        result = subprocess.run(
            ["/usr/bin/aws", "--endpoint-url", self.server.url, "--output", "json", *arguments],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(result.returncode, 0, f"{arguments}: {result.stderr}")
        return json.loads(result.stdout) if result.stdout.strip() else {}

    def test_main_path(self):
        """awscli creates, sends, receives and deletes; a topic delivers to its queue"""
        created = self._aws("sqs", "create-queue", "--queue-name", "jobs", "--attributes", "VisibilityTimeout=60")
        url = created["QueueUrl"]
        sent = self._aws("sqs", "send-message", "--queue-url", url, "--message-body", "héllo")
        received = self._aws("sqs", "receive-message", "--queue-url", url)["Messages"][0]
        self.assertEqual((received["MessageId"], received["Body"]), (sent["MessageId"], "héllo"))
        self._aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", received["ReceiptHandle"])
        answer = self._aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")
        attributes = answer["Attributes"]
        names = ("VisibilityTimeout", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        self.assertEqual([attributes[name] for name in names], ["60", "0", "0"])
        topic = self._aws("sns", "create-topic", "--name", "news")["TopicArn"]
        self._aws(
            "sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs",
            "--notification-endpoint", attributes["QueueArn"])
        published = self._aws("sns", "publish", "--topic-arn", topic, "--message", "extra", "--subject", "News")
        received = self._aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "20")["Messages"][0]
        envelope = json.loads(received["Body"])
        self.assertEqual(
            [envelope[name] for name in ("MessageId", "Message", "Subject")], [published["MessageId"], "extra", "News"])
        self.assertEqual(self._aws("sqs", "list-queues")["QueueUrls"], [url])
        self._aws("sqs", "delete-queue", "--queue-url", url)
        self.assertNotIn("QueueUrls", self._aws("sqs", "list-queues"))
