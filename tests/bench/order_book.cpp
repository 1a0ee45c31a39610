// order_book: the matching core alone, and the stage around it, against the textbook book on the same stream
// (order_flow.h), on 1 and on 1,000 instruments. Before anything is measured all must have traded the same.
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <numeric>
#include <span>

#include "bench.h"
#include "order_requests.h"
#include "stage_runner.h"
#include "tickweir/market.h"
#include "transform_order_book/order_book.h"

namespace tickweir::bench {

namespace {

constexpr std::uint32_t orders_max = 131'072;

// ---- The three books ---------------------------------------------------------------------------------

// Executions out, nothing else.
struct TapeListener : book::Silent {
  [[nodiscard]] static constexpr bool wants_executions() { return true; }
  void execution(const market::Executed& value, bool) {
    tape(value.maker_order_id, value.taker_order_id, value.price, value.quantity);
  }
  Tape tape;
};

class CoreBook {
 public:
  explicit CoreBook(const Flow&, std::uint32_t instruments)
      : store_({.orders = orders_max, .instruments = instruments + 1}) {}
  void run(std::span<const Command> commands) {
    while (!commands.empty()) {
      const auto chunk = commands.first(std::min(commands.size(), book::chunk_max));
      ahead_.look(chunk.size(), [&](std::size_t i) { return hint_of(chunk[i]); });
      for (const Command& command : chunk) {
        visit(command, [this](const auto& request) { rules_.request(request); });
      }
      commands = commands.subspan(chunk.size());
    }
  }
  [[nodiscard]] const Tape& tape() const { return listener_.tape; }

 private:
  static book::Hint hint_of(const Command& command) {
    const market::Side side = command.is_buy ? market::Side::Buy : market::Side::Sell;
    return {.id = command.id,
            .rank = book::rank_of(side, command.price),
            .place = book::place_of(command.instrument, side) * (command.op == Op::add ? 1U : 0U)};
  }

  book::BookStore store_;
  book::LookAhead ahead_{store_};
  TapeListener listener_;
  book::Matching<TapeListener> rules_{store_, listener_};
};

class Textbook {
 public:
  explicit Textbook(const Flow& flow, std::uint32_t instruments)
      : book_(instruments + 1, flow.ids_end, tape_) {}
  void run(const std::vector<Command>& commands) {
    for (const Command& c : commands) {
      switch (c.op) {
        case Op::add:
          book_.add(c.id, c.instrument, c.is_buy, c.price, c.quantity);
          break;
        case Op::cancel:
          book_.cancel(c.id);
          break;
        case Op::reduce:
          book_.reduce(c.id, c.quantity);
          break;
        case Op::replace:
          book_.replace(c.id, c.new_id, c.price, c.quantity);
          break;
      }
    }
  }
  [[nodiscard]] const Tape& tape() const { return tape_; }

