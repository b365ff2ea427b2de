import asyncio

import pytest

from hanok.server.lifespan import Lifespan, LifespanState


def life(app, mode="auto"):
    async def main():
        lifespan = Lifespan(app, mode)
        started = await lifespan.startup()
        middle = lifespan.state
        ended = await lifespan.shutdown()
        return started, middle, ended, lifespan

    return asyncio.run(main())


async def good(scope, receive, send):
    assert (await receive())["type"] == "lifespan.startup"
    scope["state"]["db"] = "open"
    await send({"type": "lifespan.startup.complete"})
    assert (await receive())["type"] == "lifespan.shutdown"
    scope["state"]["db"] = "closed"
    await send({"type": "lifespan.shutdown.complete"})


async def none(scope, receive, send):
    raise AssertionError("only http")


def test_a_lifespan_runs_from_start_to_end():
    started, middle, ended, lifespan = life(good)
    assert (started, middle, ended) == (True, LifespanState.RUNNING, True)
    assert lifespan.shared == {"db": "closed"}


def test_an_application_without_one_is_fine_unless_it_was_asked_for():
    assert life(none)[:3] == (True, LifespanState.ABSENT, True)
    assert life(none, "on")[:3] == (False, LifespanState.FAILED, False)


def test_an_application_that_just_returns_has_none():
    async def app(scope, receive, send):
        pass

    assert life(app)[1] is LifespanState.ABSENT


def test_what_says_only_that_it_failed_is_known_by_its_message():
    async def app(scope, receive, send):
        await send({"type": "lifespan.startup.failed", "message": "no database\n"})

    assert repr(life(app)[3].error) == "StartupFailed('no database')"


def test_an_exit_during_the_startup_is_a_failure_of_it(caplog):
    async def app(scope, receive, send):
        raise SystemExit("no database")

    started, state, _, lifespan = life(app)
    assert (started, state) == (False, LifespanState.FAILED)
    assert str(lifespan.error) == "no database"
    assert "the lifespan of the application failed" in caplog.text


def test_off_does_not_call_the_application():
    assert life(None, "off")[:3] == (True, LifespanState.ABSENT, True)


def test_a_failed_startup_is_told(caplog):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database\n"})
        raise ValueError

    started, state, _, lifespan = life(app)
    assert (started, state) == (False, LifespanState.FAILED)
    assert isinstance(lifespan.error, ValueError)
    assert "the start-up of the application failed: no database" in caplog.messages


@pytest.mark.parametrize("how", ["raise", "failed"])
def test_a_failed_shutdown_is_told(caplog, how):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if how == "raise":
            raise ValueError
        await send({"type": "lifespan.shutdown.failed", "message": "stuck"})

    assert life(app)[:3] == (True, LifespanState.RUNNING, False)
    assert "the shutdown of the application failed" in caplog.text


def test_an_application_that_leaves_at_shutdown_has_shut_down():
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()

    assert life(app)[2] is True


def test_a_lifespan_that_returns_early_has_no_shutdown():
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})

    assert life(app)[:3] == (True, LifespanState.STOPPED, True)


def test_a_lifespan_that_fails_while_it_runs_is_told(caplog):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.sleep(0)
        raise ValueError

    async def main():
        lifespan = Lifespan(app)
        assert await lifespan.startup()
        await asyncio.wait([lifespan._task])
        return await lifespan.shutdown()

    assert asyncio.run(main()) is False
    assert "failed while it was running" in caplog.text


def test_messages_out_of_turn_are_an_error_of_the_application():
    seen = []

    async def app(scope, receive, send):
        try:
            await send({"type": "lifespan.shutdown.complete"})
        except RuntimeError as error:
            seen.append(str(error))

    life(app)
    assert seen == ["the application sent 'lifespan.shutdown.complete' during starting of its lifespan"]
