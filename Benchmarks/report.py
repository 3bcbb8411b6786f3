"""From measurements to what a person reads: medians, ratios, verdicts, a table and files."""

import datetime
import json
import os
import platform
import statistics

PING = "PING"
CONNECTIONS = (1, 16, 50)
TENSOR_CONNECTIONS = (1, 16)

# What the module promises; see `verdicts`.
LATENCY_ALLOWANCE_MICROSECONDS = 15
THROUGHPUT_SHARE = 0.35
TENSOR_COST_RATIO = 1.15

HEADINGS = (
    "case", "conn.", "requests/s", "p50 us", "(rounds)", "p99 us", "CPU us", "of floor/s", "p50 ratio",
    "CPU ratio")


def key(name, connections):
    return f"{name} c{connections}" if connections else name


def floor(model):
    return f"floor {model}"


def execute(model):
    return f"AI.MODELEXECUTE {model}"


def machine(client):
    """What the figures belong to."""
    with open("/proc/cpuinfo") as lines:
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "date": datetime.datetime.now().isoformat(timespec="minutes"),
        "processor": f"{len(os.sched_getaffinity(0))} x {names[0] if names else platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "server": f"{client.info('server')['redis_version']}",
        "load average before": os.getloadavg()[0],
    }


class Results:
    """All measurements by case; those of one round stand at the same index in every case."""

    def __init__(self, machine):
        self.machine = machine
        self.rounds = {}

    def add(self, case, measurement):
        self.rounds.setdefault(case, []).append(measurement)

    def finish(self, order):
        self.rounds = {case: self.rounds[case] for case in order}
        stolen = [share for case in order for share in self.values(case, "stolen")]
        self.machine["load average after"] = os.getloadavg()[0]
        self.machine["stolen by the host"] = (
            f"{statistics.median(stolen):.0%} of the busy time, at most {max(stolen):.0%}")

    def values(self, case, quantity):
        return [getattr(measurement, quantity) for measurement in self.rounds[case]]

    def median(self, case, quantity):
        return statistics.median(self.values(case, quantity))

    def ratio(self, case, base, quantity):
        """The median of the rounds' own ratios, so that a slow round is slow on both sides."""
        pairs = zip(self.values(case, quantity), self.values(base, quantity))
        return statistics.median(above / below for above, below in pairs)


def split(case):
    """The name and the connections of a case; 0 connections for a floor."""
    name, _, connections = case.rpartition(" c")
    return (name, int(connections)) if name and connections.isdigit() else (case, 0)


def base(case):
    """The case of the plain server that a case is to be compared with, if there is one."""
    name, connections = split(case)
    if name.startswith("AI.MODELEXECUTE"):
        return key(PING, connections)
    if name.startswith("AI.TENSOR"):
        return key(name.removeprefix("AI.TENSOR"), connections)
    return None


def floor_of(case):
    name, _ = split(case)
    return floor(name.removeprefix("AI.MODELEXECUTE ")) if name.startswith("AI.MODELEXECUTE") else None


def row(results, case):
    """The cells of one line of the table."""
    name, connections = split(case)
    p50 = results.values(case, "p50")
    cells = [
        name, str(connections or "-"), f"{results.median(case, 'per_second'):,.0f}",
        f"{statistics.median(p50):.1f}", f"{min(p50):.1f}-{max(p50):.1f}",
        f"{results.median(case, 'p99'):.1f}",
        f"{results.median(case, 'cpu'):.1f}" if connections else "-"]
    below = floor_of(case)
    cells.append(f"{results.ratio(case, below, 'per_second'):.2f}" if below else "")
    beside = base(case)
    cells.append(f"{results.ratio(case, beside, 'p50'):.2f}" if beside else "")
    cells.append(f"{results.ratio(case, beside, 'cpu'):.2f}" if beside else "")
    return cells


