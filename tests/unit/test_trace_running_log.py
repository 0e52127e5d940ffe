"""Records of the running kernel come with the traces that end with them."""

from collections.abc import Iterable

from rkmbuild.klog.kmsg import Record
from rkmbuild.trace.decode import Decoder
from rkmbuild.trace.running_log import with_traces
from rkmbuild.trace.search import Search

_TRACE = ("Call Trace:", " <TASK>", " f+0x1/0x2", " </TASK>")


def record(number: int, text: str) -> Record:
    return Record(
        sequence=number, microseconds=0, level=4, facility=0, flags="-", text=text, fields={}
    )


def shown(given: Iterable[Record | None]) -> list[tuple[str, int]]:
    decoder = Decoder(Search(loaded=False))
    return [(found.text, len(ended)) for found, ended in with_traces(given, decoder)]


def records(*texts: str) -> list[Record]:
    return [record(number, text) for number, text in enumerate(texts)]


def test_a_trace_comes_with_its_last_record() -> None:
    found = shown(records("before", *_TRACE, "after"))
    assert [text for text, _ in found] == ["before", *_TRACE, "after"]
    assert [count for _, count in found] == [0, 0, 0, 0, 1, 0]


def test_a_trace_at_the_end_is_not_lost() -> None:
    assert shown(records(*_TRACE))[-1] == (" </TASK>", 1)


def test_a_pause_ends_a_trace_and_holds_nothing_back() -> None:
    found = with_traces([*records(*_TRACE), None], Decoder(Search(loaded=False)))
    assert [len(ended) for _, ended in found] == [0, 0, 0, 1]


def test_a_record_outside_of_a_trace_is_given_at_once() -> None:
    def endless() -> Iterable[Record]:
        yield record(1, "first")
        raise AssertionError("the first was held back")

    found = with_traces(endless(), Decoder(Search(loaded=False)))
    assert next(found)[0].text == "first"


def test_several_lines_of_one_record_are_read_each() -> None:
    assert shown([record(1, "\n".join(_TRACE)), record(2, "after")]) == [
        ("\n".join(_TRACE), 1),
        ("after", 0),
    ]


def test_records_pass_unchanged_without_a_decoder() -> None:
    found = list(with_traces([*records(*_TRACE), None], None))
    assert [(each.text, ended) for each, ended in found] == [(text, ()) for text in _TRACE]