 private:
  Tape tape_;
  TextbookBook<Tape> book_;
};

double core_ns(const auto& flow, std::uint32_t instruments, auto make) {
  pin_to(0);
  auto book = make(flow, instruments);
  book->run(flow.preload);
  bring_in(flow.commands.data(), flow.commands.size() * sizeof(Command));
  const std::uint64_t start = now_ns();
  book->run(flow.commands);
  const std::uint64_t elapsed = now_ns() - start;
  unpin();
  check(book->tape() == flow.tape, "both books trade the same");
  return static_cast<double>(elapsed) / static_cast<double>(flow.commands.size());
}
double ours_ns(const Flow& flow, std::uint32_t instruments) {
  return core_ns(flow, instruments,
                 [](const Flow& f, std::uint32_t n) { return std::make_unique<CoreBook>(f, n); });
}
double textbook_ns(const Flow& flow, std::uint32_t instruments) {
  return core_ns(flow, instruments,
                 [](const Flow& f, std::uint32_t n) { return std::make_unique<Textbook>(f, n); });
}

using Outputs = std::vector<std::string>;

double stage_ns(const Flow& flow, std::uint32_t instruments, const Outputs& outputs, bool checks) {
  Tape tape;
  const auto see = [&](const BatchView& batch) {
    batch.for_each([&](const Event& event) {
      if (event.type != market::Executed::event_type) return;
      const auto& value = payload<market::Executed>(event);
      tape(value.maker_order_id, value.taker_order_id, value.price, value.quantity);
    });
  };
  StageRunner stage(
      std::string(TICKWEIR_PLUGIN_DIR) + "/transform_order_book.so",
      {{"orders", std::to_string(orders_max)}, {"instruments", std::to_string(instruments + 1)}}, outputs,
      checks ? std::function<void(const BatchView&)>(see) : nullptr);
  const auto run = [&](const std::vector<Command>& commands) {
    for (const Command& command : commands) {
      visit(command, [&](const auto& request) { stage.push(request); });
    }
    stage.flush();
    return stage.take_elapsed();
  };
  pin_to(0);
  run(flow.preload);
  const std::uint64_t elapsed = run(flow.commands);
  unpin();
  check(!checks || tape == flow.tape, "the stage trades the same");
  return static_cast<double>(elapsed) / static_cast<double>(flow.commands.size());
}

// ---- Tail and memory ---------------------------------------------------------------------------------

struct Tail {
  std::uint64_t p50, p99, p999;
};

// Each command alone, with the clock read around it; the clock's own cost is taken off.
Tail tail_of(const Flow& flow, std::uint32_t instruments) {
  pin_to(0);
  CoreBook book(flow, instruments);
  book.run(flow.preload);
  bring_in(flow.commands.data(), flow.commands.size() * sizeof(Command));
  std::vector<std::uint32_t> times(flow.commands.size());
  std::uint64_t clock = ~std::uint64_t{0};
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t before = now_ns();
    clock = std::min(clock, now_ns() - before);
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::uint64_t start = now_ns();
    book.run({&flow.commands[i], 1});
    const std::uint64_t took = now_ns() - start;
    times[i] = static_cast<std::uint32_t>(took > clock ? took - clock : 0);
  }
  unpin();
  std::ranges::sort(times);
  const auto at = [&](std::size_t per_thousand) -> std::uint64_t {
    return times[(times.size() - 1) * per_thousand / 1000];
  };
  return {at(500), at(990), at(999)};
}

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))) / (1 << 20);
}

double memory_mib(const Flow& flow, std::uint32_t instruments) {
  const double before = resident_mib();
  CoreBook book(flow, instruments);
  book.run(flow.preload);
  book.run(flow.commands);
  return resident_mib() - before;
}

// ---- Hard cases --------------------------------------------------------------------------------------

Command order(std::uint64_t id, bool is_buy, std::uint32_t price) {
  return {.id = id, .price = price, .quantity = 1, .instrument = 1, .op = Op::add, .is_buy = is_buy};
}

