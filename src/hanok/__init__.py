"""Hanok: a whole FastAPI deployment under one roof. This is the front door: public names, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names
from hanok.version import VERSION as __version__

if TYPE_CHECKING:
    from hanok.app import FastAPI, Hanok
    from hanok.dependencies.functions import Depends, Security
    from hanok.exceptions import HTTPException, WebSocketException
    from hanok.http import BackgroundTasks, Request, Response, UploadFile, inline, status
    from hanok.params.functions import Body, Cookie, File, Form, Header, Path, Query
    from hanok.routing import APIRouter
    from hanok.websockets import WebSocket, WebSocketDisconnect

# Loaded when first named: an application pays for what it uses.
__getattr__ = lazy_names(
    __name__,
    {
        "APIRouter": ".routing",
        "BackgroundTasks": ".http",
        "Body": ".params.functions",
        "Cookie": ".params.functions",
        "Depends": ".dependencies.functions",
        "FastAPI": ".app",
        "File": ".params.functions",
        "Form": ".params.functions",
        "HTTPException": ".exceptions",
        "Hanok": ".app",
        "Header": ".params.functions",
        "Path": ".params.functions",
        "Query": ".params.functions",
        "Request": ".http",
        "Response": ".http",
        "Security": ".dependencies.functions",
        "UploadFile": ".http",
        "WebSocket": ".websockets",
        "WebSocketDisconnect": ".websockets",
        "WebSocketException": ".exceptions",
        "inline": ".http",
        "status": ".http",
    },
)

__all__ = [
    "APIRouter",
    "BackgroundTasks",
    "Body",
    "Cookie",
    "Depends",
    "FastAPI",
    "File",
    "Form",
    "HTTPException",
    "Hanok",
    "Header",
    "Path",
    "Query",
    "Request",
    "Response",
    "Security",
    "UploadFile",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketException",
    "__version__",
    "inline",
    "status",
]
