"""What a faulty file is refused with: every fault at once, each with its line and the fix."""

from __future__ import annotations

import pytest

from tests.unit.config.conftest import Faults, Parse

CALLERS = "callers: [{name: local, via: socket, connectors: ['*']}]\n"
MEMORY = CALLERS + "connectors: {staff: {adapter: memory, "
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
         "2:60: connectors.staff.retry_longest_seconds: less than retry_first_seconds; raise it, or lower the other"),
        (CALLERS + "connectors: {staff: {adapter: memory, retry_longest_seconds: 0.5}}",
         "2:62: connectors.staff.retry_longest_seconds: less than retry_first_seconds"),
        (MEMORY + "numbers: [{attribute: a, object_types: [u], first: 9, last: 1}]}}",
         "2:99: connectors.staff.numbers[0].last: less than first; raise it, or lower the other"),
        (MEMORY + "numbers: [{attribute: a, object_types: [u], first: 1, last: 9, also: [b, a]}]}}",
         "2:108: connectors.staff.numbers[0].also: names the attribute that gets the number anyway; take it out"),
        (MEMORY + "numbers: [&n {attribute: a, object_types: [u], first: 1, last: 9}, *n]}}",
         "2:48: connectors.staff.numbers: two sequences are for the same attribute"),
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
        ("[{name: a, via: socket, certificate: b, connectors: [staff]}]",
         "1:47: callers[0].certificate: give either via: socket or certificate: NAME"),
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
        ("log: \x07", "1:6: a character that YAML does not allow"),
        ("log: {}\ncallers: a\0b", "2:11: a character that YAML does not allow; remove it, or save the file as UTF-8"),
        ("callers:\n\t- name: a", "2:1: a tab stands here; YAML takes spaces only"),
        ("callers:\n  - name: a\n\tvia: socket", "3:1: a tab stands here; YAML takes spaces only"),
        ("log:\n  level: 'info\n", "3:1: found unexpected end of stream, in what begins in line 2; check"),
        ("&a {b: *a}", "1:1: "),
        ("log: {level: hunter2,secret}", "1:22: log: no value; put quotes around text that holds a comma"),
        ("- a\n- b", "1:1: give a mapping (key: value)"),
        ("", "1:1: callers: this key is required; add it"),
        ("[" * 5000, "1:1: nested more than 32 levels deep"),
        ("a: " + "[" * 40 + "]" * 40, "1:36: nested more than 32 levels deep"),
        (("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
         "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
         "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]"), "more than 50000 values up to here; remove aliases"),
    ],
    ids=["cut off", "alias", "two documents", "tag", "complex key", "surrogate", "control", "nul", "tab",
         "tab in a list", "open quote", "loop", "comma", "list", "empty", "deep",
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


def test_faults_between_fields_are_told_together_with_all_others(faults_of: Faults):
    """A person who mends what is told has a good file."""
    faults = faults_of("""\
        callers:
          - name: a
            via: sockets
            connectors: [stuff]
          - name: a
            certificate: b
            conectors: [staff]
          - {name: c}
        connectors:
          staff:
            adapter: memory
            retry_first_seconds: 4000
            workers: 0
        listen: {}
    """)
    assert [line.split(": ")[:2] for line in faults] == [
        ["bridge.yaml:3:10", "callers[0].via"],
        ["bridge.yaml:4:18", "callers[0].connectors[0]"],
        ["bridge.yaml:5:5", "callers[1].connectors"],
        ["bridge.yaml:5:11", "callers[1].name"],
        ["bridge.yaml:7:5", "callers[1].conectors"],
        ["bridge.yaml:8:5", "callers[2]"],
        ["bridge.yaml:8:5", "callers[2].connectors"],
        ["bridge.yaml:12:26", "connectors.staff.retry_longest_seconds"],
        ["bridge.yaml:13:14", "connectors.staff.workers"],
        ["bridge.yaml:14:9", "listen"],
    ]


def test_a_list_of_faulty_parts_is_not_called_empty(faults_of: Faults):
    faults = faults_of("callers: [1, null, {name: a}]\nconnectors: {staff: {adapter: memory}}")
    assert not any("give at least one" in line for line in faults), faults


@pytest.mark.parametrize("wrong", ["null", "1", "1.5", "true", "text", "[]", "[1]", "{}", "{a: 1}", "''"])
@pytest.mark.parametrize(
    "place",
    ["%s", "callers: %s", "callers: [%s]", "callers: [{name: %s}]", "callers: [{name: a, via: %s}]", "connectors: %s",
     "connectors: {a: %s}", "connectors: {a: {adapter: %s}}", "connectors: {a: {adapter: memory, settings: %s}}",
     "journal: %s", "journal: {path: %s}", "listen: %s", "listen: {tls: %s}", "listen: {socket: {path: %s}}",
     "log: %s"],
)  # fmt: skip
def test_a_wrong_type_at_any_level_is_told_with_a_place(faults_of: Faults, place: str, wrong: str):
    """None of these is a whole file, so each is refused; never by an exception of another kind."""
    for line in faults_of(place % wrong):
        assert line.startswith("bridge.yaml:1:"), line
        assert "[type=" not in line
