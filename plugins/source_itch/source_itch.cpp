// Reads a file of NASDAQ ITCH 5.0 messages and emits the market events in it.
//
// Events:  emits NewOrder, Cancel, Reduce, Replace, VenueExecution, Trade, Instrument, TradingStatus.
// Order:   that of the file. Time: the messages' own. Memory: a 256 KiB window, made at start.
// Cost:    one pass; each event is decoded into its place in the batch.
#include <array>
#include <chrono>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "itch_capture.h"
#include "itch_framing.h"
#include "tickweir/batch_filler.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;
using itch::Count;

constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The file to read; plain or gzip."},
    Option{.type = choice,
           .name = "format",
           .default_text = "auto",
           .choices = "auto|binaryfile|untyped|pcap",
           .help = "How messages lie in the file; untyped: every length prefix is 0; pcap: pcapng too."},
    Option{.type = choice,
           .name = "payload",
           .default_text = "auto",
           .choices = "auto|moldudp64|plain",
           .help = "How messages lie in the UDP datagrams of a capture."},
    Option{.type = text,
           .name = "date",
           .default_text = "1970-01-01",
           .help = "The session's date, YYYY-MM-DD; event times count from its midnight, taken as UTC."},
    Option{.type = boolean,
           .name = "strict",
           .default_text = "false",
           .help = "Stop with an error at the first damage, instead of counting and skipping it."},
};
constexpr std::array outputs{
    Output{.name = "events",
           .events = "NewOrder|Cancel|Reduce|Replace|VenueExecution|Trade|Instrument|TradingStatus",
           .help = "What the messages say, in the order of the file."},
};

constexpr std::uint32_t single_counts = 2;  // before those that mirror itch::Count
constexpr std::array counters{
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "messages", .label = "kind", .help = "Messages understood."},
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "time_reversals", .help = "Messages earlier than the one before."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "read_bytes", .help = "Bytes read, after decompression."},
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "unknown_messages", .help = "Messages of no known type, skipped."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "short_messages",
                .help = "Messages too short for their type, skipped."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "long_messages",
                .help = "Messages too long for their type, skipped."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "truncated_bytes",
                .help = "Bytes of an unfinished message or packet at the end."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "trailing_bytes",
                .help = "Bytes after the end of the session, not decoded."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "packets", .help = "Packets read from a capture."},
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "ignored_packets", .help = "Packets that are not UDP over IP."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "fragments", .help = "IP fragments, skipped."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "cut_packets",
                .help = "Packets of which the capture kept only a part, skipped."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "unknown_datagrams",
                .help = "UDP payloads that are not ITCH, skipped."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "heartbeats", .help = "MoldUDP64 heartbeats."},
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "session_ends", .help = "MoldUDP64 ends of session."},
    CounterInfo{
        .kind = TICKWEIR_COUNTER, .name = "gaps", .help = "Times that MoldUDP64 sequences were left out."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "missing_messages",
                .help = "MoldUDP64 sequences left out by these gaps."},
    CounterInfo{.kind = TICKWEIR_COUNTER,
                .name = "repeated_messages",
                .help = "MoldUDP64 sequences behind the highest; decoded all the same."},
    CounterInfo{
        .kind = TICKWEIR_COUNTER,
        .name = "forgotten_sessions",
        .help = "MoldUDP64 sessions whose sequences are followed no more: 16 others were heard of since."},
};
static_assert(counters.size() == single_counts + itch::count_kinds);

// Midnight UTC of "YYYY-MM-DD" in ns since the Unix epoch.
std::optional<std::uint64_t> parse_date(std::string_view text) {
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
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return static_cast<std::uint64_t>(days) * 86'400'000'000'000U;
}

class ItchSource final : public Source {
 public:
  explicit ItchSource(const Context& context)
      : path_(context.options.text("path")),
        format_(context.options.choice<itch::Format>("format")),
        payload_(context.options.choice<itch::PayloadKind>("payload")),
        decoder_(parse_date(context.options.text("date")).value(), context.source_number()),
        faults_(path_, context.options.boolean("strict"),
                [host = context.host()](const std::string& text) { host.log(LogLevel::warning, text); }),
        reversals_(context.counter("time_reversals")) {
    if (context.event_bytes_max() < itch::event_bytes_max) {
      throw std::runtime_error("batches hold " + std::to_string(context.event_bytes_max()) +
                               " bytes, expected at least " +
                               std::to_string(itch::event_bytes_max));
    }
    for (std::size_t i = 0; i < itch::kinds.size(); ++i) {
      messages_[i] = context.counter("messages", itch::kinds[i].name);
    }
    for (std::size_t i = 0; i < counts_.size(); ++i)
      counts_[i] = context.counter(counters[single_counts + i].name);
  }

