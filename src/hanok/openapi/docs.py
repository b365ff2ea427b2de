"""The docs pages: Swagger UI and Redoc around an OpenAPI document, and Swagger UI's OAuth2 landing page.

By default a page asks no other host for anything. Scripts and styles may be named by any address; an
address that is not given stands for the packaged file, which is then part of the page.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import quote

from hanok.http import HTMLResponse
from hanok.openapi.assets import PACKAGED, REDOC_JS, SWAGGER_CSS, SWAGGER_JS, text_of

_ROOF = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<path d="M1 13Q9 12 16 4q7 8 15 9l-2 4H3z" fill="#334155"/>'
    '<path d="M6 19h20v9H6z" fill="#b45309"/><path d="M13 21h6v7h-6z" fill="#fef3c7"/></svg>'
)
FAVICON = f"data:image/svg+xml,{quote(_ROOF)}"

# Swagger UI has a dark look, and leaves to the page when to show it: when the reader's machine is dark.
_FOLLOW_THE_READER = """\
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
"""

swagger_ui_default_parameters: dict[str, Any] = {
    "dom_id": "#swagger-ui",
    "layout": "BaseLayout",
    "deepLinking": True,
    "showExtensions": True,
    "showCommonExtensions": True,
}


def _json(value: Any) -> str:
    """A value as JavaScript that cannot end the script element it stands in."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _string(text: str) -> str:
    """A string in single quotes, as JavaScript."""
    inner = _json(text)[1:-1].replace('\\"', '"').replace("'", "\\u0027")
    return f"'{inner}'"


def _script(address: str) -> str:
    if address.startswith(PACKAGED):
        # HTML §4.12.1.3: inside a script element these two sequences would change what ends it.
        code = text_of(address).replace("</script", "<\\/script").replace("<!--", "<\\!--")
        return f'<script data-from="{escape(address)}">{code}</script>'
    return f'<script src="{escape(address)}"></script>'


def _style(address: str) -> str:
    if address.startswith(PACKAGED):
        return f'<style data-from="{escape(address)}">{text_of(address)}</style>'
    return f'<link type="text/css" rel="stylesheet" href="{escape(address)}">'


def _page(title: str, favicon: str, head: str, body: str) -> HTMLResponse:
    return HTMLResponse(
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title, quote=False)}</title>
<link rel="icon" href="{escape(favicon)}">
{head}
</head>
<body>
{body}
</body>
</html>
"""
    )


def get_swagger_ui_html(
    *,
    openapi_url: str,
    title: str,
    swagger_js_url: str = SWAGGER_JS,
    swagger_css_url: str = SWAGGER_CSS,
    swagger_favicon_url: str = FAVICON,
    oauth2_redirect_url: str | None = None,
    init_oauth: dict[str, Any] | None = None,
    swagger_ui_parameters: dict[str, Any] | None = None,
) -> HTMLResponse:
    """A page with Swagger UI on the document at ``openapi_url``.

    ``swagger_ui_parameters`` go over ``swagger_ui_default_parameters``; ``init_oauth`` is what its
    ``initOAuth`` takes.
    """
    parameters = swagger_ui_default_parameters | (swagger_ui_parameters or {})
    options = [f"url: {_string(openapi_url)},"]
    options += [f"{_json(name)}: {_json(value)}," for name, value in parameters.items()]
    if oauth2_redirect_url:
        options.append(f"oauth2RedirectUrl: window.location.origin + {_string(oauth2_redirect_url)},")
    options.append("presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],")
    start = _FOLLOW_THE_READER + "const ui = SwaggerUIBundle({\n" + "\n".join(options) + "\n})"
    if init_oauth:
        start += f"\nui.initOAuth({_json(init_oauth)})"
    body = f'<div id="swagger-ui"></div>\n{_script(swagger_js_url)}\n<script>\n{start}\n</script>'
    return _page(title, swagger_favicon_url, _style(swagger_css_url), body)


def get_redoc_html(
    *,
    openapi_url: str,
    title: str,
    redoc_js_url: str = REDOC_JS,
    redoc_favicon_url: str = FAVICON,
    with_google_fonts: bool = False,
) -> HTMLResponse:
    """A page with Redoc on the document at ``openapi_url``, with Google's fonts if asked for."""
    head = "<style>body { margin: 0; padding: 0 }</style>"
    if with_google_fonts:
        fonts = "https://fonts.googleapis.com/css?family=Montserrat:300,400,700|Roboto:300,400,700"
        head += f'\n<link href="{fonts}" rel="stylesheet">'
    body = (
        "<noscript>Redoc shows this page with JavaScript, which is switched off.</noscript>\n"
        f'<redoc spec-url="{escape(openapi_url)}"></redoc>\n{_script(redoc_js_url)}'
    )
    return _page(title, redoc_favicon_url, head, body)


# Swagger UI opens this page in a second window and leaves in it, as ``swaggerUIRedirectOauth2``, what it is
# waiting for: ``auth``, ``state``, ``redirectUrl``, and the functions ``callback`` and ``errCb``. The
# authorization server has put its answer into the query (code grant, RFC 6749 §4.1.2) or the fragment
# (implicit grant, §4.2.2).
_OAUTH2_REDIRECT = """<script>
const waiting = window.opener.swaggerUIRedirectOauth2;
const { auth, redirectUrl } = waiting;
const tell = (level, message) => waiting.errCb({ authId: auth.name, source: "auth", level, message });
const fragment = location.hash.slice(1).replace(/^\\?/, "");
const answer = Object.fromEntries(new URLSearchParams(
  /code|token|error/.test(fragment) ? fragment : location.search));
const isValid = answer.state === waiting.state;
const byCode = ["accessCode", "authorizationCode", "authorization_code"].includes(auth.schema.get("flow"));
if (!byCode || auth.code) {
  waiting.callback({ auth, token: answer, isValid, redirectUrl });
} else {
  if (!isValid) {
    tell("warning", "The state that came back is not the state that was sent: the answer may be forged.");
  }
  if (answer.code) {
    delete waiting.state;
    auth.code = answer.code;
    waiting.callback({ auth, redirectUrl });
  } else {
    const said = [answer.error, answer.error_description, answer.error_uri].filter(Boolean).join(": ");
    tell("error", said || "The authorization server sent neither a code nor an error.");
  }
}
window.close();
</script>"""


def get_swagger_ui_oauth2_redirect_html() -> HTMLResponse:
    """The page to which an authorization server sends Swagger UI's second window back."""
    return _page("Swagger UI: OAuth2 Redirect", FAVICON, "", _OAUTH2_REDIRECT)
