"""Counts the tables that each test reached, and fails a run that reached fewer than known."""

import testdata


class Coverage:
    """A pytest plugin. It keeps quiet when only some tests were asked for."""

    def __init__(self, counts):
        self.counts = counts
        self.reached = set()
        self.report = []

    def pytest_runtest_logreport(self, report):
        ran = report.when == "call" and (report.outcome != "skipped" or hasattr(report, "wasxfail"))
        for key, value in report.user_properties if ran else ():
            if key == "table":
                self.reached.add(tuple(value))

    def missing(self):
        for collection, tests in self.counts.items():
            if collection == "shared" and testdata.shared_is_absent():
                continue
            for test, expected in tests.items():
                ran = sum(r[:2] == (collection, test) for r in self.reached)
                if ran < expected:
                    yield f"{collection}: {test} reached {ran} tables, {expected} were expected"

    def pytest_sessionfinish(self, session):
        whole = not (
            session.config.option.keyword
            or session.config.option.markexpr
            or any("::" in a or a.endswith(".py") for a in session.config.args)
            or session.config.option.collectonly
            or session.shouldstop
        )
        self.report = list(self.missing()) if whole else []
        if self.report and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter):
        for line in self.report:
            terminalreporter.write_line("acceptance: " + line, red=True)
        if testdata.shared_is_absent():
            terminalreporter.write_line(
                "acceptance: " + testdata.SHARED + " is not there: only the "
                "project's own samples were read"
            )
