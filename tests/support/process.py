"""CPU time and memory of a process, from /proc."""

import os
import re


def cpu_ms(pid):
    """CPU time of all living threads, in milliseconds; exact to about a microsecond."""
    total_ns = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total_ns += int(file.read().split()[0])
        except OSError:  # it ended meanwhile
            pass
    return total_ns / 1e6


def whole_cpu_ms(pid):
    """CPU time of all threads, of those that ended too, in milliseconds; exact to ten."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) * 1e3 / os.sysconf("SC_CLK_TCK")


def memory_mb(pid, key):
    """`VmRSS` (now) or `VmHWM` (the highest since reset_peak), in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(rf"^{key}:\s+(\d+) kB", file.read(), re.M)[1]) / 1024


def reset_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def pin(pid, cores):
    """Has all threads run on `cores` alone; threads that they start later do so too."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)
