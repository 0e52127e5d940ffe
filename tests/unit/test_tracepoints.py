"""What a module says of tracepoints, and what the kernel's headers do."""

from pathlib import Path

from rkmbuild.pipeline import tracepoints
from rkmbuild.pipeline.tracepoints import Argument, Declared, Said

# As crates/kernel/src/tracepoint.rs writes them: a size is a digit.
SECTION = b"irq_handler_entry irq:s4- action:p8-\nnothing\nsched_switch r#prev:p8t\nnothing\n"
HEADER = """
/* TRACE_EVENT(first, TP_PROTO(int old), TP_ARGS(old)) */
DECLARE_EVENT_CLASS(sample, TP_PROTO(int class), TP_ARGS(class));
TRACE_EVENT_CONDITION(first,
\tTP_PROTO(int (*fn)(int, char *),
\t\t const char __user *name /* may be NULL */, char comm[16]),
\tTP_ARGS(fn, name, comm),
DEFINE_EVENT(sample, second, TP_PROTO(void), TP_ARGS());
DECLARE_TRACE(third, TP_PROTO(struct rq *rq), TP_ARGS(rq));
"""


def test_what_a_module_says_is_read_once() -> None:
    irq = (Argument("irq", "s", 4, "-"), Argument("action", "p", 8, "-"))
    assert tracepoints.read(SECTION) == [
        Said("irq_handler_entry", irq),
        Said("nothing", ()),
        Said("sched_switch", (Argument("prev", "p", 8, "t"),)),
    ]


def test_headers_say_what_arguments_a_tracepoint_has(tmp_path: Path) -> None:
    folder = tmp_path / "include" / "trace" / "events"
    folder.mkdir(parents=True)
    (folder / "sample.h").write_text(HEADER)

    def found(name: str) -> list[tuple[str, ...]]:
        declared = list(tracepoints.declarations(tmp_path, name))
        assert all(each.header == "trace/events/sample.h" for each in declared)
        return [each.parameters for each in declared]

    first = ("int (*fn)(int, char *)", "const char __user *name", "char comm[16]")
    assert found("first") == [first]
    assert found("second") == [()]
    assert found("third") == found("third_tp") == [("struct rq *rq",)]
    assert found("sample") == found("irst") == []


def test_a_parameter_is_named_wherever_c_has_its_name() -> None:
    parameters = ("int (*fn)(int, char *)", "char comm[16]", "struct rq *rq", "unsigned long a")
    said = Said("x", tuple(Argument("it", "p", 8, "-") for _ in parameters))
    _, *asked = tracepoints._questions(0, said, Declared("x.h", parameters))
    names = [question.statement.partition("->")[2].partition(")")[0] for question in asked]
    assert names == ["fn", "comm", "rq", "a"]
