"""Table content as text, so that rows read by any client can be compared by one hash.

A row is its values in schema order, joined by TAB; rows are sorted by their UTF-8 bytes; the hash
is SHA-256 over all rows, each ended by LF. A value is written so:

    null                    \\N
    boolean, integers       true/false, decimal digits
    float, double           the IEEE-754 bits, big-endian, 8 or 16 hex digits; one spelling of NaN
    decimal                 plain, with all digits of its scale
    string                  UTF-8, with \\\\, \\t, \\n, \\r escaped
    binary                  lower-case hex
    date                    days since 1970-01-01
    timestamp(_ntz)         microseconds since 1970-01-01 00:00:00
    array, struct, map      [a,b], {a,b}, <k:v,k:v> with the pairs sorted as text
"""

import datetime
import decimal
import hashlib
import json
import math
import re
import struct

NULL = "\\N"
INTEGERS = ("byte", "short", "integer", "long")
EPOCH = datetime.datetime(1970, 1, 1)
DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def text_of(value, delta_type, nan_is_null=False):
    """The text of one Python, NumPy or pandas value. pandas shows a null integer or time as NaN or
    NaT; for floats the two cannot be told apart, so the caller says which of them the column
    holds."""
    if is_null(value) and not (
        is_float_nan(value) and delta_type in ("float", "double") and not nan_is_null
    ):
        return NULL
    if isinstance(delta_type, dict):
        return text_of_nested(value, delta_type)
    if delta_type == "boolean":
        return "true" if value else "false"
    if delta_type in INTEGERS:
        return str(int(value))
    if delta_type == "float":
        return "7fc00000" if math.isnan(value) else struct.pack(">f", value).hex()
    if delta_type == "double":
        return "7ff8000000000000" if math.isnan(value) else struct.pack(">d", value).hex()
    if delta_type == "binary":
        return bytes(value).hex()
    if delta_type == "date":
        return str(days_of(value))
    if delta_type in ("timestamp", "timestamp_ntz"):
        return str(micros_of(value))
    scale = DECIMAL.fullmatch(delta_type)
    if scale:
        return f"{decimal.Decimal(value):.{scale.group(2)}f}"
    return str(value).translate(ESCAPES)  # string, char(n), varchar(n)


def text_of_nested(value, delta_type):
    kind = delta_type["type"]
    if kind == "array":
        return "[" + ",".join(text_of(v, delta_type["elementType"]) for v in value) + "]"
    if kind == "map":
        pairs = value.items() if isinstance(value, dict) else value
        return (
            "<"
            + ",".join(
                sorted(
                    text_of(k, delta_type["keyType"]) + ":" + text_of(v, delta_type["valueType"])
                    for k, v in pairs
                )
            )
            + ">"
        )
    return "{" + ",".join(text_of(value[f["name"]], f["type"]) for f in delta_type["fields"]) + "}"


def is_float_nan(value):
    try:
        return (
            isinstance(value, float)
            and math.isnan(value)
            or hasattr(value, "dtype")
            and value.dtype.kind == "f"
            and value.ndim == 0
            and math.isnan(value)
        )
    except TypeError:
        return False


def is_null(value):
    return value is None or type(value).__name__ in ("NaTType", "NAType") or is_float_nan(value)


def days_of(value):
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if isinstance(value, datetime.datetime):
        value = value.date()
    return (value - EPOCH.date()).days


def micros_of(value):
    if hasattr(value, "as_unit"):  # pandas keeps years that datetime.datetime has not
        if value.tzinfo is not None:
            value = value.tz_convert("UTC")
        return int(value.as_unit("us").asm8.astype("int64"))
    if type(value).__name__ == "datetime64":
        return int(value.astype("datetime64[us]").astype("int64"))
    if value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return (value - EPOCH) // datetime.timedelta(microseconds=1)


def lines_of_frame(frame, schema, column_stats=None, skips=()):
    """The rows of a pandas frame as text. A float NaN counts as null where `column_stats` says that
    the column has nulls and no NaN."""
    columns = []
    for field in json.loads(schema)["fields"]:
        if field["name"] in skips:
            continue
        stats = (column_stats or {}).get(field["name"], {})
        nan_is_null = bool(stats.get("nulls")) and not stats.get("nan")
        columns.append(texts_of_column(frame[field["name"]], field["type"], nan_is_null))
    return ["\t".join(row) for row in zip(*columns)]


def texts_of_column(series, delta_type, nan_is_null):
    """Equal values are converted once, as large tables repeat them; 0.0 equals -0.0, though."""
    if isinstance(delta_type, dict) or delta_type in ("float", "double"):
        return [text_of(value, delta_type, nan_is_null) for value in series]
    codes, values = series.factorize()
    texts = [text_of(value, delta_type) for value in values] + [NULL]  # code -1 is null
    return [texts[code] for code in codes]


def lines_of_rows(rows, schema, skips=()):
    """The same for rows given as dictionaries."""
    fields = [f for f in json.loads(schema)["fields"] if f["name"] not in skips]
    return ["\t".join(text_of(row.get(f["name"]), f["type"]) for f in fields) for row in rows]


def hash_of_lines(lines):
    digest = hashlib.sha256()
    for line in sorted(line.encode() for line in lines):
        digest.update(line + b"\n")
    return digest.hexdigest()


def hash_of_files(files):
    """Files are dictionaries with path (as the log spells it), size and, rarely, a vector's
    cardinality."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda f: f["path"].encode()):
        digest.update(f"{file['path']}\t{file['size']}\t{file.get('cardinality', '')}\n".encode())
    return digest.hexdigest()