// Every second command empties the best price, and the next one is 50,000 ticks away.
Flow make_jumps(std::uint32_t commands) {
  Flow flow;
  flow.ids_end = std::uint64_t{commands} * 2 + 100;
  std::uint64_t id = 1;
  for (std::uint32_t i = 0; i < 64; ++i) flow.preload.push_back(order(id++, false, 60'000 + i));
  while (flow.commands.size() < commands) {
    const auto price = 10'000 + static_cast<std::uint32_t>(id % 8);
    flow.commands.push_back(order(id++, false, price));
    flow.commands.push_back(order(id++, true, price));
    flow.tape(id - 2, id - 1, price, 1);
  }
  return flow;
}

// 10,000 orders on one level, cancelled in random order, again and again.
Flow make_one_level(std::uint32_t commands) {
  Flow flow;
  flow.ids_end = std::uint64_t{commands} + 20'001;
  FlowRandom random(42);
  std::uint64_t id = 1;
  while (flow.commands.size() < commands) {
    std::vector<std::uint64_t> ids(std::min<std::uint32_t>(10'000, commands / 2));
    std::iota(ids.begin(), ids.end(), id);
    id += ids.size();
    for (const std::uint64_t one : ids) flow.commands.push_back(order(one, true, 10'000));
    for (std::size_t i = ids.size(); i > 1; --i) {
      std::swap(ids[i - 1], ids[random.below(static_cast<std::uint32_t>(i))]);
    }
    for (const std::uint64_t one : ids) {
      flow.commands.push_back({.id = one, .instrument = 1, .op = Op::cancel});
    }
  }
  return flow;
}

// ---- Rows --------------------------------------------------------------------------------------------

Row at_most(std::string name, std::string unit, double ours, double baseline, double limit,
            std::string note) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "at most %g", limit);
  return {.name = std::move(name),
          .unit = std::move(unit),
          .ours = ours,
          .baseline = baseline,
          .figure = ours,
          .figure_text = "ours",
          .target = text.data(),
          .is_reached = ours <= limit,
          .state = "-",
          .note = std::move(note)};
}

std::string digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

double best_of(const Settings& settings, const std::function<double()>& measure) {
  double best = measure();
  for (std::uint32_t i = 1; i < (settings.is_smoke ? 1 : settings.repetitions); ++i) {
    best = std::min(best, measure());
  }
  return best;
}

struct Case {
  std::uint32_t instruments;
  std::uint32_t live;
  double core_limit, tail_limit;
};

void measure_case(const Settings& settings, const Case& wanted, std::vector<Row>& rows) {
  const std::uint32_t count = settings.is_smoke ? 20'000 : 2'000'000;
  const std::uint32_t n = wanted.instruments;
  const Flow flow = FlowMaker(n, settings.is_smoke ? wanted.live / 50 : wanted.live, count).make(count);
  const std::string suffix = "_" + std::to_string(n);
  const double memory = memory_mib(flow, n);
  stage_ns(flow, n, {"reports"}, true);
  const Pairs pairs = run_pairs(
      settings, false, [&] { return ours_ns(flow, n); }, [&] { return textbook_ns(flow, n); });
  const double core = median(pairs.ours);
  rows.push_back(
      at_most("order_book_core" + suffix, "ns/command", core, median(pairs.baseline), wanted.core_limit,
              "ratio to the textbook book " + digits(pairs.ratio() * 100) + " %; " +
                  digits(100.0 * static_cast<double>(flow.trading) / static_cast<double>(flow.entries)) +
                  " % of entries trade"));
  const double reports = best_of(settings, [&] { return stage_ns(flow, n, {"reports"}, false); });
  rows.push_back(
      at_most("order_book_stage" + suffix, "ns/command", reports, core, core + 10, "every report out"));
  const Outputs all{"reports", "executions", "trades", "levels", "top"};
  const double everything = best_of(settings, [&] { return stage_ns(flow, n, all, false); });
  Row row = at_most("order_book_outputs" + suffix, "ns/command", everything, core, 1e9, "all five outputs");
  row.target = "-";
  rows.push_back(row);
  const Tail tail = tail_of(flow, n);
  rows.push_back(at_most(
      "order_book_tail" + suffix, "ns p99.9", static_cast<double>(tail.p999), 0, wanted.tail_limit,
      "p50 " + std::to_string(tail.p50) + ", p99 " + std::to_string(tail.p99) + "; one command at a time"));
  rows.push_back(
      at_most("order_book_memory" + suffix, "MiB", memory, 0, 64, std::to_string(flow.live_max) + " orders"));
  if (n != 1) return;
  for (const auto& [name, hard] : {std::pair{"order_book_jumps", make_jumps(count)},
                                   std::pair{"order_book_one_level", make_one_level(count)}}) {
    const double ours = best_of(settings, [&, &stream = hard] { return ours_ns(stream, 1); });
    rows.push_back(at_most(name, "ns/command", ours, core, 1.5 * core, "baseline: the usual stream"));
  }
}

}  // namespace

std::vector<Row> order_book(const Settings& settings) {
  std::vector<Row> rows;
  measure_case(settings, {.instruments = 1, .live = 10'000, .core_limit = 15, .tail_limit = 200}, rows);
  measure_case(settings, {.instruments = 1000, .live = 100'000, .core_limit = 20, .tail_limit = 400}, rows);
  const double setup = best_of(settings, [] {
    const std::uint64_t start = now_ns();
    const CoreBook book({}, 1000);
    return static_cast<double>(now_ns() - start) * 1e-6;
  });
  rows.push_back(at_most("order_book_setup", "ms", setup, 0, 50, "1,000 instruments"));
  return rows;
}

}  // namespace tickweir::bench
