"""What is told of symbols that a kernel does not export, by their names."""

import pytest

from rkmbuild.pipeline import link_hints


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("__start_linkme_ALL", "as linkme does"),
        ("__stop_other", "bounds of a section"),
        ("_critical_section_1_0_acquire", "critical_section::set_impl!"),
        ("__getrandom_v03_custom", "get_random_bytes"),
        ("__atomic_load_16", "fallback"),
        ("_Unwind_Resume", "nothing unwinds"),
        ("malloc", "C library"),
        ("pthread_mutex_lock", "C library"),
    ],
)
def test_a_symbol_of_programs_is_explained(symbol: str, told: str) -> None:
    (hint,) = link_hints.of([symbol])
    assert told in hint


def test_symbols_of_one_kind_are_told_together_and_the_kernels_own_not_at_all() -> None:
    (hint,) = link_hints.of(["malloc", "kmalloc", "free", "task_euid"])
    assert hint.startswith("`malloc`, `free`: ")
