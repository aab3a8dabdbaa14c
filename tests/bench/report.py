"""What was measured, beside what is to be reached."""

import dataclasses


@dataclasses.dataclass
class Row:
    what: str
    unit: str
    value: float
    least: float | None = None  # of several, in `unit`
    cpu_ms: float | None = None  # of the server, for one request
    below: float | None = None  # the goal, if less is better; 0: none at all
    above: float | None = None  # the goal, if more is better

    def goal(self):
        if self.below is not None:
            return f"< {number(self.below)}" if self.below else "none"
        return f"> {number(self.above)}" if self.above is not None else ""

    def verdict(self):
        """How far on the good side: 2.00x is twice as good as the goal."""
        if not self.goal():
            return ""
        if self.below == 0:
            return "" if self.value == 0 else "missed"
        value = max(self.value, (self.below or 0) / 1000, 1e-9)  # a difference may be negative
        good = self.below / value if self.below is not None else value / self.above
        return f"{number(good)}x" + ("" if good >= 1 else "  missed")


class Report:
    """Collects rows and prints each as soon as it is measured."""

    def __init__(self, quiet):
        self.parts, self.quiet = {}, quiet

    def add(self, title, rows):
        """`rows`: of Row, as a generator that measures on the way."""
        self.say(f"\n{title:<42}{'measured':>10}{'least':>12}{'CPU ms':>10}{'goal':>11}")
        self.parts[title] = []
        for row in rows:
            self.parts[title].append(row)
            cells = f"  {row.what:<40}{number(row.value):>10} {row.unit:<5}{number(row.least):>6}"
            self.say(f"{cells}{number(row.cpu_ms):>10}{row.goal():>11}  {row.verdict()}".rstrip())

    def say(self, line):
        if not self.quiet:
            print(line, flush=True)

    def as_json(self):
        return {
            title: [
                {key: value for key, value in dataclasses.asdict(row).items() if value is not None}
                for row in rows
            ]
            for title, rows in self.parts.items()
        }


def number(value):
    """Three digits that matter; nothing for None."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"
