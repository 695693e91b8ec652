"""The requests that Hypothesis makes: posts, bodies, queries, paths, header lines."""

import json

from hypothesis import strategies as st

TOKEN = b"a-token"
ids = st.one_of(st.integers(), st.sampled_from([0, 1, 11, 10, 1000, 2**63 - 1, 2**63, 10**18]))
words = st.text(max_size=60)
scalars = st.none() | st.booleans() | ids | st.floats() | words
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=8
)
at_the_limits = st.sampled_from(
    ["", "\0", "a\0", "\ud800", "x" * 200, "é" * 200, "x" * 201, "\U0001f600"]
)
texts = at_the_limits | st.text(max_size=210) | st.text(st.characters(codec=None), max_size=5)
new_posts = st.fixed_dictionaries(
    {
        "title": texts | values,
        "body": texts | values,
        "author_id": st.integers(1, 6) | values,
    },
    optional={"tags": st.lists(texts | scalars, max_size=11) | values, "more": values},
)
good_posts = st.fixed_dictionaries(
    {
        "title": st.text(min_size=1, max_size=200).filter(lambda text: "\0" not in text),
        "body": st.text(min_size=1, max_size=200).filter(lambda text: "\0" not in text),
        "author_id": st.integers(1, 6),
        "tags": st.lists(st.sampled_from(["a", "b", "c", "d", "é"]), max_size=5),
    }
)
changes = st.fixed_dictionaries(
    {}, optional={"title": texts, "body": texts, "author_id": values, "tags": st.lists(texts)}
)
nearly_good_posts = st.tuples(good_posts, changes).map(lambda pair: pair[0] | pair[1])
bodies = st.one_of(good_posts, nearly_good_posts, new_posts, values).map(
    lambda body: json.dumps(body).encode()
)
content_types = st.sampled_from(
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", ""]
)
queries = st.dictionaries(
    st.sampled_from(["limit", "before", "tag", "other"]), ids.map(str) | words, max_size=4
)
# Header lines: repeated, spaced, in raw bytes. A client sends no value with spaces around it.
schemes = st.sampled_from([b"Bearer", b"Bearer", b"bEARER", b"Basic", b"Bearer:", b"Be\xe4rer"])
gaps = st.sampled_from([b" ", b"  ", b"      ", b"\t", b" \t", b"\xa0", b" \xa0", b""])
endings = st.sampled_from([b"", b"", b"\xa0", b"\xff", b",", b" x", b"=", b"; a=b"])
credentials = st.tuples(schemes, gaps, st.just(TOKEN), endings).map(b"".join)
parameters = st.sampled_from(
    [b"", b"; charset=utf-8", b"; charset=hex", b"; charset=iso-8859-1", b"; charset=\xff", b";;"]
    + [b"; charset*=bogus'en'x", b"; charset*=us-ascii'en'%00", b"; charset*0=a; charset*=b", b","]
)
media_types = st.sampled_from([b"application/json", b"Application/JSON", b"text/plain", b"\xff/x"])
# One at most: some servers refuse a second Content-Type themselves.
content_types_in_bytes = st.just([b"application/json"]) | st.lists(
    st.tuples(media_types, parameters).map(b"".join), max_size=1
)
headers = st.tuples(st.lists(credentials, max_size=2), content_types_in_bytes).map(
    lambda values: (
        [(b"Authorization", value) for value in values[0]]
        + [(b"Content-Type", value) for value in values[1]]
    )
)
paths = st.one_of(
    st.sampled_from(["/posts", "/posts/", "/health", "/ready", "/dashboard", "/docs/", "/", "//"]),
    ids.map(lambda id: f"/posts/{id}"),
    words.map(lambda word: f"/posts/{word}"),
)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

# The same in bytes, as no client would write them. What ends a line or a request line ends the
# request as well, and is no query any more.
query_pieces = st.sampled_from(
    [b"limit=", b"before=", b"tag=", b"&", b"1", b"20", b"100", b"-1", b"1_0", b"=", b";", b"+"]
    + [b"http", b"unicode-%C3%A9", b"%", b"%00", b"%31", b"%6Cimit=2", b"%ff", b"%ED%A0%80", b"#"]
    + [b"?", b"/", b'"<>|{}^`\\', b"\xc3\xa9", b"\xff", b"\t", b"\x7f"]
)
raw_queries = st.lists(query_pieces, max_size=8).map(b"".join)
raw_paths = st.sampled_from(
    [b"/posts/%31", b"/posts/01", b"/posts/1%0a", b"/posts/1%2f", b"/posts/%00", b"/posts/1;a"]
    + [b"//posts", b"/./posts", b"/posts/../health", b"/%70osts", b"/posts%3Flimit=1", b"/%ff"]
    + [b"/\xff", b"/posts/\xd9\xa1", b"/posts/%D9%A1", b"/posts/+1", b"/posts/1%20", b"/Posts"]
)
spaces = st.sampled_from([b"", b" ", b" ", b" ", b"\t", b"  \t "])
names = st.sampled_from(
    [b"Accept", b"accept-language", b"Accept-Encoding", b"Cookie", b"Range", b"If-None-Match"]
    + [b"If-Modified-Since", b"Origin", b"Referer", b"User-Agent", b"X-Forwarded-Proto", b"Via"]
    + [b"X-Forwarded-For", b"X-HTTP-Method-Override", b"Content-Encoding", b"Content-Language"]
    + [b"Prefer", b"X", b"x_y", b"TE", b"Date", b"Max-Forwards"]
)
texts_in_bytes = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
any_values = texts_in_bytes.map(lambda text: text.replace("\x7f", "").encode("latin-1"))
header_lines = st.one_of(
    st.tuples(names, st.just(b":"), spaces, any_values, spaces),
    st.tuples(st.just(b"Authorization:"), spaces, credentials, spaces),
    st.tuples(
        st.sampled_from([b"Content-Type:", b"content-type:"]),
        spaces,
        st.tuples(media_types, parameters).map(b"".join),
        spaces,
    ),
    st.just((b"Expect: 100-continue",)),
).map(b"".join)
