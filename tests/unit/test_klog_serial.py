"""One line of the console."""

from rkmbuild.klog import klog


def test_a_line_has_level_time_and_text() -> None:
    message = klog.parse("<5>[    1.370670] hello: module verification failed", step=2)
    assert (message.level, message.seconds, message.step) == (5, 1.37067, 2)
    assert message.text == "hello: module verification failed"


def test_a_line_that_a_program_wrote_has_its_level_without_its_facility() -> None:
    assert klog.parse("<12>[    1.357102] mark").level == 4


def test_who_printed_it_is_left_out_where_the_kernel_tells() -> None:
    assert klog.parse("<6>[    0.100000][    T1] text").text == "text"


def test_what_the_firmware_prints_is_kept_as_it_is() -> None:
    message = klog.parse("Probing EDD (edd=off to disable)... ok")
    assert (message.level, message.seconds) == (None, None)
    assert str(message) == "Probing EDD (edd=off to disable)... ok"


def test_nothing_that_steers_a_terminal_comes_through() -> None:
    assert klog.parse("<6>[    1.000000] \x1b[2Jgone").text == "\\x1b[2Jgone"


def test_a_message_is_shown_as_dmesg_shows_it() -> None:
    assert str(klog.parse("<6>[   12.500000] text")) == "[   12.500000] text"
