"""The example with functions for BPF programs: programs call them in kernels, well and badly."""

from pathlib import Path

from tests.vm import own_tests

_EXAMPLE = Path(__file__).parents[2] / "examples" / "bpf_trace"


def test_programs_call_what_the_example_has_in_each_kernel() -> None:
    own_tests.passed(_EXAMPLE)
