import os
import threading

import pytest

from hanok.observe import log_writer
from hanok.observe.log_writer import LogWriter


def test_lines_are_appended_to_the_file(tmp_path):
    file = tmp_path / "access.log"
    file.write_text("before\n")
    writer = LogWriter(file)
    writer.write("one\n")
    writer.write("two\nthree\n")
    writer.close()
    writer.close()
    assert file.read_text() == "before\none\ntwo\nthree\n"


def test_a_rotated_file_is_left_and_a_new_one_begun(tmp_path):
    file = tmp_path / "access.log"
    writer = LogWriter(file)
    writer.write("old\n")
    file.rename(tmp_path / "access.log.1")
    writer.reopen()
    writer.write("new\n")
    writer.close()
    assert (tmp_path / "access.log.1").read_text() == "old\n"
    assert file.read_text() == "new\n"


def test_a_file_that_nothing_was_written_to_is_reopened_as_well(tmp_path):
    file = tmp_path / "access.log"
    writer = LogWriter(file)
    file.rename(tmp_path / "moved")
    writer.reopen()
    assert file.exists()
    writer.close()


def test_a_file_that_cannot_be_opened_is_an_error_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        LogWriter(tmp_path / "nowhere" / "access.log")


def test_a_reader_that_does_not_read_costs_lines_and_no_time(monkeypatch):
    monkeypatch.setattr(log_writer, "MOST_WAITING", 200_000)
    read, write = os.pipe()
    writer = LogWriter(write)
    line = "x" * 999 + "\n"
    for _ in range(500):  # more than the pipe and the bound hold together
        writer.write(line)
    found = []

    def drain():
        while piece := os.read(read, 65536):
            found.append(piece)

    reader = threading.Thread(target=drain)
    reader.start()
    while writer.waiting:
        threading.Event().wait(0.001)
    writer.write("the last\n")
    writer.close()
    os.close(write)
    reader.join()
    os.close(read)
    lines = b"".join(found).decode().splitlines()
    whole = [one for one in lines if one == line.strip()]
    assert len(whole) < 500
    assert lines[-2:] == [
        f"{500 - len(whole)} lines were lost here: the log could not be written fast enough",
        "the last",
    ]


def test_a_closed_pipe_is_no_error_of_the_server(tmp_path):
    read, write = os.pipe()
    os.close(read)
    writer = LogWriter(write)
    writer.write("into nothing\n")
    writer.close()
    os.close(write)
