// Reads a LOBSTER message file, with its orderbook file if wanted, and emits the market events in it.
//
// Events:  emits NewOrder, Cancel, Reduce, Replace, VenueExecution, Trade, TradingStatus, Instrument.
// Order:   that of the file. Time: the messages' own.
// Memory:  a buffer for each file, made at start; with an orderbook file also the orders that rest.
// Cost:    one pass over the text.
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lobster_files.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using lobster::Count;

constexpr std::int64_t ns_per_hour = 3'600'000'000'000;
constexpr std::size_t name_bytes_max = sizeof(market::Instrument::name);

constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The message file to read; plain or gzip."},
    Option{.type = text,
           .name = "orderbook",
           .default_text = "",
           .help = "The orderbook file beside it: begins the book as it was, and checks each row."},
    Option{.type = integer,
           .name = "instrument",
           .default_text = "1",
           .minimum = "1",
           .maximum = "16777215",
           .help = "The number of the instrument in the events."},
    Option{.type = text,
           .name = "symbol",
           .default_text = "",
           .help =
               "The instrument's name, at most 16 characters; if given, an Instrument event tells it first."},
    Option{.type = text,
           .name = "date",
           .default_text = "1970-01-01",
           .help = "The day of the file, YYYY-MM-DD; event times count from its midnight."},
    Option{.type = integer,
           .name = "utc_offset",
           .default_text = "0",
           .minimum = "-12",
           .maximum = "14",
           .unit = "hours",
           .help = "So far the file's clock is ahead of UTC: -5 in New York, -4 in summer."},
    Option{.type = boolean,
           .name = "strict",
           .default_text = "false",
           .help = "Stop with an error at the first row that is wrong, instead of counting it."},
};
constexpr std::array outputs{
    Output{.name = "events",
           .events = "NewOrder|Cancel|Reduce|Replace|VenueExecution|Trade|TradingStatus|Instrument",
           .help = "What the messages say, in the order of the file."},
};
constexpr std::array counters{
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "messages", .label = "kind", .help = "Message rows understood."},
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "time_reversals", .help = "Messages earlier than the one before."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "read_bytes",
                .help = "Bytes of the message file, after decompression, counted at its end."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "malformed_rows",
                .help = "Rows of either file that are not as they should be, passed over."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "unpaired_rows",
                .help = "Rows that one of the two files lacks; told once."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "differing_levels",
                .help = "Levels that the orderbook file shows otherwise than the messages make them."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "surfaced_levels",
                .help = "Levels that came into view otherwise than the messages had left them."},
};
constexpr std::size_t single_counts = 1;  // before those that mirror lobster::Count
static_assert(counters.size() == single_counts + lobster::count_kinds);

// Midnight UTC of "YYYY-MM-DD" in ns since the Unix epoch.
std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  std::array<unsigned, 3> parts{};
  constexpr std::array<std::pair<std::size_t, std::size_t>, 3> places{{{0, 4}, {5, 2}, {8, 2}}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const char* const begin = text.data() + places[i].first;
    const char* const end = begin + places[i].second;
    if (std::from_chars(begin, end, parts[i]).ptr != end) return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(parts[0])},
                                         std::chrono::month{parts[1]}, std::chrono::day{parts[2]}};
  if (!date.ok() || parts[0] < 1970 || parts[0] > 2261) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch().count() * 24 * ns_per_hour;
}

class LobsterSource final : public Source {
 public:
  explicit LobsterSource(const Context& context)
      : path_(context.options.text("path")),
        book_path_(context.options.text("orderbook")),
        symbol_(context.options.text("symbol")),
        instrument_(static_cast<std::uint32_t>(context.options.integer("instrument"))),
        midnight_(midnight(context.options)),
        strict_(context.options.boolean("strict")),
        source_(context.source_number()),
        host_(context.host()) {
    if (context.event_bytes_max() < lobster::event_bytes_max) {
      throw std::runtime_error("batches hold " + std::to_string(context.event_bytes_max()) +
                               " bytes, expected at least " + std::to_string(lobster::event_bytes_max));
    }
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      messages_[i] = context.counter("messages", lobster::type_names[i]);
    }
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] = context.counter(counters[single_counts + i].name);
    }
  }

  static void validate(const Options& given) {
    if (given.text("path").empty()) throw OptionError("path", "is empty, expected the path of a file");
    if (const std::string date = given.text("date"); !parse_date(date)) {
      throw OptionError("date",
                        "\"" + date + "\" is not a date, expected YYYY-MM-DD from 1970-01-01 to 2261-12-31");
    }
    if (midnight(given) < 0)
      throw OptionError("utc_offset", "makes times before 1970, expected a later date");
    if (given.text("symbol").size() > name_bytes_max) {
      throw OptionError("symbol", "\"" + given.text("symbol") + "\", expected at most 16 characters");
    }
  }

  void start() {
    files_ = std::make_unique<lobster::Files>(
        path_, book_path_, instrument_, strict_,
        [host = host_](const std::string& text) { host.log(LogLevel::warning, text); });
  }

  PollResult poll(Emitter& emitter, Idle&) {
    const PollResult result = fill(emitter);
    publish_counts();
    return result;
  }

  void stop() { files_.reset(); }

 private:
  static constexpr std::uint32_t rows_per_poll = 256;

  static std::int64_t midnight(const Options& given) {
    return parse_date(given.text("date")).value() - given.integer("utc_offset") * ns_per_hour;
  }

  PollResult fill(Emitter& emitter) {
    if (!symbol_.empty()) tell_symbol(emitter);
    try {
      for (std::uint32_t rows = 0; rows < rows_per_poll; ++rows) {
        if (!files_->read_row()) return PollResult::finished;
        const std::uint64_t time = static_cast<std::uint64_t>(midnight_) + files_->time();
        for (const lobster::MarketEvent& event : files_->events()) emit(emitter, time, event);
      }
    } catch (...) {
      publish_counts();  // what came before the error has been handed on
      throw;
    }
    return PollResult::more;
  }

  void tell_symbol(Emitter& emitter) {
    market::Instrument told{.instrument = instrument_, .lot_size = 1, .price_unit = 10'000};
    symbol_.copy(reinterpret_cast<char*>(told.name), name_bytes_max);
    emit(emitter, static_cast<std::uint64_t>(midnight_), told);
    symbol_.clear();
  }

  void emit(Emitter& emitter, std::uint64_t time, const lobster::MarketEvent& event) {
    const std::uint64_t origin = make_origin(source_, ++events_);
    std::visit([&](const auto& value) { emitter.emit(0, time, origin, value); }, event);
  }

  void publish_counts() {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      const auto type = static_cast<lobster::MessageType>(i + 1);
      if (const auto count = files_->messages(type); count != 0) messages_[i].add(count);
    }
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (const auto count = files_->count(static_cast<Count>(i)); count != 0) counts_[i].add(count);
    }
    files_->reset_counts();
  }

  std::string path_;
  std::string book_path_;
  std::string symbol_;  // until it is told
  std::uint32_t instrument_;
  std::int64_t midnight_;
  bool strict_;
  std::uint32_t source_;
  Context::Host host_;
  std::array<Counter, lobster::type_names.size()> messages_;
  std::array<Counter, lobster::count_kinds> counts_;
  std::unique_ptr<lobster::Files> files_;
  std::uint64_t events_ = 0;
};

}  // namespace

TICKWEIR_PLUGIN("source_lobster", LobsterSource,
                {.version = "1.0.0",
                 .summary = "Reads a LOBSTER message file, and checks it by its orderbook file.",
                 .options = options,
                 .outputs = outputs,
                 .counters = counters})
