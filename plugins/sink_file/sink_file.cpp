// Writes events to a file: as they are, as JSON lines, or as CSV.
//
// Events:  all; CSV holds one event type, the others are dropped with a reason.
// Order:   as they come. Time: none used. Memory: a fixed buffer, reserved at start.
// Cost:    one write(2) a batch: what write() has taken is with the system, and a batch that failed is
//          not in the file at all. So the run's report and the file always agree.
#include <array>

#include "append_check.h"
#include "event_file.h"
#include "output_file.h"
#include "tickweir/market_text.h"
#include "tickweir/stage.h"

namespace {

using namespace tickweir;

enum class Format : std::int64_t { events, json, csv };
enum class Sync : std::int64_t { none, drain };

constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The file; its folder must exist."},
    Option{
        .type = choice,
        .name = "format",
        .default_text = "events",
        .choices = "events|json|csv",
        .help =
            "events: the bytes as they are; json: one object a line; csv: one event type, one row an event."},
    Option{.type = text,
           .name = "event",
           .default_text = "",
           .help = "For csv: the event type whose fields are the columns, such as Executed."},
    Option{.type = choice,
           .name = "mode",
           .default_text = "truncate",
           .choices = "truncate|append|create",
           .help = "What to do with a file that exists: empty it, go on at its end, or refuse to start."},
    Option{.type = choice,
           .name = "sync",
           .default_text = "none",
           .choices = "none|drain",
           .help = "drain: the file is on the disk when the pipeline has ended."},
};
constexpr std::array counters{
    CounterInfo{.kind = TICKWEIR_COUNTER, .name = "bytes", .help = "Bytes added to the file."},
};
enum Drop : std::uint32_t { other_type };
constexpr std::array reasons{
    Reason{.name = "other_type",
           .help = "CSV holds another event type, or the event is too short for its type."},
};

class FileSink final : public Sink {
 public:
  explicit FileSink(const Context& context)
      : path_(context.options.text("path")),
        format_(context.options.choice<Format>("format")),
        csv_type_(market::event_type_named(context.options.text("event"))),
        mode_(context.options.choice<OpenMode>("mode")),
        sync_(context.options.choice<Sync>("sync")),
        bytes_(context.counter("bytes")),
        other_type_(context.drop_counter(other_type)) {}

  static void validate(const Options& given) {
    if (given.text("path").empty()) throw OptionError("path", "path is empty; it must name a file");
    const std::string event = given.text("event");
    const bool is_csv = given.choice<Format>("format") == Format::csv;
    if (!is_csv && !event.empty()) {
      throw OptionError("event", "event is for format csv only; the other formats take every event");
    }
    if (is_csv && market::event_type_named(event) <= event_type_tick) {
      throw OptionError("event",
                        event.empty()
                            ? "format csv needs event, the one type that the file holds, such as Executed"
                            : "there is no event type " + event + "; one is Executed");
    }
  }

  void start() {
    file_.open(path_, mode_);
    if (file_.holds_old()) return;  // another stage's start may fail yet
    try {
      begin_file();
    } catch (...) {
      file_.remove_new();
      throw;
    }
  }

  void write(const BatchView& batch) {
    if (!has_begun_) begin_file();
    const std::uint64_t before = file_.size();
    std::uint64_t others = 0;
    switch (format_) {
      case Format::events:
        put_events(batch);
        break;
      case Format::json:
        put_json(batch);
        break;
      case Format::csv:
        others = put_csv(batch);
        break;
    }
    file_.commit();
    bytes_.add(file_.size() - before);
    other_type_.add(others);  // after the commit: a batch that failed counts as failed, all of it
  }

  void drain() {
    if (!has_begun_) begin_file();
    if (sync_ == Sync::drain) file_.sync();
  }
  void stop() { file_.close(); }

 private:
  struct Text {
    void put(std::string_view more) { whole += more; }
    std::string whole;
  };

  // Writes what a file begins with; in an existing one, finds it there.
  void begin_file() {
    if (file_.holds_old()) file_.empty();
    Text first_line;
    if (format_ == Format::csv) {
      market::append_csv_header(first_line, csv_type_);
      first_line.put("\n");
    }
    if (file_.size() != 0) {
      format_ == Format::events ? check_event_file(file_) : check_text_file(file_, first_line.whole);
    } else {
      write_head(first_line.whole);
    }
    has_begun_ = true;
  }
  void write_head(std::string_view first_line) {
    if (format_ == Format::events) {
      const event_file::Header header;
      file_.put({reinterpret_cast<const char*>(&header), sizeof header});
    }
    file_.put(first_line);
    file_.commit();
    bytes_.add(file_.size());
  }

  void put_events(const BatchView& batch) {
    if (batch.live_count() == batch.event_count()) return file_.put_large(batch.bytes());
    batch.for_each([this](const Event& event) {
      file_.put({reinterpret_cast<const char*>(&event), event.size});
    });
  }

  void put_json(const BatchView& batch) {
    batch.for_each([this](const Event& event) {
      market::append_json(file_, event);
      file_.put("\n");
    });
  }

  // Returns how many events are of another type.
  std::uint64_t put_csv(const BatchView& batch) {
    std::uint64_t others = 0;
    batch.for_each([this, &others](const Event& event) {
      if (event.type == csv_type_ && market::append_csv_row(file_, event)) return file_.put("\n");
      ++others;
    });
    return others;
  }

  std::string path_;
  Format format_;
  std::uint16_t csv_type_;
  OpenMode mode_;
  Sync sync_;
  Counter bytes_;
  Counter other_type_;
  OutputFile file_;
  bool has_begun_ = false;
};

}  // namespace

TICKWEIR_PLUGIN("sink_file", FileSink,
                {.version = "1.0.0",
                 .summary = "Writes events to a file: as they are, as JSON lines, or as CSV.",
                 .accepts = "*",
                 .options = options,
                 .counters = counters,
                 .reasons = reasons})
