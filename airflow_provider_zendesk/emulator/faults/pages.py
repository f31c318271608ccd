# SPDX-License-Identifier: Apache-2.0
"""HTML error pages of the servers in front of Zendesk: nginx and Cloudflare."""

from __future__ import annotations

from airflow_provider_zendesk.emulator.http.messages import Reply

HTML = "text/html; charset=UTF-8"

NGINX = {500: b"Internal Server Error", 502: b"Bad Gateway", 503: b"Service Temporarily Unavailable"}
NGINX_PAGE = (
    b"<html>\r\n<head><title>%(code)d %(title)s</title></head>\r\n<body>\r\n<center><h1>%(code)d %(title)s</h1></center>"
    b"\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
CLOUDFLARE = {520: b"Web server is returning an unknown error", 524: b"A timeout occurred"}
CLOUDFLARE_PAGE = (
    b'<!DOCTYPE html>\n<html class="no-js" lang="en-US">\n<head>\n'
    b"<title>emulator.zendesk.com | %(code)d: %(title)s</title>\n"
    b'<meta charset="UTF-8" />\n</head>\n<body>\n<div id="cf-wrapper">\n'
    b'<span class="inline-block">%(title)s</span>\n<span class="code-label">Error code %(code)d</span>\n'
    b"</div>\n</body>\n</html>\n"
)
FIREWALL = {403: b"Attention Required! | Cloudflare", 503: b"Just a moment..."}
FIREWALL_PAGE = (
    b'<!DOCTYPE html>\n<html class="no-js" lang="en-US">\n<head>\n<title>%(title)s</title>\n'
    b'<meta charset="UTF-8" />\n</head>\n<body>\n<div id="cf-wrapper">\n'
    b"<p>This website is using a security service to protect itself from online attacks.</p>\n"
    b"<p>Cloudflare Ray ID: <strong>9a1b2c3d4e5f6071</strong></p>\n</div>\n</body>\n</html>\n"
)


def nginx_page(status: int, headers: dict[str, str]) -> Reply:
    return Reply(status, NGINX_PAGE % {b"code": status, b"title": NGINX[status]}, headers, HTML)


def cloudflare_page(status: int, headers: dict[str, str]) -> Reply:
    return Reply(status, CLOUDFLARE_PAGE % {b"code": status, b"title": CLOUDFLARE[status]}, headers, HTML)


def cloudflare_firewall_page(status: int) -> Reply:
    headers = {"CF-RAY": "9a1b2c3d4e5f6071-FRA"}
    return Reply(status, FIREWALL_PAGE % {b"title": FIREWALL[status]}, headers, HTML)
