"""The benchmark's results as one picture: latency with its parts, throughput, tensors beside strings."""

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot  # noqa: E402  (the kind of output must be chosen first)

import report  # noqa: E402

SERVER_COLOUR, FLOOR_COLOUR, OURS_COLOUR = "#9aa5b1", "#2f7ed8", "#f28f43"
MODELS = ("mul", "classifier")


def draw_latency(axes, results):
    """p50 at one connection: what PING costs, what the vendor's own run costs, and what is left."""
    models = [case.removeprefix("floor ") for case in results.rounds if case.startswith("floor ")]
    ping = results.median(report.key(report.PING, 1), "p50")
    axes.barh("PING", ping, color=SERVER_COLOUR, label="PING")
    for model in models:
        below = results.median(report.floor(model), "p50")
        whole = results.median(report.key(report.execute(model), 1), "p50")
        rest = max(whole - ping - below, 0)
        name = f"AI.MODELEXECUTE\n{model}"
        axes.barh(name, ping, color=SERVER_COLOUR)
        axes.barh(name, below, left=ping, color=FLOOR_COLOUR, label="floor: the vendor's run")
        axes.barh(name, rest, left=ping + below, color=OURS_COLOUR, label="the rest: the module")
        axes.text(whole, name, f" {whole:.1f}", va="center")
    axes.text(ping, "PING", f" {ping:.1f}", va="center")
    axes.set_title("p50 at 1 connection, microseconds")
    axes.margins(x=0.15)
    axes.invert_yaxis()
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles))
    axes.legend(unique.values(), unique.keys(), fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.1))


def draw_throughput(axes, results):
    """Requests per second by connections; the floors as lines, since one thread runs them back to back."""
    width = 0.27
    names = [report.PING, *map(report.execute, MODELS)]
    colours = (SERVER_COLOUR, OURS_COLOUR, "#b35c1e")
    for position, (name, colour) in enumerate(zip(names, colours)):
        cases = [report.key(name, count) for count in report.CONNECTIONS]
        heights = [results.median(case, "per_second") / 1e3 for case in cases]
        places = [index + (position - 1) * width for index in range(len(heights))]
        axes.bar(places, heights, width, color=colour, label=name)
    for model, style in zip(MODELS, (":", "--")):
        height = results.median(report.floor(model), "per_second") / 1e3
        axes.axhline(height, linestyle=style, color=FLOOR_COLOUR, label=f"floor {model}, 1 thread")
    axes.set_xticks(range(len(report.CONNECTIONS)), [f"{count} conn." for count in report.CONNECTIONS])
    axes.set_title("thousand requests per second")
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.1))


def draw_tensors(axes, results):
    """AI.TENSORSET and AI.TENSORGET at one connection as multiples of SET and GET."""
    cases = [case for case in results.rounds if case.startswith("AI.TENSOR") and report.split(case)[1] == 1]
    width = 0.38
    for position, (quantity, colour) in enumerate((("p50", OURS_COLOUR), ("cpu", FLOOR_COLOUR))):
        heights = [results.ratio(case, report.base(case), quantity) for case in cases]
        places = [index + (position - 0.5) * width for index in range(len(cases))]
        bars = axes.bar(places, heights, width, color=colour, label=quantity.replace("cpu", "server CPU"))
        axes.bar_label(bars, fmt="%.2f", fontsize=7)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.axhline(report.TENSOR_COST_RATIO, color="black", linewidth=0.8, linestyle=":")
    labels = [report.split(case)[0].removeprefix("AI.").replace(" ", "\n", 1) for case in cases]
    axes.set_xticks(range(len(cases)), labels, fontsize=8)
    axes.set_title("tensors as a multiple of SET and GET, 1 connection")
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.16))


def draw(results, path):
    figure, axes = pyplot.subplots(1, 3, figsize=(17, 5))
    draw_latency(axes[0], results)
    draw_throughput(axes[1], results)
    draw_tensors(axes[2], results)
    about = results.machine
    figure.suptitle(f"{about['processor']}, server {about['server']}, ONNX Runtime {about['ONNX Runtime']}")
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
