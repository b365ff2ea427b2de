"""What is said of certificates and keys that cannot be used: the file, what is wrong with it, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    from hanok.server.config_certificates import CertificateFiles


def readable(files: CertificateFiles) -> bool:
    """Raises ConfigError for files that cannot be right. Otherwise, whether the key is encrypted."""
    certificate = text_of("--ssl-certfile", files.certfile)
    if "-----BEGIN CERTIFICATE-----" not in certificate:
        raise ConfigError(f"--ssl-certfile: {files.certfile} holds no certificate{der_remedy(certificate, 'x509')}.")
    where = files.keyfile or files.certfile
    key = text_of("--ssl-keyfile", files.keyfile) if files.keyfile else certificate
    if "PRIVATE KEY-----" not in key:
        remedy = der_remedy(key, "pkey") if files.keyfile else "; give --ssl-keyfile, too"
        raise ConfigError(f"--ssl-keyfile: {where} holds no private key{remedy}.")
    # PKCS #8 says it in the first line (RFC 7468 §11), the older form in a header (RFC 1421 §4.6.1.1).
    is_encrypted = "BEGIN ENCRYPTED PRIVATE KEY" in key or "Proc-Type: 4,ENCRYPTED" in key
    if is_encrypted and not files.password:
        raise ConfigError(
            f"--ssl-keyfile: the key in {where} is encrypted; "
            "give --ssl-keyfile-password, or better HANOK_SSL_KEYFILE_PASSWORD in the environment."
        )
    return is_encrypted


def text_of(flag: str, path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read().decode("latin-1")
    except OSError as error:
        raise cannot_load(flag, path, error) from None


def der_remedy(text: str, tool: str) -> str:
    """DER begins with a sequence, PEM with letters."""
    if text.startswith("0"):
        return f" in PEM; it looks like DER: convert it with openssl {tool} -inform DER -in OLD -out NEW"
    return " in PEM"


def cannot_load(flag: str, path: str, error: OSError) -> ConfigError:
    if isinstance(error, FileNotFoundError):
        why = "there is no such file"
    elif isinstance(error, PermissionError):
        why = "this user may not read it"
    else:
        why = str(error)
    return ConfigError(f"{flag}: cannot load {path}: {why}.")
