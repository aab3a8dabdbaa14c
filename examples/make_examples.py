#!/usr/bin/env python3
"""Makes the sample tables in examples/warehouse with the Delta writer that most Python users have.

    pip install deltalake==1.6.6 pyarrow==23.0.1
    examples/make_examples.py [--out examples/warehouse]

    warehouse/retail/orders      600 orders by country: dates, decimals, nulls, four versions
    warehouse/retail/customers   60 customers: an update and a delete on top of the first load
    warehouse/weather            two years of weather in six cities: a checkpoint and a log tail

Two runs give the same bytes. The rows come from a seeded generator; the writer's random names, ids
and times are then replaced by fixed ones (see `settle`).
"""

import argparse
import datetime
import decimal
import json
import os
import random
import shutil
import tempfile
import uuid

import deltalake
import pyarrow as pa

WRITER_VERSION = "1.6.6"
FIRST_COMMIT = datetime.datetime(2026, 3, 2, 8, 0, tzinfo=datetime.timezone.utc)
COUNTRIES = ["DE", "FR", "NL", "PT", None]
PRODUCTS = ["anchor", "buoy", "compass", "dinghy", "echo sounder", "fender"]
NAMES = ["Adèle", "Bram", "Chiara", "Diogo", "Emil", "Fleur", "Greta", "Hélène", "Ines", "João"]
# City, mean temperature in °C, half the distance between summer and winter, rain in mm a month.
CITIES = [
    ("Bergen", 8, 7, 190),
    ("Lisbon", 17, 6, 60),
    ("Lyon", 13, 9, 70),
    ("Riga", 7, 11, 55),
    ("Sevilla", 19, 9, 45),
    ("Utrecht", 11, 8, 70),
]


