// lobster_sample: writes a made-up pair of LOBSTER files, the same for the same arguments.
//
// The book has orders from before the first message, and more levels than the files show: what happens below
// the last shown level is in neither file until it comes into view, as in real ones.
//
// Exit codes: 0 written, 1 could not be written, 2 wrong usage.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* usage =
    "usage: lobster_sample [options] MESSAGE.csv ORDERBOOK.csv\n"
    "  --messages N   how many rows (10000; at most 100000000)\n"
    "  --levels N     how many levels of each side are shown (10; 1 to 200)\n"
    "  --seed N       another seed, another day (1)\n";

struct Settings {
  std::uint64_t messages = 10'000;
  std::uint64_t levels = 10;
  std::uint64_t seed = 1;
  std::vector<std::string> paths;
};

// splitmix64 (Vigna, public domain).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  // From 0 to `count` - 1.
  std::uint32_t below(std::uint32_t count) {
    std::uint64_t mixed = state_ += 0x9e37'79b9'7f4a'7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11ebU;
    return static_cast<std::uint32_t>((mixed ^ (mixed >> 31)) % count);
  }

 private:
  std::uint64_t state_;
};

struct Order {
  std::uint64_t id;
  std::uint32_t size;
};
// Levels by rank, the best first: asks by price, bids by price below zero.
using Levels = std::map<std::int64_t, std::list<Order>>;
enum Direction : int { sell = -1, buy = 1 };

class Day {
 public:
  Day(const Settings& settings, std::ostream& messages, std::ostream& books)
      : settings_(settings), random_(settings.seed), messages_(messages), books_(books) {
    for (std::int64_t away = 1; away <= 40; ++away) {
      for (const Direction side : {sell, buy}) {
        for (std::uint32_t orders = 1 + random_.below(4); orders != 0; --orders) {
          levels(side)[middle * -side + away * tick].push_back(order());
        }
      }
    }
  }

  void run() {
    while (written_ < settings_.messages) step();
  }

 private:
  static constexpr std::int64_t tick = 100;
  static constexpr std::int64_t middle = 1'000'000;

  Levels& levels(Direction side) { return side == sell ? asks_ : bids_; }
  static std::int64_t price_at(Direction side, std::int64_t rank) { return side == sell ? rank : -rank; }
  Order order() {
    const std::uint32_t lots = 1 + random_.below(9);
    return {next_id_++, 100 * lots + random_.below(3)};
  }
  Direction any_side() { return random_.below(2) == 0 ? sell : buy; }
  // Is the rank among those that are shown?
  bool is_shown(Direction side, std::int64_t rank) {
    const Levels& all = levels(side);
    const auto behind = std::distance(all.begin(), all.lower_bound(rank));
    return static_cast<std::uint64_t>(behind) < settings_.levels;
  }

  void step() {
    time_ += 1 + random_.below(2'000'000);
    const Direction side = any_side();
    const std::uint32_t choice = random_.below(1000);
    if (choice < 470 || levels(side).size() < 20) {
      submit(side);
    } else if (choice < 720) {
      remove(side, true);
    } else if (choice < 800) {
      remove(side, false);
    } else if (choice < 960) {
      execute(side);
    } else if (choice < 990) {
      tell(5, 0, 1 + random_.below(300), price_at(side, levels(side).begin()->first) + side * tick / 2, side);
    } else if (choice < 992) {
      // One after the other: compilers differ in which argument they work out first.
      const std::uint32_t size = 100 * random_.below(50);
      const int id = random_.below(2) == 0 ? -1 : -2;
      tell(6, id, size, price_at(side, levels(side).begin()->first), side);
    } else if (choice == 992) {
      for (const int state : {-1, 0, 1}) tell(7, 0, 0, state, sell);
    }
  }

  // Within the spread or up to 24 ticks behind the best of its own side, never across.
  void submit(Direction side) {
    const Direction other = side == sell ? buy : sell;
    const std::int64_t limit = -levels(other).begin()->first + tick;  // as a rank of this side
    const std::int64_t rank = limit + tick * std::min(random_.below(24), random_.below(24));
    levels(side)[rank].push_back(order());
    const Order& entered = levels(side)[rank].back();
    if (is_shown(side, rank))
      tell(1, static_cast<std::int64_t>(entered.id), entered.size, price_at(side, rank), side);
  }

