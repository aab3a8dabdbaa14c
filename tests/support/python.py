"""Python programs of tests that use the sharing client in a process of its own."""

# Stands at their end: the client's Arrow threads may abort the interpreter's usual ending
# ("terminate called without an active exception"), after all was done and printed.
END_AT_ONCE = "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n"
