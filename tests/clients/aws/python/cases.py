"""Runs a case of ../cases by boto3. ../README.md says what a case is."""
import base64
import hashlib
import json
import re
import time

from botocore import xform_name
from botocore.exceptions import ClientError

_patience = 15
_words = {"out", "error", "message", "save", "until", "within", "as", "only", "status", "times"}
_protocol = "query"


class Case:
    def __init__(self, case, name, clients, errors):
        self._case, self._clients, self._errors = case, clients, errors
        self._values = {"id": name, "account": "000000000000", "region": "us-east-1"}

    def run(self):
        for name, template in self._case.get("values", {}).items():
            self._values[name] = self._value(template)
        for variable, attributes in self._case.get("queues", {}).items():
            self._create_queue(variable, self._value(attributes))
        for item in self._case.get("for", [None]):
            self._values["it"] = self._value(item)
            for step in self._case["steps"]:
                if step.get("only", _protocol) == _protocol:
                    self._steps(step)

    def _create_queue(self, variable, attributes):
        name = f"{self._values['id']}-{variable}" + (".fifo" if attributes.get("FifoQueue") == "true" else "")
        url = self._clients("owner", "sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self._values[variable] = url
        self._values[variable + ".name"] = name
        self._values[variable + ".arn"] = f"arn:aws:sqs:us-east-1:000000000000:{name}"

    def _steps(self, step):
        for number in range(1, step.get("times", 1) + 1):
            if "times" in step:
                self._values["turn"] = number
            self._step(step)

    def _step(self, step):
        key = next(name for name in step if name not in _words)
        action, request = self._value(key), self._value(step[key])
        service, call, queue = re.fullmatch(r"(?:(sns)\.)?(\w+)(?: ([\w.]+))?", action).groups()
        if queue:
            request["QueueUrl"] = self._values[queue]
        client = self._clients(self._value(step.get("as", "owner")), service or "sqs")
        method = getattr(client, xform_name(call))
        start = time.monotonic()
        while True:
            problem = self._attempt(step, method, request)
            if problem is None:
                break
            if not step.get("until") or time.monotonic() - start > _patience:
                raise AssertionError(f"{action} {_brief(request)}: {problem}")
            time.sleep(0.05)
        if "within" in step and time.monotonic() - start > step["within"]:
            raise AssertionError(f"{action} took {time.monotonic() - start:.1f} s")

    def _attempt(self, step, method, request):
        """None, or what is wrong with the answer."""
        try:
            answer = method(**request)
        except ClientError as error:
            return self._refused(step, error.response)
        if "error" in step:
            return f"expected {step['error']}, but it answered {_brief(answer)}"
        problem = self._match(step.get("out", {}), answer, "answer")
        if problem is None:
            for variable, path in step.get("save", {}).items():
                self._values[variable] = _at(answer, path)
        return problem

    def _refused(self, step, response):
        code, message = response["Error"]["Code"], response["Error"].get("Message", "")
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        if "error" not in step:
            return f"refused with {status} {code}: {message}"
        expected = self._value(step["error"])
        wanted = step.get("status") or self._errors.get(expected, {"status": 400})["status"]
        if code != expected or status != wanted:
            return f"expected {wanted} {expected}, got {status} {code}: {message}"
        text = step.get("message", "")
        if isinstance(text, dict):
            text = text[_protocol]
        text = re.sub(r"\$\{([\w.]+)\}", lambda found: re.escape(str(_at(self._values, found[1]))), text)
        return None if re.search(text, message) else f"expected a message like /{text}/, got: {message}"

    def _value(self, template):
        """The template with its variables and functions replaced."""
        if isinstance(template, str):
            if re.fullmatch(r"\$[\w.]+", template):
                return _at(self._values, template[1:])
            return re.sub(r"\$\{([\w.]+)\}", lambda found: str(_at(self._values, found[1])), template)
        if isinstance(template, list):
            return [self._value(item) for item in template]
        if not isinstance(template, dict):
            return template
        if "$repeat" in template:
            text, times = template["$repeat"]
            return self._value(text) * times
        if "$numbered" in template:
            item, times = template["$numbered"]
            return [_numbered(self._value(item), number) for number in range(times)]
        if "$named" in template:
            item, times = template["$named"]
            return {f"a{number}": self._value(item) for number in range(times)}
        if "$bytes" in template:
            return base64.b64decode(template["$bytes"])
        if "$json" in template:
            return json.dumps(self._value(template["$json"]))
        return {self._value(key): self._value(value) for key, value in template.items()}

    def _match(self, expected, actual, path):
        """None, or what differs. Objects may have more members than expected, lists may not."""
        if isinstance(expected, dict):
            return self._match_object(expected, actual, path)
        if isinstance(expected, list):
            if not isinstance(actual, list) or len(actual) != len(expected):
                return f"{path} is {_brief(actual)}, expected {len(expected)} items: {_brief(expected)}"
            items = (self._match(one, other, f"{path}[{i}]") for i, (one, other) in enumerate(zip(expected, actual)))
            return next((problem for problem in items if problem), None)
        if isinstance(expected, str) and len(expected) > 1 and expected[0] == expected[-1] == "/":
            pattern = self._value(expected[1:-1])
            return None if re.search(pattern, str(actual)) else f"{path} is {_brief(actual)}, not like /{pattern}/"
        wanted = self._value(expected)
        return None if wanted == actual else f"{path} is {_brief(actual)}, expected {_brief(wanted)}"

    def _match_object(self, expected, actual, path):
        if "$md5" in expected:
            wanted = hashlib.md5(self._value(expected["$md5"]).encode()).hexdigest()
            return None if actual == wanted else f"{path} is {actual}, expected {wanted}"
        if "$length" in expected:
            return None if len(actual) == expected["$length"] else f"{path} has {len(actual)} items: {_brief(actual)}"
        if "$not" in expected:
            return None if self._value(expected["$not"]) != actual else f"{path} is {_brief(actual)}"
        if "$json" in expected:
            return self._match(expected["$json"], json.loads(actual), path)
        if "$unordered" in expected:
            return self._match_unordered(expected["$unordered"], actual, path)
        if any(key in expected for key in ("$bytes", "$repeat")):
            wanted = self._value(expected)
            return None if wanted == actual else f"{path} is {_brief(actual)}, expected {_brief(wanted)}"
        for key, value in expected.items():
            name = self._value(key)
            if value == "$absent":
                if name in actual:
                    return f"{path}.{name} is there: {_brief(actual[name])}"
            elif name not in actual:
                return f"{path}.{name} is missing in {_brief(actual)}"
            else:
                problem = self._match(value, actual[name], f"{path}.{name}")
                if problem:
                    return problem
        return None

    def _match_unordered(self, expected, actual, path):
        left = list(actual)
        for item in expected:
            found = next((one for one in left if self._match(item, one, path) is None), None)
            if found is None:
                return f"{path} has nothing like {_brief(item)}: {_brief(actual)}"
            left.remove(found)
        return f"{path} has more: {_brief(left)}" if left else None


def _numbered(item, number):
    if isinstance(item, dict):
        return {key: _numbered(value, number) for key, value in item.items()}
    return item.replace("#", str(number)) if isinstance(item, str) else item


def _at(value, path):
    """A member by its path, also in a text that holds JSON; a variable's own name may have dots."""
    if isinstance(value, str):
        value = json.loads(value)
    if isinstance(value, dict) and path in value:
        return value[path]
    head, _, rest = path.partition(".")
    value = value[int(head)] if isinstance(value, list) else value[head]
    return _at(value, rest) if rest else value


def _brief(value):
    text = repr(value)
    return text if len(text) < 600 else text[:600] + "…"
