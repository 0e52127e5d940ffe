"""The tool on a host, run by users who are not root, and by a root without the right."""

from tests.vm.host_world import Host


def test_without_sudo_a_load_is_a_matter_of_permission(host: Host) -> None:
    host.failed("nobody: no sudo", 30, "only root can do this, and sudo was not found")


def test_where_sudo_refuses_its_words_come_first(host: Host) -> None:
    done = host.failed("nobody: sudo refuses", 30, "sudo did not run /usr/sbin/insmod")
    assert done.err.startswith("sudo: ")
    host.failed("nobody: unload", 30, "sudo did not run /usr/sbin/rmmod")


def test_root_of_a_container_is_told_what_it_lacks(host: Host) -> None:
    host.failed("root without the right", 30, "CAP_SYS_MODULE is missing")


def test_a_user_loads_and_unloads_where_sudo_allows_only_insmod_and_rmmod(host: Host) -> None:
    assert "Loaded greeter" in host.succeeded("user: load").err
    greeter = host.succeeded("user: list").json[0]
    assert (greeter["name"], greeter["rkmbuild"]) == ("greeter", "1.2.3")
    host.succeeded("user: unload")


def test_a_user_who_may_not_read_the_log_is_told_how_to(host: Host) -> None:
    host.failed("user: refused", 36, "No such device", "sudo dmesg")
    host.failed("nobody: log", 30, "only root can read this kernel's log")


def test_a_user_reads_the_log_where_the_kernel_shows_it_to_all(host: Host) -> None:
    assert "greeter: Hello user from 1.0" in host.succeeded("user: log").out
