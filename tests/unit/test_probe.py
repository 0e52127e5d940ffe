"""What a kernel has is read from what a compiler says of questions, and from bindings."""

from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.kernel import detect
from rkmbuild.kernel.tree import Origin
from rkmbuild.pipeline import probe
from rkmbuild.pipeline.api import cfgs, facts
from tests import kernel_trees

DATA = Path(__file__).parents[1] / "data" / "probe"
QUESTIONS = """\
# What the recorded answers answer.
#include <linux/cred.h>
#include <linux/gone_forever.h>

timer_delete
with_owner: (void)class_create(THIS_MODULE, "");
without_owner: (void)class_create("");
ctl_row_const: extern proc_handler p; extern int p(const struct ctl_table *, int, void *);
file_ref: (void)((struct file *)0)->f_ref;
euid: (void)task_euid(current);
namespace_word: MODULE_IMPORT_NS(SOME_WORD);
nowhere_at_all
PAGE_SIZE
"""
BOUND = """
pub const WQ_PERCPU: wq_flags = 256;
extern "C" {
    pub fn kern_path(
        arg1: *const crate::ffi::c_char,
    ) -> crate::ffi::c_int;
    pub static mut system_wq: *mut workqueue_struct;
}
pub struct file { pub f_mode: fmode_t, pub type_: u32, pub __bindgen_anon_1: file__bindgen_ty_1, }
#[repr(C)]
pub union file__bindgen_ty_1 {
    pub f_task_work: callback_head,
    pub __bindgen_anon_1: file__bindgen_ty_1__bindgen_ty_1,
}
pub struct file__bindgen_ty_1__bindgen_ty_1 { pub f_deep: u8, }
"""


def test_a_file_of_questions_is_read() -> None:
    headers, questions = probe.read(QUESTIONS)
    assert headers == ("<linux/cred.h>", "<linux/gone_forever.h>")
    assert [question.name for question in questions][:2] == ["timer_delete", "with_owner"]
    assert questions[0] == probe.named("timer_delete")
    assert questions[1].statement == '(void)class_create(THIS_MODULE, "");'


def test_a_header_may_be_gone_and_a_question_has_a_place_of_its_own() -> None:
    lines = probe.source(*probe.read(QUESTIONS)).splitlines()
    assert lines[3:6] == [
        "#if __has_include(<linux/gone_forever.h>)",
        "#include <linux/gone_forever.h>",
        "#endif",
    ]
    assert sum(line.startswith("#line 1 ") for line in lines) == len(probe.read(QUESTIONS)[1])


@pytest.mark.parametrize(
    ("compiler", "lacks"),
    [
        # Linux 6.1.192, and 7.3.4.
        ("gcc-12", {"without_owner", "ctl_row_const", "file_ref", "nowhere_at_all"}),
        ("clang-19", {"with_owner", "euid", "namespace_word", "nowhere_at_all"}),
    ],
)
def test_what_is_missing_is_what_a_compiler_has_errors_for(compiler: str, lacks: set[str]) -> None:
    _, questions = probe.read(QUESTIONS)
    numbers = probe.lacking((DATA / f"{compiler}.txt").read_text())
    assert numbers is not None
    assert {questions[number].name for number in numbers} == lacks


def test_an_error_inside_a_macro_belongs_to_the_function_around_it() -> None:
    said = """\
In file included from probe.c:5:
rkmbuild-probe-4: In function 'rkmbuild_probe_4':
/linux/include/linux/cred.h:9:3: error: 'x' undeclared (first use in this function)
rkmbuild-probe-4:2:5: note: in expansion of macro 'task_cred_xxx'
"""
    assert probe.lacking(said) == {4}


def test_an_error_that_is_no_questions_answers_nothing() -> None:
    said = "/linux/include/linux/fs.h:9:3: error: unknown type name 'x'\n"
    assert probe.lacking(said) is None
    before = "rkmbuild-probe-4: In function 'rkmbuild_probe_4':\nrkmbuild-probe-4: At top level:\n"
    assert probe.lacking(before + said) is None


def test_a_warning_is_no_answer() -> None:
    assert probe.lacking("rkmbuild-probe-1:2:5: warning: statement with no effect\n") == set()


def test_answers_reach_c_and_rust() -> None:
    assert probe.defines({"b", "a"}) == "#define RKMBUILD_HAS_a\n#define RKMBUILD_HAS_b\n"
    assert cfgs.asked(["a", "b"], {"b"}) == (
        '--check-cfg=cfg(kernel_has, values("a", "b"))\n--cfg=kernel_has="b"\n'
    )


def test_what_the_crate_asks_is_what_it_uses() -> None:
    crate = paths.data("crates") / "kernel"
    asked = {question.name for question in probe.read((crate / "probes").read_text())[1]}
    helpers = "".join(file.read_text() for file in (crate / "helpers").glob("*.[ch]"))
    rust = "".join(file.read_text() for file in (crate / "src").rglob("*.rs"))
    used = {
        name
        for name in asked
        if f"RKMBUILD_HAS_{name}" in helpers or f'kernel_has = "{name}"' in rust
    }
    assert used == asked
    assert helpers.count("RKMBUILD_HAS_") + rust.count("kernel_has = ") >= len(asked)


@pytest.mark.parametrize(
    ("kind", "name", "there"),
    [
        ("has_fn", "kern_path", True),
        ("has_fn", "kern", False),
        ("has_fn", "system_wq", False),
        ("has_const", "WQ_PERCPU", True),
        ("has_const", "WQ", False),
        ("has_field", "file.f_mode", True),
        ("has_field", "file.type", True),
        ("has_field", "file.f_deep", True),
        ("has_field", "file.f_ref", False),
        ("has_field", "inode.i_ino", False),
        ("exported", "system_state", True),
        ("exported", "kern_path", False),
    ],
)
def test_a_cfg_is_set_where_the_kernel_has_it(
    tmp_path: Path, kind: str, name: str, there: bool
) -> None:
    tree = detect.read_tree(kernel_trees.debian(tmp_path), Origin.PATH)
    (tmp_path / "lib.rs").write_text(f'#[cfg({kind} = "{name}")]\nfn f() {{}}\n')
    asked = facts.mentioned_in([tmp_path / "lib.rs"])
    assert asked == ((kind, name),)
    assert facts.cfgs(asked, tree, BOUND) == (f'--cfg={kind}="{name}"\n' if there else "")
