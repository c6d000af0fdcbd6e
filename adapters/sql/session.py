"""What is open: the connection, and everything that was made of the live catalogue. Made by `adapter.py`."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from adapters.sql.binding import layouts_of
from adapters.sql.catalogue import Catalogue
from adapters.sql.change_places import places_of
from adapters.sql.change_reader import ChangeReader
from adapters.sql.client import Client
from adapters.sql.config import Markers, SqlConfig
from adapters.sql.dialect import Intent
from adapters.sql.layout import Layouts
from adapters.sql.markers import MarkerTable
from adapters.sql.reader import Reader
from adapters.sql.statements import Statements
from adapters.sql.writer import Writer
from bridge.sdk import BridgeError, ConnectionFailedError, Secret, ThrottledError


class Session:
    """The constructor connects and reads the catalogue; if that fails it leaves nothing open."""

    def __init__(self, config: SqlConfig, password: Secret | None) -> None:
        self.client = Client(config, password)
        with contextlib.ExitStack() as undo:
            undo.callback(self.client.close)
            self.layouts = self._bind(config)
            self.markers = self._markers(config)
            statements = Statements()
            self.reader = Reader(self.client, self.layouts, statements)
            self.changes = ChangeReader(self.client, self.layouts, self._places, self.reader, _target(config))
            self.writer = Writer(self.client, self.layouts, statements, self.markers)
            undo.pop_all()

    def _bind(self, config: SqlConfig) -> Layouts:
        with self.client.transaction(Intent.READ):
            catalogue = Catalogue(self.client.connection, self.client.dialect)
            storage = self.client.dialect.storage
            layouts = layouts_of(config, catalogue, storage)
            self._places = places_of(config, catalogue, layouts, storage)
            return layouts

    def _markers(self, config: SqlConfig) -> MarkerTable | None:
        if config.markers is Markers.NONE:
            return None
        markers = MarkerTable(self.client)
        markers.prepare(config.markers)
        # Another worker of this connector is deleting them now, or the next opening will.
        with contextlib.suppress(ThrottledError):
            markers.expire(config.keep_markers_days)
        return markers

    @property
    def default_schema(self) -> str:
        return self.client.connection.dialect.default_schema_name or "main"

    def check_alive(self) -> None:
        """ConnectionFailedError if the connection is not usable."""
        try:
            with self.client.transaction(Intent.READ):
                self.client.rows(sa.select(sa.literal(1)))
        except BridgeError as error:
            raise ConnectionFailedError(error.message) from error

    def close(self) -> None:
        self.client.close()


def _target(config: SqlConfig) -> str:
    """Which database it is, for watermarks; not who reads it."""
    url = sa.make_url(config.url)
    return f"{url.get_backend_name()} {url.host} {url.port} {url.database}"