  static void validate(const Options& given) {
    if (given.text("path").empty()) throw OptionError("path", "is empty, expected the path of a file");
    if (const std::string date = given.text("date"); !parse_date(date)) {
      throw OptionError("date",
                        "\"" + date + "\" is not a date, expected YYYY-MM-DD from 1970-01-01 to 2261-12-31");
    }
  }

  void start() {
    unheard_bytes_.resize(unheard_.event_count_max * std::size_t{itch::event_bytes_max});
    unheard_.data = unheard_bytes_.data();
    unheard_.capacity_bytes = static_cast<std::uint32_t>(unheard_bytes_.size());
    input_ = std::make_unique<itch::Input>(path_);
    if (format_ == itch::Format::automatic) format_ = itch::detect(input_->head(), input_->head_size());
    if (format_ == itch::Format::automatic) {
      throw std::runtime_error(path_ +
                               ": begins with none of BinaryFILE, pcap, pcapng or gzip of these, found " +
                               first_bytes() + "; if it is one of them, say which with `format`");
    }
    if (format_ == itch::Format::pcap) {
      capture_ = std::make_unique<itch::CaptureReader<itch::Input>>(*input_, payload_, decoder_, faults_);
    } else {
      file_ = std::make_unique<itch::FileReader<itch::Input>>(*input_, format_ == itch::Format::untyped,
                                                              decoder_, faults_);
    }
  }

  PollResult poll(Emitter& emitter, Idle&) {
    BatchFiller sink(open_batch(emitter), itch::event_bytes_max);
    itch::Progress progress{};
    try {
      progress = capture_ != nullptr ? capture_->read(sink) : file_->read(sink);
    } catch (...) {
      finish_batch(sink);  // what came before the error is handed on and counted
      throw;
    }
    finish_batch(sink);
    return progress == itch::Progress::more ? PollResult::more : PollResult::finished;
  }

  void stop() {
    capture_.reset();
    file_.reset();
    input_.reset();
  }

 private:
  // The batch to fill. When nobody listens, one of our own that nobody reads: all is counted even so.
  tickweir_batch& open_batch(Emitter& emitter) {
    if (!emitter.connected(0)) {
      unheard_.event_count = 0;
      unheard_.used_bytes = 0;
      return unheard_;
    }
    tickweir_emitter& raw = emitter.raw();
    const bool is_full = BatchFiller(*raw.outputs[0], itch::event_bytes_max).is_full();
    if (raw.outputs[0]->event_count != 0 && is_full) raw.advance(raw.host, 0);
    return *raw.outputs[0];
  }
  void finish_batch(BatchFiller& sink) {
    sink.commit();
    publish_counts();
  }

  std::string first_bytes() const {
    std::string shown;
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < input_->head_size(); ++i) {
      const std::uint8_t byte = input_->head()[i];
      if (i != 0) shown += ' ';
      shown += {digits[byte >> 4], digits[byte & 15]};
    }
    return shown;
  }

  void publish_counts() {
    for (std::size_t i = 0; i < itch::kinds.size(); ++i) {
      if (const auto count = decoder_.count(itch::kinds[i].type); count != 0) messages_[i].add(count);
    }
    if (const auto count = decoder_.time_reversals(); count != 0) reversals_.add(count);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (const auto count = faults_.count(static_cast<Count>(i)); count != 0) counts_[i].add(count);
    }
    decoder_.reset_counts();
    faults_.reset_counts();
  }

  std::string path_;
  itch::Format format_;
  itch::PayloadKind payload_;
  itch::Decoder decoder_;
  itch::Faults faults_;
  Counter reversals_;
  std::array<Counter, itch::kinds.size()> messages_;
  std::array<Counter, itch::count_kinds> counts_;
  tickweir_batch unheard_{.event_count_max = 64};
  std::vector<std::uint8_t> unheard_bytes_;
  std::unique_ptr<itch::Input> input_;
  std::unique_ptr<itch::CaptureReader<itch::Input>> capture_;
  std::unique_ptr<itch::FileReader<itch::Input>> file_;
};

}  // namespace

TICKWEIR_PLUGIN("source_itch", ItchSource,
                {.version = "1.0.0",
                 .summary = "Reads a file of NASDAQ ITCH 5.0 messages, framed or captured.",
                 .options = options,
                 .outputs = outputs,
                 .counters = counters})
