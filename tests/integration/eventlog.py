"""The server's event log as a test sees it: waited on with a deadline, and held to its schema and its sequence."""
import json
import os

from processes import wait_until

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/event.schema.json")


def _validators():
    """One for each type: what holds for all lines, and that type's own part. The schema itself is a choice among all
    types, which takes ten times as long to say the same."""
    import jsonschema
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    common = {key: value for key, value in schema.items() if key != "allOf"}
    validators = {}
    for condition in schema["allOf"]:
        name = condition["if"]["properties"]["type"]["const"]
        assert set(condition) == {"if", "then"}, condition
        validators[name] = jsonschema.Draft202012Validator({**common, "allOf": [condition["then"]]})
    return validators


class EventLog:
    """Follows the file, also across renames done by the test (`rotated`)."""

    def __init__(self, path):
        self.path = path
        self.records = []
        self.lines = []
        self._offset = 0
        self._inode = None

    def poll(self):
        try:
            with open(self.path, "rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._inode:
                    self._inode, self._offset = inode, 0
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return self.records
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.decode("utf-8").splitlines():
            self.lines.append(line)
            self.records.append(json.loads(line))
        return self.records

    def rotate(self, to, reopen):
        """Renames the file, has the server reopen it, and reads on without missing a line of either."""
        os.rename(self.path, to)
        reopen()
        wait_until(lambda: os.path.exists(self.path) and os.path.getsize(self.path) > 0, 5, "a new log file")
        path, self.path = self.path, to
        self.poll()
        self.path = path

    @staticmethod
    def _matches(record, type_, fields):
        return record["type"] == type_ and all(record.get(k) == v for k, v in fields.items())

    def find(self, type_, **fields):
        return [r for r in self.poll() if self._matches(r, type_, fields)]

    def wait(self, type_, seconds=10, count=1, **fields):
        """The count-th record of this type with these fields."""
        def found():
            matches = self.find(type_, **fields)
            return matches[count - 1] if len(matches) >= count else None
        return wait_until(found, seconds, lambda: f"{count} x {type_} {fields} in the log\n{self.tail()}")

    def tail(self, lines=40):
        return "\n".join(self.lines[-lines:])

    def types(self, contact):
        """What happened to a contact, offers and agents included, in order: 'type:detail'."""
        detail = {"contact.ended": "cause", "contact.refused": "cause", "offer.ended": "outcome", "agent.state_changed": "to"}
        return [r["type"] + (":" + str(r[detail[r["type"]]]) if r["type"] in detail else "")
                for r in self.poll() if r.get("contact") == contact]

    def handoffs(self, contact):
        """[(from, to)] of a contact."""
        return [(r["from"], r["to"]) for r in self.poll()
                if r.get("contact") == contact and r["type"].startswith("contact.") and "to" in r]

    def problems(self):
        """Everything in the log that breaks its schema, its sequence or the chain of hand-offs."""
        self.poll()
        return list(self._sequence_problems()) + list(self._schema_problems()) + list(self._chain_problems())

    def _sequence_problems(self):
        expected = None
        for record in self.records:
            if record["type"] == "log.lost":
                gap = (record["first_seq"], record["last_seq"], record["count"])
                if gap != (expected, record["seq"] - 1, record["seq"] - expected):
                    yield f"the gap begins at {expected}: {record}"
            elif expected is not None and record["seq"] != expected:
                yield f"seq {expected} expected: {record}"
            expected = record["seq"] + 1

    def _schema_problems(self):
        validators = _validators()
        for record in self.records:
            if record["type"] not in validators:
                yield f"a type that the schema doesn't describe: {record}"
                continue
            for error in validators[record["type"]].iter_errors(record):
                yield f"schema: {'/'.join(map(str, error.path))}: {error.message} in {record}"

    def _chain_problems(self):
        """Each hand-off takes the contact from whoever held it, unless lines are lost."""
        holder, whole = {}, True
        for r in self.records:
            if r["type"] == "log.lost":
                holder, whole = {}, False
            if r["type"].startswith("contact.") and "to" in r and "contact" in r:
                before = holder.get(r["contact"], "caller" if whole else r["from"])
                if r["from"] != before:
                    yield f"{r['contact']} was held by {before}: {r}"
                if before == "ended":
                    yield f"{r['contact']} had ended: {r}"
                holder[r["contact"]] = r["to"]
