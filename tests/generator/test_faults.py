import pytest

from tests.faults import FAULTS, run_fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_its_expected_outcome_and_loses_no_user(fault, tmp_path):
    outcome = run_fault(fault, tmp_path)
    assert outcome.requests == fault.requests
    assert outcome.waits == fault.waits
    assert outcome.stored == fault.stored
    assert (fault.error in outcome.error, bool(outcome.error)) == (True, bool(fault.error))
    assert (fault.warning in outcome.warning, bool(outcome.warning)) == (True, bool(fault.warning))
    assert outcome.lost == 0
