"""Every case of ../cases by boto3 1.26: SQS and SNS over the query protocol."""
import atexit
import functools
import threading
import unittest

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from cases import Case
from clock import set_clock
from files import cases, errors, identities, never, servers, wrapper_of
from server import Server

_mine = [case for case in cases if case.get("only", "query") == "query"]
_lock = threading.Lock()


@functools.cache
def _start(name):
    server = Server(*servers[name]["settings"], wrapper=wrapper_of(servers[name])).start()
    atexit.register(server.close)
    return server


@functools.cache
def _create(name, identity, service):
    who = identities[identity]
    config = Config(
        parameter_validation=False, retries={"total_max_attempts": 1}, max_pool_connections=16,
        signature_version=who.get("signature") if "id" in who else UNSIGNED)
    client = boto3.session.Session().client(
        service, endpoint_url=_start(name).url, region_name=who["region"], config=config,
        aws_access_key_id=who.get("id"), aws_secret_access_key=who.get("secret"), aws_session_token=who.get("token"))
    set_clock(client, who.get("clockOffset", 0))
    return client


def _client(name, identity, service):
    with _lock:
        return _create(name, identity, service)


class CasesTests(unittest.TestCase):
    parallel = True


def _add(case, number):
    def run(_):
        client = functools.partial(_client, case["server"])
        Case(case, f"{case['server']}{number}", client, errors).run()
    run.__doc__ = case["name"]
    setattr(CasesTests, f"test_{number:03}", run)


for _number, _case in enumerate(_mine):
    _add(_case, _number)


class CoverageTests(unittest.TestCase):
    def test_every_action_of_sqs_and_sns_has_a_case(self):
        """Every action of SQS and SNS has a case"""
        used = {action for case in _mine for action in _actions(case)}
        known = set(_operations("sqs")) | {"sns." + name for name in _operations("sns")}
        self.assertEqual(known - used, set())

    def test_every_error_of_the_table_has_a_case(self):
        """Every error of the table has a case"""
        used = {step.get("error") for case in _mine for step in case["steps"]}
        known = {code for code, row in errors.items() if row.get("only", "query") == "query"}
        self.assertEqual(known - used, set())

    def test_every_error_of_the_models_is_in_the_table(self):
        """Every error of the models is in the table with its status, or never occurs"""
        for service in ("sqs", "sns"):
            rare = {name for row in never if row["service"] == service for name in row["errors"]}
            for shape in _client("plain", "owner", service).meta.service_model.error_shapes:
                row = errors.get(shape.error_code)
                self.assertNotEqual(row is None, shape.name not in rare, shape.name)
                status = shape.metadata.get("error", {}).get("httpStatusCode")
                if row and status:
                    self.assertEqual(row["status"], status, shape.name)


def _operations(service):
    return _client("plain", "owner", service).meta.service_model.operation_names


def _actions(case):
    """The actions of a case; `$it` in one stands for each of what the case is for."""
    if "queues" in case:
        yield "CreateQueue"
    for step in case["steps"]:
        name = next(iter(step)).split(" ")[0]
        yield from [name.replace("${it}", it) for it in case["for"]] if "${it}" in name else [name]
