"""Hanok: a whole FastAPI deployment under one roof. This is the front door: public names, nothing else."""

from hanok.app import Hanok
from hanok.dependencies.functions import Depends, Security
from hanok.exceptions import HTTPException, WebSocketException
from hanok.http import BackgroundTasks, Request, Response, UploadFile, inline, status
from hanok.params.functions import Body, Cookie, File, Form, Header, Path, Query
from hanok.routing import APIRouter
from hanok.version import VERSION as __version__
from hanok.websockets import WebSocket, WebSocketDisconnect

FastAPI = Hanok

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
