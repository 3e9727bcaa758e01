"""The figure of optimised plans and techniques."""

from rfplan.planning.optimiser.front import FrontPoint
from rfplan.report.front_figure import better_only, front_figure


def point(name, optimised, applications, captured, complete):
    measures = ({"transection": captured, "ap_projection": 1.0}, {"transection": complete, "ap_projection": 1.0})
    return FrontPoint(name, optimised, "device", applications, applications, 2.0 * applications, *measures, None, "")


def test_lines_leave_out_plans_that_a_cheaper_one_matches_and_show_every_technique():
    points = [
        point("cooled", True, 1, 0.3, 0.0),
        point("cooled", True, 2, 0.9, 0.5),
        point("cooled", True, 3, 0.8, 0.6),
        point("palisade", False, 7, 0.9, 0.4),
    ]
    figure = front_figure(points, title="a title")
    captured, complete = figure.axes[0], figure.axes[3]
    assert list(captured.lines[0].get_xdata()) == [1, 2]
    assert list(complete.lines[0].get_ydata()) == [0.0, 50.0, 60.0]
    assert list(captured.lines[1].get_xdata()) == [7]
    assert captured.lines[1].get_label() == "palisade (device)"
    assert len(figure.axes) == 6


def test_each_cost_has_its_own_best_plans():
    def pairs(applications, needles, captured):
        shares = {"transection": captured, "ap_projection": captured}
        return FrontPoint(
            "bipolar", True, "device", applications, needles, 1.0 * needles, shares, shares, None, "optimal"
        )

    spread, chain, single = pairs(2, 4, 0.9), pairs(2, 3, 0.8), pairs(3, 3, 0.85)
    points = [spread, chain, single]
    assert better_only(points, "applications", "captured", "transection") == [spread]
    assert better_only(points, "needles", "captured", "transection") == [single, spread]
