"""Opening hours minute by minute with Python's zoneinfo: what tests/schedule/reference_test.cpp compares with.

Arguments: zone, first and last minute (seconds since the epoch). Standard input: JSON, a list of plans, each
{"YYYY-MM-DD": [[from, to], …]} in minutes from that day's midnight. Standard output: a line "PLAN SECONDS open" or "PLAN
SECONDS closed" for the first minute and for every minute at which it changes.
"""
import datetime
import json
import sys
import zoneinfo

EPOCH = datetime.datetime(1970, 1, 1)


def minutes(wall):
    return (wall - EPOCH) // datetime.timedelta(minutes=1)


def open_minutes(plan):
    """Of the wall clocks' time."""
    result = set()
    for day, spans in plan.items():
        midnight = minutes(datetime.datetime.fromisoformat(day))
        for start, end in spans:
            result.update(range(midnight + start, midnight + end))
    return result


def main():
    zone, first, last = zoneinfo.ZoneInfo(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    plans = [open_minutes(plan) for plan in json.load(sys.stdin)]
    # A time has come when clocks have shown it or a later one, and stays past when they go back.
    reached, before = 0, {}
    for second in range(first - 2 * 86400, last + 60, 60):
        reached = max(reached, minutes(datetime.datetime.fromtimestamp(second, zone).replace(tzinfo=None)))
        for number, plan in enumerate(plans):
            now = reached in plan
            if second >= first and now != before.get(number):
                print(number, second, "open" if now else "closed")
                before[number] = now


main()
