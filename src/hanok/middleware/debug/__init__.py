"""What a developer is shown while an application runs in debug mode: the pages of errors, of paths that nothing answers, and of
an application that has no start page yet.

What enters: a request, and the error or the routes. What leaves: a page for browsers; for others a text or JSON. Nothing of
this is imported before the first such answer, and nothing of it is shown outside debug mode.

Read ``error_page`` first. ``shell`` is what all pages look like; ``values`` and ``masking`` decide what may be shown at all;
``remedies`` knows what to do about common errors.
"""
