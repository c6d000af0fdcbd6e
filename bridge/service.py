"""The composition root: settings → journal → host → engine → ingress, in one task group. Called by ``serve``.

A stop is graceful: no new calls, attempts that were begun come to their end within the grace time, then the journal
is closed. A part that fails ends the process with a code that is not 0: the service manager starts it again, and
recovery goes on from what is on disk.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Mapping

from bridge.config import Settings
from bridge.config.secret_sources import resolve
from bridge.config.settings import ListenSettings, Via
from bridge.engine.engine import SECONDS_A_DAY, BridgeEngine
from bridge.host.catalog import Catalog, HostedConnector
from bridge.ingress.rpc.access import CallerDirectory, Gate
from bridge.ingress.rpc.server import RpcServer
from bridge.ingress.rpc.socket import SocketListener
from bridge.ingress.rpc.tls import TlsListener
from bridge.journal import Journal, Limits, Mode, Purge, disk
from bridge.model.errors import UnavailableError
from bridge.sdk.spec import AdapterSpec
from bridge.telemetry import descriptors, logging
from bridge.telemetry.collapse import EXIT_FAILED, set_traps

LAST_WORDS_SECONDS = 0.5
"""For calls that are still open when no attempt runs any more: no result comes for them."""

GRACE_SECONDS = 20.0
"""For calls and attempts that run when the stop comes; systemd kills after 90 seconds, Windows after 30."""

PURGE_SECONDS = 300.0
AUDIT_DAYS = 400
"""How long the audit trail is kept beyond the operations' own retention."""

GC_THRESHOLDS = (20_000, 20, 50)
"""Objects made until the youngest are looked at; how many such looks until the next generation is, twice."""

log = logging.get_logger()


def run(settings: Settings, specs: Mapping[str, AdapterSpec]) -> int:
    """Serve until SIGTERM or SIGINT. 0 after a graceful stop, 1 if the journal failed."""
    logging.configure(settings.log.level, settings.log.format)
    _collect_seldom()
    try:
        return asyncio.run(_Service(settings, specs).run())
    finally:
        logging.close()


def _collect_seldom() -> None:
    """Operations are freed by reference counts and make no cycles: Python's usual rhythm of looking for some cost
    a fifth of all CPU time. What was imported until now stays for good, so it is never looked at again."""
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


class _Service:
    def __init__(self, settings: Settings, specs: Mapping[str, AdapterSpec]) -> None:
        self._settings = settings
        self._specs = specs
        self._stopping = asyncio.Event()
        self._hurried = asyncio.Event()
        """A second signal came."""
        self._failed = False

    async def run(self) -> int:
        set_traps(asyncio.get_running_loop())
        self._stop_on_signals()
        try:
            journal = self._open_journal()
        except UnavailableError as error:
            # Like a disk that fails later: the service manager tries again, until there is room.
            log.critical("journal_failed", error=error)
            return EXIT_FAILED
        catalog = self._host()
        try:
            await self._serve(journal, catalog)
        except* UnavailableError:
            # The parts that waited for the journal end so when it fails, which the log has told by then.
            if not self._failed:
                raise
        finally:
            catalog.close()
            await journal.close()
        log.info("stopped", failed=self._failed)
        return EXIT_FAILED if self._failed else 0

    def _open_journal(self) -> Journal:
        configured = self._settings.journal
        limits = Limits(configured.max_pending, configured.disk_reserve_mib << 20)
        return Journal(configured.path, limits, self._journal_failed)

    def _host(self) -> Catalog:
        schemas = self._settings.journal.path / "schemas"
        return Catalog(
            {
                name: HostedConnector(name, self._specs[each.adapter], each, resolve, schemas)
                for name, each in self._settings.connectors.items()
            }
        )

    async def _serve(self, journal: Journal, catalog: Catalog) -> None:
        callers = {each.name: each.caller for each in self._settings.callers}
        engine = BridgeEngine(
            journal,
            catalog,
            lambda caller, connector: (found := callers.get(caller)) is not None and found.may_use(connector),
        )
        listen = self._settings.listen
        gate = Gate(self._callers())
        server = RpcServer(engine, gate, socket=_socket(listen), tls=_tls(listen))
        async with asyncio.TaskGroup() as group:
            working = group.create_task(engine.run(self._stopping), name="engine")
            aside = [
                group.create_task(self._purge(journal), name="purge"),
                group.create_task(descriptors.watch(), name="descriptors"),
            ]
            await server.start()
            log.info("started", count=len(self._settings.connectors), pending=journal.pending)
            if journal.mode is Mode.RECONCILE:
                path = self._settings.journal.path
                log.warning("journal_reconciling", path=path, next=f"ecma-bridge journal release --path {path}")
            try:
                await self._stopping.wait()
                log.info("stopping", seconds=GRACE_SECONDS)
                for task in aside:
                    task.cancel()
                await self._end(server, working)
            finally:
                # Also where a part has failed: callers are told to try again, not that they were cancelled.
                await server.stop(0.0)

    async def _end(self, server: RpcServer, working: asyncio.Task[None]) -> None:
        """Refuse new calls, and give attempts the grace time. One that takes longer stays RUNNING in the journal, and
        the next start reads it back. A second signal ends the grace."""
        grace = 0.0 if self._failed else GRACE_SECONDS
        refusing = asyncio.create_task(server.stop(grace))
        hurried = asyncio.create_task(self._hurried.wait())
        await asyncio.wait({working, hurried}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        working.cancel()
        await server.stop(min(grace, LAST_WORDS_SECONDS))
        await refusing

    def _callers(self) -> CallerDirectory:
        callers = self._settings.callers
        socket = next((each.caller for each in callers if each.via is Via.SOCKET), None)
        return CallerDirectory(socket, {each.certificate: each.caller for each in callers if each.certificate})

    async def _purge(self, journal: Journal) -> None:
        days = self._settings.journal.retention_days
        while True:
            now = time.time()
            await journal.purge(Purge(now - days * SECONDS_A_DAY, now - max(days, AUDIT_DAYS) * SECONDS_A_DAY))
            await asyncio.sleep(PURGE_SECONDS)

    def _stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, self._stop)
            except NotImplementedError:  # Windows: the loop has none
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._stop))

    def _stop(self) -> None:
        (self._hurried if self._stopping.is_set() else self._stopping).set()

    def _journal_failed(self, error: BaseException) -> None:
        """Nothing may be written any more; the next start recovers from what is really on disk (delivery C15)."""
        path = self._settings.journal.path
        log.critical("journal_failed", error=type(error).__qualname__, reason=disk.reason(error), path=path)
        self._failed = True
        self._stopping.set()


def _socket(listen: ListenSettings) -> SocketListener | None:
    return SocketListener(listen.socket.path, listen.socket.group) if listen.socket is not None else None


def _tls(listen: ListenSettings) -> TlsListener | None:
    tls = listen.tls
    return TlsListener(tls.address, tls.certificate, tls.key, tls.client_ca) if tls is not None else None
