"""All of the drop-in that runs when an interpreter starts. Its text is written into the .pth file: see ``environment``.

It imports nothing until somebody imports fastapi or starlette. Without Hanok it does nothing.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"


def install_hook():
    import sys

    class Hook:
        hanok_dropin = True

        @staticmethod
        def finder():
            try:
                from hanok.dropin.finder import install
            except ImportError:
                return None
            return install()

        @classmethod
        def find_spec(cls, name, path=None, target=None):
            if name.partition(".")[0] not in ("fastapi", "starlette"):
                return None
            finder = cls.finder()
            return finder and finder.find_spec(name, path, target)

        @classmethod
        def find_distributions(cls, context=None):
            if str(getattr(context, "name", None)).lower() not in ("fastapi", "starlette"):
                return []
            finder = cls.finder()
            return finder.find_distributions(context) if finder else []

    if not any(getattr(finder, "hanok_dropin", False) for finder in sys.meta_path):
        sys.meta_path.insert(0, Hook)


install_hook()
del install_hook
