import multiprocessing
import struct

import pytest

from hanok.observe.board import SLOT, Board


@pytest.fixture
def board():
    board = Board(2)
    yield board
    board.close()


def test_what_one_shows_others_read(board):
    assert board.read(0) == b""
    assert board.show(0, b"first")
    assert board.show(1, b"other")
    assert board.show(0, b"second and longer")
    assert board.read(0) == b"second and longer"
    assert board.read(1) == b"other"


def test_what_is_too_long_leaves_the_old(board):
    board.show(0, b"old")
    assert not board.show(0, b"x" * SLOT)
    assert board.read(0) == b"old"


def test_a_slot_whose_owner_died_while_writing_is_empty_until_the_next_owner_writes(board):
    board.show(0, b"old")
    number, length = struct.unpack_from("=QQ", board._map, 0)
    struct.pack_into("=QQ", board._map, 0, number + 1, length)
    assert board.read(0) == b""
    board.show(0, b"new")
    assert board.read(0) == b"new"


def write_in_the_child(board):
    board.show(1, b"from the child")


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_process_is_handed_the_board(board, method):
    child = multiprocessing.get_context(method).Process(target=write_in_the_child, args=(board,))
    child.start()
    child.join(30)
    assert board.read(1) == b"from the child"
