"""Celery workers, as programs use them, while the server is killed and started again."""
import os
import subprocess
import sys
import tempfile
import time
import unittest

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from server import Server

_jobs = 10_000
_kills = (2_000, 5_000, 8_000)
_workers = 2
_patience = 110


class CeleryTests(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.close)
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.deadline = time.monotonic() + _patience
        self.lines = {}
        os.environ["JOBS_URL"] = self.server.url
        self.sqs = boto3.session.Session().client(
            "sqs", endpoint_url=self.server.url, region_name="us-east-1",
            aws_access_key_id="AKIDOWNER", aws_secret_access_key="secret")
        self.url = self.sqs.create_queue(QueueName="celery", Attributes={"VisibilityTimeout": "6"})["QueueUrl"]

    def test_jobs_over_three_kills(self):
        """10,000 jobs over three kills of the server: Celery loses none, and no acknowledgement is undone"""
        workers = [self._start_worker(number) for number in range(_workers)]
        bodies = _bodies()
        self._send(bodies[:_jobs // 2])
        for count in _kills[:-1]:
            self._until(lambda: len(self._done()) >= count, workers)
            self.server.kill()
            self.server.start()
        self._send(bodies[_jobs // 2:])
        self._until(lambda: len(self._done()) >= _kills[-1], workers)
        self.server.kill()
        self.server.start()
        self._until(lambda: len(self._done()) == _jobs, workers)
        self._until(self._empty, workers)
        self.assertEqual(self._done(), set(range(_jobs)))
        self.assertEqual(self._undone(), [])

    def _start_worker(self, number):
        log = os.path.join(self.directory.name, f"worker{number}.log")
        open(log, "w", encoding="utf-8").close()
        self.lines[log] = (0, [])
        output = open(log + ".out", "w", encoding="utf-8")
        self.addCleanup(output.close)
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "jobs", "worker", "-P", "solo", "-c", "1", "-l", "warning",
             "-n", f"w{number}@localhost", "--without-gossip", "--without-mingle", "--without-heartbeat"],
            cwd=os.path.dirname(os.path.abspath(__file__)), env={**os.environ, "JOBS_LOG": log},
            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        return worker

    def _send(self, bodies):
        """Every job at least once, in batches: one call for each would take longer than the jobs."""
        for first in range(0, len(bodies), 10):
            entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies[first:first + 10])]
            answer = self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)
            self.assertNotIn("Failed", answer)

    def _until(self, condition, workers):
        while not condition():
            for number, worker in enumerate(workers):
                if worker.poll() is not None or time.monotonic() > self.deadline:
                    self.fail(f"{len(self._done())} jobs done; worker {number}: {worker.poll()}\n{self._output(number)}")
            time.sleep(0.1)

    def _output(self, number):
        with open(os.path.join(self.directory.name, f"worker{number}.log.out"), encoding="utf-8") as file:
            return file.read()[-5000:]

    def _events(self):
        """What the workers wrote since, too; a line that is not finished yet is left for the next time."""
        for log, (offset, lines) in self.lines.items():
            with open(log, encoding="utf-8") as file:
                file.seek(offset)
                text = file.read()
            text = text[:text.rfind("\n") + 1]
            lines.extend(line.split(" ") for line in text.splitlines())
            self.lines[log] = (offset + len(text), lines)
        return [line for _, lines in self.lines.values() for line in lines]

    def _done(self):
        return {int(what) for _, kind, what in self._events() if kind == "done"}

    def _undone(self):
        """Messages that came again, or were deleted again, after their deletion had been answered."""
        deleted, wrong = set(), []
        for _, kind, what in sorted(self._events(), key=lambda line: float(line[0])):
            if kind != "done" and what in deleted:
                wrong.append((kind, what))
            if kind == "deleted":
                deleted.add(what)
        return wrong

    def _empty(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        try:
            answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        except (BotoCoreError, ClientError):
            return False
        return all(answer["Attributes"][name] == "0" for name in names)


def _bodies():
    """What Celery sends for the jobs: its channel gives the bodies away instead of sending each by itself."""
    import jobs
    from kombu.transport import SQS

    sent = []

    class Gathering(SQS.Transport.Channel):
        def _put(self, queue, message, **_):
            sent.append(self._encoded(message))

        def _encoded(self, message):
            from kombu.asynchronous.aws.sqs.message import AsyncMessage
            from kombu.utils.json import dumps
            return AsyncMessage().encode(dumps(message))

    original, SQS.Transport.Channel = SQS.Transport.Channel, Gathering
    try:
        with jobs.app.connection() as connection, jobs.app.amqp.Producer(connection) as producer:
            for number in range(_jobs):
                jobs.work.apply_async((number,), producer=producer)
    finally:
        SQS.Transport.Channel = original
    return sent
