import pytest

from tests.faults import FAULTS, suffer


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_ends_as_it_should_and_loses_nobody(fault, tmp_path):
    came = suffer(fault, tmp_path)
    assert (came.requests, came.waits, came.stored) == (fault.requests, fault.waits, fault.stored)
    assert (fault.ends in came.ends, bool(came.ends)) == (True, bool(fault.ends))
    assert (fault.says in came.says, bool(came.says)) == (True, bool(fault.says))
    assert came.lost == 0
