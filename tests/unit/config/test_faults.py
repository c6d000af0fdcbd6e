"""What a faulty file is refused with: every fault at once, each with its line and the fix."""

from __future__ import annotations

import pytest

from tests.unit.config.conftest import Faults, Parse

CALLERS = "callers: [{name: local, via: socket, connectors: ['*']}]\n"
GOOD = CALLERS + "connectors: {staff: {adapter: memory}}\n"


def bind(line: str) -> str:
    return f"{CALLERS}connectors:\n  staff:\n    adapter: awkward\n    settings:\n      bind:\n        {line}\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD + "jornal: {}", "3:1: jornal: unknown key; did you mean journal?"),
        (GOOD + "log: {colour: red}", "3:7: log.colour: unknown key; known are: format, level"),
        (GOOD + "log: {level: loud}", "3:14: log.level: should be 'debug', 'info', 'warning' or 'error'"),
        (GOOD + 'journal: {max_pending: "4"}', "3:24: journal.max_pending: give a whole number"),
        (GOOD + "journal: {retention_days: 0}", "3:27: journal.retention_days: should be greater than or equal to 1"),
        (GOOD + "journal: {path: var/lib}", "3:17: journal.path: give an absolute path"),
        (GOOD + "journal: []", "3:10: journal: give a mapping (key: value)"),
        (GOOD + "listen: {}", "3:9: listen: nobody could connect; add socket: {}"),
        (GOOD + "listen:\n  socket: {}\n  tls: {address: 'x:99999', certificate: /c, key: /k, client_ca: /a}",
         "5:18: listen.tls.address: give HOST:PORT, such as 127.0.0.1:9443"),
        (GOOD + "listen:\n  tls:\n    address: localhost\n    certificate: /c\n    key: /k\n    client_ca: /a",
         "5:14: listen.tls.address: give HOST:PORT"),
        (GOOD + "log: {level: info, level: debug}", "3:20: log.level: given twice, first in line 3; remove one"),
        (CALLERS + "connectors:\n  staff: {adapter: memory}\n  staff: {adapter: memory}",
         "4:3: connectors.staff: given twice, first in line 3; remove one"),
        (CALLERS + "connectors: {staff: {adapter: ldpa}}",
         "2:31: connectors.staff.adapter: no adapter has this name; known are: awkward, gone, memory"),
        (CALLERS + "connectors: {staff: {adapter: gone}}", "install ecma-bridge[gone]"),
        (CALLERS + "connectors: {staff: {workers: 3}}", "2:14: connectors.staff.adapter: this key is required; add it"),
        (CALLERS + "connectors: {staff: {adapter: memory, settings: {fiel: /x}}}",
         "2:50: connectors.staff.settings.fiel: unknown key; did you mean file?"),
        (CALLERS + "connectors: {staff: {adapter: memory, settings: {file: x}}}",
         "2:56: connectors.staff.settings.file: give an absolute path: instances share the store by it"),
        (CALLERS + "connectors: {staff: {adapter: memory, settings: 4}}",
         "2:49: connectors.staff.settings: give a mapping (key: value)"),
        (CALLERS + "connectors: {'a b': {adapter: memory}}", "2:21: connectors.a b: give letters, digits and"),
        (CALLERS + "connectors: {}", "2:13: connectors: give at least one"),
        (CALLERS + "connectors: {staff: {adapter: memory, retry_first_seconds: 4000}}",
         "2:21: connectors.staff: retry_first_seconds is more than retry_longest_seconds"),
        (CALLERS + "connectors: {staff: {adapter: memory, deadline_seconds: 1e99}}",
         "2:57: connectors.staff.deadline_seconds: should be less than or equal to 86400"),
        (bind("{method: simple, password: 'file:/x'}"), "6:7: connectors.staff.settings.bind.account: this"),
        (bind("{method: simple, acount: x, password: 'file:/x'}"),
         "7:26: connectors.staff.settings.bind.acount: unknown key; did you mean account?"),
        (bind("{method: kerberos}"), "7:9: connectors.staff.settings.bind: give one of 'simple', 'external'"),
        (bind("{method: simple, account: a, password: 'env:LDAP'}"),
         "7:48: connectors.staff.settings.bind.password: the environment is readable to others; use file:"),
        (bind("{method: simple, account: a, password: hunter2}"),
         "7:48: connectors.staff.settings.bind.password: a secret stands here as a reference: file:PATH"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_its_fix(faults_of: Faults, text: str, fault: str):
    assert any(line.startswith("bridge.yaml:") and fault in line for line in faults_of(text)), faults_of(text)


@pytest.mark.parametrize(
    ("callers", "fault"),
    [
        ("[]", "1:10: callers: give at least one"),
        ("[{name: a, via: socket, connectors: [stuff]}]",
         "1:47: callers[0].connectors[0]: no connector has this name; did you mean staff?"),
        ("[{name: a, via: socket, connectors: []}]", "1:46: callers[0].connectors: give at least one"),
        ("[{name: a, connectors: [staff]}]", "1:11: callers[0]: give either via: socket or certificate: NAME"),
        ("[{name: a, via: socket, certificate: b, connectors: [staff]}]", "callers[0]: give either via: socket or"),
        ("[{name: a, certificate: b, connectors: [staff]}]", "1:34: callers[0].certificate: there is no TLS port"),
        ("[{name: a, via: socket, connectors: [staff]}, {name: b, via: socket, connectors: [staff]}]",
         "1:71: callers[1].via: another caller has the same"),
        ("[{name: a, via: socket, connectors: [staff]}, {name: a, certificate: x, connectors: [staff]}]",
         "1:63: callers[1].name: another caller has the same"),
    ],
)  # fmt: skip
def test_callers_must_make_sense_together(faults_of: Faults, callers: str, fault: str):
    faults = faults_of(f"callers: {callers}\nconnectors: {{staff: {{adapter: memory}}}}\n")
    assert any(fault in line for line in faults), faults


def test_a_caller_over_the_socket_needs_a_socket(faults_of: Faults):
    tls = "listen: {tls: {address: '[::1]:9', certificate: /c, key: /k, client_ca: /a}}"
    assert faults_of(GOOD + tls) == [
        "bridge.yaml:1:30: callers[0].via: there is no socket; add listen.socket, or recognise it by certificate"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("log: {level: info", "1:18: expected ',' or '}'"),
        ("log: *level", "1:6: an alias (*) without its anchor (&)"),
        ("a: 1\n---\nb: 2", "2:1: an alias (*) without its anchor (&), or a second document"),
        ("log: !!python/object:os.system {}", "1:6: log: tags (!) are not used here"),
        ("? [a, b]\n: 1", "1:3: a key is a word"),
        ('log: "\\ud800"', "1:6: log: an escape"),
        ("log: \x07", "1:1: a character that YAML does not allow"),
        ("- a\n- b", "1:1: give a mapping (key: value)"),
        ("", "1:1: callers: this key is required; add it"),
        ("[" * 5000, "1:1: unfolds to more than"),
        ("a: " + "[" * 40 + "]" * 40, "1:1: unfolds to more than"),
        (("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
         "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
         "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]"), "1:1: unfolds to more than"),
    ],
    ids=["cut off", "alias", "two documents", "tag", "complex key", "surrogate", "control", "list", "empty", "deep",
         "nested", "bomb"],
)  # fmt: skip
def test_bad_yaml_is_told_with_its_line(faults_of: Faults, text: str, fault: str):
    assert any(fault in line for line in faults_of(text)), faults_of(text)


def test_all_faults_are_told_at_once_in_the_order_of_the_file(faults_of: Faults):
    faults = faults_of("""\
        journal: {retention: 3}
        callers:
          - {name: local, via: socket, connectors: [stuff]}
          - {name: hr, connectors: [staff]}
        connectors:
          staff:
            adapter: awkward
            wrkers: 4
            settings: {prt: 1}
          staff: {adapter: memory}
          badges: {adapter: nope, workers: 0}
        log: {level: loud}
    """)
    assert [line.split(":")[1] for line in faults] == ["1", "3", "4", "8", "9", "9", "10", "11", "11", "12"]


def test_words_that_yaml_1_1_would_turn_into_others_are_text(settings_of: Parse):
    settings = settings_of(GOOD + "listen: {socket: {group: on}}")
    assert settings.listen.socket.group == "on"