def verdict(is_met, sentence):
    return f"{'met    ' if is_met else 'NOT MET'} {sentence}"


def latency_verdict(results, case):
    p50, ping = results.median(case, "p50"), results.median(key(PING, 1), "p50")
    below = results.median(floor_of(case), "p50")
    limit = ping + below + LATENCY_ALLOWANCE_MICROSECONDS
    return verdict(
        p50 <= limit,
        f"{case}: p50 {p50:.1f} us <= PING {ping:.1f} + floor {below:.1f} + {LATENCY_ALLOWANCE_MICROSECONDS} "
        f"= {limit:.1f} us (above both: {p50 - ping - below:.1f} us)")


def throughput_verdict(results):
    case, below = key(execute("classifier"), 16), floor("classifier")
    share = results.ratio(case, below, "per_second")
    rate, floor_rate = results.median(case, "per_second"), results.median(below, "per_second")
    return verdict(
        share >= THROUGHPUT_SHARE,
        f"{case}: {rate:,.0f}/s is {share:.2f} of the floor's {floor_rate:,.0f}/s "
        f"(at least {THROUGHPUT_SHARE})")


def tensor_verdict(results, case):
    """A tensor's cost is both its latency and the server's processor time."""
    beside = base(case)
    latency, cpu = results.ratio(case, beside, "p50"), results.ratio(case, beside, "cpu")
    return verdict(
        max(latency, cpu) <= TENSOR_COST_RATIO,
        f"{case}: p50 {latency:.2f} and CPU {cpu:.2f} of {split(beside)[0]} (at most {TENSOR_COST_RATIO})")


def verdicts(results):
    """The promises with their figures."""
    tensors = [case for case in results.rounds if case.startswith("AI.TENSOR") and split(case)[1] == 1]
    executions = [
        case for case in results.rounds if case.startswith("AI.MODELEXECUTE") and split(case)[1] == 1]
    return [
        *(latency_verdict(results, case) for case in executions), throughput_verdict(results),
        *(tensor_verdict(results, case) for case in tensors)]


def table(rows):
    """Lines of text; the first column to the left, the others to the right."""
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    lines = []
    for line in rows:
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        lines.append("  ".join([line[0].ljust(widths[0]), *cells]))
    return lines


def markdown(results, rows):
    lines = ["# Benchmark", ""]
    lines += [f"- {name}: {value}" for name, value in results.machine.items()]
    lines += ["", "| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    lines += ["| " + " | ".join(line) + " |" for line in rows]
    lines += ["", LEGEND, "", "![The same as a picture](results.svg)", "", "## Promises", ""]
    return "\n".join(lines + [f"- {line}" for line in verdicts(results)]) + "\n"


LEGEND = (
    "Each figure is the median of the rounds; (rounds) is the lowest and highest p50 of a round. CPU is the "
    "server's processor time per request, all threads. `of floor/s` compares requests/s with the vendor's "
    "own run; the ratios compare AI.MODELEXECUTE with PING, AI.TENSORSET with SET, AI.TENSORGET with GET.")


def as_json(results):
    cases = {
        case: {
            quantity: {"median": results.median(case, quantity), "rounds": results.values(case, quantity)}
            for quantity in ("per_second", "p50", "p99", "maximum", "stolen", "cpu")
            if quantity != "cpu" or split(case)[1]}
        for case in results.rounds}
    return json.dumps({"machine": results.machine, "cases": cases, "verdicts": verdicts(results)}, indent=1)


def write(results, folder):
    """Prints the table and the verdicts, and writes results.json and results.md."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row(results, case) for case in results.rounds]
    print()
    print("\n".join(f"{name}: {value}" for name, value in results.machine.items()))
    print()
    print("\n".join(table([list(HEADINGS), *rows])))
    print()
    print("\n".join(verdicts(results)))
    (folder / "results.json").write_text(as_json(results) + "\n")
    (folder / "results.md").write_text(markdown(results, rows))
