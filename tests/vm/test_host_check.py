"""`check --running`: what is told under a kernel is true of it as it is at that moment."""

import pytest

from tests.vm.host_world import Host


def test_a_module_that_is_loaded_is_not_taken_twice(host: Host) -> None:
    done = host.done["check: loaded"]
    assert done.status == 40, done
    (module,) = done.json["modules"]
    assert module["kernel"] == host.tree.release
    assert (module["errno"], module["certain"]) == ("EEXIST", True)


def test_one_who_may_not_load_may_ask_all_the_same(host: Host) -> None:
    done = host.done["check: by a user"]
    assert done.status == 40, done
    assert "a module `greeter` is loaded" in done.out


@pytest.mark.parametrize("host", ["6.1"], indirect=True)
def test_a_kernel_that_wants_signatures_is_told_from_what_it_is_now(host: Host) -> None:
    (module,) = host.succeeded("check: the kernel's own").json["modules"]
    assert module["loads"]
    assert any("the key of this kernel's own modules" in what for what in module["unchecked"])
