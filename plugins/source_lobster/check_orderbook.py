#!/usr/bin/env python3
"""Compares a rebuilt book with LOBSTER's orderbook file, row by row.

check_orderbook.py MESSAGE.csv ORDERBOOK.csv LEVELS.jsonl

LEVELS.jsonl is what sink_file (format: json) writes of transform_order_book's output `levels`. The book must be
that of a row when all changes of its time are in it; of several rows of one time, on the way there. Exit codes: 0 every row was there,
1 one was not (the first is shown), 2 a file is not as it should be.
"""
import itertools
import json
import sys

NO_PRICE = '9999999999'
HOUR = 3600 * 10**9


def day_time(seconds):
    """Decimal seconds in ns."""
    whole, _, decimals = seconds.partition('.')
    return int(whole) * 10**9 + int(decimals.ljust(9, '0'))


def book_row(line):
    """(asks, bids), each a list of (price, size) from the best."""
    fields = line.strip().split(',')
    if len(fields) % 4 != 0:
        raise ValueError(f'{len(fields)} columns, expected four for each level')
    pairs = list(zip(fields[::2], fields[1::2]))
    sides = pairs[::2], pairs[1::2]
    return [[(int(price), int(size)) for price, size in side if price.lstrip('-') != NO_PRICE] for side in sides]


class Book:
    """What the levels sum up to."""

    def __init__(self):
        self.sides = {'Sell': {}, 'Buy': {}}

    def apply(self, change):
        side = self.sides[change['side']]
        if change['quantity'] == 0:
            side.pop(change['price'], None)
        else:
            side[change['price']] = change['quantity']

    def best(self, count):
        """As book_row, so many levels of each side."""
        asks = sorted(self.sides['Sell'].items())[:count]
        bids = sorted(self.sides['Buy'].items(), reverse=True)[:count]
        return [asks, bids]


def changes_of(file):
    """(time within the hour in ns, change) of every line: whole hours may lie between the file's clock and UTC."""
    for line in file:
        change = json.loads(line)
        if change['type'] == 'LevelChanged':
            yield change['time'] % HOUR, change


def check(message_file, book_file, levels_file):
    """The number of rows that were compared, and what is wrong with the last of them or None."""
    changes = changes_of(levels_file)
    change_time, change = next(changes, (None, None))
    book = Book()
    number = 0
    rows = itertools.zip_longest(message_file, book_file, fillvalue='')
    for time, same in itertools.groupby(rows, lambda row: day_time(row[0].split(',')[0]) if row[0] else None):
        same = list(same)
        last = number + len(same)
        for number, (message, line) in enumerate(same, number + 1):
            if not (message and line):
                return number, 'one of the two files has ended, expected as many rows in each'
            depth, wanted = line.count(',') // 4 + 1, book_row(line)
            while change_time == time % HOUR and (number == last or book.best(depth) != wanted):
                book.apply(change)
                change_time, change = next(changes, (None, None))
            if book.best(depth) != wanted:
                return number, f'expected {wanted}, found {book.best(depth)}'
    return number, None


def main(paths):
    if len(paths) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(paths[0]) as message_file, open(paths[1]) as book_file, open(paths[2]) as levels_file:
            rows, wrong = check(message_file, book_file, levels_file)
    except (OSError, ValueError, KeyError) as error:
        print(f'check_orderbook.py: {error!r}', file=sys.stderr)
        return 2
    if rows == 0:
        print('there is no row to compare', file=sys.stderr)
        return 2
    if wrong:
        print(f'row {rows}: {wrong}')
        return 1
    print(f'{rows} rows: the book is that of the orderbook file after each')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
