"""Where Hanok goes when it leaves one terminal: files for Docker, Nginx, systemd and Kubernetes.

In comes a ``Project``: the folder, its application, and the options of ``[tool.hanok]`` with the place where each was said.
Out come texts by file name, in which a comment says why each line is as it is. Nothing here is imported by a server that
runs. Read ``project.py`` first, then one exporter, ``docker.py`` say.
"""

from __future__ import annotations
