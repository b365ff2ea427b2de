"""The versions of the packages that the drop-in stands for. Nothing here may cost anything to import."""

VERSIONS = {"fastapi": "0.165.0", "starlette": "1.10.0"}