  void remove(Direction side, bool all_of_it) {
    const auto level = std::next(levels(side).begin(), std::min(random_.below(20), random_.below(20)));
    const auto order =
        std::next(level->second.begin(), random_.below(static_cast<std::uint32_t>(level->second.size())));
    if (order->size == 1) all_of_it = true;
    take(side, level, order, all_of_it ? order->size : 1 + random_.below(order->size - 1), all_of_it ? 3 : 2);
  }

  void execute(Direction side) {
    const auto level = levels(side).begin();
    const auto order = level->second.begin();
    take(side, level, order, random_.below(2) == 0 ? order->size : 1 + random_.below(order->size), 4);
  }

  void take(Direction side, Levels::iterator level, std::list<Order>::iterator order, std::uint32_t size,
            int type) {
    const bool shown = is_shown(side, level->first);
    const std::int64_t price = price_at(side, level->first);
    const auto id = static_cast<std::int64_t>(order->id);
    order->size -= size;
    if (order->size == 0) level->second.erase(order);
    if (level->second.empty()) levels(side).erase(level);
    if (shown) tell(type, id, size, price, side);
  }

  void tell(int type, std::int64_t id, std::uint32_t size, std::int64_t price, Direction side) {
    if (written_++ >= settings_.messages) return;
    std::array<char, 128> row{};
    std::snprintf(row.data(), row.size(), "%llu.%09llu,%d,%lld,%u,%lld,%d\n",
                  static_cast<unsigned long long>(time_ / 1'000'000'000),
                  static_cast<unsigned long long>(time_ % 1'000'000'000), type, static_cast<long long>(id),
                  size, static_cast<long long>(price), static_cast<int>(side));
    messages_ << row.data();
    tell_book();
  }

  void tell_book() {
    auto ask = asks_.begin();
    auto bid = bids_.begin();
    for (std::uint64_t i = 0; i < settings_.levels; ++i) {
      if (i != 0) books_ << ',';
      tell_level(sell, ask);
      books_ << ',';
      tell_level(buy, bid);
    }
    books_ << '\n';
  }
  void tell_level(Direction side, Levels::iterator& level) {
    if (level == levels(side).end()) {
      books_ << (side == sell ? "9999999999,0" : "-9999999999,0");
      return;
    }
    std::uint64_t size = 0;
    for (const Order& order : level->second) size += order.size;
    books_ << price_at(side, level->first) << ',' << size;
    ++level;
  }

  const Settings& settings_;
  Random random_;
  std::ostream& messages_;
  std::ostream& books_;
  Levels asks_;
  Levels bids_;
  std::uint64_t next_id_ = 10'001;
  std::uint64_t time_ = 34'200'000'000'000;
  std::uint64_t written_ = 0;
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::uint64_t parse_number(const std::string& name, std::string_view text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw UsageError(name + " is \"" + std::string(text) + "\", expected a whole number from " +
                     std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

Settings parse_arguments(const std::vector<std::string>& given) {
  Settings result;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& name = given[i];
    if (!name.starts_with("--")) {
      result.paths.push_back(name);
      continue;
    }
    if (i + 1 == given.size()) throw UsageError(name + " has no value");
    const std::string& value = given[++i];
    if (name == "--messages") {
      result.messages = parse_number(name, value, 1, 100'000'000);
    } else if (name == "--levels") {
      result.levels = parse_number(name, value, 1, 200);
    } else if (name == "--seed") {
      result.seed = parse_number(name, value, 0, UINT64_MAX);
    } else {
      throw UsageError("there is no option " + name);
    }
  }
  if (result.paths.size() != 2) throw UsageError("expected two files to write");
  return result;
}

void write(const Settings& settings) {
  std::array<std::ofstream, 2> files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i].open(settings.paths[i], std::ios::binary);
    if (!files[i]) throw std::runtime_error(settings.paths[i] + ": cannot be written");
  }
  Day(settings, files[0], files[1]).run();
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i].close();
    if (!files[i]) throw std::runtime_error(settings.paths[i] + ": cannot be written");
  }
  std::cout << settings.paths[0] << ": " << settings.messages << " messages, " << settings.levels
            << " levels\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    write(parse_arguments({argv + 1, argv + argc}));
    return 0;
  } catch (const UsageError& error) {
    std::cerr << "lobster_sample: " << error.what() << "\n" << usage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "lobster_sample: " << error.what() << "\n";
    return 1;
  }
}
