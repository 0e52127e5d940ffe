"""All headers of a kernel bound, and compared with its BTF: half an hour for each."""

import pytest

from tests import matrix
from tests.header_sweep import Sweep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3 * 3600)]
# Of a hundred that compile in C.
_MAY_FAIL = 1


@pytest.mark.parametrize("tested", matrix.ALWAYS, ids=matrix.NAMES)
def test_headers_that_compile_in_c_bind_as_btf_has_them(tested: matrix.Tested) -> None:
    sweep = Sweep(matrix.get(tested))
    for headers in sweep.batches(sweep.headers()):
        sweep.bind(headers)
    swept = sweep.swept
    assert swept.differing == {}
    compile_in_c = len(swept.bound) + len(swept.failed)
    assert 100 * len(swept.failed) <= _MAY_FAIL * compile_in_c, swept.failed
