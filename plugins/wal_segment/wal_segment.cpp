// A log in segment files of our own format: preallocated, checksummed, recovered after a crash.
//
// Events: any. Order: as appended. Time: none used. Memory: a read buffer of 1 MiB.
#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>

#include "segment_log.h"
#include "tickweir/stage.h"

namespace {
using namespace tickweir;

constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The log's folder; made if it is not there."},
    Option{.type = size,
           .name = "segment_bytes",
           .default_text = "64MiB",
           .minimum = "16KiB",
           .maximum = "16GiB",
           .help = "Length of a segment file; old ones are dropped whole."},
    Option{
        .type = size,
        .name = "prepare",
        .default_text = "0B",
        .minimum = "0B",
        .maximum = "16TiB",
        .help =
            "Files for segments to come, made before the first event; when they are used up, one at a time."},
    Option{.type = size,
           .name = "reuse",
           .default_text = "1GiB",
           .minimum = "0B",
           .maximum = "16TiB",
           .help = "Files of dropped segments that are kept for new ones, at most."},
};

class WalSegment final : public WalBackend {
 public:
  explicit WalSegment(const Context& context)
      : how_(context.files().how()),
        segment_bytes_(static_cast<std::uint64_t>(context.options.size("segment_bytes"))),
        log_(context.files(), folder(context.options.text("path")),
             {.segment_bytes = wal_segment::whole_pages(segment_bytes_),
              .prepared_bytes = static_cast<std::uint64_t>(context.options.size("prepare")),
              .reused_bytes = static_cast<std::uint64_t>(context.options.size("reuse")),
              .makes_spares = true}) {}

  static void validate(const Options& given) {
    if (given.text("path").empty()) throw OptionError("path", "is empty, expected a folder");
  }

  void open(const LogRequest& request, LogState& state) {
    wal_segment::LogId id{};
    std::copy(std::begin(request.id), std::end(request.id), id.begin());
    log_.open(request.is_read_only != 0, request.schema == nullptr ? "" : request.schema, id);
    note_ = log_.repaired();
    tell(state);
  }
  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    log_.append(spans, first_sequence, event_count);
  }
  static constexpr bool appends_during_sync = true;
  static constexpr bool appends_outlive_process = true;  // it is written to the file when append returns
  void sync() { log_.sync(); }
  bool read(std::uint64_t sequence, tickweir_batch& room) { return log_.read(sequence, room); }
  void truncate_before(std::uint64_t sequence) { log_.truncate_before(sequence); }
  void describe(LogState& state) {
    std::ostringstream text;
    text << how_ << ", " << log_.segment_count() << (log_.segment_count() == 1 ? " segment" : " segments")
         << " of " << segment_bytes_ << " bytes";
    if (log_.ready_count() != 0) text << ", " << log_.ready_count() << " more ready";
    note_ = text.str();
    tell(state);
  }
  void stop() { log_.stop(); }

 private:
  static std::string folder(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
  }
  void tell(LogState& state) {
    state.first_sequence = log_.first_sequence();
    state.last_sequence = log_.last_sequence();
    state.bytes = log_.bytes();
    std::memcpy(state.id, log_.id().data(), sizeof state.id);
    state.schema = log_.schema().c_str();
    state.note = note_.c_str();
  }

  const char* how_;
  std::uint64_t segment_bytes_;
  wal_segment::SegmentLog log_;
  std::string note_;
};

}  // namespace

TICKWEIR_PLUGIN("wal_segment", WalSegment,
                {.version = "1.0.0",
                 .summary = "Stores a log in checksummed segment files that survive a loss of power.",
                 .accepts = "*",
                 .options = options})
