"""The host's conversations, answer by answer."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gbcs_link
from gbcs_hil.bench.exchange import Answer, Exchange, Opening, Refused, Restarted, parse

BOOT = 7
ID = 3
ACK, REPLY, OPENED, REFUSED = (
    gbcs_link.ACK,
    gbcs_link.REPLY,
    gbcs_link.OPENED,
    gbcs_link.REFUSED,
)


def exchange(size: int = 300, acknowledged: int = 0) -> Exchange:
    made = Exchange(BOOT, ID, bytes(range(256)) * (size // 256) + bytes(size % 256))
    for n in range(acknowledged):
        assert made.take(Answer(ACK, BOOT, ID, n))
    return made


def test_a_request_is_said_in_fragments_as_they_are_acknowledged() -> None:
    conversation = exchange(300)
    said = []
    for n in range(3):
        said.append(conversation.say())
        assert conversation.take(Answer(ACK, BOOT, ID, n))
    request = bytes(range(256)) + bytes(44)
    assert said == [
        [gbcs_link.REQUEST, BOOT, ID, 0, 3, request[:128]],
        [gbcs_link.REQUEST, BOOT, ID, 1, 3, request[128:256]],
        [gbcs_link.REQUEST, BOOT, ID, 2, 3, request[256:]],
    ]
    assert conversation.say() == [gbcs_link.WANT, BOOT, ID, 0]


def test_after_the_last_acknowledgement_the_device_speaks_unasked() -> None:
    assert not exchange(300, acknowledged=2).listening
    assert exchange(300, acknowledged=3).listening


@pytest.mark.parametrize(
    "answer",
    [
        Answer(ACK, BOOT, ID, 0),
        Answer(ACK, BOOT, ID, 2),
        Answer(ACK, BOOT, ID - 1, 1),
        Answer(ACK, BOOT - 1, ID - 1, 1),
        Answer(REFUSED, BOOT, ID - 1, 0),
        Answer(OPENED, BOOT, ID, 1),
        Answer(REPLY, BOOT, ID - 1, 0, 1, b"old"),
        Answer(REPLY, BOOT, ID, 1, 2, b"ahead"),
        Answer(REPLY, BOOT, ID, 0, 0, b"no fragment"),
        Answer(REPLY, BOOT, ID, 0, 49, b"too long"),
    ],
    ids=str,
)
def test_answers_that_are_not_waited_for_change_nothing(answer: Answer) -> None:
    conversation = exchange(300, acknowledged=1)
    before = conversation.say()
    assert not conversation.take(answer)
    assert conversation.say() == before
    assert not conversation.complete


def test_the_reply_is_asked_for_fragment_by_fragment() -> None:
    conversation = exchange(100, acknowledged=1)
    assert conversation.take(Answer(REPLY, BOOT, ID, 0, 2, b"two "))
    assert conversation.say() == [gbcs_link.WANT, BOOT, ID, 1]
    assert not conversation.take(Answer(REPLY, BOOT, ID, 0, 2, b"two "))
    assert not conversation.take(Answer(REPLY, BOOT, ID, 1, 3, b"of another"))
    assert conversation.take(Answer(REPLY, BOOT, ID, 1, 2, b"parts"))
    assert conversation.complete
    assert conversation.reply == b"two parts"
    assert conversation.say() == [gbcs_link.WANT, BOOT, ID, 2]


def test_a_reply_stands_for_an_acknowledgement_that_was_lost() -> None:
    conversation = exchange(100)
    assert conversation.take(Answer(REPLY, BOOT, ID, 0, 1, b"reply"))
    assert conversation.complete


@pytest.mark.parametrize("kind", [ACK, REPLY, REFUSED])
def test_another_boot_is_a_restart(kind: int) -> None:
    with pytest.raises(Restarted):
        exchange().take(Answer(kind, BOOT + 1, ID, 0, 1, b""))


def test_a_refusal_of_this_request_is_told() -> None:
    with pytest.raises(Refused):
        exchange().take(Answer(REFUSED, BOOT, ID, gbcs_link.OUT_OF_STEP))


def test_an_opening_takes_the_answer_with_its_nonce() -> None:
    opening = Opening()
    _, _, nonce = opening.say()
    assert isinstance(nonce, int)
    assert not opening.take(Answer(OPENED, BOOT, nonce ^ 1, 5))
    assert not opening.take(Answer(ACK, BOOT, nonce, 5))
    assert not opening.complete
    assert opening.take(Answer(OPENED, BOOT, nonce, 5))
    assert (opening.complete, opening.boot_id, opening.id) == (True, BOOT, 5)


@pytest.mark.parametrize(
    "frame",
    [
        None,
        [],
        {},
        "ACK",
        [[ACK], BOOT, ID, 0],
        [ACK, BOOT, ID],
        [ACK, BOOT, ID, 0, 0],
        [ACK, BOOT, ID, True],
        [True, BOOT, ID, 0],
        [REPLY, BOOT, ID, 0, 1, "text"],
        [gbcs_link.OPEN, 0, 1],
        [gbcs_link.REQUEST, BOOT, ID, 0, 1, b"an echo"],
        [gbcs_link.WANT, BOOT, ID, 0],
    ],
    ids=repr,
)
def test_frames_that_are_not_a_device_s_are_no_answers(frame: Any) -> None:
    assert parse(cbor2.dumps(frame)) is None


@given(st.binary(max_size=gbcs_link.MAX_PAYLOAD))
def test_no_payload_is_an_error(payload: bytes) -> None:
    answer = parse(payload)
    assert answer is None or answer.kind in (ACK, REPLY, OPENED, REFUSED)
