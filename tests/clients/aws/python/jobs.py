"""A Celery application on SQS, with a record of what its worker received, did, and had acknowledged."""
import os
import time

from celery import Celery
from kombu.transport import SQS

url = os.environ["JOBS_URL"]
_address = url.removeprefix("http://")
_account = "000000000000"
visibility_timeout = 6

app = Celery("jobs", broker=f"sqs://AKIDOWNER:secret@{_address}//")
app.conf.update(
    broker_transport_options={
        "region": "us-east-1", "is_secure": False, "visibility_timeout": visibility_timeout, "wait_time_seconds": 2,
        "predefined_queues": {"celery": {"url": f"{url}/{_account}/celery"}},
        # A deletion is given up long before another worker gets the message.
        "client-config": {"retries": {"total_max_attempts": 2}, "connect_timeout": 2, "read_timeout": 3},
    },
    task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=10, worker_enable_remote_control=False,
    broker_connection_max_retries=None)

_log = open(os.environ["JOBS_LOG"], "a", buffering=1, encoding="utf-8") if "JOBS_LOG" in os.environ else None
_messages = {}


def _note(kind, what):
    if _log:
        _log.write(f"{time.monotonic():.6f} {kind} {what}\n")


@app.task
def work(number):
    _note("done", number)


class _Channel(SQS.Channel):
    """Celery's own channel, watched."""

    def _message_to_python(self, message, *rest):
        _messages[message["ReceiptHandle"]] = message["MessageId"]
        _note("received", message["MessageId"])
        return super()._message_to_python(message, *rest)

    def new_sqs_client(self, *arguments, **named):
        client = super().new_sqs_client(*arguments, **named)
        client.meta.events.register("provide-client-params.sqs.DeleteMessage", _before_deletion)
        client.meta.events.register("after-call.sqs.DeleteMessage", _after_deletion)
        return client


def _before_deletion(params, context, **_):
    context["receipt"] = params["ReceiptHandle"]


def _after_deletion(http_response, context, **_):
    if http_response.status_code == 200:
        _note("deleted", _messages[context["receipt"]])


SQS.Transport.Channel = _Channel
