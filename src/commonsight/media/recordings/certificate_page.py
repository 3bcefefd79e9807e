"""A certificate as one page a person reads, in both languages; what counts is the signed JSON it is rendered from."""

from html import escape
from typing import Any, Final

from commonsight.text import say

_STYLE: Final = """
body{font:14px/1.6 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;margin:2cm;color:#1f2329}
h1{font-size:22px;margin:0}h2{font-size:15px;margin:1.6em 0 .4em}p{margin:.2em 0}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #bbb;padding:4px 8px}
th,td{text-align:left;vertical-align:top}
th{width:15em;background:#f5f6f7;font-weight:500}code{font:12px/1.5 monospace;word-break:break-all}
"""


def page(document: dict[str, Any]) -> str:
    """The page, for printing. Shows what the certificate says, nothing else."""
    body, signature = document["certificate"], document["signature"]
    mask = say(f"media.mask_{body['mask']}", "zh") if body["mask"] else f"{say('media.cert_none', 'zh')} None"
    rows = [
        ("export", f"<code>{escape(body['export'])}</code>"),
        ("made_at", escape(body["made_at"])),
        ("span", f"{escape(body['from'])} – {escape(body['to'])}"),
        ("viewer", escape(body["viewer"])),
        ("purpose", escape(" · ".join(part for part in (body["purpose"]["code"], body["purpose"]["text"]) if part))),
        ("permit", f"<code>{escape(body['permit'])}</code>"),
        ("retrievals", "<br>".join(f"<code>{escape(line)}</code>" for line in body["retrievals"])),
        ("mask", escape(mask)),
        ("platform", escape(f"{body['platform']} · {body['software']}")),
    ]
    parts = [_table(rows)]
    for file in body["files"]:
        camera = file["camera"]
        parts.append(f"<h2>{escape(file['name'])} · {escape(camera['name'])}</h2>")
        parts.append(
            _table(
                [
                    ("camera", f"{escape(camera['name'])} · <code>{escape(camera['code'])}</code>"),
                    ("bytes", f"{int(file['bytes']):,}"),
                    ("sha256", f"<code>{escape(file['sha256'])}</code>"),
                    ("sm3", f"<code>{escape(file['sm3'])}</code>"),
                    ("parts", _spans(file["parts"])),
                    ("gaps", _spans(file["gaps"]) or f"{say('media.cert_none', 'zh')} None"),
                    ("segments", str(len(file["segments"]))),
                ]
            )
        )
    parts.append(f"<h2>{_both('signature')}</h2>")
    parts.append(
        _table(
            [
                ("key", f"<code>{escape(signature['key'])}</code>"),
                ("value", f"<code>{escape(signature['value'])}</code>"),
                (
                    "verify",
                    f"<code>commonsight exports verify {escape(body['files'][0]['name'])} certificate.json</code>",
                ),
            ]
        )
    )
    title = _both("title")
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{_both('about')}</p>{''.join(parts)}</html>"
    )


def _table(rows: list[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{_both(name)}</th><td>{value}</td></tr>" for name, value in rows) + "</table>"


def _both(name: str) -> str:
    return f"{escape(say(f'media.cert_{name}', 'zh'))} {escape(say(f'media.cert_{name}', 'en'))}"


def _spans(spans: list[dict[str, str]]) -> str:
    return "<br>".join(f"{escape(one['from'])} – {escape(one['to'])}" for one in spans)
