"""Addresses that botocore signs: the signature and its end are in the query."""
import time
import unittest
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

from files import identities, servers
from server import Server


class PresignedUrlTests(unittest.TestCase):
    def setUp(self):
        self.server = Server(*servers["auth"]["settings"]).start()
        self.addCleanup(self.server.close)
        owner = identities["owner"]
        self.sqs = boto3.session.Session().client(
            "sqs", endpoint_url=self.server.url, region_name=owner["region"], config=Config(signature_version="v4"),
            aws_access_key_id=owner["id"], aws_secret_access_key=owner["secret"])

    def _get(self, url):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def test_presigned_url(self):
        """A presigned address is good as it was signed, until its end"""
        self.sqs.create_queue(QueueName="signed")
        sign = self.sqs.generate_presigned_url
        url = sign("list_queues", Params={"QueueNamePrefix": "sig"}, ExpiresIn=60, HttpMethod="GET")
        status, text = self._get(url)
        self.assertEqual(status, 200, text)
        self.assertIn("/signed</QueueUrl>", text)
        status, text = self._get(url.replace("QueueNamePrefix=sig", "QueueNamePrefix=s"))
        self.assertEqual(status, 403, text)
        self.assertIn("<Code>SignatureDoesNotMatch</Code>", text)
        short = sign("list_queues", ExpiresIn=1, HttpMethod="GET")
        end = time.monotonic() + 15
        while self._get(short)[0] == 200 and time.monotonic() < end:
            time.sleep(0.1)
        status, text = self._get(short)
        self.assertEqual(status, 400, text)
        self.assertIn("<Code>RequestExpired</Code>", text)