def orders_between(seed, first_id, count, first_day):
    """Orders with rising ids and dates; every country, and a few rows without note or country."""
    rng = random.Random(seed)
    rows = []
    for i in range(count):
        price = decimal.Decimal(rng.randrange(499, 99_999)).scaleb(-2)
        ordered = first_day + datetime.timedelta(days=i * 28 // count)
        delivered = ordered + datetime.timedelta(days=rng.randrange(1, 9))
        rows.append(
            {
                "order_id": first_id + i,
                "customer_id": rng.randrange(1, 61),
                "product": rng.choice(PRODUCTS),
                "quantity": rng.randrange(1, 6),
                "unit_price": price,
                "ordered_on": ordered,
                "delivered_on": delivered if rng.random() < 0.9 else None,
                "express": rng.random() < 0.2,
                "note": rng.choice(["gift", "ring twice", "leave at the door", None, None, None]),
                "country": rng.choices(COUNTRIES, weights=[30, 30, 20, 19, 1])[0],
            }
        )
    return pa.Table.from_pylist(
        rows,
        schema=pa.schema(
            [
                pa.field("order_id", pa.int64(), nullable=False),
                ("customer_id", pa.int64()),
                ("product", pa.string()),
                ("quantity", pa.int32()),
                ("unit_price", pa.decimal128(10, 2)),
                ("ordered_on", pa.date32()),
                ("delivered_on", pa.date32()),
                ("express", pa.bool_()),
                ("note", pa.string()),
                ("country", pa.string()),
            ]
        ),
    )


def make_orders(path):
    """Three monthly loads by country, then a delete that rewrites the Dutch files into one."""
    for month, seed in ((3, 11), (4, 12), (5, 13)):
        rows = orders_between(seed, (month - 3) * 200 + 1, 200, datetime.date(2026, month, 1))
        deltalake.write_deltalake(
            path,
            rows,
            mode="append",
            partition_by=["country"],
            name="orders",
            description="Orders of the chandlery, by country",
        )
    deltalake.DeltaTable(path).delete("country = 'NL' AND quantity = 5")


def make_customers(path):
    rng = random.Random(21)
    rows = [
        {
            "customer_id": i,
            "name": rng.choice(NAMES),
            "country": rng.choice(COUNTRIES[:4]),
            "since": datetime.datetime(
                2025,
                rng.randrange(1, 13),
                rng.randrange(1, 29),
                rng.randrange(24),
                tzinfo=datetime.timezone.utc,
            ),
            "discount": rng.choice([None, 0.05, 0.1]),
            "newsletter": rng.random() < 0.5,
        }
        for i in range(1, 61)
    ]
    schema = pa.schema(
        [
            ("customer_id", pa.int64()),
            ("name", pa.string()),
            ("country", pa.string()),
            ("since", pa.timestamp("us", tz="UTC")),
            ("discount", pa.float64()),
            ("newsletter", pa.bool_()),
        ]
    )
    deltalake.write_deltalake(path, pa.Table.from_pylist(rows, schema=schema), name="customers")
    deltalake.DeltaTable(path).update(predicate="customer_id = 7", updates={"name": "'Zoë'"})
    deltalake.DeltaTable(path).delete("customer_id = 13")


def make_weather(path):
    """One commit a quarter."""
    rng = random.Random(31)
    schema = pa.schema(
        [
            ("city", pa.string()),
            ("month", pa.date32()),
            ("temperature_c", pa.float64()),
            ("rain_mm", pa.int32()),
        ]
    )
    for quarter in range(8):
        rows = []
        for month in range(quarter * 3, quarter * 3 + 3):
            season = (-1, -0.9, -0.5, 0, 0.5, 0.9, 1, 0.95, 0.5, 0, -0.5, -0.9)[month % 12]
            for city, mean, swing, rain in CITIES:
                rows.append(
                    {
                        "city": city,
                        "month": datetime.date(2024 + month // 12, month % 12 + 1, 1),
                        "temperature_c": round(mean + swing * season + rng.uniform(-2, 2), 1),
                        "rain_mm": int(rain * rng.uniform(0.4, 1.7)),
                    }
                )
        deltalake.write_deltalake(
            path,
            pa.Table.from_pylist(rows, schema=schema),
            mode="append",
            name="weather",
            description="Monthly means of six cities",
        )


def settle(path, seed):
    """Replaces what differs from run to run: file names, ids, times, run times, the order of
    adds."""
    log = os.path.join(path, "_delta_log")
    new_paths = {}
    for version, name in enumerate(sorted(os.listdir(log))):
        commit = os.path.join(log, name)
        time_ms = int(FIRST_COMMIT.timestamp() * 1000) + version * 3_600_000
        with open(commit, encoding="utf-8") as file:
            actions = [json.loads(line) for line in file]
        actions.sort(key=action_order)
        for number, action in enumerate(actions):
            settle_action(action, time_ms, seed, new_paths, f"{version}/{number}")
        with open(commit, "w", encoding="utf-8") as file:
            for action in actions:
                file.write(json.dumps(action, ensure_ascii=False, separators=(",", ":")) + "\n")
        os.utime(commit, (time_ms // 1000, time_ms // 1000))
    for old, new in new_paths.items():
        os.rename(os.path.join(path, old), os.path.join(path, new))


def action_order(action):
    kind, body = next(iter(action.items()))
    rank = ["commitInfo", "protocol", "metaData", "remove", "add"].index(kind)
    return rank, os.path.dirname(body.get("path", "")), str(body.get("stats", body.get("size", "")))


def settle_action(action, time_ms, seed, new_paths, key):
    kind, body = next(iter(action.items()))
    if kind == "commitInfo":
        body["timestamp"] = time_ms
        for metric in [m for m in body.get("operationMetrics", {}) if m.endswith("_time_ms")]:
            body["operationMetrics"][metric] = 0
        action[kind] = json.loads(json.dumps(body, sort_keys=True))
    elif kind == "metaData":
        body["id"], body["createdTime"] = fixed_id(seed, "table"), time_ms
    elif kind == "add":
        body["modificationTime"] = time_ms
        new_paths[body["path"]] = os.path.join(
            os.path.dirname(body["path"]), f"part-00000-{fixed_id(seed, key)}-c000.snappy.parquet"
        )
        body["path"] = new_paths[body["path"]]
        body["partitionValues"] = dict(sorted(body["partitionValues"].items()))
        body["stats"] = sorted_stats(body["stats"])
    elif kind == "remove":
        body["path"], body["deletionTimestamp"] = new_paths[body["path"]], time_ms


def sorted_stats(text):
    stats = json.loads(text, parse_float=decimal.Decimal)
    stats = {k: dict(sorted(v.items())) if isinstance(v, dict) else v for k, v in stats.items()}
    return json.dumps(stats, ensure_ascii=False, separators=(",", ":"), default=float)


def fixed_id(*parts):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "sluice:examples/" + "/".join(parts)))


def add_checkpoint(path):
    """Checkpoints version 5: versions 6 and 7 stay a tail that a reader must replay."""
    deltalake.DeltaTable(path, version=5).create_checkpoint()


TABLES = {"retail/orders": make_orders, "retail/customers": make_customers, "weather": make_weather}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--out", default=os.path.join(here, "warehouse"))
    arguments = parser.parse_args()
    if deltalake.__version__ != WRITER_VERSION:
        raise SystemExit(f"deltalake {WRITER_VERSION} is needed, this is {deltalake.__version__}")
    with tempfile.TemporaryDirectory() as work:
        for name, make in TABLES.items():
            path = os.path.join(work, name)
            os.makedirs(path)
            make(path)
            settle(path, name)
        add_checkpoint(os.path.join(work, "weather"))
        shutil.rmtree(arguments.out, ignore_errors=True)
        shutil.copytree(work, arguments.out)


if __name__ == "__main__":
    main()
