"""Calls made by other processes: what comes of them is the same as if they were made here."""

import multiprocessing
import os
import signal
import time

import pytest

from harness.processes import FEWEST, Crew


def doubled(number):
    return 2 * number


def place(_):
    return os.getpid()


def dies_elsewhere(number):
    if multiprocessing.parent_process() is not None:
        os._exit(1)
    return 2 * number


def is_deaf_to_ctrl_c(_):
    return multiprocessing.parent_process() is None or signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def fails(number):
    raise LookupError(number)


def all_of(crew):
    found = {}
    while result := crew.next():
        found.update([result])
    return found


def given(function, others, count=2 * FEWEST):
    with Crew(function, others) as crew:
        for number in range(count):
            crew.add(str(number), number)
        return all_of(crew)


@pytest.mark.parametrize("others", [0, 1, 2])
@pytest.mark.parametrize("function", [doubled, dies_elsewhere])
def test_every_call_is_made_once_by_whomever(function, others):
    assert given(function, others) == {str(number): 2 * number for number in range(2 * FEWEST)}


@pytest.mark.parametrize(("others", "count"), [(0, 2 * FEWEST), (2, FEWEST - 1)])
def test_no_process_is_started_unasked_or_for_few_calls(others, count):
    assert {*given(place, others, count).values()} == {os.getpid()}


def test_others_go_ahead_without_being_waited_for():
    with Crew(place, 1) as crew:
        for number in range(FEWEST):
            crew.add(str(number), number)
        made = {}
        while len(made) < FEWEST:
            made.update(crew.made())
            time.sleep(0.01)

        assert os.getpid() not in made.values()
        assert crew.next() is None


def test_what_is_added_after_a_process_has_died_is_done_here():
    with Crew(dies_elsewhere, 1) as crew:
        for number in range(FEWEST):
            crew.add(str(number), number)
        first = all_of(crew)
        crew.add("late", 21)

        assert len(first) == FEWEST
        assert crew.next() == ("late", 42)


def test_ctrl_c_is_not_for_the_others():
    assert {*given(is_deaf_to_ctrl_c, 1).values()} == {True}


@pytest.mark.parametrize("others", [0, 1])
def test_what_a_call_raises_is_raised_here(others):
    with pytest.raises(LookupError):
        given(fails, others)
